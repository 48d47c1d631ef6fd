//! Watches the line in Redis while the crowd is at it: how many sessions run, and who is called
//! while somebody with a lower ticket still waits.

use std::collections::BTreeMap;
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
    /// What must not be; watching ends with the first.
    pub findings: Findings,
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

/// One moment: Redis's time, sessions by expiry, called fans, and who waits below the highest call.
type Moment = (
    (u64, u64),
    Vec<(String, u64)>,
    Vec<(String, String)>,
    Vec<(String, u64)>,
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
        Ok(look.query(connection)?)
    }
}

/// Adds what one look showed.
fn judge(seen: &mut Seen, (time, active, called, waiting): Moment, cap: usize) {
    let now_ms = time.0 * 1000 + time.1 / 1000;
    let sessions = active.iter().filter(|(_, expiry)| *expiry > now_ms).count();
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
    let looked = Instant::now();
    for ticket in called.iter().filter_map(|(_, record)| ticket_of(record)) {
        seen.called.entry(ticket).or_insert(looked);
    }
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
    fn who_was_passed_over_is_found_and_who_was_called_before_is_not() {
        let mut seen = Seen::default();
        judge(&mut seen, moment(&[], &[3, 7], &[]), 9);
        judge(&mut seen, moment(&[], &[7], &[3]), 9);
        assert!(seen.findings.is_empty());
        judge(&mut seen, moment(&[], &[7], &[5]), 9);
        assert_eq!(seen.findings.len(), 1);
    }
}
