//! Together: one transaction for several callers. A statement costs the server the same whether it
//! writes one row or ten, and so does a commit; in the rush of a sale callers share both.
//!
//! Who comes while a group is on its way goes with the next. Only the plain case is served in
//! company: whoever needs anything else, or meets anything else, is told to go alone, and nothing
//! of theirs is written. A group takes its locks in the order of every transaction: balances
//! ascending, then seats, reservations, inserts, keys. Of what it can choose it locks what nobody
//! else has locked, so that one caller's row holds up none of the others.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use shared::gather::Gathering;
use shared::ids::{SeatId, UserId};

use super::process::{self, Missed, Sale};
use super::reserve::{self, Lost, Taken};
use super::{Call, Office};
use crate::domain::key::Answer;
use crate::refusal::Refusal;
use crate::store::balance::Account;
use crate::store::{self, Failure, Pooled, Question, Tx, Unwritten, Writes};

/// So many callers at most share one transaction.
const MOST: usize = 64;
/// How long a group may take: the next one must not wait for a connection that is dead.
const GROUP_TIMEOUT: Duration = Duration::from_secs(4);

/// What one of a group is told; nothing when it has to go alone.
pub(super) type Outcome = Result<Option<Answer>, Refusal>;

/// Writes a success. Its bytes have to be known before the commit, because the key keeps them.
pub(super) type Writer<T> = Arc<dyn Fn(&T) -> Answer + Send + Sync>;

/// A call that can be served together with others.
#[derive(Clone)]
pub(super) enum Ready {
    Reserve(reserve::company::Ready),
    Payment(process::company::Ready),
}

impl Ready {
    const fn call(&self) -> &Call {
        match self {
            Self::Reserve(ready) => &ready.call,
            Self::Payment(ready) => &ready.call,
        }
    }

    const fn action(&self) -> &'static str {
        match self {
            Self::Reserve(_) => "reserve",
            Self::Payment(_) => "process",
        }
    }

    /// What only one of a group can have.
    fn rivals_over(&self) -> (UserId, &[SeatId]) {
        match self {
            Self::Reserve(ready) => (ready.call.user, ready.wish.seats.as_slice()),
            Self::Payment(ready) => (ready.call.user, &[]),
        }
    }
}

/// What comes of one call of a group.
pub(super) enum Verdict<W> {
    /// This is told, and nothing is written.
    Told(Outcome),
    /// This is written, and the answer told when all is committed.
    Does(W, Answer),
}

impl<W> Verdict<W> {
    pub(super) const ALONE: Self = Self::Told(Ok(None));
}

/// Those who wait for the next group.
pub struct Groups(Gathering<Ready, Outcome>);

impl Default for Groups {
    fn default() -> Self {
        Self(Gathering::of(MOST))
    }
}

impl fmt::Debug for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Groups").finish_non_exhaustive()
    }
}

/// Does what a caller wants with the next group. Nothing comes of it when the caller has to go
/// alone.
///
/// # Errors
/// What a group can be sure of: that seats are gone or not on sale, or what a key refuses; and the
/// failures of the database.
pub(super) async fn in_company(office: &Office, ready: Ready) -> Outcome {
    let serve = |ready: Vec<Ready>| {
        let office = office.clone();
        // In a box: every caller has room for this, and one of them makes it.
        Box::pin(async move { share(&office, &ready).await })
    };
    office.groups.0.ask(ready, serve).await
}

/// Serves those who can share a transaction: of each user and of each seat the first. All others go
/// alone.
async fn share(office: &Office, ready: &[Ready]) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = ready.iter().map(|_| Ok(None)).collect();
    let chosen = without_rivals(ready.iter().map(Ready::rivals_over));
    let members: Vec<&Ready> = chosen.iter().map(|index| &ready[*index]).collect();
    let told = tokio::time::timeout(GROUP_TIMEOUT, serve(office, &members)).await;
    let told = told.unwrap_or_else(|_| Err(Failure::away()));
    let told = told.unwrap_or_else(|failure| when_all_failed(failure, chosen.len()));
    let is_company = chosen.len() > 1;
    for (index, told) in chosen.into_iter().zip(told) {
        if is_company && matches!(told, Ok(Some(_))) {
            let action = ready[index].action();
            metrics::counter!("booking_calls_together_total", "action" => action).increment(1);
        }
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
    metrics::counter!("booking_groups_apart_total").increment(1);
    (0..callers).map(|_| Ok(None)).collect()
}

async fn serve(office: &Office, members: &[&Ready]) -> Result<Vec<Outcome>, Failure> {
    let (mut reserves, mut payments) = (Vec::new(), Vec::new());
    for one in members {
        match one {
            Ready::Reserve(ready) => reserves.push(ready),
            Ready::Payment(ready) => payments.push(ready),
        }
    }
    let stock = reserve::company::question(&reserves);
    let question = stock.and(process::company::question(&payments));
    let mut connection = office.database.connection().await?;
    let (tx, places, (stock, mut owed)) = begin(&mut connection, members, question).await?;
    let mut work = Work::default();
    let mut outcomes = Vec::new();
    for (index, (one, place)) in members.iter().zip(places).enumerate() {
        let told = match (place, one) {
            (Place::Told(outcome), _) => outcome,
            (Place::Fresh(account), Ready::Reserve(ready)) => {
                let verdict = ready.judge(&stock, office.hold);
                work.note(index, account.now, verdict, |work| &mut work.takings)
            }
            (Place::Fresh(account), Ready::Payment(ready)) => {
                let verdict = ready.judge(&mut owed, &account);
                work.note(index, account.now, verdict, |work| &mut work.sales)
            }
        };
        outcomes.push(told);
    }
    let Some(writes) = work.writes(members) else {
        return Ok(outcomes);
    };
    match writes.commit(tx).await {
        Ok(()) => {
            for (index, answer) in work.answers {
                outcomes[index] = Ok(Some(answer));
            }
            Ok(outcomes)
        }
        // One of them is not as it was read: which one, each finds out alone.
        Err(Unwritten::Missed(..)) => {
            metrics::counter!("booking_groups_apart_total").increment(1);
            Ok(outcomes)
        }
        Err(Unwritten::Failed(failure)) => Err(failure),
    }
}

/// What a group writes, and what is told when it is committed, to which of its members.
#[derive(Default)]
struct Work {
    takings: Vec<Taken>,
    sales: Vec<Sale>,
    answers: Vec<(usize, Answer)>,
    /// When, on the database's clock.
    now: Option<DateTime<Utc>>,
}

/// Something is not as it was read.
struct Changed;

impl From<Lost> for Changed {
    fn from(_: Lost) -> Self {
        Self
    }
}

impl From<Missed> for Changed {
    fn from(_: Missed) -> Self {
        Self
    }
}

impl Work {
    /// What the member is told, as long as nothing of it is committed.
    fn note<W>(
        &mut self,
        index: usize,
        now: DateTime<Utc>,
        verdict: Verdict<W>,
        kind: impl FnOnce(&mut Self) -> &mut Vec<W>,
    ) -> Outcome {
        match verdict {
            Verdict::Told(outcome) => outcome,
            Verdict::Does(write, answer) => {
                kind(self).push(write);
                self.answers.push((index, answer));
                self.now = Some(now);
                Ok(None)
            }
        }
    }

    /// All of it, when there is anything; the keys at last.
    fn writes<'a>(&'a self, members: &[&'a Ready]) -> Option<Writes<Changed>> {
        let now = self.now?;
        let keep = |(index, answer): &'a (usize, Answer)| members[*index].call().to_keep(answer);
        let keys: Vec<_> = self.answers.iter().filter_map(keep).collect();
        let takes = reserve::writes(Writes::default(), &self.takings);
        let sells = process::writes(takes, &self.sales, now);
        Some(sells.then(store::key::insert(&keys, now)))
    }
}

/// How a member stands once the transaction has begun.
enum Place {
    /// The account is locked and the key is new.
    Fresh(Account),
    /// This is to be told, and nothing is to be done.
    Told(Outcome),
}

/// Begins a transaction: locks the accounts of the callers, looks up their keys, and asks a
/// question after that, all in one round trip.
async fn begin<'c, T: 'static>(
    connection: &'c mut Pooled,
    members: &[&Ready],
    question: Question<T>,
) -> Result<(Tx<'c>, Vec<Place>, T), Failure> {
    let calls: Vec<&Call> = members.iter().map(|one| one.call()).collect();
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
