//! Together: one transaction for several callers. A statement costs the server the same whether it
//! writes one row or ten, and so does a commit; in the rush of a sale callers share both.
//!
//! Who comes while a group is on its way goes with the next. Only the plain case is served in
//! company: whoever needs anything else, or meets anything else, is told to go alone, and nothing
//! of theirs is written. A group takes its locks in the order of every transaction: balances
//! ascending, then seats, and then what belongs to these. Balances and seats that somebody else has
//! locked are passed over, so that one caller's row holds up none of the others.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use shared::gather::Gathering;
use shared::ids::{SeatId, UserId};

use super::process::company::PaymentCall;
use super::process::{self, Missed, Sale};
use super::reserve::company::ReserveCall;
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

/// Who can be served together with others.
#[derive(Clone)]
pub(super) enum Caller {
    Reserve(ReserveCall),
    Payment(PaymentCall),
}

impl Caller {
    const fn call(&self) -> &Call {
        match self {
            Self::Reserve(reserve) => &reserve.call,
            Self::Payment(payment) => &payment.call,
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
            Self::Reserve(reserve) => (reserve.call.user, reserve.wish.seats.as_slice()),
            Self::Payment(payment) => (payment.call.user, &[]),
        }
    }
}

/// What comes of one call of a group.
pub(super) enum Verdict {
    /// This is told, and nothing is written.
    Told(Outcome),
    /// This is written, and the answer told when all is committed.
    Does(Write, Answer),
}

impl Verdict {
    pub(super) const ALONE: Self = Self::Told(Ok(None));
}

/// What is written for one call of a group.
pub(super) enum Write {
    Take(Taken),
    Sell(Sale),
}

/// Those who wait for the next group.
pub struct Groups(Gathering<Caller, Outcome>);

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
/// What a look at the seats refuses, what a key does, and the failures of the database.
pub(super) async fn in_company(office: &Office, caller: Caller) -> Outcome {
    let serve = |callers: Vec<Caller>| {
        let office = office.clone();
        // In a box: every caller has room for this, and one of them makes it.
        Box::pin(async move { share(&office, &callers).await })
    };
    office.groups.0.ask(caller, serve).await
}

/// Serves those who can share a transaction: of each user and of each seat the first. All others go
/// alone.
async fn share(office: &Office, callers: &[Caller]) -> Vec<Outcome> {
    let mut outcomes: Vec<Outcome> = callers.iter().map(|_| Ok(None)).collect();
    let chosen = without_rivals(callers.iter().map(Caller::rivals_over));
    let members: Vec<&Caller> = chosen.iter().map(|index| &callers[*index]).collect();
    let told = tokio::time::timeout(GROUP_TIMEOUT, serve(office, &members)).await;
    let told = told.unwrap_or_else(|_| Err(Failure::away()));
    let told = told.unwrap_or_else(|failure| when_all_failed(failure, chosen.len()));
    let is_company = chosen.len() > 1;
    for (index, told) in chosen.into_iter().zip(told) {
        if is_company && matches!(told, Ok(Some(_))) {
            let action = callers[index].action();
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
    if matches!(failure, Failure::Bug(_) | Failure::Broken(_)) {
        tracing::warn!(error = %failure, callers, "a group failed; each goes on alone");
    }
    metrics::counter!("booking_groups_apart_total").increment(1);
    (0..callers).map(|_| Ok(None)).collect()
}

async fn serve(office: &Office, members: &[&Caller]) -> Result<Vec<Outcome>, Failure> {
    let (mut reserves, mut payments) = (Vec::new(), Vec::new());
    for member in members {
        match member {
            Caller::Reserve(reserve) => reserves.push(reserve),
            Caller::Payment(payment) => payments.push(payment),
        }
    }
    let stock = reserve::company::question(&reserves);
    let question = stock.and(process::company::question(&payments));
    let mut connection = office.database.connection().await?;
    let (tx, places, (stock, mut owed)) = begin(&mut connection, members, question).await?;
    let mut work = Work::default();
    let mut outcomes = Vec::new();
    for (index, (member, place)) in members.iter().zip(places).enumerate() {
        let verdict = match place {
            Err(outcome) => Verdict::Told(outcome),
            Ok(account) => {
                work.now = Some(account.now);
                match member {
                    Caller::Reserve(reserve) => reserve.judge(&stock, office.hold),
                    Caller::Payment(payment) => payment.judge(&mut owed, &account),
                }
            }
        };
        outcomes.push(work.note(index, verdict));
    }
    let Some(writes) = work.writes(members) else {
        store::commit(tx).await?;
        return Ok(outcomes);
    };
    match writes.commit(tx).await {
        Ok(()) => {
            for (index, answer) in work.answers {
                outcomes[index] = Ok(Some(answer));
            }
            Ok(outcomes)
        }
        // Something is not as it was read: what, each finds out alone.
        Err(Unwritten::Missed(tx, Changed)) => {
            store::roll_back(tx).await?;
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

/// Something is not as it was read; a group does not ask what.
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
    /// What the member is told, as long as nothing is committed.
    fn note(&mut self, index: usize, verdict: Verdict) -> Outcome {
        let (write, answer) = match verdict {
            Verdict::Told(outcome) => return outcome,
            Verdict::Does(write, answer) => (write, answer),
        };
        match write {
            Write::Take(taken) => self.takings.push(taken),
            Write::Sell(sale) => self.sales.push(sale),
        }
        self.answers.push((index, answer));
        Ok(None)
    }

    /// All of it, when there is anything; the keys at last.
    fn writes<'a>(&'a self, members: &[&'a Caller]) -> Option<Writes<Changed>> {
        let now = self.now.filter(|_| !self.answers.is_empty())?;
        let keep = |(index, answer): &'a (usize, Answer)| members[*index].call().to_keep(answer);
        let keys: Vec<_> = self.answers.iter().filter_map(keep).collect();
        let takes = reserve::writes(Writes::default(), &self.takings);
        let sells = process::writes(takes, &self.sales, now);
        Some(sells.then(store::key::insert(&keys, now)))
    }
}

/// A member's account once the transaction has begun: locked, with a key that is new. Or what the
/// member is told, for whom nothing is to be done.
type Place = Result<Account, Outcome>;

/// Begins a transaction: locks the accounts of the callers, looks up their keys, and asks a
/// question after that, all in one round trip.
async fn begin<'c, T: 'static>(
    connection: &'c mut Pooled,
    members: &[&Caller],
    question: Question<T>,
) -> Result<(Tx<'c>, Vec<Place>, T), Failure> {
    let calls: Vec<&Call> = members.iter().map(|member| member.call()).collect();
    let users: Vec<UserId> = calls.iter().map(|call| call.user).collect();
    let keys = calls.iter().filter_map(|call| {
        let keyed = call.keyed.as_ref()?;
        Some((call.user, keyed.key.clone()))
    });
    let head = store::balance::lock_together(&users).and(store::key::look(keys.collect()));
    let (tx, ((mut accounts, keys), found)) = head.and(question).ask_beginning(connection).await?;
    let mut keys = keys.into_iter();
    let place = |call: &&Call| {
        let stored = call.keyed.as_ref().and_then(|_| keys.next().flatten());
        match (accounts.remove(&call.user), stored, &call.keyed) {
            (None, ..) => Err(Ok(None)),
            (_, Some(stored), Some(keyed)) => Err(stored.replay(keyed).map(Some)),
            (Some(account), ..) => Ok(account),
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
