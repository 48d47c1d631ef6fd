//! Watches the line in Redis through the deaths of Redis: each of its lives is judged by itself.
//!
//! Two looks in a row say who was let in between them; whoever stood in the line at both with a
//! lower ticket was passed over. A fan whom a new life has not seen yet is nobody's to pass.

use std::collections::{HashMap, HashSet};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use redis::Connection;

use super::line::Line;
use crate::history::Findings;

const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A Redis that is stalled answers later than this; then it is asked anew.
const PATIENCE: Duration = Duration::from_secs(2);

/// One life of Redis, as far as it was seen.
#[derive(Debug, Clone)]
pub struct Life {
    /// By which Redis tells itself from others.
    run_id: String,
    /// When it was first seen.
    pub began: Instant,
    /// When it was last seen.
    pub ended: Instant,
    /// How often was looked.
    pub samples: u64,
    /// The most unexpired sessions at one moment.
    pub most_sessions: usize,
    /// Every ticket that was seen called, and when first.
    pub called: HashMap<u64, Instant>,
    waiting: HashSet<u64>,
}

/// A watch that is running.
#[derive(Debug)]
pub struct Vigil {
    stop: mpsc::Sender<()>,
    thread: JoinHandle<(Vec<Life>, Findings)>,
}

impl Vigil {
    /// Begins to watch this line against this cap.
    #[must_use]
    pub fn begin(line: &Line, cap: usize) -> Self {
        let (stop, stopped) = mpsc::channel();
        let line = line.clone();
        let thread = thread::spawn(move || watch(&line, cap, &stopped));
        Self { stop, thread }
    }

    /// Ends it: all lives, and what must not have been.
    ///
    /// # Errors
    /// When the watch has broken.
    pub fn end(self) -> anyhow::Result<(Vec<Life>, Findings)> {
        // It ends by this word alone.
        let _heard = self.stop.send(());
        let ended = self.thread.join();
        ended.map_err(|_| anyhow::anyhow!("the watch has broken"))
    }
}

fn watch(line: &Line, cap: usize, stopped: &mpsc::Receiver<()>) -> (Vec<Life>, Findings) {
    let (mut lives, mut findings) = (Vec::new(), Findings::new());
    let mut connection = None;
    while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
        // Without Redis there is nothing to see; the next look tries again.
        let looked = look_once(line, &mut connection, &mut lives);
        match looked {
            Ok((sessions, moment)) => judge(&mut lives, sessions, &moment, cap, &mut findings),
            Err(_) => connection = None,
        }
    }
    (lives, findings)
}

/// Who waits and who was called, by ticket.
struct Moment {
    waiting: HashSet<u64>,
    called: HashSet<u64>,
}

type Raw = (
    (u64, u64),
    Vec<(String, u64)>,
    Vec<(String, String)>,
    Vec<(String, u64)>,
);

fn look_once(
    line: &Line,
    connection: &mut Option<Connection>,
    lives: &mut Vec<Life>,
) -> anyhow::Result<(usize, Moment)> {
    if connection.is_none() {
        let opened = line.connect_within(PATIENCE)?;
        opened.set_read_timeout(Some(PATIENCE))?;
        *connection = Some(opened);
        let on = connection.as_mut().context("just opened")?;
        let info: String = redis::cmd("INFO").arg("server").query(on)?;
        let run_id = info.lines().find_map(|line| line.strip_prefix("run_id:"));
        let run_id = run_id.context("a server without run_id")?;
        if lives.last().is_none_or(|life| life.run_id != run_id) {
            lives.push(Life::new(run_id));
        }
    }
    let on = connection.as_mut().context("opened before")?;
    let mut look = redis::pipe();
    look.atomic().cmd("TIME");
    look.zrange_withscores(line.key("active"), 0, -1);
    look.hgetall(line.key("fan"));
    look.zrange_withscores(line.key("waiting"), 0, -1);
    let (time, active, fans, waiting): Raw = look.query(on)?;
    let now_ms = time.0 * 1000 + time.1 / 1000;
    let sessions = active.iter().filter(|(_, expiry)| *expiry > now_ms).count();
    let moment = Moment {
        waiting: waiting.into_iter().map(|(_, ticket)| ticket).collect(),
        called: fans
            .iter()
            .filter_map(|(_, record)| ticket_of(record))
            .collect(),
    };
    Ok((sessions, moment))
}

impl Life {
    fn new(run_id: &str) -> Self {
        Self {
            run_id: run_id.to_owned(),
            began: Instant::now(),
            ended: Instant::now(),
            samples: 0,
            most_sessions: 0,
            called: HashMap::new(),
            waiting: HashSet::new(),
        }
    }
}

/// Holds this look against the one before.
fn judge(
    lives: &mut [Life],
    sessions: usize,
    moment: &Moment,
    cap: usize,
    findings: &mut Findings,
) {
    let Some(life) = lives.last_mut() else { return };
    life.samples += 1;
    life.most_sessions = life.most_sessions.max(sessions);
    if sessions > cap {
        findings.push(format!("{sessions} sessions in Redis, the cap is {cap}"));
    }
    let new = |ticket: &&u64| !life.called.contains_key(ticket);
    let let_in = moment.called.iter().filter(new).max().copied();
    let stayed = life
        .waiting
        .intersection(&moment.waiting)
        .filter(new)
        .min()
        .copied();
    if let (Some(later), Some(passed)) = (let_in, stayed)
        && passed < later
    {
        findings.push(format!(
            "ticket {passed} stood in the line while {later} was let in"
        ));
    }
    life.ended = Instant::now();
    for ticket in &moment.called {
        life.called.entry(*ticket).or_insert(life.ended);
    }
    life.waiting.clone_from(&moment.waiting);
}

/// A called fan's record begins with the ticket: `ticket:claimed:misses`.
fn ticket_of(record: &str) -> Option<u64> {
    record.split(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(waiting: &[u64], called: &[u64]) -> Moment {
        Moment {
            waiting: waiting.iter().copied().collect(),
            called: called.iter().copied().collect(),
        }
    }

    fn judged(moments: &[Moment]) -> Findings {
        let (mut lives, mut findings) = (vec![Life::new("a")], Findings::new());
        for moment in moments {
            judge(&mut lives, 1, moment, 1, &mut findings);
        }
        findings
    }

    #[test]
    fn who_stood_in_the_line_and_was_passed_is_found() {
        let passed = [moment(&[3, 4, 7], &[]), moment(&[3, 4], &[7])];
        assert_eq!(judged(&passed).len(), 1);
        let in_turn = [moment(&[3, 4, 7], &[]), moment(&[4, 7], &[3])];
        assert!(judged(&in_turn).is_empty());
    }

    #[test]
    fn who_comes_back_too_late_or_had_the_turn_before_was_not_passed() {
        let too_late = [moment(&[7], &[]), moment(&[3], &[7]), moment(&[3], &[7])];
        assert!(judged(&too_late).is_empty());
        let returner = [
            moment(&[7], &[3]),
            moment(&[3, 7], &[3]),
            moment(&[3], &[3, 7]),
        ];
        assert!(judged(&returner).is_empty());
    }

    #[test]
    fn a_session_above_the_cap_is_found() {
        let (mut lives, mut findings) = (vec![Life::new("a")], Findings::new());
        judge(&mut lives, 2, &moment(&[], &[]), 1, &mut findings);
        assert_eq!(findings.len(), 1);
    }
}
