//! Does what the plan says, one blow after the other, and makes each good again.

use std::time::Instant;

use super::clocks::Tuned;
use super::plan::{Planned, Strike, Target};
use super::plant::{Plant, RATE};

/// Strikes until the plan is done, and says what it does. Answers what the rate was since when.
pub(super) async fn rage(
    plant: &mut Plant,
    plan: &[Planned],
    began: Instant,
) -> anyhow::Result<Vec<Tuned>> {
    let mut rates = vec![Tuned {
        at: began,
        rate: plant.rate(),
    }];
    for planned in plan {
        tokio::time::sleep(planned.after).await;
        if let Strike::Tune(rate) = planned.strike {
            let at = Instant::now();
            rates.push(Tuned { at, rate });
        } else {
            println!("{:>7.1} s  {planned}", began.elapsed().as_secs_f64());
        }
        strike(plant, planned).await?;
    }
    if rates.len() > 1 {
        println!("the rate was changed {} times", rates.len() - 1);
        plant.configure().await?;
        rates.push(Tuned {
            at: Instant::now(),
            rate: plant.rate(),
        });
    }
    println!(
        "{:>7.1} s  the storm is over",
        began.elapsed().as_secs_f64()
    );
    Ok(rates)
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
        Strike::Tune(rate) => plant.line().configure(&[(RATE, rate)])?,
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
