//! The stock: how many seats a queue has to sell, for who stands in line.

use serde::Serialize;

/// The seats of all dates of a queue whose sale is not over; blocked ones are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stock {
    /// The queue.
    pub queue: String,
    /// How many can be reserved, now or when the sale opens.
    pub left: i64,
    /// How many someone keeps for some minutes; they may come back.
    pub held: i64,
    /// How many are sold.
    pub sold: i64,
}
