//! The operator's commands about seats: block and unblock.

use std::process::ExitCode;

use shared::ids::SeatId;
use shared::settings::Environment;

use super::office;
use crate::actions::block::{block, unblock};

/// Which seats.
#[derive(Debug, clap::Args)]
pub(super) struct SeatArgs {
    /// Their ids, as the seat map has them.
    #[arg(required = true, value_name = "SEAT")]
    seats: Vec<SeatId>,
}

pub(super) async fn run_block(env: &Environment, args: &SeatArgs) -> anyhow::Result<ExitCode> {
    let office = office(env)?;
    let done = block(&office, &args.seats).await;
    office.database.close().await;
    println!("{}", done?);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn run_unblock(env: &Environment, args: &SeatArgs) -> anyhow::Result<ExitCode> {
    let office = office(env)?;
    let done = unblock(&office, &args.seats).await;
    office.database.close().await;
    println!("{}", done?);
    Ok(ExitCode::SUCCESS)
}
