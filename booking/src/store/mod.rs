//! The store: every SQL statement of booking, and nothing that decides.
//!
//! `sqlx` is spelled in this folder only. An action asks [`Database::connection`] for a connection,
//! reads on it, opens a [`Tx`] with [`begin`] and ends it with [`commit`]; a `Tx` that is dropped
//! is rolled back.

pub mod audit;
pub mod failure;
pub mod import;
pub mod pool;
pub mod schema;

pub use failure::Failure;
pub use pool::{Connection, Database, Pooled, Tx, begin, commit};
