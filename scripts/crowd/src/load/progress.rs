//! The line of progress: one that rewrites itself on a terminal, one every few seconds in a log.

use std::io::{IsTerminal as _, Write as _};

use super::tally::Moment;

/// In a log, one line in so many seconds.
const LOG_EVERY: u64 = 5;

pub(super) struct Progress {
    fans: u64,
    is_live: bool,
    shown: u64,
}

impl Progress {
    pub(super) fn new(fans: u64) -> Self {
        let is_live = std::io::stdout().is_terminal();
        Self {
            fans,
            is_live,
            shown: 0,
        }
    }

    /// Called once a second.
    pub(super) fn show(&mut self, moment: &Moment) {
        let line = line(moment, self.fans);
        if self.is_live {
            print!("\r\x1b[K{line}");
            // A terminal that has gone away is no reason to stop.
            let _flushed = std::io::stdout().flush();
        } else if self.shown.is_multiple_of(LOG_EVERY) {
            println!("{line}");
        }
        self.shown += 1;
    }

    /// The last one stays.
    pub(super) fn end(&self, moment: &Moment) {
        let start = if self.is_live { "\r\x1b[K" } else { "" };
        println!("{start}{}", line(moment, self.fans));
    }
}

fn line(moment: &Moment, fans: u64) -> String {
    format!(
        "{:>5.0} s | arrived {} of {fans} | waiting {} | active {} | sold {} | errors {} | \
         p99 {:.0} ms",
        moment.at,
        moment.arrived,
        moment.waiting,
        moment.inside,
        moment.sold,
        moment.errors,
        moment.p99_ms
    )
}
