//! What can be done: one verb a file. Transactions begin and end here, visibly, in one function.

pub mod audit;
pub mod import;
pub mod migrate;
