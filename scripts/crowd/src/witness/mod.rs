//! What Redis and the database say themselves, beside what the services say.
//!
//! The one room of the crowd that speaks to either: it spells the names of the operator's interface
//! as the documentation has them, so that a service that renames one is found out.

pub mod books;
pub mod gauge;
pub mod line;
pub mod lives;
