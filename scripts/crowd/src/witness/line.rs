//! Watches the line in Redis while the crowd is at it: how many sessions run, and who is called
//! while somebody with a lower ticket still waits.

use std::collections::{BTreeMap, HashSet};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use redis::{Commands as _, Connection};
use tokio::sync::oneshot;

use crate::history::Findings;

const PATIENCE: Duration = Duration::from_secs(10);

/// What was seen.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// How often was looked.
    pub samples: u64,
    /// The most unexpired sessions at one moment.
    pub most_sessions: usize,
    /// Every ticket that was seen called, and when first.
    pub called: BTreeMap<u64, Instant>,
    /// How the capacity was used, at each look.
    pub uses: Vec<Use>,
    /// What must not be; watching ends with the first.
    pub findings: Findings,
}

/// How the capacity was used at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// When.
    pub at: Instant,
    /// Unexpired sessions that their fans have claimed.
    pub claimed: usize,
    /// Whether one more session had room.
    pub has_room: bool,
    /// Whether the rate let nobody in just then: the bucket had less than one token.
    pub rate_limits: bool,
}

/// A watch that is running, on a thread and a connection of its own: a crowd that keeps everything
/// else busy must not blind it.
#[derive(Debug)]
pub struct Watch {
    stop: mpsc::Sender<()>,
    seen: oneshot::Receiver<anyhow::Result<Seen>>,
}

impl Watch {
    /// Waits until something is found that must not be; as long as nothing is, for ever.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub async fn found(&mut self) -> anyhow::Result<Seen> {
        (&mut self.seen).await?
    }

    /// Ends the watch.
    ///
    /// # Errors
    /// When Redis could not be asked.
    pub async fn finish(self) -> anyhow::Result<Seen> {
        // Nobody hears it when the watch has ended by itself.
        let _heard = self.stop.send(());
        self.seen.await?
    }
}

/// The keys of one queue.
#[derive(Debug, Clone)]
pub struct Line {
    url: String,
    queue: String,
}

/// One moment: Redis's time, sessions by expiry, called fans, who waits below the highest call, and
/// the tokens in the bucket.
type Moment = (
    (u64, u64),
    Vec<(String, u64)>,
    Vec<(String, String)>,
    Vec<(String, u64)>,
    Option<f64>,
);

impl Line {
    /// The queue `main` on this Redis, below a key prefix.
    #[must_use]
    pub fn new(url: &str, prefix: &str) -> Self {
        Self {
            url: url.to_owned(),
            queue: format!("{prefix}queue:{{main}}:"),
        }
    }

    /// The name of one of its keys.
    #[must_use]
    pub fn key(&self, part: &str) -> String {
        format!("{}{part}", self.queue)
    }

    fn connect(&self) -> anyhow::Result<Connection> {
        self.connect_within(PATIENCE)
    }

    pub(super) fn connect_within(&self, patience: Duration) -> anyhow::Result<Connection> {
        let client = redis::Client::open(self.url.as_str()).context("REDIS_URL")?;
        client
            .get_connection_with_timeout(patience)
            .context("no connection to Redis")
    }

    /// Sets fields of the config, as an operator does.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub fn configure(&self, fields: &[(&str, u64)]) -> anyhow::Result<()> {
        let mut connection = self.connect()?;
        if !fields.is_empty() {
            connection.hset_multiple::<_, _, _, ()>(self.key("config"), fields)?;
        }
        Ok(())
    }

    /// One number of the config, when it is set.
    ///
    /// # Errors
    /// When Redis cannot be asked, or has no number there.
    pub fn setting(&self, field: &str) -> anyhow::Result<Option<u64>> {
        Ok(self.connect()?.hget(self.key("config"), field)?)
    }

    /// Removes all keys of the queue.
    ///
    /// # Errors
    /// When Redis cannot be asked.
    pub fn remove(&self) -> anyhow::Result<()> {
        let mut connection = self.connect()?;
        let keys: Vec<String> = connection.keys(self.key("*"))?;
        if !keys.is_empty() {
            connection.del::<_, ()>(keys)?;
        }
        Ok(())
    }

    /// Begins to watch, one look each `every`, against this cap.
    ///
    /// # Errors
    /// When Redis cannot be reached.
    pub fn watch(&self, every: Duration, cap: usize) -> anyhow::Result<Watch> {
        let mut connection = self.connect()?;
        let (stop, stopped) = mpsc::channel();
        let (tell, seen) = oneshot::channel();
        let line = self.clone();
        thread::spawn(move || {
            let outcome = line.look_until(&stopped, &mut connection, every, cap);
            // Nobody listens when the run has failed for another reason.
            let _heard = tell.send(outcome);
        });
        Ok(Watch { stop, seen })
    }

    fn look_until(
        &self,
        stopped: &mpsc::Receiver<()>,
        connection: &mut Connection,
        every: Duration,
        cap: usize,
    ) -> anyhow::Result<Seen> {
        let mut seen = Seen::default();
        while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
            let highest = seen.called.keys().next_back().copied().unwrap_or(0);
            let moment = self.look(connection, highest)?;
            judge(&mut seen, moment, cap);
            if !seen.findings.is_empty() {
                break;
            }
        }
        Ok(seen)
    }

    /// One atomic look. Who waits is asked below the highest ticket seen called so far: nobody may.
    fn look(&self, connection: &mut Connection, highest_called: u64) -> anyhow::Result<Moment> {
        let mut look = redis::pipe();
        look.atomic().cmd("TIME");
        look.zrange_withscores(self.key("active"), 0, -1);
        look.hgetall(self.key("fan"));
        let below = format!("({highest_called}");
        look.zrangebyscore_withscores(self.key("waiting"), "-inf", below);
        look.hget(self.key("state"), "bucket");
        Ok(look.query(connection)?)
    }
}

/// Adds what one look showed.
fn judge(seen: &mut Seen, (time, mut active, called, waiting, bucket): Moment, cap: usize) {
    let now_ms = time.0 * 1000 + time.1 / 1000;
    active.retain(|(_, expiry)| *expiry > now_ms);
    let (sessions, looked) = (active.len(), Instant::now());
    seen.uses.push(Use {
        at: looked,
        claimed: claimed_of(&active, &called),
        has_room: sessions < cap,
        rate_limits: bucket.is_some_and(|tokens| tokens < 1.0),
    });
    seen.samples += 1;
    seen.most_sessions = seen.most_sessions.max(sessions);
    if sessions > cap {
        let finding = format!("{sessions} sessions at {now_ms} ms, the cap is {cap}");
        seen.findings.push(finding);
    }
    // Before this look's own calls are added: who waits was looked up below the earlier ones.
    for (user, ticket) in waiting {
        if !seen.called.contains_key(&ticket) {
            let finding = format!("user {user} with ticket {ticket} waits, a later one was called");
            seen.findings.push(finding);
        }
    }
    for ticket in called.iter().filter_map(|(_, record)| ticket_of(record)) {
        seen.called.entry(ticket).or_insert(looked);
    }
}

/// How many of these sessions their fans have claimed.
fn claimed_of(sessions: &[(String, u64)], called: &[(String, String)]) -> usize {
    let claimed = called
        .iter()
        .filter(|(_, record)| record.split(':').nth(1) == Some("1"));
    let claimed: HashSet<&str> = claimed.map(|(user, _)| user.as_str()).collect();
    let own = |(user, _): &&(String, u64)| claimed.contains(user.as_str());
    sessions.iter().filter(own).count()
}

/// A called fan's record begins with the ticket: `ticket:claimed:misses`.
fn ticket_of(record: &str) -> Option<u64> {
    record.split(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(sessions: &[u64], called: &[u64], waiting: &[u64]) -> Moment {
        let named = |number: &u64| (number.to_string(), *number);
        let record = |ticket: &u64| (ticket.to_string(), format!("{ticket}:1:0"));
        (
            (5, 0),
            sessions.iter().map(named).collect(),
            called.iter().map(record).collect(),
            waiting.iter().map(named).collect(),
            Some(1.0),
        )
    }

    #[test]
    fn a_session_above_the_cap_is_found_and_an_expired_one_is_none() {
        let mut seen = Seen::default();
        judge(&mut seen, moment(&[4000, 5000, 5001, 6000], &[], &[]), 2);
        assert_eq!((seen.most_sessions, seen.findings.len()), (2, 0));
        judge(&mut seen, moment(&[5001, 6000, 7000], &[], &[]), 2);
        assert_eq!((seen.most_sessions, seen.findings.len()), (3, 1));
    }

    #[test]
    fn only_sessions_that_were_claimed_use_the_capacity() {
        let mut seen = Seen::default();
        let (time, active, mut called, waiting, _) = moment(&[6000, 7000, 8000], &[], &[]);
        let record = |user: &str, record: &str| (user.to_owned(), record.to_owned());
        called.push(record("6000", "1:1:0"));
        called.push(record("7000", "2:0:0"));
        called.push(record("9000", "3:1:0"));
        judge(&mut seen, (time, active, called, waiting, Some(0.5)), 9);
        assert_eq!((seen.uses[0].claimed, seen.uses[0].rate_limits), (1, true));
    }

    #[test]
    fn who_was_passed_over_is_found_and_who_was_called_before_is_not() {
        let mut seen = Seen::default();
        judge(&mut seen, moment(&[], &[3, 7], &[]), 9);
        judge(&mut seen, moment(&[], &[7], &[3]), 9);
        assert!(seen.findings.is_empty());
        judge(&mut seen, moment(&[], &[7], &[5]), 9);
        assert_eq!(seen.findings.len(), 1);
    }
}
