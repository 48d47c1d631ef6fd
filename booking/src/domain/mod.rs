//! The rules of the box office that need neither HTTP nor SQL: states, limits, who may what when.
//!
//! Time is passed in, as the database told it.

pub mod balance;
pub mod belongings;
pub mod best;
pub mod concert;
pub mod date;
pub mod key;
pub mod ledger;
pub mod payment;
pub mod programme;
pub mod refund;
pub mod reservation;
pub mod seat;
pub mod seat_map;
pub mod stock;
pub mod ticket;
