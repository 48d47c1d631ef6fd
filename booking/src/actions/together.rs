//! Together: one transaction for several callers. A statement costs the server the same whether it
//! writes one row or ten, and so does a commit; in the rush of a sale callers share both.
//!
//! Who comes while a group is on its way goes with the next. Only the plain case is served in
//! company: whoever needs anything else, or meets anything else, is told to go alone, and nothing
//! of theirs is written. A group takes its locks in the order of every transaction: balances
//! ascending, those that are taken passed over, then seats, reservations, inserts, keys.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use shared::gather::Gathering;
use shared::ids::{SeatId, UserId};

use super::{Call, process, reserve};
use crate::domain::key::Answer;
use crate::refusal::Refusal;
use crate::store::balance::Account;
use crate::store::{self, Failure, Pooled, Question, Tx};

/// So many callers at most share one transaction.
const MOST: usize = 32;
/// How long a group may take: the next one must not wait for a connection that is dead.
const GROUP_TIMEOUT: Duration = Duration::from_secs(4);

/// What one of a group is told; nothing when it has to go alone.
pub(super) type Outcome = Result<Option<Answer>, Refusal>;

/// Those who wait for the next group.
pub struct Groups {
    pub(super) reserves: Gathering<reserve::together::Ready, Outcome>,
    pub(super) payments: Gathering<process::together::Ready, Outcome>,
}

impl Default for Groups {
    fn default() -> Self {
        Self {
            reserves: Gathering::of(MOST),
            payments: Gathering::of(MOST),
        }
    }
}

impl fmt::Debug for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Groups").finish_non_exhaustive()
    }
}

/// Writes a success. Its bytes have to be known before the commit, because the key keeps them.
pub(super) type Writer<T> = Arc<dyn Fn(&T) -> Answer + Send + Sync>;

/// Does `transaction` for those who can share one: of each user and of each seat the first. It
/// tells each of those it was given, in their order; all others go alone.
pub(super) async fn share<'r, R, F>(
    action: &'static str,
    ready: &'r [R],
    of: impl Fn(&'r R) -> (UserId, &'r [SeatId]),
    transaction: impl FnOnce(Vec<&'r R>) -> F,
) -> Vec<Outcome>
where
    F: Future<Output = Result<Vec<Outcome>, Failure>>,
{
    let mut outcomes: Vec<Outcome> = ready.iter().map(|_| Ok(None)).collect();
    let chosen = without_rivals(ready.iter().map(of));
    let members = chosen.iter().map(|index| &ready[*index]).collect();
    let told = tokio::time::timeout(GROUP_TIMEOUT, transaction(members)).await;
    let told = told.unwrap_or_else(|_| Err(Failure::away()));
    let told = told.unwrap_or_else(|failure| when_all_failed(failure, chosen.len()));
    let done = told.iter().filter(|told| matches!(told, Ok(Some(_))));
    metrics::counter!("booking_calls_together_total", "action" => action)
        .increment(done.count() as u64);
    for (index, told) in chosen.into_iter().zip(told) {
        outcomes[index] = told;
    }
    outcomes
}

/// Which of them have a user and seats that nobody before them has.
fn without_rivals<'a>(all: impl Iterator<Item = (UserId, &'a [SeatId])>) -> Vec<usize> {
    let (mut users, mut taken) = (HashSet::new(), HashSet::<SeatId>::new());
    let mut chosen = Vec::new();
    for (index, (user, seats)) in all.enumerate() {
        let has_rival = seats.iter().any(|seat| taken.contains(seat));
        if !has_rival && users.insert(user) {
            taken.extend(seats);
            chosen.push(index);
        }
    }
    chosen
}

/// Where the database is not to be had all are told so, and nobody knows what it has done. Of
/// anything else nothing was written, and what one of them may have brought about each finds out
/// alone.
fn when_all_failed(failure: Failure, callers: usize) -> Vec<Outcome> {
    if matches!(failure, Failure::Down(_) | Failure::PoolBusy) {
        let all = failure.for_all(callers).into_iter();
        return all.map(|one| one.map_err(Refusal::from)).collect();
    }
    tracing::debug!(error = %failure, callers, "a group failed; each goes on alone");
    (0..callers).map(|_| Ok(None)).collect()
}

/// How a member stands once the transaction has begun.
pub(super) enum Place {
    /// The account is locked and the key is new.
    Fresh(Account),
    /// This is to be told, and nothing is to be done.
    Told(Outcome),
}

/// Begins a transaction: locks the accounts of the callers, looks up their keys, and asks a
/// question after that, all in one round trip.
pub(super) async fn begin<'c, T: 'static>(
    connection: &'c mut Pooled,
    calls: &[&Call],
    question: Question<T>,
) -> Result<(Tx<'c>, Vec<Place>, T), Failure> {
    let users: Vec<UserId> = calls.iter().map(|call| call.user).collect();
    let keys = calls.iter().filter_map(|call| {
        let keyed = call.keyed.as_ref()?;
        Some((call.user, keyed.key.clone()))
    });
    let head = store::balance::locked_together(&users).and(store::key::look(keys.collect()));
    let (tx, ((mut accounts, keys), found)) = head.and(question).ask_beginning(connection).await?;
    let mut keys = keys.into_iter();
    let place = |call: &&Call| {
        let stored = call.keyed.as_ref().and_then(|_| keys.next().flatten());
        match (accounts.remove(&call.user), stored, &call.keyed) {
            (None, ..) => Place::Told(Ok(None)),
            (_, Some(stored), Some(keyed)) => Place::Told(stored.replay(keyed).map(Some)),
            (Some(account), ..) => Place::Fresh(account),
        }
    };
    Ok((tx, calls.iter().map(place).collect(), found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_user_and_of_each_seat_only_the_first_goes_along() {
        let user = |id| UserId::new(id).expect("an id");
        let seats = |ids: &[u64]| -> Vec<SeatId> {
            let id = |id: &u64| SeatId::new(*id).expect("an id");
            ids.iter().map(id).collect()
        };
        let all = [
            (user(1), seats(&[10])),
            (user(2), seats(&[11, 12])),
            (user(1), seats(&[13])),
            (user(3), seats(&[12, 14])),
            (user(4), seats(&[14])),
            (user(5), seats(&[])),
        ];
        let all = all.iter().map(|(user, seats)| (*user, seats.as_slice()));
        assert_eq!(without_rivals(all), [0, 1, 4, 5]);
    }

    #[test]
    fn only_a_database_that_is_away_is_told_to_a_whole_group() {
        let told = when_all_failed(Failure::PoolBusy, 2);
        assert!(told.iter().all(Result::is_err), "{told:?}");
        let told = when_all_failed(Failure::Broken("one of them"), 2);
        assert!(told.iter().all(|one| matches!(one, Ok(None))), "{told:?}");
    }
}
