//! `booking audit`: proves that no seat is sold twice and no won is lost, safe during a sale.
//!
//! All questions are asked of one snapshot on one connection, so that what the sale does meanwhile
//! is not mistaken for a contradiction.

use std::fmt;

use crate::store::audit::{self, CHECKS, FINDINGS_TOLD, Totals, Wrong};
use crate::store::pool::DatabaseUrl;
use crate::store::schema;

/// What the audit found.
#[derive(Debug, Clone)]
pub struct Report {
    /// Seats by state, and every won.
    pub totals: Totals,
    /// What is wrong, each under the name of its question.
    pub findings: Vec<Finding>,
}

/// Something that must never be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is that must not be.
    pub check: &'static str,
    /// Where, and what exactly.
    pub wrong: Wrong,
}

impl Report {
    /// Whether nothing is wrong.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seats = &self.totals;
        let (available, held, sold) = (seats.available, seats.held, seats.sold);
        let (blocked, all) = (seats.blocked, available + held + sold + seats.blocked);
        writeln!(
            f,
            "{all} seats: {available} available, {held} held, {sold} sold, {blocked} blocked"
        )?;
        let won = &self.totals;
        let (charged, paid) = (won.charged, won.paid);
        let (refunded, rest) = (won.refunded, won.in_balances);
        writeln!(
            f,
            "won: {charged} charged, {paid} paid, {refunded} refunded, {rest} in balances"
        )?;
        for finding in &self.findings {
            writeln!(f, "WRONG: {finding}")?;
        }
        match self.findings.len() {
            0 => writeln!(f, "nothing is wrong ({} checks)", CHECKS.len() + 1),
            found => writeln!(
                f,
                "{found} findings (at most {FINDINGS_TOLD} a check are told)"
            ),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Wrong {
            user_id,
            seat_id,
            reservation_id,
            detail,
        } = &self.wrong;
        write!(f, "{}:", self.check)?;
        if let Some(user) = user_id {
            write!(f, " user {user}")?;
        }
        if let Some(seat) = seat_id {
            write!(f, " seat {seat}")?;
        }
        if let Some(reservation) = reservation_id {
            write!(f, " reservation {reservation}")?;
        }
        write!(f, " ({detail})")
    }
}

/// Asks every question of one moment of the database.
///
/// # Errors
/// When the database is not there or does not answer.
pub async fn audit(url: &DatabaseUrl) -> anyhow::Result<Report> {
    let mut connection = schema::connect(url).await?;
    let mut snapshot = audit::snapshot(&mut connection).await?;
    let totals = audit::totals(&mut snapshot).await?;
    let mut findings: Vec<Finding> = lost_won(&totals).into_iter().collect();
    for check in &CHECKS {
        let wrong = audit::ask(&mut snapshot, check).await?;
        findings.extend(wrong.into_iter().map(|wrong| Finding {
            check: check.name,
            wrong,
        }));
    }
    snapshot.rollback().await?;
    Ok(Report { totals, findings })
}

/// Charges less payments plus refunds are what is in the balances.
fn lost_won(won: &Totals) -> Option<Finding> {
    let expected = won.charged - won.paid + won.refunded;
    (expected != won.in_balances).then(|| Finding {
        check: "the won of all do not add up",
        wrong: Wrong {
            user_id: None,
            seat_id: None,
            reservation_id: None,
            detail: format!("{} in balances, {expected} by history", won.in_balances),
        },
    })
}
