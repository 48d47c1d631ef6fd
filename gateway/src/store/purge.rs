//! `purge`: ends what is over without promoting anyone.

use shared::ids::QueueName;

use super::{Lane, Store, StoreError};

impl Store {
    /// Ends at most `limit` lapsed sessions and graces; returns how many.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked.
    pub async fn purge(&self, queue: &QueueName, limit: u64) -> Result<u64, StoreError> {
        let mut call = self.call(&self.scripts.purge, queue);
        call.arg(limit);
        self.run(Lane::Background, &call).await
    }
}
