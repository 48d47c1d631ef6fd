//! Seats and money: what was acknowledged is in the database, a refusal left nothing, and what
//! nobody knows was done whole or not at all.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use uuid::Uuid;

use super::books::{Books, Payment};
use super::{Call, Entry, Fact, Findings, Outcome, Reserved};
use crate::answers;

/// What one fan must have done, by history and by the stored answers of the calls whose end the
/// fan does not know.
#[derive(Debug, Default)]
struct Deeds {
    charges: Vec<u64>,
    held: BTreeSet<Uuid>,
    payments: BTreeSet<Payment>,
}

/// What holding a history against the database found, by what it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Acknowledged and lost, refused and yet done, or done in part.
    pub writes: Findings,
    /// Seats that have no owner, two, or another one than the fans were told.
    pub seats: Findings,
    /// Won that are too many or too few.
    pub money: Findings,
}

/// Everything that [`hold_against`] finds.
#[must_use]
pub fn check_money(entries: &[Entry], books: &Books) -> Findings {
    let account = hold_against(entries, books);
    [account.writes, account.money, account.seats].concat()
}

/// Holds everything that the fans were told against the database.
#[must_use]
pub fn hold_against(entries: &[Entry], books: &Books) -> Account {
    let mut account = Account::default();
    let mut deeds: BTreeMap<u64, Deeds> = BTreeMap::new();
    for ((fan, key), attempts) in operations(entries) {
        let own = deeds.entry(fan).or_default();
        match deed(fan, &key, &attempts, books) {
            Ok(Some(fact)) => own.add(fan, attempts[0].call, fact),
            Ok(None) => {}
            Err(finding) => account.writes.push(finding),
        }
    }
    compare_deeds(&deeds, books, &mut account);
    check_tickets(entries, books, &mut account.seats);
    check_seats(books, &mut account.seats);
    account
}

/// Attempts with one key are one operation.
fn operations(entries: &[Entry]) -> BTreeMap<(u64, Arc<str>), Vec<&Entry>> {
    let mut operations: BTreeMap<_, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        if let Some(key) = &entry.key {
            operations
                .entry((entry.fan, Arc::clone(key)))
                .or_default()
                .push(entry);
        }
    }
    operations
}

/// What an operation did, if it did anything.
fn deed(fan: u64, key: &str, tries: &[&Entry], books: &Books) -> Result<Option<Fact>, String> {
    let call = tries[0].call;
    let stored = books.acknowledged.get(&(fan, key.to_owned()));
    let told: Vec<&Fact> = tries.iter().filter_map(|entry| fact_of(entry)).collect();
    let is_open = tries
        .iter()
        .any(|entry| matches!(entry.outcome, Outcome::Unknown { .. }));
    let what = format!("fan {fan}, {call:?}, key {key}");
    if told.windows(2).any(|pair| pair[0] != pair[1]) {
        return Err(format!("{what}: a replay said something else: {told:?}"));
    }
    match (told.first(), stored) {
        (Some(_), None) => Err(format!("{what}: was acknowledged and is lost")),
        (None, Some(_)) if !is_open => Err(format!("{what}: was refused and yet done")),
        (Some(fact), Some(body)) => match answers::stored(call, body) {
            Ok(stored) if stored == **fact => Ok(Some(stored)),
            other => Err(format!("{what}: was told {fact:?}, stored is {other:?}")),
        },
        (None, Some(body)) => match answers::stored(call, body) {
            Ok(fact) => Ok(Some(fact)),
            Err(error) => Err(format!("{what}: the stored answer cannot be read: {error}")),
        },
        (None, None) => Ok(None),
    }
}

const fn fact_of(entry: &Entry) -> Option<&Fact> {
    match &entry.outcome {
        Outcome::Ok(fact) => Some(fact),
        _ => None,
    }
}

impl Deeds {
    fn add(&mut self, user: u64, call: Call, fact: Fact) {
        match (call, fact) {
            (Call::Charge { amount }, _) => self.charges.push(amount),
            (_, Fact::Held(held)) => drop(self.held.insert(held.reservation)),
            (_, Fact::Paid(paid)) => {
                let payment = |(reservation, amount)| Payment {
                    user,
                    reservation,
                    amount,
                };
                self.payments.extend(paid.into_iter().map(payment));
            }
            _ => {}
        }
    }

    fn balance(&self) -> Option<u64> {
        let paid: u64 = self.payments.iter().map(|payment| payment.amount).sum();
        self.charges.iter().sum::<u64>().checked_sub(paid)
    }
}

/// The database has exactly what was done: nothing less, and nothing that a refusal left.
fn compare_deeds(deeds: &BTreeMap<u64, Deeds>, books: &Books, account: &mut Account) {
    let mut found = found_deeds(books);
    for (fan, own) in deeds {
        let theirs = found.remove(fan).unwrap_or_default();
        let balance = books.balances.get(fan).copied().unwrap_or(0);
        compare_won(*fan, own, &theirs, balance, &mut account.money);
        if theirs.held != own.held {
            let (held, known) = (&own.held, &theirs.held);
            account.seats.push(format!(
                "fan {fan} reserved {held:?}, the database has {known:?}"
            ));
        }
    }
    for (user, theirs) in found {
        account.writes.push(format!(
            "user {user} did nothing that is known, and has {theirs:?}"
        ));
    }
}

fn compare_won(fan: u64, own: &Deeds, theirs: &Deeds, balance: u64, findings: &mut Findings) {
    let sorted = |charges: &[u64]| {
        let mut charges = charges.to_vec();
        charges.sort_unstable();
        charges
    };
    let (expected, charges) = (sorted(&own.charges), sorted(&theirs.charges));
    if charges != expected {
        findings.push(format!(
            "fan {fan} charged {expected:?}, the ledger has {charges:?}"
        ));
    }
    if theirs.payments != own.payments {
        let (paid, known) = (&own.payments, &theirs.payments);
        findings.push(format!(
            "fan {fan} paid {paid:?}, the database has {known:?}"
        ));
    }
    if own.balance() != Some(balance) {
        let left = own.balance();
        findings.push(format!(
            "fan {fan} must have {left:?} won left and has {balance}"
        ));
    }
}

fn found_deeds(books: &Books) -> BTreeMap<u64, Deeds> {
    let mut found: BTreeMap<u64, Deeds> = BTreeMap::new();
    for entry in books.ledger.iter().filter(|entry| entry.kind == "charge") {
        found
            .entry(entry.user)
            .or_default()
            .charges
            .push(entry.amount);
    }
    for (user, reserved) in &books.reservations {
        found
            .entry(*user)
            .or_default()
            .held
            .insert(reserved.reservation);
    }
    for payment in &books.payments {
        found
            .entry(payment.user)
            .or_default()
            .payments
            .insert(*payment);
    }
    found
}

/// What the reservations endpoint told each fan last is what the database has.
fn check_tickets(entries: &[Entry], books: &Books, findings: &mut Findings) {
    let mut told: BTreeMap<u64, BTreeSet<&Reserved>> = BTreeMap::new();
    for entry in entries {
        if let Some(Fact::Tickets(tickets)) = fact_of(entry) {
            let paid = tickets.iter().filter(|ticket| ticket.status == "paid");
            told.insert(entry.fan, paid.collect());
        }
    }
    let mut bought: BTreeMap<u64, BTreeSet<&Reserved>> = BTreeMap::new();
    for (user, reserved) in books
        .reservations
        .iter()
        .filter(|(_, own)| own.status == "paid")
    {
        bought.entry(*user).or_default().insert(reserved);
    }
    for (fan, tickets) in told {
        let own = bought.remove(&fan).unwrap_or_default();
        if own != tickets {
            findings.push(format!(
                "fan {fan} was shown {tickets:?}, the database has {own:?}"
            ));
        }
    }
    for (fan, own) in bought {
        findings.push(format!("fan {fan} never saw the tickets {own:?}"));
    }
}

/// Every sold seat stands under one paid reservation that has it, and every paid one has its seats.
fn check_seats(books: &Books, findings: &mut Findings) {
    let mut owners: HashMap<u64, Uuid> = HashMap::new();
    for (seat, reservation) in &books.sold {
        owners.insert(*seat, *reservation);
    }
    let paid = books
        .reservations
        .iter()
        .filter(|(_, own)| own.status == "paid");
    let mut claimed: HashMap<u64, Uuid> = HashMap::new();
    for (user, reserved) in paid {
        for seat in &reserved.seats {
            if let Some(other) = claimed.insert(*seat, reserved.reservation) {
                findings.push(format!(
                    "seat {seat} was sold twice: {other} and {reserved:?}"
                ));
            }
            if owners.get(seat) != Some(&reserved.reservation) {
                findings.push(format!(
                    "seat {seat} was paid by user {user} and is not theirs"
                ));
            }
        }
    }
    for (seat, reservation) in &owners {
        if !claimed.contains_key(seat) {
            findings.push(format!(
                "seat {seat} is sold under {reservation}, which is not paid"
            ));
        }
    }
}

#[cfg(test)]
mod tests;
