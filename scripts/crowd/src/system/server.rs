//! One process of ours: where it listens, what it logged last, and its end by its own pid.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Context as _;
use serde::Deserialize;
use tokio::sync::oneshot;

const LINES_KEPT: usize = 40;

type Lines = Arc<Mutex<VecDeque<String>>>;

/// Where it listens.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Doors {
    pub(crate) address: String,
    /// Metrics; ours alone have such a door.
    pub(crate) admin: Option<String>,
}

/// A process that is ended with its value.
#[derive(Debug)]
pub(crate) struct Server {
    name: String,
    child: Child,
    lines: Lines,
    listens: Option<oneshot::Receiver<Doors>>,
}

impl Server {
    pub(crate) fn start(name: &str, command: &mut Command) -> anyhow::Result<Self> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        let log = child.stderr.take().context("its log is piped")?;
        let (found, listens) = oneshot::channel();
        let lines = Lines::default();
        let kept = Arc::clone(&lines);
        thread::spawn(move || follow(log, &kept, found));
        Ok(Self {
            name: name.to_owned(),
            child,
            lines,
            listens: Some(listens),
        })
    }

    /// Where it listens, as its log says; it was told to take any free port.
    pub(crate) async fn doors(&mut self) -> anyhow::Result<Doors> {
        let listens = self.listens.take().context("the address is asked once")?;
        let doors = listens.await;
        doors.with_context(|| format!("it ended at once: {}", self.last_words()))
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The end of its log.
    pub(crate) fn last_words(&self) -> String {
        let mut text = format!("--- the last lines of {}:\n", self.name);
        for line in self
            .lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
        {
            let _infallible = writeln!(text, "    {line}");
        }
        text
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Reads the log to its end, so that the process never waits for a full pipe.
fn follow(log: impl Read, lines: &Lines, found: oneshot::Sender<Doors>) {
    let mut found = Some(found);
    for line in BufReader::new(log).lines().map_while(Result::ok) {
        if let Some(doors) = found.is_some().then(|| doors_in(&line)).flatten() {
            // Nobody listens any more when the start was given up.
            let _heard = found.take().map(|found| found.send(doors));
        }
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES_KEPT {
            lines.pop_front();
        }
        lines.push_back(line);
    }
}

/// What the line that says `... listens` names.
fn doors_in(line: &str) -> Option<Doors> {
    #[derive(Deserialize)]
    struct Event {
        message: String,
        #[serde(flatten)]
        doors: Doors,
    }
    let event: Event = serde_json::from_str(line).ok()?;
    event.message.ends_with("listens").then_some(event.doors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_read_from_the_line_that_says_listens() {
        let line = r#"{"level":"INFO","message":"gateway listens","address":"127.0.0.1:7"}"#;
        let doors = Doors {
            address: "127.0.0.1:7".to_owned(),
            admin: None,
        };
        assert_eq!(doors_in(line), Some(doors));
        assert_eq!(
            doors_in(r#"{"message":"stopping","address":"127.0.0.1:7"}"#),
            None
        );
        assert_eq!(doors_in("thread main panicked"), None);
    }
}
