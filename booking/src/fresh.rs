//! Something that thousands read and one at a time makes anew, once it is too old to be shown.
//!
//! The age of a value counts from before its making began: what was true a moment before may have
//! changed while it was being made. A value that took longer than it may be old is shown to nobody.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use shared::sabotage;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::store::Failure;

/// One value, shared by all who read it within its time.
#[derive(Debug)]
pub struct Fresh<T> {
    lifetime: Duration,
    latest: ArcSwapOption<Made<T>>,
    /// Who makes the next one; inside is why the last attempt failed, and when.
    turn: Mutex<Option<(Instant, Failure)>>,
}

/// A value, and since when it may be out of date.
#[derive(Debug)]
pub struct Made<T> {
    /// The value.
    pub value: T,
    since: Instant,
}

impl<T> Fresh<T> {
    /// Nothing yet. Later a value is shown for `lifetime`.
    #[must_use]
    pub const fn new(lifetime: Duration) -> Self {
        Self {
            lifetime,
            latest: ArcSwapOption::const_empty(),
            turn: Mutex::const_new(None),
        }
    }

    /// The value while it is fresh, else a new one. However many ask at once, one makes it, of the
    /// one before it if need be, and the others wait; a failure is told to all of them.
    ///
    /// # Errors
    /// Those of `make`, and [`Failure::PoolBusy`] when it took longer than a value may be old.
    pub async fn get<F>(&self, make: impl FnOnce(Option<Arc<Made<T>>>) -> F) -> Outcome<T>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        let asked = Instant::now();
        let mut turn = self.turn.lock().await;
        if let Some(fresh) = self.fresh() {
            return Ok(fresh);
        }
        match turn.as_ref() {
            Some((at, failure)) if *at > asked => Err(failure.again()),
            _ => self.make(&mut turn, make).await,
        }
    }

    /// A new value, made after this call, whatever there is.
    ///
    /// # Errors
    /// As [`Fresh::get`].
    pub async fn renew<F>(&self, make: impl FnOnce(Option<Arc<Made<T>>>) -> F) -> Outcome<T>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut turn = self.turn.lock().await;
        self.make(&mut turn, make).await
    }

    /// The last value, however old it is.
    pub fn latest(&self) -> Option<Arc<Made<T>>> {
        self.latest.load_full()
    }

    fn fresh(&self) -> Option<Arc<Made<T>>> {
        let latest = self.latest.load();
        let fresh = latest
            .as_ref()
            .filter(|made| !self.left_of(made).is_zero())?;
        Some(Arc::clone(fresh))
    }

    /// For how long a value may still be shown.
    pub fn left_of(&self, made: &Made<T>) -> Duration {
        self.lifetime.saturating_sub(made.since.elapsed())
    }

    async fn make<F>(
        &self,
        turn: &mut MutexGuard<'_, Option<(Instant, Failure)>>,
        make: impl FnOnce(Option<Arc<Made<T>>>) -> F,
    ) -> Outcome<T>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let began = Instant::now();
        let outcome = make(self.latest.load_full()).await;
        let since = if age_counts_from_the_end() {
            Instant::now()
        } else {
            began
        };
        let outcome = outcome.and_then(|value| {
            let new = Arc::new(Made { value, since });
            self.latest.store(Some(Arc::clone(&new)));
            let late = self.left_of(&new).is_zero();
            if late {
                Err(Failure::PoolBusy)
            } else {
                Ok(new)
            }
        });
        let failure = outcome.as_ref().err();
        **turn = failure.map(|failure| (Instant::now(), failure.again()));
        outcome
    }
}

/// A value, or why there is none.
pub type Outcome<T> = Result<Arc<Made<T>>, Failure>;

/// Guard: what changes while a value is being made must not be missing for longer than one that
/// was made at once would miss it.
fn age_counts_from_the_end() -> bool {
    sabotage::is_off("status-age")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::time::sleep;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn slowly(value: u32, millis: u64) -> Result<u32, Failure> {
        sleep(Duration::from_millis(millis)).await;
        Ok(value)
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_is_shown_for_its_time_counted_from_before_it_was_made() {
        let fresh = Fresh::new(SECOND);
        let first = fresh.get(|_| slowly(1, 400)).await.expect("a value");
        assert_eq!(fresh.left_of(&first), Duration::from_millis(600));
        sleep(Duration::from_millis(599)).await;
        let same = fresh.get(|_| slowly(2, 0)).await.expect("a value");
        assert_eq!(same.value, 1);
        sleep(Duration::from_millis(1)).await;
        let next = fresh.get(|_| slowly(2, 0)).await.expect("a value");
        assert_eq!(next.value, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn of_many_who_ask_at_once_one_makes_it() {
        let (fresh, count) = (Arc::new(Fresh::new(SECOND)), Arc::new(AtomicU32::new(0)));
        let ask = || {
            let (fresh, count) = (Arc::clone(&fresh), Arc::clone(&count));
            tokio::spawn(async move {
                let one_more = |_| slowly(count.fetch_add(1, Ordering::Relaxed), 100);
                fresh.get(one_more).await.map(|made| made.value)
            })
        };
        let asked: Vec<_> = (0..1_000).map(|_| ask()).collect();
        for one in asked {
            assert_eq!(one.await.expect("a task").expect("a value"), 0);
        }
        assert_eq!(count.load(Ordering::Relaxed), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_value_that_took_too_long_is_shown_to_nobody() {
        let fresh = Arc::new(Fresh::new(SECOND));
        let ask = || {
            let fresh = Arc::clone(&fresh);
            tokio::spawn(async move { fresh.get(|_| slowly(1, 1_000)).await.map(drop) })
        };
        let (began, asked) = (Instant::now(), [ask(), ask(), ask()]);
        for one in asked {
            let outcome = one.await.expect("a task");
            assert!(matches!(outcome, Err(Failure::PoolBusy)), "{outcome:?}");
        }
        assert_eq!(began.elapsed(), SECOND, "one attempt for all of them");
        let next = fresh.get(|_| slowly(2, 1)).await.expect("a value");
        assert_eq!(next.value, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_maker_who_goes_away_leaves_the_turn_to_the_next() {
        let fresh = Fresh::new(SECOND);
        let gone = tokio::time::timeout(SECOND, fresh.get(|_| slowly(1, 9_000))).await;
        assert!(gone.is_err());
        let next = fresh.get(|_| slowly(2, 1)).await.expect("a value");
        assert_eq!(next.value, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewed_value_is_made_of_the_one_before() {
        let fresh = Fresh::new(SECOND);
        for sum in 1..=3 {
            let more =
                |before: Option<Arc<Made<u32>>>| slowly(before.map_or(1, |m| m.value + 1), 0);
            assert_eq!(fresh.renew(more).await.expect("a value").value, sum);
        }
    }
}
