//! The style of the house as a test: it reads the files that git tracks and needs no servers.
//!
//! Each check says which file, what, and what to do. When one is in the way of something good,
//! change the rule and its check in one commit, and say why.

mod borders;
mod headers;
mod house;
mod languages;
mod names;
mod promises;
mod sizes;
mod tree;
