//! What every fan asked and was told, with times, and the checks of it.
//!
//! A call is invoked, and then it is ok, refused, or nobody knows: an answer that never came, or a
//! 5xx from somewhere on the way, says nothing about whether it was done.

mod answers;
pub mod books;
mod cap;
mod holds;
mod money;
mod order;
mod places;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use uuid::Uuid;

pub use answers::check_answers;
pub use cap::most_sessions_at_once;
pub use holds::check_holds;
pub use money::{Account, check_money, hold_against};
pub(crate) use order::places;
pub use order::{check_order, check_positions};
pub use places::check_places;

/// Something that must not be: told in a sentence. An empty list is what every check hopes for.
pub type Findings = Vec<String>;

/// All checks of a run that is over. `called` says when each ticket was first seen called, `hold`
/// is how long a seat is kept.
#[must_use]
pub fn check_all(
    entries: &[Entry],
    called: &BTreeMap<u64, Duration>,
    books: &books::Books,
    hold: Duration,
) -> Findings {
    [
        check_answers(entries),
        check_order(entries, called),
        check_positions(entries),
        check_places(entries, called),
        check_holds(entries, hold),
        check_money(entries, books),
    ]
    .concat()
}

/// Which call was made, and what it was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    /// `POST /api/issue`.
    Join,
    /// `GET /api/status/{userId}`.
    Poll,
    /// `GET /api/available-dates`.
    Dates,
    /// `GET /api/available-seats/{date}`.
    Seats,
    /// `POST /api/reserve`.
    Reserve {
        /// The seat's id.
        seat: u64,
    },
    /// `POST /api/{userId}/charge`.
    Charge {
        /// In won.
        amount: u64,
    },
    /// `POST /api/process`.
    Pay {
        /// In won.
        amount: u64,
    },
    /// `GET /api/{userId}/reservations`.
    Tickets,
    /// `DELETE /api/issue`.
    Leave,
}

impl Call {
    /// The call's name in a report.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Join => "join",
            Self::Poll => "poll",
            Self::Dates => "dates",
            Self::Seats => "seats",
            Self::Reserve { .. } => "reserve",
            Self::Charge { .. } => "charge",
            Self::Pay { .. } => "pay",
            Self::Tickets => "tickets",
            Self::Leave => "leave",
        }
    }
}

/// How a place stood, as the fan was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// In the line; 1 is next.
    Waiting(u64),
    /// In a session.
    Active,
    /// The session is over.
    Over,
}

/// How long the line said that it would take, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Estimate {
    /// At least.
    pub min: u64,
    /// At most.
    pub max: u64,
}

/// Seats that one reservation has, as the fan was told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reserved {
    /// Its id.
    pub reservation: Uuid,
    /// `reserved`, `paid` and so on.
    pub status: String,
    /// The seats' ids, ascending.
    pub seats: Vec<u64>,
    /// In won.
    pub amount: u64,
}

/// What an ok answer said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Of join and poll.
    Place {
        /// The place's number in the line.
        ticket: u64,
        /// How it stands.
        standing: Standing,
        /// How long it may still take, when that is known.
        estimate: Option<Estimate>,
    },
    /// Of dates and seats: not kept, a hall is too large to be kept for every fan.
    Looked,
    /// Of reserve.
    Held(Reserved),
    /// Of charge: the balance after it.
    Charged(u64),
    /// Of pay: which reservations were paid, and with how much.
    Paid(Vec<(Uuid, u64)>),
    /// Of tickets: all reservations of the fan.
    Tickets(Vec<Reserved>),
    /// Of leave.
    Left,
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done, and acknowledged.
    Ok(Fact),
    /// Not done: a 4xx with its code.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The problem's code.
        code: String,
    },
    /// Done or not: a 5xx with its code, or no answer.
    Unknown {
        /// The HTTP status; none when no whole answer came.
        status: Option<u16>,
        /// The problem's code, or what went wrong.
        why: String,
    },
}

/// One attempt at one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The user id.
    pub fan: u64,
    /// What was asked.
    pub call: Call,
    /// The idempotency key; attempts with the same one are one operation.
    pub key: Option<Arc<str>>,
    /// When, since the history began.
    pub invoked: Duration,
    /// When the fan knew how it ended.
    pub returned: Duration,
    /// How it ended.
    pub outcome: Outcome,
}

/// The record of one run. Clones share it.
#[derive(Debug, Clone)]
pub struct History {
    began: Instant,
    entries: Arc<Mutex<Vec<Entry>>>,
}

impl Default for History {
    fn default() -> Self {
        Self::new()
    }
}

impl History {
    /// An empty history that begins now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            entries: Arc::default(),
        }
    }

    /// The time since it began.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// The time since it began, of a moment.
    #[must_use]
    pub fn at(&self, moment: Instant) -> Duration {
        moment.saturating_duration_since(self.began)
    }

    /// Notes one attempt.
    pub fn note(&self, entry: Entry) {
        self.lock().push(entry);
    }

    /// What has been noted since there were `known` entries, in the order of the notes.
    #[must_use]
    pub fn since(&self, known: usize) -> Vec<Entry> {
        self.lock().get(known..).unwrap_or_default().to_vec()
    }

    /// What has been noted so far, by the time of the answers.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let mut entries = self.lock().clone();
        entries.sort_by_key(|entry| entry.returned);
        entries
    }

    // A fan's task that panicked has noted whole entries only.
    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
