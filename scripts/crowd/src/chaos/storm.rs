//! Does what the plan says, one blow after the other, and makes each good again.

use std::time::Instant;

use super::plan::{Planned, Strike, Target};
use super::plant::Plant;

/// Strikes until the plan is done, and says what it does.
pub(super) async fn rage(
    plant: &mut Plant,
    plan: &[Planned],
    began: Instant,
) -> anyhow::Result<()> {
    for planned in plan {
        tokio::time::sleep(planned.after).await;
        println!("{:>7.1} s  {planned}", began.elapsed().as_secs_f64());
        strike(plant, planned).await?;
    }
    println!(
        "{:>7.1} s  the storm is over",
        began.elapsed().as_secs_f64()
    );
    Ok(())
}

async fn strike(plant: &mut Plant, planned: &Planned) -> anyhow::Result<()> {
    match planned.strike {
        Strike::Kill(target) => {
            plant.part(target).kill();
            tokio::time::sleep(planned.lasts).await;
            plant.part(target).start()?;
        }
        Strike::Stall(target) => {
            plant.part(target).stall()?;
            tokio::time::sleep(planned.lasts).await;
            plant.part(target).resume()?;
        }
        Strike::Restart(target) => {
            plant.part(target).stop().await?;
            plant.part(target).start()?;
        }
        Strike::Lose(link, lost) => plant.link(link).change(|faults| faults.lost = lost),
        Strike::Slow(link, latency) => plant.link(link).change(|faults| {
            faults.latency = latency;
            faults.jitter = latency;
        }),
        Strike::Cut(link, way, bytes) => {
            plant
                .link(link)
                .change(|faults| faults.cut = Some((way, bytes)));
        }
        Strike::Reset(link) => plant.link(link).reset(),
    }
    if let Strike::Lose(link, _) | Strike::Slow(link, _) | Strike::Cut(link, ..) = planned.strike {
        tokio::time::sleep(planned.lasts).await;
        plant.link(link).heal();
    }
    make_good(plant, planned.strike).await
}

/// After a complete loss of Redis the operator sets the config again, before the hold is over.
async fn make_good(plant: &mut Plant, strike: Strike) -> anyhow::Result<()> {
    match strike {
        strike if strike.empties_redis() => plant.configure().await,
        Strike::Kill(Target::Database) | Strike::Restart(Target::Database) => {
            plant.await_servers().await
        }
        _ => Ok(()),
    }
}
