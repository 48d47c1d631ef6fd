//! Best: the box office chooses the seats, and holds them like any others.

use std::sync::Arc;

use chrono::NaiveDate;
use rand::Rng as _;
use serde::Serialize;
use shared::ids::{ConcertId, QueueName};

use super::reserve::{Wish, reserve};
use super::{Call, Office, refuse};
use crate::domain::best::{self, Count};
use crate::domain::key::Answer;
use crate::domain::reservation::Hold;
use crate::domain::seat::SeatIds;
use crate::refusal::Refusal;
use crate::store::best::Choice;
use crate::store::{self, Connection};

/// How often seats are chosen anew when a rival took one between the choice and the taking.
const MAX_CHOICES: u32 = 5;
/// After each loss, any of so many times more of the best places is taken: rivals who have met at
/// the best one do not all meet at the next.
const SPREAD: usize = 4;

/// What is wished for.
#[derive(Debug, Clone)]
pub struct Best {
    /// The queue that let the caller in.
    pub queue: QueueName,
    /// The concert; without one the default is meant.
    pub concert: Option<ConcertId>,
    /// The calendar date at the venue.
    pub date: NaiveDate,
    /// How many seats, together.
    pub count: Count,
    /// Only at this price, in won.
    pub price: Option<i64>,
    /// Only in this section.
    pub section: Option<String>,
}

/// Chooses seats and holds them. What [`reserve`] judges is judged there; only the choice is made
/// here, from a plain read, so a rival may be faster: then it is made again.
///
/// # Errors
/// As [`reserve`], [`Refusal::SoldOut`] when no row has so many seats together, and
/// [`Refusal::SeatTaken`] when rivals were faster each time.
pub async fn reserve_best<R: Serialize>(
    office: &Office,
    call: &Call,
    wished: &Best,
    answer: impl Fn(&Hold, &SeatIds) -> R + Send + Sync + 'static,
) -> Result<Answer, Refusal> {
    let answer = Arc::new(answer);
    let mut spread = 1;
    for last in (0..MAX_CHOICES).rev().map(|left| left == 0) {
        let passed_over = rand::rng().random_range(0..spread);
        let mut connection = office.database.connection().await?;
        let chosen = choose(&mut connection, office, call, wished, passed_over).await;
        let seats = match chosen {
            Err(Refusal::Failed(failure)) => return Err(failure.into()),
            chosen => {
                connection.put_back();
                match chosen {
                    Ok(seats) => seats,
                    Err(refusal) => return refuse(office, call, refusal).await,
                }
            }
        };
        let wish = Wish {
            queue: wished.queue.clone(),
            seats,
        };
        let (answer, seats) = (Arc::clone(&answer), wish.seats.clone());
        match reserve(office, call, &wish, move |hold| answer(hold, &seats)).await {
            Err(Refusal::SeatTaken { .. }) if !last => spread *= SPREAD,
            outcome => return outcome,
        }
        metrics::counter!("booking_best_seats_lost_total").increment(1);
    }
    Err(Refusal::SeatTaken { seats: Vec::new() })
}

async fn choose(
    on: &mut Connection,
    office: &Office,
    call: &Call,
    wished: &Best,
    passed_over: usize,
) -> Result<SeatIds, Refusal> {
    let concert = wished.concert.or(office.default_concert);
    let concert = store::concert::find(on, concert).await?;
    let concert = concert.ok_or(Refusal::ConcertNotFound)?;
    concert.check_queue(&wished.queue)?;
    let date = store::date::find(on, concert.id, wished.date).await?;
    let date = date.filter(|date| !date.is_past(concert.zone));
    let date = date.ok_or(Refusal::DateNotFound)?;
    date.window.check(date.now)?;
    let choice = Choice {
        date: date.id,
        price: wished.price,
        section: wished.section.clone(),
        caller: (call.user, office.cooldown),
    };
    let runs = store::best::runs(&choice).ask(on).await?;
    let Some(block) = best::choose(&runs, wished.count, passed_over) else {
        let together = best::most_together(&runs);
        return Err(Refusal::SoldOut { together });
    };
    SeatIds::new(store::best::seats(date.id, block).ask(on).await?)
}
