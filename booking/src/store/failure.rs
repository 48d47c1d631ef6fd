//! What can go wrong between us and the database, sorted by what helps against it.

use sqlx::mysql::MySqlDatabaseError;

/// `InnoDB` rolled the transaction back: a deadlock, or (`MariaDB`) a row that changed under a
/// snapshot. Doing all of it again helps.
const ROLLED_BACK: [u16; 2] = [1213, 1020];
/// The wait for a lock was too long. Only the statement was rolled back, and doing it again at
/// once would only lengthen the queue.
const LOCK_WAIT: u16 = 1205;
/// The server is there but cannot serve: refusing connections, shutting down, full, read-only, or
/// without our tables. (1021 and 1114: disk or table full; 1290, 1792, 1836: read-only.)
const UNAVAILABLE: [u16; 18] = [
    1021, 1040, 1044, 1045, 1049, 1053, 1077, 1114, 1129, 1146, 1203, 1226, 1290, 1317, 1792, 1836,
    1927, 3169,
];

/// Why a statement or a connection failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// All was rolled back; a repetition may succeed at once.
    #[error("the transaction was rolled back: {0}")]
    RolledBack(#[source] sqlx::Error),
    /// Someone else held a row for too long.
    #[error("a lock was not to be had in time: {0}")]
    LockWait(#[source] sqlx::Error),
    /// Every connection was taken for the whole of the time that one may wait.
    #[error("no connection was free in time")]
    PoolBusy,
    /// The database is away, or cannot serve.
    #[error("the database is away: {0}")]
    Down(#[source] sqlx::Error),
    /// The user has no rows yet; who sees this makes them and begins again.
    #[error("the user has no rows yet")]
    UnknownUser,
    /// None of these: a mistake of ours.
    #[error("the database refused what should be right: {0}")]
    Bug(#[source] sqlx::Error),
    /// A row says what cannot be, or a write hit another number of rows than it must.
    #[error("the database does not hold what it must: {0}")]
    Broken(&'static str),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match &error {
            E::Database(refused) => {
                let number = refused
                    .try_downcast_ref::<MySqlDatabaseError>()
                    .map_or(0, MySqlDatabaseError::number);
                Self::of_number(number, error)
            }
            E::Io(_) | E::Tls(_) | E::Protocol(_) | E::PoolClosed | E::WorkerCrashed => {
                Self::Down(error)
            }
            E::PoolTimedOut => Self::PoolBusy,
            _ => Self::Bug(error),
        }
    }
}

impl Failure {
    /// A database that is away, as the contract on paper shows it.
    #[must_use]
    pub const fn away() -> Self {
        Self::Down(sqlx::Error::PoolClosed)
    }

    /// The same answer for somebody else who waited for the same thing. The error itself stays with
    /// the first, who logs it.
    #[must_use]
    pub const fn again(&self) -> Self {
        match self {
            Self::RolledBack(_) | Self::LockWait(_) | Self::PoolBusy => Self::PoolBusy,
            Self::Down(_) => Self::away(),
            Self::UnknownUser => Self::UnknownUser,
            Self::Bug(_) => Self::Broken("see the failure of the request before"),
            Self::Broken(what) => Self::Broken(what),
        }
    }

    /// The same for all of these callers.
    #[must_use]
    pub fn for_all<T>(self, callers: usize) -> Vec<Result<T, Self>> {
        let mut all: Vec<_> = (1..callers).map(|_| Err(self.again())).collect();
        all.insert(0, Err(self));
        all
    }

    fn of_number(number: u16, error: sqlx::Error) -> Self {
        if ROLLED_BACK.contains(&number) {
            Self::RolledBack(error)
        } else if number == LOCK_WAIT {
            Self::LockWait(error)
        } else if UNAVAILABLE.contains(&number) {
            Self::Down(error)
        } else {
            Self::Bug(error)
        }
    }
}
