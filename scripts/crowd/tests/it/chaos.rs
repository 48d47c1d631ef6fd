//! A short storm, and clocks that are minutes apart, each on a system of its own: whatever is
//! killed, cut, stalled or wrong, what fans were told holds.

use std::time::Duration;

use crowd::chaos::{Options, Servers, Trial, fresh_folder, has_faketime, run};

use crate::harness::none;

const LASTS: Duration = Duration::from_secs(10);
const FANS: u32 = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_storm_loses_no_seat_no_won_and_no_place() -> anyhow::Result<()> {
    try_out(Trial::Storm).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_gateways_with_clocks_minutes_apart_keep_order_cap_and_rate() -> anyhow::Result<()> {
    if !has_faketime() {
        // scripts/test says so too, among what it skipped.
        println!("skipped: libfaketime is not on this machine");
        return Ok(());
    }
    try_out(Trial::Clocks).await
}

async fn try_out(trial: Trial) -> anyhow::Result<()> {
    let servers = match Servers::find() {
        Ok(servers) => servers,
        Err(missing) => {
            // scripts/test says so too, among what it skipped.
            println!("skipped: servers that may be killed are not on this machine: {missing:#}");
            return Ok(());
        }
    };
    let seed = std::env::var("STAGEDOOR_SEED");
    let options = Options {
        trial,
        seed: seed.ok().and_then(|text| text.parse().ok()).unwrap_or(1),
        lasts: LASTS,
        fans: FANS,
        folder: fresh_folder()?,
    };
    let findings = run(&options, &servers).await?;
    none(&findings)?;
    std::fs::remove_dir_all(&options.folder)?;
    Ok(())
}
