//! The command line of booking: what an operator types, and what is answered.

mod money;
mod seats;

use std::cell::Cell;
use std::fs::File;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use shared::health;
use shared::ids::{ConcertId, QueueName, Ticket, UserId};
use shared::pass::{Admission, Holder, Pass, PassSigner};
use shared::request_id::RequestId;
use shared::settings::{EXIT_USAGE, Environment, SettingError};

use crate::actions::audit::audit;
use crate::actions::charge::charge;
use crate::actions::import::import;
use crate::actions::migrate::migrate;
use crate::actions::{Call, Office};
use crate::domain::balance::Won;
use crate::domain::date::CalendarDate;
use crate::domain::reservation::ReservationId;
use crate::openapi;
use crate::settings::{DatabaseSettings, PassSettings, listen};

/// Progress is told every so many seats where nobody watches a terminal.
const SEATS_PER_LINE: usize = 10_000;

/// The box office of Stagedoor. Settings are environment variables; see the README.
#[derive(Debug, Parser)]
#[command(name = "booking", version)]
pub struct Cli {
    /// What to do; without it, serve.
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API until told to stop (the default).
    Serve,
    /// Create the database if it is missing, and bring its schema up to date.
    Migrate,
    /// Import concerts, dates and seats from a CSV file: all of it, or nothing.
    Import(ImportArgs),
    /// Prove that no seat is sold twice and no won is lost; exit 1 and a list if not.
    Audit,
    /// Ask the booking that listens here whether it can sell; for a container's health check.
    Health,
    /// Print the OpenAPI document of this service.
    Openapi,
    /// Print a pass as a header for curl, to work on booking without a gateway.
    Pass(PassArgs),
    /// Put money on a user's balance.
    Charge {
        /// Whose balance.
        user: UserId,
        /// How many won.
        #[arg(value_parser = won)]
        amount: Won,
    },
    /// Give a paid reservation's money back and free its seats, whatever the cutoff says.
    Refund {
        /// The reservation's id.
        reservation: ReservationId,
    },
    /// Call a date off: close its sale, end its holds, refund everything, block its seats. Can be
    /// run again at any time.
    CancelDate {
        /// The concert's id, as `GET /api/concerts` tells it.
        concert: ConcertId,
        /// The date at the venue, YYYY-MM-DD.
        date: CalendarDate,
    },
    /// Take a user's name out of the books, and keep the books.
    Forget {
        /// Whose.
        user: UserId,
    },
    /// Ask about tickets.
    #[command(subcommand)]
    Ticket(money::TicketCommand),
    /// Take seats out of the sale, all of them or none: only what can be reserved can be blocked.
    Block(seats::SeatArgs),
    /// Put blocked seats back into the sale, all of them or none.
    Unblock(seats::SeatArgs),
}

#[derive(Debug, clap::Args)]
struct ImportArgs {
    /// Columns: concert, date, section, row, seat, price; optional: number, `starts_at`,
    /// `sales_open_at`, `sales_close_at`, venue, `time_zone`, queue, `cancel_until_hours`.
    file: PathBuf,
    /// Give seats that are not sold the file's price, and concerts its cutoff; a running hold
    /// keeps its own price.
    #[arg(long)]
    update: bool,
}

/// What a pass for working on booking alone says.
#[derive(Debug, clap::Args)]
pub struct PassArgs {
    /// Whose pass.
    #[arg(long)]
    pub user: UserId,
    /// The queue that admitted the user.
    #[arg(long, default_value = "main")]
    pub queue: QueueName,
    /// How long it is good: 90s, 30m, 1h.
    #[arg(long, default_value = "1h", value_parser = duration)]
    pub ttl: Duration,
    /// The user's place in the queue.
    #[arg(long, default_value_t = 1)]
    pub ticket: u64,
}

/// What is to be done by `main`: serve, or end with this code.
#[derive(Debug)]
pub enum Next {
    /// Serve.
    Serve,
    /// It is done.
    End(ExitCode),
}

/// Reads the command line and does what it says, except for serving.
///
/// # Errors
/// When a setting is wrong, or it could not be done.
pub async fn run(env: &Environment) -> anyhow::Result<Next> {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command.unwrap_or(Command::Serve),
        Err(error) => {
            error.print()?;
            let wrong = error.use_stderr();
            let code = if wrong { EXIT_USAGE } else { 0 };
            return Ok(Next::End(code.into()));
        }
    };
    let code = match command {
        Command::Serve => return Ok(Next::Serve),
        Command::Migrate => {
            print!("{}", migrate(&database(env)?.url).await?);
            ExitCode::SUCCESS
        }
        Command::Import(args) => run_import(env, &args).await?,
        Command::Audit => run_audit(env).await?,
        Command::Pass(args) => {
            println!(
                "Stagedoor-Pass: {}",
                pass(&PassSettings::from_env(env)?, &args)
            );
            ExitCode::SUCCESS
        }
        Command::Health => {
            health::ask(listen(env)?)?;
            ExitCode::SUCCESS
        }
        Command::Openapi => {
            println!("{:#}", openapi::document());
            ExitCode::SUCCESS
        }
        Command::Charge { user, amount } => run_charge(env, user, amount).await?,
        Command::Refund { reservation } => money::run_refund(env, reservation).await?,
        Command::CancelDate { concert, date } => money::run_cancel_date(env, concert, date).await?,
        Command::Forget { user } => money::run_forget(env, user).await?,
        Command::Ticket(command) => money::run_ticket(env, &command).await?,
        Command::Block(args) => seats::run_block(env, &args).await?,
        Command::Unblock(args) => seats::run_unblock(env, &args).await?,
    };
    Ok(Next::End(code))
}

/// Tells what went wrong, and answers the exit code for it: 64 for settings, else 1.
pub fn fail(error: &anyhow::Error) -> ExitCode {
    let mut told = String::new();
    // Some errors repeat their cause in their own text.
    for cause in error.chain().map(ToString::to_string) {
        if !told.contains(&cause) {
            let colon = if told.is_empty() { "" } else { ": " };
            told = format!("{told}{colon}{cause}");
        }
    }
    eprintln!("booking: {}", told.trim_end());
    if error.is::<SettingError>() {
        EXIT_USAGE.into()
    } else {
        ExitCode::FAILURE
    }
}

/// Signs a pass as the gateway would for an active session.
#[must_use]
pub fn pass(settings: &PassSettings, args: &PassArgs) -> String {
    let holder = Holder {
        user: args.user,
        queue: args.queue.clone(),
        ticket: Ticket(args.ticket),
    };
    let pass = Pass {
        admission: Admission::Active(holder),
        request_id: RequestId::generate().as_str().to_owned(),
    };
    let signer = PassSigner::new(settings.keys.clone(), &settings.audience);
    signer.sign_for(&pass, args.ttl.as_secs())
}

fn database(env: &Environment) -> Result<DatabaseSettings, SettingError> {
    DatabaseSettings::from_env(env)
}

async fn run_import(env: &Environment, args: &ImportArgs) -> anyhow::Result<ExitCode> {
    let database = database(env)?;
    let file = open(&args.file)?;
    let done = import(&database.url, file, args.update, progress()).await?;
    println!("{done}");
    Ok(ExitCode::SUCCESS)
}

fn open(path: &Path) -> anyhow::Result<File> {
    File::open(path).with_context(|| format!("cannot open {}", path.display()))
}

/// Tells on standard error how far the import is.
fn progress() -> impl Fn(usize, usize) {
    let watched = std::io::stderr().is_terminal();
    let told = Cell::new(0);
    move |done, all| {
        if watched {
            let end = if done == all { "\n" } else { "" };
            eprint!("\r{done} of {all} seats{end}");
        } else if done == all || done - told.get() >= SEATS_PER_LINE {
            eprintln!("{done} of {all} seats");
            told.set(done);
        }
    }
}

async fn run_audit(env: &Environment) -> anyhow::Result<ExitCode> {
    let report = audit(&database(env)?.url).await?;
    print!("{report}");
    if report.is_clean() {
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}

/// What a command works with that holds no seats.
fn office(env: &Environment) -> Result<Office, SettingError> {
    Ok(Office::for_command(&database(env)?))
}

/// The same as a fan's charge where `CHARGE=demo` lets fans charge.
async fn run_charge(env: &Environment, user: UserId, amount: Won) -> anyhow::Result<ExitCode> {
    let office = office(env)?;
    let call = Call { user, keyed: None };
    let answer = charge(&office, &call, amount, |balance| balance).await?;
    office.database.close().await;
    let balance = String::from_utf8_lossy(&answer.body);
    println!("user {user} now has {balance} won");
    Ok(ExitCode::SUCCESS)
}

fn won(text: &str) -> Result<Won, String> {
    let number: i64 = text.parse().unwrap_or_default();
    number.try_into()
}

/// `90s`, `30m`, `1h`, or plain seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, seconds) = match text.char_indices().last() {
        Some((end, 's')) => (&text[..end], 1),
        Some((end, 'm')) => (&text[..end], 60),
        Some((end, 'h')) => (&text[..end], 3_600),
        _ => (text, 1),
    };
    let number: u32 = number
        .parse()
        .map_err(|_| "must be a time like 90s, 30m or 1h".to_owned())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_lifetime_is_written_for_people() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("30m"), Ok(Duration::from_mins(30)));
        assert_eq!(duration("1h"), Ok(Duration::from_hours(1)));
        assert_eq!(duration("5"), Ok(Duration::from_secs(5)));
        for text in ["", "h", "-1h", "1d", "1.5h"] {
            assert!(duration(text).is_err(), "{text:?} was accepted");
        }
    }
}
