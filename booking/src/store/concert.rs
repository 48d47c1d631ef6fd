//! Concerts.

use shared::ids::ConcertId;

use super::{Connection, Failure, concert_id, signed};
use crate::domain::concert::Concert;

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    title: String,
    venue: String,
    time_zone: String,
    queue: String,
}

impl Row {
    fn into_concert(self) -> Result<Concert, Failure> {
        let zone = self.time_zone.parse();
        Ok(Concert {
            id: concert_id(self.id)?,
            title: self.title,
            venue: self.venue,
            zone: zone.map_err(|_| Failure::Broken("a concert's time zone does not exist"))?,
            queue: self.queue,
        })
    }
}

/// The concert of this id, or without one the concert of the lowest id.
///
/// # Errors
/// When the database does not answer.
pub async fn find(on: &mut Connection, id: Option<ConcertId>) -> Result<Option<Concert>, Failure> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, title, venue, time_zone, queue FROM concerts
          WHERE ? IS NULL OR id = ? ORDER BY id LIMIT 1",
    )
    .bind(id.map(|id| signed(id.get())))
    .bind(id.map(|id| signed(id.get())))
    .fetch_optional(on)
    .await?;
    row.map(Row::into_concert).transpose()
}

/// Up to `limit` concerts with ids above `after`, ascending.
///
/// # Errors
/// When the database does not answer.
pub async fn page(
    on: &mut Connection,
    after: Option<ConcertId>,
    limit: u32,
) -> Result<Vec<Concert>, Failure> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, title, venue, time_zone, queue FROM concerts
          WHERE id > ? ORDER BY id LIMIT ?",
    )
    .bind(after.map_or(0, |id| signed(id.get())))
    .bind(limit)
    .fetch_all(on)
    .await?;
    rows.into_iter().map(Row::into_concert).collect()
}
