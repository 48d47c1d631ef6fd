//! One purchase told by both sides, and every way in which one of them may be wrong.

use std::time::Duration;

use super::super::books::LedgerEntry;
use super::*;

const FAN: u64 = 7;
const SEAT: u64 = 3;
const WON: u64 = 10_000;

fn entry(call: Call, key: Option<&str>, outcome: Outcome) -> Entry {
    Entry {
        fan: FAN,
        call,
        key: key.map(Arc::from),
        invoked: Duration::ZERO,
        returned: Duration::ZERO,
        outcome,
    }
}

fn ticket(status: &str) -> Reserved {
    Reserved {
        reservation: Uuid::nil(),
        status: status.to_owned(),
        seats: vec![SEAT],
        amount: WON,
    }
}

/// One fan who bought one seat, as the fan was told.
fn purchase() -> Vec<Entry> {
    let ok = Outcome::Ok;
    let amount = WON;
    vec![
        entry(
            Call::Reserve { seat: SEAT },
            Some("r"),
            ok(Fact::Held(ticket("reserved"))),
        ),
        entry(Call::Charge { amount }, Some("c"), ok(Fact::Charged(WON))),
        entry(
            Call::Pay { amount },
            Some("p"),
            ok(Fact::Paid(vec![(Uuid::nil(), WON)])),
        ),
        entry(Call::Tickets, None, ok(Fact::Tickets(vec![ticket("paid")]))),
    ]
}

/// The same as the database has it.
fn books() -> Books {
    let nil = Uuid::nil();
    let answers = [
        (
            "r",
            serde_json::json!({
                "reservationId": nil.to_string(), "amount": WON, "seatId": SEAT,
                "status": "reserved", "expiresInMs": 300_000,
            })
            .to_string(),
        ),
        ("c", format!(r#"{{"balance":{WON}}}"#)),
        (
            "p",
            format!(
                r#"{{"amount":{WON},"payments":[{{"reservationId":"{nil}","amount":{WON}}}]}}"#
            ),
        ),
    ];
    let of_fan = |(key, body): (&str, String)| ((FAN, key.to_owned()), body.into_bytes());
    let charge = LedgerEntry {
        user: FAN,
        kind: "charge".to_owned(),
        amount: WON,
    };
    let payment = Payment {
        user: FAN,
        reservation: nil,
        amount: WON,
    };
    Books {
        reservations: vec![(FAN, ticket("paid"))],
        sold: vec![(SEAT, nil)],
        payments: vec![payment],
        ledger: vec![charge],
        balances: HashMap::from([(FAN, 0)]),
        acknowledged: answers.into_iter().map(of_fan).collect(),
    }
}

/// How many findings there are when one thing is changed on either side.
fn findings(change: impl FnOnce(&mut Vec<Entry>, &mut Books)) -> usize {
    let (mut entries, mut books) = (purchase(), books());
    change(&mut entries, &mut books);
    check_money(&entries, &books).len()
}

#[test]
fn a_purchase_that_both_sides_agree_on_is_clean() {
    assert_eq!(check_money(&purchase(), &books()), Findings::new());
}

#[test]
fn an_answer_that_never_came_may_mean_either() {
    let why = String::new();
    let unknown = Outcome::Unknown { status: None, why };
    assert_eq!(findings(|told, _| told[1].outcome = unknown.clone()), 0);
    let undone = findings(|told, books| {
        told.truncate(2);
        told[1].outcome = unknown;
        books.acknowledged.retain(|(_, key), _| key == "r");
        books.ledger.clear();
        books.payments.clear();
        books.sold.clear();
        books.reservations[0].1.status = "reserved".to_owned();
    });
    assert_eq!(undone, 0);
}

#[test]
fn each_finding_says_what_it_is_about() {
    let account = |change: fn(&mut Books)| {
        let mut books = books();
        change(&mut books);
        let found = hold_against(&purchase(), &books);
        let is_full = |findings: &Findings| !findings.is_empty();
        [found.writes, found.seats, found.money].map(|found| is_full(&found))
    };
    let lost = account(|books| drop(books.acknowledged.remove(&(FAN, "c".to_owned()))));
    assert_eq!(lost, [true, false, true]);
    assert_eq!(account(|books| books.sold.clear()), [false, true, false]);
    assert_eq!(account(|books| books.ledger.clear()), [false, false, true]);
    let left_over = account(|books| books.sold.push((SEAT + 1, Uuid::from_u128(1))));
    assert_eq!(left_over, [false, true, false]);
}

#[test]
fn what_nobody_is_known_to_have_done_is_found() {
    let stranger = LedgerEntry {
        user: FAN + 1,
        kind: "charge".to_owned(),
        amount: WON,
    };
    assert_eq!(findings(|_, books| books.ledger.push(stranger)), 1);
}

#[test]
fn a_replay_that_says_something_else_is_found() {
    let again = findings(|told, _| {
        let mut replay = told[1].clone();
        replay.outcome = Outcome::Ok(Fact::Charged(WON + 1));
        told.push(replay);
    });
    assert!(again > 0);
}

#[test]
fn only_the_fans_of_a_run_are_looked_at() {
    let mut books = books();
    books.sold.push((SEAT + 1, Uuid::from_u128(1)));
    let mut other = ticket("paid");
    other.reservation = Uuid::from_u128(1);
    books.reservations.push((FAN + 1, other));
    books.balances.insert(FAN + 1, WON);
    assert_eq!(books.clone().of(FAN + 1..FAN + 2).sold.len(), 1);
    assert_eq!(
        check_money(&purchase(), &books.of(FAN..FAN + 1)),
        Findings::new()
    );
}

#[test]
fn whatever_is_lost_or_left_over_is_found() {
    let changes: [fn(&mut Vec<Entry>, &mut Books); 9] = [
        |_, books| drop(books.acknowledged.remove(&(FAN, "c".to_owned()))),
        |_, books| books.ledger.clear(),
        |_, books| books.payments.clear(),
        |_, books| books.sold.clear(),
        |_, books| books.reservations.push((FAN, ticket("paid"))),
        |_, books| books.balances.extend([(FAN, 1)]),
        |told, _| told[3].outcome = Outcome::Ok(Fact::Tickets(Vec::new())),
        |told, _| drop(told.pop()),
        |told, _| {
            let (status, code) = (402, "insufficient_balance".to_owned());
            told[2].outcome = Outcome::Refused { status, code };
        },
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert!(findings(change) > 0, "change {number} was not noticed");
    }
}
