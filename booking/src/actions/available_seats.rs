//! The seats of a date.

use chrono::NaiveDate;
use shared::ids::{ConcertId, QueueName};

use super::Office;
use crate::domain::seat::{Seat, State};
use crate::refusal::Refusal;
use crate::store;

/// Which seats of which date.
#[derive(Debug, Clone)]
pub struct Question {
    /// The queue that let the caller in.
    pub queue: QueueName,
    /// The concert; without one the default is meant.
    pub concert: Option<ConcertId>,
    /// The calendar date at the venue.
    pub date: NaiveDate,
    /// Whether held and sold seats are wanted too, and those of a sale that is not open.
    pub all: bool,
}

/// The seats by number: those that can be reserved now, or all.
///
/// # Errors
/// [`Refusal::ConcertNotFound`], [`Refusal::WrongQueue`], [`Refusal::DateNotFound`].
pub async fn available_seats(office: &Office, asked: &Question) -> Result<Vec<Seat>, Refusal> {
    let mut connection = office.database.connection().await?;
    let concert = asked.concert.or(office.default_concert);
    let concert = store::concert::find(&mut connection, concert).await?;
    let concert = concert.ok_or(Refusal::ConcertNotFound)?;
    concert.check_queue(&asked.queue)?;
    let date = store::date::find(&mut connection, concert.id, asked.date).await?;
    let date = date.filter(|date| !date.is_past(concert.zone));
    let date = date.ok_or(Refusal::DateNotFound)?;
    if !asked.all && !date.window.is_open(date.now) {
        return Ok(Vec::new());
    }
    let mut seats = store::seat::of_date(&mut connection, date.id).await?;
    if !asked.all {
        seats.retain(|seat| seat.state == State::Available);
    }
    Ok(seats)
}
