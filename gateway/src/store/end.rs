//! `end`: ends fans' places when they leave or have paid.

use shared::ids::{QueueName, Ticket, UserId};

use super::{Lane, Store, StoreError};

/// Whose place ends.
#[derive(Debug, Clone, Copy)]
pub struct Leaver {
    /// The fan.
    pub user: UserId,
    /// The place, unless the fan has a later one by now.
    pub ticket: Ticket,
}

impl Store {
    /// Ends the place of each unless it is later than the ticket; `false` where nothing was ended.
    /// The tickets are spent in any case.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked.
    pub async fn end(&self, queue: &QueueName, fans: &[Leaver]) -> Result<Vec<bool>, StoreError> {
        let mut call = self.call(&self.scripts.end, queue);
        for fan in fans {
            call.arg(fan.user.get()).arg(fan.ticket.0);
        }
        self.run(Lane::Request, &call).await
    }
}
