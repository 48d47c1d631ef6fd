//! The free seats of a date in runs, for choosing the best of them.

use std::time::Duration;

use shared::ids::{SeatId, UserId};

use super::statement::Value;
use super::{Question, Statement, reservation, seat_id, signed};
use crate::domain::best::{Block, Run};

/// Which seats of a date may be chosen from.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The row of the date in `concert_dates`.
    pub date: i64,
    /// Only seats of this price, in won.
    pub price: Option<i64>,
    /// Only seats of this section.
    pub section: Option<String>,
    /// Without those that this user has just let lapse, for so long.
    pub caller: (UserId, Duration),
}

#[derive(sqlx::FromRow)]
struct RunRow {
    row_label: String,
    price: i64,
    first: i64,
    seats: i64,
    row_first: i64,
    row_last: i64,
}

/// The runs of free seats: a seat's number less its place among the free ones of its row is the
/// same for all that follow each other.
#[must_use]
pub fn runs(choice: &Choice) -> Question<Vec<Run>> {
    let (price, section) = (choice.price, choice.section.as_deref());
    let sql = format!(
        "SELECT f.row_label, f.price, CAST(MIN(f.seat_number) AS SIGNED) AS first,
                COUNT(*) AS seats, CAST(r.row_first AS SIGNED) AS row_first,
                CAST(r.row_last AS SIGNED) AS row_last
           FROM (SELECT s.section, s.row_label, s.price, s.seat_number,
                        s.seat_number - CAST(ROW_NUMBER() OVER (
                            PARTITION BY s.section, s.row_label, s.price ORDER BY s.seat_number
                        ) AS SIGNED) AS run
                   FROM seats s
                  WHERE s.concert_date_id = ?{}{}
                    AND (s.status = 'available'
                         OR (s.status = 'held' AND s.hold_expires_at <= UTC_TIMESTAMP(6)))
                    AND s.id NOT IN ({})) f
           JOIN (SELECT section, row_label, MIN(seat_number) AS row_first,
                        MAX(seat_number) AS row_last
                   FROM seats WHERE concert_date_id = ? GROUP BY section, row_label) r
             ON r.section = f.section AND r.row_label = f.row_label
          GROUP BY f.section, f.row_label, f.price, f.run, r.row_first, r.row_last",
        price.map_or("", |_| " AND s.price = ?"),
        section.map_or("", |_| " AND s.section = ?"),
        reservation::lapsed_seats_sql(),
    );
    let (user, cooldown) = choice.caller;
    let statement = Statement::new(sql)
        .bind(choice.date)
        .bind_all(price)
        .bind_all(section.map(Value::text))
        .bind(signed(user.get()))
        .bind(choice.date)
        .bind(reservation::seconds(cooldown))
        .bind(choice.date);
    Question::new(statement, |rows: Vec<RunRow>| {
        let run = |row: RunRow| Run {
            row: row.row_label,
            price: row.price,
            first: row.first,
            seats: row.seats,
            row_first: row.row_first,
            row_last: row.row_last,
        };
        Ok(rows.into_iter().map(run).collect())
    })
}

#[derive(sqlx::FromRow)]
struct Id {
    id: i64,
}

/// The seats of a block.
#[must_use]
pub fn seats(date: i64, block: Block) -> Question<Vec<SeatId>> {
    let statement = Statement::new(
        "SELECT id FROM seats
          WHERE concert_date_id = ? AND seat_number BETWEEN ? AND ? ORDER BY id",
    )
    .bind(date)
    .bind(block.first)
    .bind(block.last);
    Question::new(statement, |rows: Vec<Id>| {
        rows.into_iter().map(|row| seat_id(row.id)).collect()
    })
}
