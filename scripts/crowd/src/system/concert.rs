//! The demo concerts of `scripts/run`, whole or in part.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

/// A concert as a CSV for `booking import`.
#[derive(Debug, Clone)]
pub struct Concert {
    csv: String,
}

impl Concert {
    /// The first night of the arena: 15,000 seats in sections and rows.
    ///
    /// # Errors
    /// When the demo script cannot be run.
    pub fn arena() -> anyhow::Result<Self> {
        Self::arena_seats(15_000)
    }

    /// The first seats of the arena's nights.
    ///
    /// # Errors
    /// When the demo script cannot be run, or the nights have fewer seats.
    pub fn arena_seats(seats: usize) -> anyhow::Result<Self> {
        demo("arena.csv", seats)
    }

    /// The first seats of the hall's first night.
    ///
    /// # Errors
    /// When the demo script cannot be run.
    pub fn hall(seats: usize) -> anyhow::Result<Self> {
        demo("hall.csv", seats)
    }

    pub(crate) fn csv(&self) -> &str {
        &self.csv
    }
}

fn demo(file: &str, seats: usize) -> anyhow::Result<Concert> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../demo/make-csv");
    let folder = std::env::temp_dir().join(format!("stagedoor-demo-{:x}", rand::random::<u64>()));
    let status = Command::new(script).arg(&folder).status();
    ensure!(
        status.context("running scripts/demo/make-csv")?.success(),
        "make-csv failed"
    );
    let whole = std::fs::read_to_string(folder.join(file))?;
    std::fs::remove_dir_all(&folder)?;
    let lines: Vec<&str> = whole.lines().take(seats + 1).collect();
    ensure!(
        lines.len() == seats + 1,
        "{file} has fewer than {seats} seats"
    );
    Ok(Concert {
        csv: lines.join("\n") + "\n",
    })
}
