//! How the seats of a date stand at the moment, a letter each, as short as it can be told.

use shared::ids::SeatId;

use super::{Connection, Failure, seat_id};

/// What a reader must know of the database's clock, in milliseconds since 1970.
///
/// # Errors
/// When the database does not answer.
pub async fn clock(on: &mut Connection) -> Result<i64, Failure> {
    let now: chrono::DateTime<chrono::Utc> = sqlx::query_scalar("SELECT UTC_TIMESTAMP(6)")
        .fetch_one(on)
        .await?;
    Ok(now.timestamp_millis())
}

/// Each seat of a date with its letter: `a` available (a lapsed hold is), `h` held, `s` sold, `b`
/// blocked. By id, ascending.
///
/// # Errors
/// When the database does not answer.
pub async fn letters(on: &mut Connection, date: i64) -> Result<Vec<(SeatId, u8)>, Failure> {
    let rows: Vec<(i64, i32)> = sqlx::query_as(
        "SELECT id, ASCII(IF(status = 'held' AND hold_expires_at <= UTC_TIMESTAMP(6), 'a', status))
           FROM seats WHERE concert_date_id = ?",
    )
    .bind(date)
    .fetch_all(on)
    .await?;
    let mut letters = Vec::with_capacity(rows.len());
    for (id, letter) in rows {
        let letter = u8::try_from(letter)
            .ok()
            .filter(|letter| b"ahsb".contains(letter))
            .ok_or(Failure::Broken("a seat is in a state that does not exist"))?;
        letters.push((seat_id(id)?, letter));
    }
    letters.sort_unstable();
    Ok(letters)
}
