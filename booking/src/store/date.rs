//! The dates of a concert.

use chrono::{DateTime, NaiveDate, Utc};
use shared::ids::ConcertId;

use super::{Connection, Failure, signed};
use crate::domain::date::{Performance, SaleWindow};

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    sales_open_at: DateTime<Utc>,
    sales_close_at: DateTime<Utc>,
    now: DateTime<Utc>,
}

/// The concert's performance on this date of the venue's calendar.
///
/// # Errors
/// When the database does not answer.
pub async fn find(
    on: &mut Connection,
    concert: ConcertId,
    date: NaiveDate,
) -> Result<Option<Performance>, Failure> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, sales_open_at, sales_close_at, UTC_TIMESTAMP(6) AS now
           FROM concert_dates WHERE concert_id = ? AND date = ?",
    )
    .bind(signed(concert.get()))
    .bind(date)
    .fetch_optional(on)
    .await?;
    Ok(row.map(|row| Performance {
        id: row.id,
        date,
        window: SaleWindow {
            opens_at: row.sales_open_at,
            closes_at: row.sales_close_at,
        },
        now: row.now,
    }))
}

/// The dates of a concert that are on sale and not sold out, ascending. A held seat may come back,
/// so it counts.
///
/// # Errors
/// When the database does not answer.
pub async fn on_sale(on: &mut Connection, concert: ConcertId) -> Result<Vec<NaiveDate>, Failure> {
    let dates = sqlx::query_scalar(
        "SELECT d.date FROM concert_dates d
          WHERE d.concert_id = ?
            AND d.sales_open_at <= UTC_TIMESTAMP(6) AND d.sales_close_at > UTC_TIMESTAMP(6)
            AND EXISTS (SELECT 1 FROM seats s
                         WHERE s.concert_date_id = d.id AND s.status IN ('available', 'held'))
          ORDER BY d.date",
    )
    .bind(signed(concert.get()))
    .fetch_all(on)
    .await?;
    Ok(dates)
}
