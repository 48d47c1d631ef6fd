//! The gateway's own endpoints, one file each; everything else goes through the gate.

pub mod docs;
pub mod events;
pub mod gate;
pub mod health;
pub mod issue;
pub mod leave;
pub mod pages;
pub mod status;
pub mod waiting;

mod answer;
mod instead;

use shared::problem::Problem;

/// A path of ours, asked with a method that it does not answer.
pub async fn wrong_method() -> Problem {
    Problem::method_not_allowed()
}
