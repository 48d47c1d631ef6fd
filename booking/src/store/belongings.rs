//! What of a date is the caller's own: whether there is anything, and then what.

use std::collections::HashSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use shared::ids::UserId;
use shared::sabotage;
use uuid::Uuid;

use super::reservation::{HAS_LAPSED, seconds};
use super::{Question, Statement, fan, of_users, places, seat_id, signed};
use crate::domain::belongings::{Belongings, Lapse, Possession};
use crate::domain::reservation::{Deadline, Hold, ReservationId};

#[derive(sqlx::FromRow)]
struct BelongingRow {
    seat_id: i64,
    reservation_id: Uuid,
    amount: i64,
    has: bool,
    hold_expires_at: Option<DateTime<Utc>>,
    cool_at: DateTime<Utc>,
    now: DateTime<Utc>,
}

/// Whether the user has ever reserved anything of this date. Most who buy have not, and
/// [`belongings`] costs several times as much.
#[must_use]
pub fn has_any(user: UserId, date: i64) -> Question<bool> {
    let statement = Statement::new(
        "SELECT 1 FROM reservations FORCE INDEX (reservations_of_user)
          WHERE user_id = ? AND concert_date_id = ? LIMIT 1",
    )
    .bind(signed(user.get()))
    .bind(date);
    Question::new(statement, |rows: Vec<(i64,)>| Ok(!rows.is_empty()))
}

/// The dates of which these users have ever reserved anything.
#[must_use]
pub fn dates(users: &[UserId]) -> Question<HashSet<(UserId, i64)>> {
    if users.is_empty() {
        return Question::nothing(HashSet::new());
    }
    let sql = format!(
        "SELECT DISTINCT user_id, concert_date_id
           FROM reservations FORCE INDEX (reservations_of_user) WHERE user_id IN ({})",
        places(users.len())
    );
    let statement = Statement::new(sql).bind_all(of_users(users));
    Question::new(statement, |rows: Vec<(i64, i64)>| {
        let of_fan = |(user, date)| Some((fan(user)?, date));
        Ok(rows.into_iter().filter_map(of_fan).collect())
    })
}

/// The seats of one date that the user has, bought or on a live hold, and those that have to cool
/// down because the user let them lapse.
#[must_use]
pub fn belongings(user: UserId, date: i64, cooldown: Duration) -> Question<Belongings> {
    let sql = format!(
        "SELECT o.* FROM (
             SELECT s.id AS seat_id, r.id AS reservation_id, r.amount, s.hold_expires_at,
                    r.expires_at + INTERVAL ? SECOND AS cool_at, UTC_TIMESTAMP(6) AS now,
                    r.status IN ('reserved', 'paid') AND s.reservation_id <=> r.id
                        AND (s.status = 'sold' OR
                             (s.status = 'held' AND s.hold_expires_at > UTC_TIMESTAMP(6))) AS has,
                    {HAS_LAPSED} AS lapsed
               FROM reservations r FORCE INDEX (reservations_of_user)
               JOIN reservation_seats rs ON rs.reservation_id = r.id
               JOIN seats s ON s.id = rs.seat_id
              WHERE r.user_id = ? AND r.concert_date_id = ? AND r.status <> 'refunded') o
          WHERE o.has OR (o.lapsed AND o.cool_at > o.now)"
    );
    let statement = Statement::new(sql)
        .bind(seconds(cooldown))
        .bind(signed(user.get()))
        .bind(date);
    Question::new(statement, |rows: Vec<BelongingRow>| {
        let mut belongings = Belongings::default();
        for row in rows {
            let seat = seat_id(row.seat_id)?;
            if row.has {
                let hold = row.hold_expires_at.map(|until| Hold {
                    id: ReservationId(row.reservation_id),
                    amount: row.amount,
                    deadline: Deadline::new(until, row.now),
                });
                belongings.has.push(Possession { seat, hold });
            } else if !sabotage::is_off("cooldown") {
                let until = Deadline::new(row.cool_at, row.now);
                belongings.lapsed.push(Lapse { seat, until });
            }
        }
        Ok(belongings)
    })
}
