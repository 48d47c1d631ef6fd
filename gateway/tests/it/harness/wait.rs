//! Waiting for something without sleeping for a guessed time.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

/// Longer than anything takes that works, even on a loaded machine.
const DEADLINE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(10);

/// Asks again until there is an answer.
pub(crate) async fn eventually<T, F>(what: &str, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(
            Instant::now() < deadline,
            "waited {DEADLINE:?} in vain: {what}"
        );
        sleep(PAUSE).await;
    }
}

/// The outcome of something that must not take for ever.
pub(crate) async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    let outcome = timeout(DEADLINE, work).await;
    outcome.unwrap_or_else(|_| panic!("waited {DEADLINE:?} in vain: {what}"))
}
