//! The verdict: what was promised, and whether it held.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::venue::Venue;
use crate::history::{
    Entry, Findings, History, check_answers, check_holds, check_order, check_places,
    check_positions, hold_against, most_sessions_at_once,
};
use crate::witness::line::Seen;

/// Of many findings the first ones tell enough.
const FINDINGS_TOLD: usize = 20;
/// Without this the check cannot be made.
const NEEDS_REDIS: &str = "not asked: REDIS_URL is not set";
const NEEDS_DATABASE: &str = "not asked: DATABASE_URL is not set";

/// One promise, and how it stands after the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// A word for it.
    pub name: &'static str,
    /// What was promised.
    pub promise: String,
    /// How it stands.
    pub verdict: Verdict,
    /// On what that rests, or why it was not checked.
    pub note: String,
    /// How many things were found that must not be.
    pub found: usize,
    /// The first of them.
    pub findings: Findings,
}

/// How a promise stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It was checked, and nothing was found.
    Held,
    /// Something was found.
    Broken,
    /// What it takes was not there.
    NotChecked,
}

impl Check {
    fn of(name: &'static str, promise: impl Into<String>, note: String, found: Findings) -> Self {
        let verdict = if found.is_empty() {
            Verdict::Held
        } else {
            Verdict::Broken
        };
        let promise = promise.into();
        let count = found.len();
        let mut findings = found;
        findings.truncate(FINDINGS_TOLD);
        Self {
            name,
            promise,
            verdict,
            note,
            found: count,
            findings,
        }
    }

    fn not_made(name: &'static str, promise: impl Into<String>, why: &str) -> Self {
        let mut check = Self::of(name, promise, why.to_owned(), Findings::new());
        check.verdict = Verdict::NotChecked;
        check
    }
}

/// What the fans were told, and what was seen in Redis beside it.
pub(super) struct Evidence<'a> {
    pub(super) history: &'a History,
    pub(super) entries: &'a [Entry],
    pub(super) seen: Option<&'a Seen>,
    pub(super) cap: Option<u64>,
    pub(super) users: std::ops::Range<u64>,
    /// How fans went home who deserved better.
    pub(super) bad_ends: Findings,
}

/// Makes all checks that can be made.
pub(super) async fn judge(venue: &Venue, evidence: &Evidence<'_>) -> anyhow::Result<Vec<Check>> {
    let mut checks = vec![order(evidence), places(evidence), cap(evidence)];
    checks.extend(written(venue, evidence).await?);
    checks.push(answers(evidence));
    checks.push(crowd(evidence));
    checks.push(audit(venue).await);
    Ok(checks)
}

fn called(evidence: &Evidence<'_>) -> BTreeMap<u64, Duration> {
    let called = evidence.seen.iter().flat_map(|seen| &seen.called);
    let at = |(ticket, moment): (&u64, &_)| (*ticket, evidence.history.at(*moment));
    called.map(at).collect()
}

fn order(evidence: &Evidence<'_>) -> Check {
    let promise = "Nobody is let in before a present fan with a lower ticket.";
    let mut findings = check_order(evidence.entries, &called(evidence));
    let note = match evidence.seen {
        Some(seen) => {
            // Over the cap, the watch ended with that, which is no matter of order.
            let is_over = evidence
                .cap
                .is_some_and(|cap| seen.most_sessions as u64 > cap);
            if !is_over {
                findings.extend(seen.findings.iter().cloned());
            }
            format!(
                "by what the fans were told and {} looks at Redis",
                seen.samples
            )
        }
        None => "by what the fans were told alone: REDIS_URL is not set".to_owned(),
    };
    Check::of("order", promise, note, findings)
}

fn places(evidence: &Evidence<'_>) -> Check {
    let promise = "A number never goes up, and a place is never lost while waiting.";
    let mut findings = check_positions(evidence.entries);
    findings.extend(check_places(evidence.entries, &called(evidence)));
    Check::of(
        "places",
        promise,
        "by what the fans were told".to_owned(),
        findings,
    )
}

fn cap(evidence: &Evidence<'_>) -> Check {
    let (Some(seen), Some(cap)) = (evidence.seen, evidence.cap) else {
        return Check::not_made("cap", "Never more sessions than max_active.", NEEDS_REDIS);
    };
    let promise = format!("Never more than {cap} sessions at once (max_active).");
    let told = most_sessions_at_once(evidence.entries);
    let note = format!(
        "at most {} by {} looks at Redis; {told} certainly, by what the fans were told",
        seen.most_sessions, seen.samples
    );
    let mut findings = Findings::new();
    if seen.most_sessions as u64 > cap {
        findings.extend(seen.findings.iter().cloned());
    }
    if told as u64 > cap {
        findings.push(format!("{told} fans were told to be in at once"));
    }
    Check::of("cap", promise, note, findings)
}

/// What has to be in the database, and nothing else.
async fn written(venue: &Venue, evidence: &Evidence<'_>) -> anyhow::Result<[Check; 3]> {
    let promises = [
        (
            "writes",
            "Acknowledged is written, refused left nothing, unknown is all or nothing.",
        ),
        (
            "seats",
            "Each seat is sold once, and a hold is kept for its whole time.",
        ),
        ("money", "Every won is where the fans were told that it is."),
    ];
    let Some(books) = venue.books(evidence.users.clone()).await? else {
        return Ok(promises.map(|(name, promise)| Check::not_made(name, promise, NEEDS_DATABASE)));
    };
    let account = hold_against(evidence.entries, &books);
    let mut seats = account.seats;
    seats.extend(check_holds(evidence.entries, venue.hold()));
    let notes = [
        format!("{} acknowledged writes", books.acknowledged.len()),
        format!(
            "{} seats sold under {} payments",
            books.sold.len(),
            books.payments.len()
        ),
        format!(
            "{} ledger entries of {} fans",
            books.ledger.len(),
            books.balances.len()
        ),
    ];
    let found = [account.writes, seats, account.money];
    let mut parts = promises.into_iter().zip(notes).zip(found);
    Ok(std::array::from_fn(|_| {
        let (((name, promise), note), found) = parts.next().expect("there are three of each");
        Check::of(name, promise, note, found)
    }))
}

fn answers(evidence: &Evidence<'_>) -> Check {
    let promise = "Fans see documented answers only, and no 5xx but a deliberate 503.";
    let note = format!("{} answers", evidence.entries.len());
    Check::of("answers", promise, note, check_answers(evidence.entries))
}

fn crowd(evidence: &Evidence<'_>) -> Check {
    let promise = "Every fan goes home with seats, or as the fan chose, or finds it sold out.";
    let fans = evidence.users.end - evidence.users.start;
    let note = format!("{fans} fans");
    Check::of("crowd", promise, note, evidence.bad_ends.clone())
}

async fn audit(venue: &Venue) -> Check {
    let promise = "booking audit finds nothing.";
    match venue.audit().await {
        None => Check::not_made("audit", promise, NEEDS_DATABASE),
        Some(Ok(())) => Check::of("audit", promise, "exit code 0".to_owned(), Findings::new()),
        Some(Err(said)) => Check::of("audit", promise, "it failed".to_owned(), vec![said]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence<'a>(history: &'a History, seen: Option<&'a Seen>) -> Evidence<'a> {
        Evidence {
            history,
            entries: &[],
            seen,
            cap: Some(5),
            users: 1..2,
            bad_ends: Findings::new(),
        }
    }

    #[test]
    fn what_cannot_be_asked_is_not_called_held() {
        let history = History::new();
        assert_eq!(cap(&evidence(&history, None)).verdict, Verdict::NotChecked);
    }

    #[test]
    fn what_the_watch_found_is_told_under_its_own_name() {
        let history = History::new();
        let found = |most_sessions| Seen {
            most_sessions,
            findings: vec!["something".to_owned()],
            ..Seen::default()
        };
        let verdicts = |seen: &Seen| {
            let evidence = evidence(&history, Some(seen));
            (order(&evidence).verdict, cap(&evidence).verdict)
        };
        assert_eq!(verdicts(&found(6)), (Verdict::Held, Verdict::Broken));
        assert_eq!(verdicts(&found(5)), (Verdict::Broken, Verdict::Held));
    }

    #[test]
    fn many_findings_are_counted_and_the_first_are_told() {
        let many = (0..50).map(|number| number.to_string()).collect();
        let check = Check::of("order", "", String::new(), many);
        assert_eq!((check.found, check.findings.len()), (50, FINDINGS_TOLD));
    }
}
