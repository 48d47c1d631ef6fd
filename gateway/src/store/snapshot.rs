//! `snapshot`: all places, page by page, for a picture that begins anew.

use redis::{FromRedisValue, ParsingError, Value};
use shared::ids::{Epoch, QueueName, Ticket, UserId};

use super::{Lane, Store, StoreError};

/// How many places a page has at most, so that no call holds Redis up for long.
const PAGE_LENGTH: u64 = 5000;

/// A session, as a picture knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// The place's number.
    pub ticket: Ticket,
    /// When it ends, in ms on Redis's clock.
    pub expires_at_ms: u64,
    /// Whether the fan has come.
    pub is_claimed: bool,
}

/// All places. What has changed since `seq` is in the log, and may be in here too.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The epoch of all pages.
    pub epoch: Option<Epoch>,
    /// The number of the last change before the first page.
    pub seq: u64,
    /// The highest ticket given before the first page.
    pub counter: Ticket,
    /// The tickets that wait.
    pub waiting: Vec<Ticket>,
    /// The sessions that run.
    pub sessions: Vec<(UserId, Session)>,
}

impl Store {
    /// All places; `None` when another epoch began meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked.
    pub async fn snapshot(&self, queue: &QueueName) -> Result<Option<Snapshot>, StoreError> {
        let mut snapshot = Snapshot::default();
        for part in ["waiting", "active"] {
            let mut cursor = Some(0);
            while let Some(from) = cursor {
                let page = self.page(queue, part, from).await?;
                if snapshot.epoch.is_none() {
                    (snapshot.seq, snapshot.counter) = (page.seq, page.counter);
                }
                if *snapshot.epoch.get_or_insert(page.epoch) != page.epoch {
                    return Ok(None);
                }
                snapshot.add(part, &page.places);
                cursor = page.next;
            }
        }
        Ok(Some(snapshot))
    }

    async fn page(&self, queue: &QueueName, part: &str, cursor: u64) -> Result<Page, StoreError> {
        let mut call = self.call(&self.scripts.snapshot, queue);
        call.arg(part).arg(cursor).arg(PAGE_LENGTH);
        self.run(Lane::Background, &call).await
    }
}

impl Snapshot {
    fn add(&mut self, part: &str, places: &[u64]) {
        if part == "waiting" {
            self.waiting.extend(places.iter().copied().map(Ticket));
            return;
        }
        for place in places.chunks_exact(4) {
            let session = Session {
                ticket: Ticket(place[1]),
                expires_at_ms: place[2],
                is_claimed: place[3] == 1,
            };
            let user = UserId::new(place[0]).ok();
            self.sessions.extend(user.map(|user| (user, session)));
        }
    }
}

struct Page {
    epoch: Epoch,
    seq: u64,
    counter: Ticket,
    next: Option<u64>,
    places: Vec<u64>,
}

const HEADER_LENGTH: usize = 4;

impl FromRedisValue for Page {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let values = Vec::<i64>::from_redis_value(value)?;
        let Some((&[epoch, seq, counter, next], places)) = values.split_first_chunk() else {
            return Err(format!("snapshot answered with less than {HEADER_LENGTH} values").into());
        };
        let whole = |number: i64| u64::try_from(number).unwrap_or_default();
        Ok(Self {
            epoch: Epoch(whole(epoch)),
            seq: whole(seq),
            counter: Ticket(whole(counter)),
            next: u64::try_from(next).ok(),
            places: places.iter().copied().map(whole).collect(),
        })
    }
}
