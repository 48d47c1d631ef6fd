//! The programme: all concerts with their dates, in two statements.

use chrono::{DateTime, NaiveDate, Utc};
use shared::ids::ConcertId;

use super::{Connection, Failure, concert_id};
use crate::domain::concert::Concert;
use crate::domain::programme::Listing;

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    date: NaiveDate,
    starts_at: DateTime<Utc>,
    concert_id: i64,
    title: String,
    venue: String,
    time_zone: String,
    queue: String,
    now: DateTime<Utc>,
}

impl Row {
    /// None when the date is over at the venue.
    fn listing(self) -> Result<Option<Listing>, Failure> {
        let zone = self.time_zone.parse();
        let zone: chrono_tz::Tz =
            zone.map_err(|_| Failure::Broken("a concert's time zone does not exist"))?;
        if self.date < self.now.with_timezone(&zone).date_naive() {
            return Ok(None);
        }
        let concert = Concert {
            id: concert_id(self.concert_id)?,
            title: self.title,
            venue: self.venue,
            zone,
            queue: self.queue,
        };
        Ok(Some(Listing {
            id: self.id,
            concert,
            date: self.date,
            starts_at: self.starts_at,
        }))
    }
}

/// The ids of all concerts.
///
/// # Errors
/// When the database does not answer.
pub async fn concerts(on: &mut Connection) -> Result<Vec<ConcertId>, Failure> {
    let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM concerts")
        .fetch_all(on)
        .await?;
    ids.into_iter().map(concert_id).collect()
}

/// The dates that are not over. The calendars of venues differ by up to a day either way, so the
/// database leaves out only what is over everywhere.
///
/// # Errors
/// When the database does not answer.
pub async fn dates(on: &mut Connection) -> Result<Vec<Listing>, Failure> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT d.id, d.date, d.starts_at, d.concert_id, c.title, c.venue, c.time_zone, c.queue,
                UTC_TIMESTAMP(6) AS now
           FROM concert_dates d JOIN concerts c ON c.id = d.concert_id
          WHERE d.date >= UTC_DATE() - INTERVAL 1 DAY",
    )
    .fetch_all(on)
    .await?;
    let listings = rows.into_iter().map(Row::listing);
    listings.filter_map(Result::transpose).collect()
}
