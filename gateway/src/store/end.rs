//! `end`: ends a fan's place when the fan leaves or has paid.

use shared::ids::{QueueName, Ticket, UserId};

use super::{Lane, Store, StoreError};

impl Store {
    /// Ends the fan's place unless it is later than `ticket`; `false` when nothing was ended. The
    /// ticket is spent in any case.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked.
    pub async fn end(
        &self,
        queue: &QueueName,
        user: UserId,
        ticket: Ticket,
    ) -> Result<bool, StoreError> {
        let mut call = self.call(&self.scripts.end, queue);
        call.arg(user.get()).arg(ticket.0);
        self.run(Lane::Request, &call).await
    }
}
