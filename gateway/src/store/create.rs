//! `create`: opens a queue for the first time.

use shared::ids::QueueName;

use super::{Lane, Store, StoreError};

impl Store {
    /// Writes the state without a hold, a full bucket and the default config; `false` when there is
    /// a state already, which is left as it is.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked.
    pub async fn create(&self, queue: &QueueName) -> Result<bool, StoreError> {
        let call = self.call(&self.scripts.create, queue);
        self.run(Lane::Background, &call).await
    }
}
