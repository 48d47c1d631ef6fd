//! Doing an action again when the database asks for it, a bounded number of times.

use std::time::Duration;

use rand::Rng;
use shared::ids::UserId;

use super::{Call, Office};
use crate::refusal::Refusal;
use crate::store::{self, Failure};

/// How often a transaction is repeated that `InnoDB` has rolled back.
const MAX_RETRIES: u32 = 3;
/// The longest pause before the first repetition; it doubles each time.
const FIRST_PAUSE_MS: u64 = 10;

/// Runs an action's one attempt until it is through, refused, or has been rolled back too often.
///
/// A lock that was not to be had is no reason to try again: the queue would only get longer.
///
/// # Errors
/// What the attempt refuses, at last.
pub async fn attempt<T, F>(
    office: &Office,
    call: &Call,
    action: &'static str,
    once: impl Fn() -> F,
) -> Result<T, Refusal>
where
    F: Future<Output = Result<T, Refusal>>,
{
    let mut retries = 0;
    loop {
        let outcome = match once().await {
            Err(Refusal::Failed(Failure::UnknownUser)) => {
                match introduce(office, call.user).await {
                    Ok(()) => continue,
                    Err(refusal) => Err(refusal),
                }
            }
            outcome => outcome,
        };
        match outcome {
            Err(Refusal::Failed(Failure::RolledBack(error))) if retries < MAX_RETRIES => {
                retries += 1;
                metrics::counter!("booking_transaction_retries_total", "action" => action)
                    .increment(1);
                tracing::debug!(action, retries, %error, "rolled back, trying again");
                tokio::time::sleep(pause(retries)).await;
            }
            outcome => return outcome,
        }
    }
}

/// Makes the rows of a user who writes for the first time, in a transaction of their own.
async fn introduce(office: &Office, user: UserId) -> Result<(), Refusal> {
    let mut connection = office.database.connection().await?;
    let mut tx = store::begin(&mut connection).await?;
    store::user::create(&mut tx, user).await?;
    store::commit(tx).await?;
    Ok(())
}

/// Between half and all of the pause, so that those who met once do not meet again.
fn pause(retries: u32) -> Duration {
    let longest = FIRST_PAUSE_MS << retries;
    Duration::from_millis(rand::rng().random_range(longest / 2..=longest))
}
