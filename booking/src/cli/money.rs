//! The operator's commands about money and people: refund, cancel-date, forget, ticket.

use std::cell::Cell;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Subcommand;
use shared::ids::{ConcertId, UserId};
use shared::settings::Environment;

use super::office;
use crate::actions::cancel_date::{Done, cancel_date};
use crate::actions::forget::forget;
use crate::actions::refund::{Owner, owner, refund};
use crate::actions::ticket::{Verdict, verify};
use crate::domain::date::CalendarDate;
use crate::domain::reservation::ReservationId;
use crate::domain::ticket::TicketCode;
use crate::settings::ticket_keys;
use crate::store::ticket::Purchase;

/// How often progress is told.
const TOLD_EVERY: Duration = Duration::from_secs(1);

/// What can be asked about tickets.
#[derive(Debug, Subcommand)]
pub(super) enum TicketCommand {
    /// Say whose seat a ticket's code is for; exit 0 when it is valid, 1 when not.
    Verify {
        /// The code as it was read or typed: hyphens, spaces and small letters do not matter.
        #[arg(required = true)]
        code: Vec<String>,
    },
}

/// Gives the money of a paid reservation back, whatever the cutoff says.
pub(super) async fn run_refund(env: &Environment, id: ReservationId) -> anyhow::Result<ExitCode> {
    let office = office(env)?;
    let user = match owner(&office, id).await? {
        Owner::Fan(user) => user,
        Owner::Forgotten => bail!("its user was forgotten: there is no balance to refund it to"),
    };
    let refund = refund(&office, user, id).await?;
    let (amount, at) = (refund.amount, refund.at.format("%F %TZ"));
    if refund.earlier {
        println!("nothing to do: {amount} won went back to user {user} at {at}");
    } else {
        println!("{amount} won went back to user {user}, and the seats are free");
    }
    office.database.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Calls a date off, telling progress on standard error.
pub(super) async fn run_cancel_date(
    env: &Environment,
    concert: ConcertId,
    date: CalendarDate,
) -> anyhow::Result<ExitCode> {
    let office = office(env)?;
    let done = cancel_date(&office, concert, date.0, progress()).await?;
    let date = date.0;
    if (Done {
        forgotten: 0,
        ..done
    }) == Done::default()
    {
        println!("nothing is left to do: concert {concert} on {date} is called off");
    } else {
        println!("concert {concert} on {date} is called off: {done}");
    }
    office.database.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Tells what is done so far, once a second.
fn progress() -> impl Fn(&Done) {
    let told = Cell::new(Instant::now());
    move |done| {
        if told.get().elapsed() >= TOLD_EVERY {
            eprintln!("so far: {done}");
            told.set(Instant::now());
        }
    }
}

/// Takes a user's name out of the books.
pub(super) async fn run_forget(env: &Environment, user: UserId) -> anyhow::Result<ExitCode> {
    let office = office(env)?;
    match forget(&office, user).await? {
        None => println!("nothing is known of user {user}"),
        Some(kept) => println!(
            "user {user} is forgotten: {} reservations, {} payments and {} ledger entries stay, \
             under a pseudonym",
            kept.reservations, kept.payments, kept.entries
        ),
    }
    office.database.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Says what a ticket's code is good for.
pub(super) async fn run_ticket(
    env: &Environment,
    TicketCommand::Verify { code }: &TicketCommand,
) -> anyhow::Result<ExitCode> {
    let keys = ticket_keys(env)?;
    let office = office(env)?;
    let typed = code.join(" ");
    let code: TicketCode = match typed.parse() {
        Ok(code) => code,
        Err(reason) => {
            println!("not a ticket: {typed:?} {reason}");
            return Ok(ExitCode::FAILURE);
        }
    };
    let verdict = verify(&office, &keys.load(), code).await?;
    office.database.close().await;
    Ok(match verdict {
        Verdict::Valid(purchase) => {
            println!("valid: {}", tell(&purchase));
            ExitCode::SUCCESS
        }
        Verdict::Refunded(purchase) => {
            println!("refunded, not valid: {}", tell(&purchase));
            ExitCode::FAILURE
        }
        Verdict::Unknown => {
            println!("not a ticket: nobody has bought this seat with the code {code}");
            ExitCode::FAILURE
        }
    })
}

/// What, when, where, who.
fn tell(purchase: &Purchase) -> String {
    let Purchase {
        reservation,
        concert,
        date,
        place,
        price,
        ..
    } = purchase;
    let user = purchase.user.map_or_else(
        || "a user who was forgotten".to_owned(),
        |user| format!("user {user}"),
    );
    let paid = purchase.paid_at.format("%F %TZ");
    let back = purchase.refunded_at;
    let back = back.map_or_else(String::new, |at| at.format(", refunded %F %TZ").to_string());
    format!(
        "{concert}, {date}, {} row {} seat {} (number {}), {price} won, {user}, reservation \
         {reservation}, paid {paid}{back}",
        place.section, place.row, place.seat, place.number
    )
}
