//! The HTTP contract of the gateway's own calls, with exactly its requests, over real HTTP.

mod bad_bodies;
mod carriers;
mod docs;
mod events;
mod identity;
mod issue;
mod leave;
mod origins;
mod pacing;
mod pages;
mod problems;
mod queues;
mod status;
mod tokens;
