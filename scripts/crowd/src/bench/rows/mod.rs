//! The rows of the table, one file each.

mod gate;
mod joins;
mod polls;
pub(super) mod purchases;
mod revoke;
mod seatmap;
mod waiting;

use super::Bench;
use super::report::Figure;

/// One row; it may have several figures, whose names begin with the row's.
#[derive(Debug, Clone, Copy)]
pub(super) enum Row {
    Polls,
    Joins,
    Gate,
    Redis,
    Revoke,
    Seatmap,
    Purchases,
}

/// In the order of the table.
pub(super) const ALL: [Row; 7] = [
    Row::Polls,
    Row::Joins,
    Row::Gate,
    Row::Redis,
    Row::Revoke,
    Row::Seatmap,
    Row::Purchases,
];

impl Row {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Polls => "polls",
            Self::Joins => "joins",
            Self::Gate => "gate",
            Self::Redis => "redis",
            Self::Revoke => "revoke",
            Self::Seatmap => "seatmap",
            Self::Purchases => "purchases",
        }
    }

    pub(super) async fn measure(self, bench: &Bench) -> anyhow::Result<Vec<Figure>> {
        match self {
            Self::Polls => polls::measure(bench).await,
            Self::Joins => joins::measure(bench).await,
            Self::Gate => gate::measure(bench).await,
            Self::Redis => waiting::measure(bench).await,
            Self::Revoke => revoke::measure(bench).await,
            Self::Seatmap => seatmap::measure(bench).await,
            Self::Purchases => purchases::measure(bench).await,
        }
    }
}
