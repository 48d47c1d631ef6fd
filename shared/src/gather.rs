//! Questions taken along: while one call is on its way, those who ask in the meantime gather, and
//! the next call takes them all, in the order in which they came. Nobody waits for company.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

/// Those who wait for the next call. `A` is what one asks, `T` what one is told.
#[derive(Debug)]
pub struct Gathering<A, T> {
    /// So many at most go with one call.
    most: usize,
    waiting: Mutex<Vec<(A, oneshot::Sender<T>)>>,
    flight: tokio::sync::Mutex<()>,
}

impl<A: Clone, T: Send + 'static> Gathering<A, T> {
    /// Nobody yet. Later so many at most go with one call.
    #[must_use]
    pub const fn of(most: usize) -> Self {
        Self {
            most,
            waiting: Mutex::new(Vec::new()),
            flight: tokio::sync::Mutex::const_new(()),
        }
    }

    /// Asks with the next call, which begins after this one. `call` has to tell each of those it
    /// is given, in their order. It is begun by whichever caller is next, and runs to its end in a
    /// task of its own although that caller may be dropped.
    pub async fn ask<F>(&self, asked: A, call: impl Fn(Vec<A>) -> F) -> T
    where
        F: Future<Output = Vec<T>> + Send + 'static,
    {
        loop {
            let (reply, mut answer) = oneshot::channel();
            self.lock().push((asked.clone(), reply));
            let told = tokio::select! {
                biased;
                told = &mut answer => told.ok(),
                _turn = self.flight.lock() => self.call_until_told(&call, &mut answer).await,
            };
            // Whoever took the callers along may have been dropped before the call began.
            if let Some(told) = told {
                return told;
            }
        }
    }

    /// Makes calls until one of them has taken the caller along.
    async fn call_until_told<F>(
        &self,
        call: &impl Fn(Vec<A>) -> F,
        answer: &mut oneshot::Receiver<T>,
    ) -> Option<T>
    where
        F: Future<Output = Vec<T>> + Send + 'static,
    {
        loop {
            match answer.try_recv() {
                Ok(told) => return Some(told),
                Err(TryRecvError::Closed) => return None,
                Err(TryRecvError::Empty) => {
                    let (asked, replies): (Vec<A>, Vec<_>) = self.next().into_iter().unzip();
                    let answers = call(asked);
                    let call = tokio::spawn(async move {
                        for (reply, told) in replies.into_iter().zip(answers.await) {
                            // Who has hung up is told nothing.
                            drop(reply.send(told));
                        }
                    });
                    if let Err(error) = call.await
                        && error.is_panic()
                    {
                        std::panic::resume_unwind(error.into_panic());
                    }
                }
            }
        }
    }

    fn next(&self) -> Vec<(A, oneshot::Sender<T>)> {
        let mut waiting = self.lock();
        // Who has given up must not be served later: they have been told that nothing was done.
        waiting.retain(|(_, reply)| !reply.is_closed());
        let length = waiting.len().min(self.most);
        waiting.drain(..length).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(A, oneshot::Sender<T>)>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;

    /// Tells everybody what they asked, and with how many they went.
    async fn echo(asked: Vec<u32>) -> Vec<(u32, usize)> {
        sleep(Duration::from_secs(1)).await;
        let company = asked.len();
        asked.into_iter().map(|one| (one, company)).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_while_a_call_is_on_its_way_goes_with_the_next() {
        let gathering = Arc::new(Gathering::of(3));
        let tasks: Vec<_> = (0..5_u32)
            .map(|one| {
                let gathering = Arc::clone(&gathering);
                tokio::spawn(async move { gathering.ask(one, echo).await })
            })
            .collect();
        let mut told = Vec::new();
        for task in tasks {
            told.push(task.await.expect("a task"));
        }
        assert_eq!(told, [(0, 1), (1, 3), (2, 3), (3, 3), (4, 1)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_who_hangs_up_takes_nobodys_answer_along() {
        let gathering = Arc::new(Gathering::of(3));
        let ask = |one| {
            let gathering = Arc::clone(&gathering);
            tokio::spawn(async move { gathering.ask(one, echo).await })
        };
        let (first, second, third) = (ask(1), ask(2), ask(3));
        sleep(Duration::from_millis(1_500)).await;
        assert_eq!(first.await.expect("a task"), (1, 1));
        second.abort();
        assert_eq!(third.await.expect("a task"), (3, 2), "the call went on");
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_waiting_is_not_asked_for_later() {
        let gathering = Arc::new(Gathering::of(3));
        let ask = |one| {
            let gathering = Arc::clone(&gathering);
            tokio::spawn(async move { gathering.ask(one, echo).await })
        };
        let (first, second, third) = (ask(1), ask(2), ask(3));
        sleep(Duration::from_millis(500)).await;
        second.abort();
        assert_eq!(first.await.expect("a task"), (1, 1));
        assert_eq!(third.await.expect("a task"), (3, 1), "without the second");
    }
}
