//! What an import reads and writes: whole halls at once, with few and large statements.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use sqlx::QueryBuilder;

use super::{Connection, Failure, utc};

/// Rows per INSERT: eight values each, well under the 65,535 that one statement may bind.
pub const ROWS_PER_INSERT: usize = 1_000;

/// A concert, as the table has it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Concert {
    /// Its id.
    pub id: i64,
    /// Its title, by which a file names it.
    pub title: String,
    /// Where it is.
    pub venue: String,
    /// The venue's IANA zone.
    pub time_zone: String,
    /// The line that its fans stand in.
    pub queue: String,
    /// Until how many hours before the start a fan may cancel; none for no refunds.
    pub cancel_until_hours: Option<i32>,
}

/// One performance: a concert on a date.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Performance {
    /// Its id.
    pub id: i64,
    /// The concert.
    pub concert_id: i64,
    /// The calendar date in the venue's zone.
    pub date: NaiveDate,
    /// When it starts.
    pub starts_at: DateTime<Utc>,
    /// From when seats are sold.
    pub sales_open_at: DateTime<Utc>,
    /// Until when seats are sold.
    pub sales_close_at: DateTime<Utc>,
}

/// A seat of one performance.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Seat {
    /// Its id.
    pub id: i64,
    /// The performance.
    pub concert_date_id: i64,
    /// Its number, unique within the performance.
    pub seat_number: i32,
    /// Where it is.
    #[sqlx(flatten)]
    pub place: Place,
    /// What it costs, in won.
    pub price: i64,
    /// Whether it is sold: its price is history then.
    pub sold: bool,
}

/// Where a seat is; within one performance no other is there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, sqlx::FromRow)]
pub struct Place {
    /// The section.
    pub section: String,
    /// The row.
    pub row_label: String,
    /// The seat within the row.
    pub seat_label: String,
}

/// The ids that the next new rows get. They are written out, because an `AUTO_INCREMENT` that was
/// rolled back leaves a gap, and the first hall of an empty database has the seats 1 to n.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct NextIds {
    /// Of a concert.
    pub concert: i64,
    /// Of a performance.
    pub performance: i64,
    /// Of a seat.
    pub seat: i64,
}

/// The database's clock.
///
/// # Errors
/// When the database does not answer.
pub async fn now(on: &mut Connection) -> Result<DateTime<Utc>, Failure> {
    let now: NaiveDateTime = sqlx::query_scalar("SELECT UTC_TIMESTAMP(6)")
        .fetch_one(on)
        .await?;
    Ok(now.and_utc())
}

/// The ids that come after all that are there.
///
/// # Errors
/// When the database does not answer.
pub async fn next_ids(on: &mut Connection) -> Result<NextIds, Failure> {
    let next = sqlx::query_as(
        "SELECT (SELECT COALESCE(MAX(id), 0) + 1 FROM concerts) AS concert,
                (SELECT COALESCE(MAX(id), 0) + 1 FROM concert_dates) AS performance,
                (SELECT COALESCE(MAX(id), 0) + 1 FROM seats) AS seat",
    );
    Ok(next.fetch_one(on).await?)
}

/// All concerts.
///
/// # Errors
/// When the database does not answer.
pub async fn concerts(on: &mut Connection) -> Result<Vec<Concert>, Failure> {
    let all = sqlx::query_as(
        "SELECT id, title, venue, time_zone, queue, cancel_until_hours FROM concerts",
    );
    Ok(all.fetch_all(on).await?)
}

/// All performances.
///
/// # Errors
/// When the database does not answer.
pub async fn performances(on: &mut Connection) -> Result<Vec<Performance>, Failure> {
    let all = sqlx::query_as(
        "SELECT id, concert_id, date, starts_at, sales_open_at, sales_close_at
           FROM concert_dates",
    );
    Ok(all.fetch_all(on).await?)
}

/// All seats of a performance.
///
/// # Errors
/// When the database does not answer.
pub async fn seats(on: &mut Connection, performance: i64) -> Result<Vec<Seat>, Failure> {
    let all = sqlx::query_as(
        "SELECT id, concert_date_id, seat_number, section, row_label, seat_label, price,
                status = 'sold' AS sold
           FROM seats WHERE concert_date_id = ?",
    );
    Ok(all.bind(performance).fetch_all(on).await?)
}

/// Writes a new concert.
///
/// # Errors
/// When the database refuses it.
pub async fn insert_concert(on: &mut Connection, new: &Concert) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO concerts (id, title, venue, time_zone, queue, cancel_until_hours)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(new.id)
    .bind(&new.title)
    .bind(&new.venue)
    .bind(&new.time_zone)
    .bind(&new.queue)
    .bind(new.cancel_until_hours)
    .execute(on)
    .await?;
    Ok(())
}

/// Gives a concert another cutoff, in hours before the start.
///
/// # Errors
/// When the database refuses.
pub async fn move_cutoff(on: &mut Connection, concert: i64, hours: i32) -> Result<(), Failure> {
    sqlx::query("UPDATE concerts SET cancel_until_hours = ? WHERE id = ?")
        .bind(hours)
        .bind(concert)
        .execute(on)
        .await?;
    Ok(())
}

/// Writes a new performance.
///
/// # Errors
/// When the database refuses it.
pub async fn insert_performance(on: &mut Connection, new: &Performance) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO concert_dates
                (id, concert_id, date, starts_at, sales_open_at, sales_close_at)
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(new.id)
    .bind(new.concert_id)
    .bind(new.date)
    .bind(utc(new.starts_at))
    .bind(utc(new.sales_open_at))
    .bind(utc(new.sales_close_at))
    .execute(on)
    .await?;
    Ok(())
}

/// Writes new seats, at most [`ROWS_PER_INSERT`].
///
/// # Errors
/// When the database refuses one of them.
pub async fn insert_seats(on: &mut Connection, seats: &[Seat]) -> Result<(), Failure> {
    let mut insert = QueryBuilder::new(
        "INSERT INTO seats (id, concert_date_id, seat_number, section, row_label, seat_label,
                            price, status) ",
    );
    insert.push_values(seats, |mut row, seat| {
        row.push_bind(seat.id)
            .push_bind(seat.concert_date_id)
            .push_bind(seat.seat_number)
            .push_bind(&seat.place.section)
            .push_bind(&seat.place.row_label)
            .push_bind(&seat.place.seat_label)
            .push_bind(seat.price)
            .push_bind("available");
    });
    insert.build().persistent(false).execute(on).await?;
    Ok(())
}

/// Gives seats that are not sold a new price, at most [`ROWS_PER_INSERT`] of them, sorted by id.
/// Answers how many that were: fewer than given when one was sold in the meantime.
///
/// # Errors
/// When the database does not answer, or a lock is not free in time.
pub async fn update_prices(on: &mut Connection, seats: &[(i64, i64)]) -> Result<u64, Failure> {
    let mut update = QueryBuilder::new("UPDATE seats FORCE INDEX (PRIMARY) SET price = CASE id");
    for (id, price) in seats {
        update
            .push(" WHEN ")
            .push_bind(id)
            .push(" THEN ")
            .push_bind(price);
    }
    update.push(" END WHERE status <> 'sold' AND id IN (");
    let mut ids = update.separated(", ");
    for (id, _) in seats {
        ids.push_bind(id);
    }
    update.push(")");
    let done = update.build().persistent(false).execute(on).await?;
    Ok(done.rows_affected())
}
