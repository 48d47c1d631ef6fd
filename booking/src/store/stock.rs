//! What is left of all that each queue sells, counted in the index of states.

use super::{Connection, Failure};
use crate::domain::stock::Stock;

#[derive(sqlx::FromRow)]
struct Row {
    queue: String,
    available: i64,
    held: i64,
    sold: i64,
    lapsed: i64,
}

/// The seats of every queue whose sale is not over, by name of the queue. A lapsed hold is left,
/// not held.
///
/// # Errors
/// When the database does not answer.
pub async fn by_queue(on: &mut Connection) -> Result<Vec<Stock>, Failure> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT c.queue,
                CAST(COALESCE(SUM(s.status = 'available'), 0) AS SIGNED) AS available,
                CAST(COALESCE(SUM(s.status = 'held'), 0) AS SIGNED) AS held,
                CAST(COALESCE(SUM(s.status = 'sold'), 0) AS SIGNED) AS sold,
                (SELECT COUNT(*) FROM seats ls FORCE INDEX (seats_by_hold)
                   JOIN concert_dates ld ON ld.id = ls.concert_date_id
                   JOIN concerts lc ON lc.id = ld.concert_id
                  WHERE ls.hold_expires_at <= UTC_TIMESTAMP(6)
                    AND ld.sales_close_at > UTC_TIMESTAMP(6) AND lc.queue = c.queue) AS lapsed
           FROM concerts c
           JOIN concert_dates d ON d.concert_id = c.id AND d.sales_close_at > UTC_TIMESTAMP(6)
           LEFT JOIN seats s ON s.concert_date_id = d.id
          GROUP BY c.queue ORDER BY c.queue",
    )
    .fetch_all(on)
    .await?;
    let stock = |row: Row| Stock {
        queue: row.queue,
        left: row.available + row.lapsed,
        held: row.held - row.lapsed,
        sold: row.sold,
    };
    Ok(rows.into_iter().map(stock).collect())
}
