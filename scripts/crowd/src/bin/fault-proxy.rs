//! The fault proxy by hand: `fault-proxy --to HOST:PORT`, and then a line on its input for each
//! fault: latency 50, jitter 20, lose back, cut there 1000, refuse, reset, heal.

use anyhow::Context as _;
use clap::Parser;
use crowd::proxy::FaultProxy;

/// Stands between two parts that speak TCP and does to them what networks do.
#[derive(Debug, Parser)]
struct Arguments {
    /// Where to listen; port 0 for any free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    /// Where to pass everything on to.
    #[arg(long)]
    to: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let proxy = FaultProxy::start(&arguments.listen, &arguments.to).await?;
    println!(
        "listening on {}, passing on to {}",
        proxy.address(),
        arguments.to
    );
    // The proxy works on the runtime's other threads while this one waits for a line.
    for line in std::io::stdin().lines() {
        let line = line.context("reading commands")?;
        let mut obeyed = Ok(());
        proxy.change(|faults| obeyed = faults.obey(&line));
        if let Err(error) = obeyed {
            eprintln!("{error:#}");
        }
    }
    Ok(())
}
