//! What must never be true of the tables, one question each, all asked of one snapshot.
//!
//! Every question answers with the same four columns: whose, which seat, which reservation, and
//! what is wrong. A hold counts as live on the database's clock, read while the question runs: it
//! can only be later than the snapshot, so a hold that is live now was live in the snapshot too.

use sqlx::{AssertSqlSafe, Connection as _, MySql, Transaction};
use uuid::Uuid;

use super::{Connection, Failure};

/// How many findings one question may give; what is broken on a large scale shows in fewer.
pub const FINDINGS_TOLD: usize = 50;

/// A question whose every answer is something wrong.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// What it is that must not be.
    pub name: &'static str,
    sql: &'static str,
}

/// Something wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Wrong {
    /// Whose.
    pub user_id: Option<i64>,
    /// Which seat.
    pub seat_id: Option<i64>,
    /// Which reservation; a payment has the same one.
    pub reservation_id: Option<Uuid>,
    /// What exactly.
    pub detail: String,
}

/// Seats by state, and every won.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Totals {
    /// Seats that anyone may take.
    pub available: i64,
    /// Seats with a hold, lapsed ones included.
    pub held: i64,
    /// Sold seats.
    pub sold: i64,
    /// Seats that are not for sale.
    pub blocked: i64,
    /// Won charged.
    pub charged: i64,
    /// Won paid.
    pub paid: i64,
    /// Won refunded.
    pub refunded: i64,
    /// Won in balances.
    pub in_balances: i64,
}

/// Begins the read-only transaction that sees one moment. READ COMMITTED would see many.
///
/// # Errors
/// When the database does not answer.
pub async fn snapshot(on: &mut Connection) -> Result<Transaction<'_, MySql>, Failure> {
    sqlx::query("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        .execute(&mut *on)
        .await?;
    Ok(on
        .begin_with("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        .await?)
}

/// Asks one question.
///
/// # Errors
/// When the database does not answer.
pub async fn ask(on: &mut Connection, check: &Check) -> Result<Vec<Wrong>, Failure> {
    let sql = format!("{} LIMIT {FINDINGS_TOLD}", check.sql);
    Ok(sqlx::query_as(AssertSqlSafe(sql)).fetch_all(on).await?)
}

/// Counts the seats and sums the won.
///
/// # Errors
/// When the database does not answer.
pub async fn totals(on: &mut Connection) -> Result<Totals, Failure> {
    let totals = sqlx::query_as(
        "SELECT seats.*, won.*, balances.* FROM
           (SELECT CAST(COALESCE(SUM(status = 'available'), 0) AS SIGNED) AS available,
                   CAST(COALESCE(SUM(status = 'held'), 0) AS SIGNED) AS held,
                   CAST(COALESCE(SUM(status = 'sold'), 0) AS SIGNED) AS sold,
                   CAST(COALESCE(SUM(status = 'blocked'), 0) AS SIGNED) AS blocked
              FROM seats) AS seats,
           (SELECT CAST(COALESCE(SUM(IF(kind = 'charge', amount, 0)), 0) AS SIGNED) AS charged,
                   CAST(COALESCE(SUM(IF(kind = 'payment', amount, 0)), 0) AS SIGNED) AS paid,
                   CAST(COALESCE(SUM(IF(kind = 'refund', amount, 0)), 0) AS SIGNED) AS refunded
              FROM balance_history) AS won,
           (SELECT CAST(COALESCE(SUM(balance), 0) AS SIGNED) AS in_balances
              FROM balances) AS balances",
    );
    Ok(totals.fetch_one(on).await?)
}

/// All questions.
pub const CHECKS: [Check; 18] = [
    Check {
        name: "a seat is sold twice",
        sql: "SELECT NULL AS user_id, seat_id, NULL AS reservation_id,
                     CONCAT('sold by ', COUNT(*), ' reservations') AS detail
                FROM reservation_seats WHERE sold = 1
               GROUP BY seat_id HAVING COUNT(*) > 1",
    },
    Check {
        name: "a sold seat has no sale",
        sql: "SELECT r.user_id, s.id AS seat_id, s.reservation_id,
                     CONCAT_WS(', ', IF(l.seat_id IS NULL, 'no sold line', NULL),
                                     IF(r.id IS NULL, 'no paid reservation', NULL),
                                     IF(p.id IS NULL, 'no payment', NULL)) AS detail
                FROM seats s
                LEFT JOIN reservation_seats l
                       ON l.reservation_id = s.reservation_id AND l.seat_id = s.id AND l.sold = 1
                LEFT JOIN reservations r ON r.id = s.reservation_id AND r.status = 'paid'
                LEFT JOIN payments p
                       ON p.reservation_id = s.reservation_id AND p.refunded_at IS NULL
               WHERE s.status = 'sold'
                 AND (l.seat_id IS NULL OR r.id IS NULL OR p.id IS NULL)",
    },
    Check {
        name: "a sale has no sold seat",
        sql: "SELECT NULL AS user_id, l.seat_id, l.reservation_id,
                     CONCAT('the seat is ', COALESCE(s.status, 'not there')) AS detail
                FROM reservation_seats l LEFT JOIN seats s ON s.id = l.seat_id
               WHERE l.sold = 1
                 AND NOT (s.status <=> 'sold' AND s.reservation_id <=> l.reservation_id)",
    },
    Check {
        name: "a reservation is paid and its seats are not sold, or the other way round",
        sql: "SELECT r.user_id, l.seat_id, l.reservation_id,
                     CONCAT(IF(l.sold <=> 1, 'sold', 'not sold'), ' by a reservation that is ',
                            COALESCE(r.status, 'not there')) AS detail
                FROM reservation_seats l LEFT JOIN reservations r ON r.id = l.reservation_id
               WHERE (r.status <=> 'paid') <> (l.sold <=> 1)",
    },
    Check {
        name: "a reservation is not the sum of its seats",
        sql: "SELECT r.user_id, NULL AS seat_id, r.id AS reservation_id,
                     CONCAT('amount ', r.amount, ', ', COUNT(l.seat_id), ' seats for ',
                            COALESCE(SUM(l.price), 0)) AS detail
                FROM reservations r LEFT JOIN reservation_seats l ON l.reservation_id = r.id
               GROUP BY r.id, r.user_id, r.amount
              HAVING COUNT(l.seat_id) = 0 OR SUM(l.price) <> r.amount",
    },
    Check {
        name: "a reservation and its payment disagree",
        sql: "SELECT r.user_id, NULL AS seat_id, r.id AS reservation_id,
                     CONCAT('reservation ', r.status, ', ', r.amount, '; payment ',
                            IF(p.id IS NULL, 'not there', CONCAT_WS(', ',
                               IF(p.refunded_at IS NULL, 'success', 'refunded'), p.amount,
                               CONCAT('of user ', p.user_id)))) AS detail
                FROM reservations r LEFT JOIN payments p ON p.reservation_id = r.id
               WHERE (r.status = 'paid') <> (p.id IS NOT NULL AND p.refunded_at IS NULL)
                  OR (r.status = 'refunded') <> (p.id IS NOT NULL AND p.refunded_at IS NOT NULL)
                  OR p.amount <> r.amount OR p.user_id <> r.user_id",
    },
    Check {
        name: "a reservation is paid twice",
        sql: "SELECT MIN(user_id) AS user_id, NULL AS seat_id, reservation_id,
                     CONCAT(COUNT(*), ' payments') AS detail
                FROM payments GROUP BY reservation_id HAVING COUNT(*) > 1",
    },
    Check {
        name: "a payment has no reservation",
        sql: "SELECT p.user_id, NULL AS seat_id, p.reservation_id,
                     CONCAT('paid ', p.amount) AS detail
                FROM payments p LEFT JOIN reservations r ON r.id = p.reservation_id
               WHERE r.id IS NULL",
    },
    Check {
        name: "a seat's state is not whole",
        sql: "SELECT NULL AS user_id, id AS seat_id, reservation_id,
                     CONCAT(status, IF(reservation_id IS NULL, ' without', ' with'),
                            ' a reservation and', IF(hold_expires_at IS NULL, ' without', ' with'),
                            ' the end of a hold') AS detail
                FROM seats
               WHERE (status IN ('held', 'sold')) <> (reservation_id IS NOT NULL)
                  OR (status = 'held') <> (hold_expires_at IS NOT NULL)",
    },
    Check {
        name: "a live hold has a closed reservation",
        sql: "SELECT r.user_id, s.id AS seat_id, s.reservation_id,
                     CONCAT('the reservation is ', COALESCE(r.status, 'not there')) AS detail
                FROM seats s LEFT JOIN reservations r ON r.id = s.reservation_id
               WHERE s.status = 'held' AND s.hold_expires_at > UTC_TIMESTAMP(6)
                 AND NOT (r.status <=> 'reserved')",
    },
    Check {
        name: "a hold is not what its reservation says",
        sql: "SELECT r.user_id, s.id AS seat_id, r.id AS reservation_id,
                     CONCAT_WS(', ', IF(l.seat_id IS NULL, 'not one of its seats', NULL),
                        IF(r.concert_date_id <> s.concert_date_id, 'another date', NULL),
                        IF(r.expires_at <> s.hold_expires_at, 'another end', NULL)) AS detail
                FROM seats s JOIN reservations r ON r.id = s.reservation_id
                LEFT JOIN reservation_seats l
                       ON l.reservation_id = s.reservation_id AND l.seat_id = s.id
               WHERE s.status = 'held'
                 AND (l.seat_id IS NULL OR r.concert_date_id <> s.concert_date_id
                      OR r.expires_at <> s.hold_expires_at)",
    },
    Check {
        name: "a live reservation has lost a seat",
        sql: "SELECT r.user_id, l.seat_id, r.id AS reservation_id,
                     CONCAT('the seat is ', COALESCE(s.status, 'not there')) AS detail
                FROM reservations r JOIN reservation_seats l ON l.reservation_id = r.id
                LEFT JOIN seats s ON s.id = l.seat_id
               WHERE r.status = 'reserved' AND r.expires_at > UTC_TIMESTAMP(6)
                 AND NOT (s.status <=> 'held' AND s.reservation_id <=> r.id)",
    },
    Check {
        name: "a balance is not the sum of its history, or is negative",
        sql: "SELECT b.user_id, NULL AS seat_id, NULL AS reservation_id,
                     CONCAT('balance ', b.balance, ', history ', COALESCE(h.total, 0)) AS detail
                FROM balances b
                LEFT JOIN (SELECT user_id, SUM(IF(kind = 'payment', -amount, amount)) AS total
                             FROM balance_history GROUP BY user_id) h ON h.user_id = b.user_id
               WHERE b.balance <> COALESCE(h.total, 0) OR b.balance < 0",
    },
    Check {
        name: "a history has no balance",
        sql: "SELECT DISTINCT h.user_id, NULL AS seat_id, NULL AS reservation_id,
                     'there is no balance' AS detail
                FROM balance_history h LEFT JOIN balances b ON b.user_id = h.user_id
               WHERE b.user_id IS NULL",
    },
    Check {
        name: "a history does not add up line by line",
        sql: "SELECT user_id, NULL AS seat_id, NULL AS reservation_id,
                     CONCAT('entry ', id, ' says ', balance_after, ', the sum is ', total)
                     AS detail
                FROM (SELECT id, user_id, balance_after,
                             SUM(IF(kind = 'payment', -amount, amount))
                             OVER (PARTITION BY user_id ORDER BY id) AS total
                        FROM balance_history) AS lines_so_far
               WHERE balance_after <> total",
    },
    Check {
        name: "something is in the history twice",
        sql: "SELECT MIN(h.user_id) AS user_id, NULL AS seat_id,
                     MIN(p.reservation_id) AS reservation_id,
                     CONCAT(COUNT(*), ' entries of one ', h.kind) AS detail
                FROM balance_history h LEFT JOIN payments p ON p.id = h.ref
               GROUP BY h.ref, h.kind HAVING COUNT(DISTINCT h.id) > 1",
    },
    Check {
        name: "a payment or refund is not in the history",
        sql: "SELECT p.user_id, NULL AS seat_id, p.reservation_id,
                     CONCAT(kinds.kind, ' of ', p.amount, IF(h.id IS NULL, ' has no entry',
                            CONCAT(', entry ', h.id, ' has ', h.amount))) AS detail
                FROM payments p
                JOIN (SELECT 'payment' AS kind UNION ALL SELECT 'refund') AS kinds
                  ON kinds.kind = 'payment' OR p.refunded_at IS NOT NULL
                LEFT JOIN balance_history h ON h.ref = p.id AND h.kind = kinds.kind
               WHERE h.id IS NULL OR h.amount <> p.amount OR h.user_id <> p.user_id",
    },
    Check {
        name: "the history has a payment or refund that never was",
        sql: "SELECT h.user_id, NULL AS seat_id, p.reservation_id,
                     CONCAT('entry ', h.id, ', ', h.kind, ' of ', h.amount) AS detail
                FROM balance_history h LEFT JOIN payments p ON p.id = h.ref
               WHERE (h.kind = 'payment' AND p.id IS NULL)
                  OR (h.kind = 'refund' AND p.refunded_at IS NULL)",
    },
];
