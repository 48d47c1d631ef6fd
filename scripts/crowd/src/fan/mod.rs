//! One fan: joins, waits as told, picks seats, pays, and looks at the tickets.
//!
//! A fan is patient: what may be retried is retried as the answer says, with the same idempotency
//! key, and through the next gateway, as a load balancer would have it.

mod line;
mod purchase;

pub(crate) use purchase::LAPSED;

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::Method;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;

use crate::answers::{Answered, ProblemAnswer};
use crate::client::{Answer, Ask, Client, Lost};
use crate::history::{Call, Entry, History, Outcome};

/// One call is tried at most as often.
const ATTEMPTS: usize = 40;
/// How long a fan waits when an answer that may be retried does not say.
const RETRY_MS: Range<u64> = 300..1_200;

/// Where fans go, and what they share.
#[derive(Debug, Clone)]
pub struct Crowd {
    /// The gateways, host:port.
    pub doors: Arc<[String]>,
    /// Sends their calls.
    pub client: Client,
    /// Notes what they are told.
    pub history: History,
    /// Makes their choices repeatable.
    pub seed: u64,
}

/// Why a fan goes home, or has to begin again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// The session is over; the line has to be joined again.
    SessionOver,
    /// There is no seat left.
    SoldOut,
    /// A refusal that cannot be helped, by its code.
    Refused(String),
    /// No answer came after all attempts, or before the fan had to go home.
    GaveUp(&'static str),
}

/// One fan. What was reserved and charged is remembered beyond a session.
#[derive(Debug)]
pub struct Fan {
    user: u64,
    crowd: Crowd,
    rng: StdRng,
    token: Option<String>,
    calls: usize,
    keys: usize,
    /// What is reserved and not paid.
    held: Vec<Held>,
    balance: u64,
    /// The position that was shown last.
    shown: Option<u64>,
    /// How long the fan thinks before each step in the house, in ms.
    thinks_ms: Range<u64>,
    home_by: Option<Instant>,
}

/// A seat that is the fan's for some minutes.
#[derive(Debug)]
struct Held {
    seat: u64,
    price: u64,
    until: Instant,
}

/// A call to be made until it is answered.
struct Asking {
    call: Call,
    method: Method,
    path: String,
    body: Option<Value>,
    key: Option<Arc<str>>,
}

enum Tried<T> {
    Ok(T),
    Refused(String),
    Again(Option<Duration>),
}

impl Fan {
    /// The fan with this user id.
    #[must_use]
    pub fn new(user: u64, crowd: &Crowd) -> Self {
        Self {
            user,
            crowd: crowd.clone(),
            rng: StdRng::seed_from_u64(crowd.seed.wrapping_add(user)),
            token: None,
            calls: 0,
            keys: 0,
            held: Vec::new(),
            balance: 0,
            shown: None,
            thinks_ms: 0..1,
            home_by: None,
        }
    }

    /// The same fan, who thinks so long before each step in the house.
    #[must_use]
    pub const fn thinking(mut self, ms: Range<u64>) -> Self {
        self.thinks_ms = ms;
        self
    }

    /// The same fan, who asks for nothing more from this moment on.
    #[must_use]
    pub const fn home_by(mut self, moment: Instant) -> Self {
        self.home_by = Some(moment);
        self
    }

    /// The user id.
    #[must_use]
    pub const fn user(&self) -> u64 {
        self.user
    }

    fn read(call: Call, path: String) -> Asking {
        Asking {
            call,
            method: Method::GET,
            path,
            body: None,
            key: None,
        }
    }

    /// A call that writes gets a new key, so that it can be repeated until it is answered.
    fn write(&mut self, call: Call, path: String, body: Value) -> Asking {
        self.keys += 1;
        Asking {
            call,
            method: Method::POST,
            path,
            body: Some(body),
            key: Some(format!("{}-{}", self.user, self.keys).into()),
        }
    }

    async fn ask<T: Answered>(&mut self, asking: &Asking) -> Result<T, Stop> {
        let body = asking.body.as_ref().map(Value::to_string);
        for _ in 0..ATTEMPTS {
            if self.home_by.is_some_and(|moment| moment <= Instant::now()) {
                break;
            }
            match self.attempt(asking, body.as_deref()).await {
                Tried::Ok(answer) => return Ok(answer),
                Tried::Refused(code) if code == "session_expired" || code == "not_admitted" => {
                    return Err(Stop::SessionOver);
                }
                Tried::Refused(code) => return Err(Stop::Refused(code)),
                Tried::Again(wait) => {
                    let own = Duration::from_millis(self.rng.random_range(RETRY_MS));
                    tokio::time::sleep(wait.unwrap_or(own)).await;
                }
            }
        }
        Err(Stop::GaveUp(asking.call.name()))
    }

    async fn think(&mut self) {
        let ms = self.rng.random_range(self.thinks_ms.clone());
        if ms > 0 {
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
    }

    async fn attempt<T: Answered>(&mut self, asking: &Asking, body: Option<&str>) -> Tried<T> {
        self.calls += 1;
        let door = (self.calls + usize::try_from(self.user).unwrap_or(0)) % self.crowd.doors.len();
        let ask = Ask {
            method: &asking.method,
            path: &asking.path,
            token: self.token.as_deref(),
            key: asking.key.as_deref(),
            body,
        };
        let invoked = self.crowd.history.now();
        let answer = self.crowd.client.call(&self.crowd.doors[door], ask).await;
        let (outcome, tried) = judge(answer);
        self.crowd.history.note(Entry {
            fan: self.user,
            call: asking.call,
            key: asking.key.clone(),
            invoked,
            returned: self.crowd.history.now(),
            outcome,
        });
        tried
    }
}

/// What an answer says for the history, and for the fan.
fn judge<T: Answered>(answer: Result<Answer, Lost>) -> (Outcome, Tried<T>) {
    match answer {
        Ok(answer) if answer.status < 300 => judge_ok(&answer),
        Ok(answer) => judge_problem(&answer),
        Err(Lost(why)) => (Outcome::Unknown { status: None, why }, Tried::Again(None)),
    }
}

fn judge_ok<T: Answered>(answer: &Answer) -> (Outcome, Tried<T>) {
    match serde_json::from_slice::<T>(&answer.body) {
        Ok(told) => (Outcome::Ok(told.fact()), Tried::Ok(told)),
        Err(error) => unreadable(answer, &error),
    }
}

fn judge_problem<T>(answer: &Answer) -> (Outcome, Tried<T>) {
    let status = answer.status;
    match serde_json::from_slice::<ProblemAnswer>(&answer.body) {
        // A 5xx may come from somewhere on the way: whether it was done nobody knows.
        Ok(problem) if status >= 500 => {
            let (status, why) = (Some(status), problem.code);
            (
                Outcome::Unknown { status, why },
                Tried::Again(answer.retry_after),
            )
        }
        Ok(problem) => {
            let code = problem.code.clone();
            let tried = if problem.retryable {
                Tried::Again(answer.retry_after)
            } else {
                Tried::Refused(problem.code)
            };
            (Outcome::Refused { status, code }, tried)
        }
        Err(error) => unreadable(answer, &error),
    }
}

fn unreadable<T>(answer: &Answer, error: &serde_json::Error) -> (Outcome, Tried<T>) {
    let start = String::from_utf8_lossy(&answer.body[..answer.body.len().min(200)]).into_owned();
    let (status, why) = (Some(answer.status), format!("{error} in {start:?}"));
    (Outcome::Unknown { status, why }, Tried::Again(None))
}
