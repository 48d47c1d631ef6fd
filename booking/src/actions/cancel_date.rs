//! `booking cancel-date`: a performance is called off. Its sale closes, its holds end, all of its
//! money goes back, and its seats are blocked.
//!
//! Many small transactions, each of which leaves the books right: whatever ends the command, what
//! is done is done, and the next run looks for what is left.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use shared::ids::{ConcertId, SeatId};
use uuid::Uuid;

use super::Office;
use super::refund::refund;
use crate::domain::reservation::ReservationId;
use crate::refusal::Refusal;
use crate::store::cancellation::{self as books, Left};
use crate::store::{self, Failure, Pooled};

/// How many seats or reservations are looked at in one go.
const BATCH: u32 = 200;

/// What was done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Reservations whose money went back.
    pub refunds: u64,
    /// How many won that were.
    pub won: i64,
    /// Holds that were ended.
    pub holds: u64,
    /// Sold seats of forgotten users, which stay as they are.
    pub forgotten: i64,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            refunds,
            won,
            holds,
            forgotten,
        } = self;
        write!(f, "{refunds} reservations refunded with {won} won")?;
        write!(f, ", {holds} holds ended")?;
        if *forgotten > 0 {
            write!(
                f,
                ", {forgotten} sold seats of forgotten users left as they are"
            )?;
        }
        Ok(())
    }
}

/// Why a date is not called off, or not wholly. What is done stays done.
#[derive(Debug, thiserror::Error)]
pub enum CancelDateError {
    /// The concert has no such date.
    #[error("the concert has no performance on this date")]
    NoSuchDate,
    /// The database did not answer or refused.
    #[error("{0}; run it again to go on")]
    Database(#[from] Failure),
    /// Something was in the way throughout a whole pass.
    #[error("{} seats are left after {done}: {why}", .left.available + .left.held + .left.sold)]
    Stuck {
        /// What was done before.
        done: Done,
        /// What is left.
        left: Left,
        /// The last refusal.
        why: String,
    },
}

/// Calls a performance off. `progress` hears what is done after each batch. Again, it does what is
/// left, and when nothing is, nothing.
///
/// # Errors
/// [`CancelDateError`].
pub async fn cancel_date(
    office: &Office,
    concert: ConcertId,
    date: NaiveDate,
    progress: impl Fn(&Done),
) -> Result<Done, CancelDateError> {
    let mut connection = office.database.connection().await?;
    let found = store::date::find(&mut connection, concert, date).await?;
    let date = found.ok_or(CancelDateError::NoSuchDate)?.id;
    // First, so that nobody new comes. A call that is on its way may still take a seat that is
    // free: it is found by the next pass, until every seat is blocked.
    books::close_sale(&mut connection, date).await?;
    let mut run = Run {
        office,
        date,
        done: Done::default(),
        why: None,
        progress,
    };
    loop {
        let before = books::left(&mut connection, date).await?;
        run.done.forgotten = before.forgotten;
        if before.available + before.held + before.sold == 0 {
            return Ok(run.done);
        }
        run.pass(&mut connection).await?;
        let left = books::left(&mut connection, date).await?;
        if left == before {
            let done = run.done;
            let why = run.why.unwrap_or_default();
            return Err(CancelDateError::Stuck { done, left, why });
        }
    }
}

struct Run<'a, P> {
    office: &'a Office,
    date: i64,
    done: Done,
    /// What was last in the way; the next pass tries again.
    why: Option<String>,
    progress: P,
}

impl<P: Fn(&Done)> Run<'_, P> {
    /// Everything once.
    async fn pass(&mut self, connection: &mut Pooled) -> Result<(), Failure> {
        self.block(connection).await?;
        self.end_holds(connection).await?;
        self.refund(connection).await
    }

    async fn block(&mut self, connection: &mut Pooled) -> Result<(), Failure> {
        loop {
            let seats = books::available(connection, self.date, BATCH).await?;
            if seats.is_empty() {
                return Ok(());
            }
            let mut tx = store::begin(connection).await?;
            let blocked = books::block(&mut tx, &seats).await;
            if let Err(failure) = blocked {
                return self.put_off(failure);
            }
            store::commit(tx).await?;
        }
    }

    async fn end_holds(&mut self, connection: &mut Pooled) -> Result<(), Failure> {
        loop {
            let mut holds: BTreeMap<ReservationId, Vec<SeatId>> = BTreeMap::new();
            for (seat, reservation) in books::held(connection, self.date, BATCH).await? {
                holds.entry(reservation).or_default().push(seat);
            }
            if holds.is_empty() {
                return Ok(());
            }
            for (reservation, seats) in holds {
                match end_hold(connection, reservation, &seats).await {
                    Ok(ended) => self.done.holds += u64::from(ended),
                    Err(failure) => return self.put_off(failure),
                }
            }
            (self.progress)(&self.done);
        }
    }

    async fn refund(&mut self, connection: &mut Pooled) -> Result<(), Failure> {
        let mut after = ReservationId(Uuid::nil());
        loop {
            let sold = books::sold(connection, self.date, after, BATCH).await?;
            let Some((last, _)) = sold.last() else {
                return Ok(());
            };
            after = *last;
            for (reservation, user) in sold {
                match refund(self.office, user, reservation).await {
                    Ok(refund) => {
                        self.done.refunds += u64::from(!refund.earlier);
                        self.done.won += if refund.earlier { 0 } else { refund.amount };
                    }
                    Err(Refusal::Failed(failure)) => self.put_off(failure)?,
                    Err(refusal) => self.note(reservation, &refusal),
                }
            }
            (self.progress)(&self.done);
        }
    }

    /// Somebody else's lock is no reason to give up: the next pass comes by again.
    fn put_off(&mut self, failure: Failure) -> Result<(), Failure> {
        match failure {
            Failure::RolledBack(_) | Failure::LockWait(_) | Failure::PoolBusy => {
                self.why = Some(failure.to_string());
                Ok(())
            }
            failure => Err(failure),
        }
    }

    fn note(&mut self, reservation: ReservationId, refusal: &Refusal) {
        self.why = Some(format!("reservation {reservation}: {refusal}"));
    }
}

/// Ends one hold, as the sweeper does: its seats by id, then its reservation. Answers whether
/// there was anything of it left.
async fn end_hold(
    connection: &mut Pooled,
    reservation: ReservationId,
    seats: &[SeatId],
) -> Result<bool, Failure> {
    let mut tx = store::begin(connection).await?;
    let ended = books::end_hold(&mut tx, seats, reservation).await? > 0;
    if ended {
        books::close_hold(&mut tx, reservation).await?;
    }
    store::commit(tx).await?;
    Ok(ended)
}
