//! The box office: sells each seat exactly once and never loses a won.
//!
//! Data flows one way: router -> routes -> actions -> store. A route speaks HTTP, an action is one
//! verb and holds its transaction from begin to commit, the store holds every SQL statement, and
//! the domain holds the rules that need neither. `InnoDB` alone judges seats and money.

pub mod actions;
pub mod app;
pub mod cli;
pub mod conditional;
pub mod domain;
pub mod fresh;
pub mod layers;
pub mod openapi;
pub mod poster;
pub mod refusal;
pub mod router;
pub mod routes;
pub mod settings;
pub mod store;
pub mod sweeper;
pub mod turns;
