//! What is wrong with the file of an import, told for people: each mistake with its line.

use std::fmt;

/// How many mistakes are told; after that they are counted.
const MISTAKES_TOLD: usize = 20;

/// What is wrong with a file: each mistake with its line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mistakes {
    told: Vec<(u64, String)>,
    more: usize,
}

impl Mistakes {
    /// Notes what is wrong with a line.
    pub(super) fn add(&mut self, line: u64, what: impl Into<String>) {
        if self.told.len() < MISTAKES_TOLD {
            self.told.push((line, what.into()));
        } else {
            self.more += 1;
        }
    }

    /// Whether the file is in order.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.told.is_empty()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told = self.told.clone();
        told.sort();
        for (line, what) in told {
            writeln!(f, "line {line}: {what}")?;
        }
        if self.more > 0 {
            writeln!(f, "and {} more", self.more)?;
        }
        Ok(())
    }
}
