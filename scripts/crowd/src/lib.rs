//! The crowd: fans who join, wait, pick and pay over real HTTP, and the checks of what they were
//! told.
//!
//! [`fan`] is one fan's journey, [`history`] what all of them were told and the checks of it,
//! [`witness`] what Redis and the database say beside it, and [`system`] the gateways and bookings
//! that they come to. [`scenario`] says which crowd comes, [`load`] sends it, and [`report`] tells
//! how it went.

pub mod answers;
pub mod client;
pub mod fan;
pub mod hall;
pub mod history;
pub mod load;
pub mod report;
pub mod scenario;
pub mod summary;
pub mod system;
pub mod witness;
