//! The fault proxy: each fault does to a connection what it says, and nothing when it is healed.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use crowd::proxy::{FaultProxy, Lost, Way};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Far longer than anything here takes without a fault.
const PATIENCE: Duration = Duration::from_secs(10);
/// Long enough to see that nothing comes.
const NOTHING: Duration = Duration::from_millis(200);

/// A server that says back what it hears, and notes nothing.
async fn echo() -> anyhow::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                tokio::io::copy(&mut from, &mut to).await
            });
        }
    });
    Ok(address)
}

async fn proxy() -> anyhow::Result<FaultProxy> {
    FaultProxy::start("127.0.0.1:0", &echo().await?).await
}

async fn connected(proxy: &FaultProxy) -> anyhow::Result<TcpStream> {
    Ok(TcpStream::connect(proxy.address()).await?)
}

/// Sends and waits for the echo.
async fn ask(stream: &mut TcpStream, text: &[u8]) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let mut heard = vec![0; text.len()];
    tokio::time::timeout(PATIENCE, async {
        stream.write_all(text).await?;
        stream.read_exact(&mut heard).await
    })
    .await
    .context("no echo in time")??;
    ensure!(heard == text, "another text came back");
    Ok(began.elapsed())
}

/// What kind of end the connection had.
async fn end(stream: &mut TcpStream) -> anyhow::Result<std::io::Result<usize>> {
    let mut rest = Vec::new();
    let end = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
    end.context("the connection did not end")
}

#[tokio::test]
async fn without_faults_everything_passes_and_an_end_is_an_end() -> anyhow::Result<()> {
    let proxy = proxy().await?;
    let mut stream = connected(&proxy).await?;
    let much: Vec<u8> = (0..1_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let (mut from, mut to) = stream.split();
    let mut heard = vec![0; much.len()];
    let both = async { tokio::try_join!(to.write_all(&much), from.read_exact(&mut heard)) };
    tokio::time::timeout(PATIENCE, both).await??;
    ensure!(heard == much, "something was changed on the way");
    stream.shutdown().await?;
    ensure!(
        end(&mut stream).await?? == 0,
        "there was more than what was sent"
    );
    Ok(())
}

#[tokio::test]
async fn latency_and_jitter_delay_each_way_and_healing_ends_them() -> anyhow::Result<()> {
    let proxy = proxy().await?;
    let mut stream = connected(&proxy).await?;
    let (latency, jitter) = (Duration::from_millis(60), Duration::from_millis(40));
    proxy.change(|faults| {
        faults.latency = latency;
        faults.jitter = jitter;
    });
    for _ in 0..5 {
        let took = ask(&mut stream, b"late").await?;
        ensure!(took >= latency * 2, "there and back took only {took:?}");
    }
    proxy.heal();
    ask(&mut stream, b"on its way").await?;
    let took = ask(&mut stream, b"now").await?;
    ensure!(took < latency, "healed, and yet {took:?}");
    Ok(())
}

#[tokio::test]
async fn a_black_hole_swallows_and_gives_back_what_it_swallowed() -> anyhow::Result<()> {
    for lost in [Lost::Both, Lost::One(Way::There), Lost::One(Way::Back)] {
        let proxy = proxy().await?;
        let mut stream = connected(&proxy).await?;
        ask(&mut stream, b"before").await?;
        proxy.change(|faults| faults.lost = lost);
        stream.write_all(b"into the dark").await?;
        let mut heard = [0; 13];
        let answer = tokio::time::timeout(NOTHING, stream.read_exact(&mut heard)).await;
        ensure!(answer.is_err(), "{lost:?} and yet an answer: {answer:?}");
        proxy.heal();
        tokio::time::timeout(PATIENCE, stream.read_exact(&mut heard)).await??;
        ensure!(&heard == b"into the dark", "{heard:?}");
    }
    Ok(())
}

/// One way only: the server has heard although its answer does not arrive.
#[tokio::test]
async fn what_is_lost_on_the_way_back_has_arrived_there() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let proxy = FaultProxy::start("127.0.0.1:0", &listener.local_addr()?.to_string()).await?;
    let mut stream = connected(&proxy).await?;
    let (mut server, _) = listener.accept().await?;
    proxy.change(|faults| faults.lost = Lost::One(Way::Back));
    stream.write_all(b"do it").await?;
    let mut heard = [0; 5];
    tokio::time::timeout(PATIENCE, server.read_exact(&mut heard)).await??;
    server.write_all(b"done").await?;
    let mut answer = [0; 4];
    let answer = tokio::time::timeout(NOTHING, stream.read_exact(&mut answer)).await;
    ensure!(answer.is_err(), "an answer came through");
    Ok(())
}

#[tokio::test]
async fn a_reset_breaks_what_is_there_and_nothing_that_comes() -> anyhow::Result<()> {
    let proxy = proxy().await?;
    let mut stream = connected(&proxy).await?;
    ask(&mut stream, b"before").await?;
    proxy.reset();
    let end = end(&mut stream).await?;
    ensure!(end.is_err(), "it ended politely: {end:?}");
    ask(&mut connected(&proxy).await?, b"after").await?;
    Ok(())
}

#[tokio::test]
async fn who_is_refused_is_broken_at_once() -> anyhow::Result<()> {
    let proxy = proxy().await?;
    proxy.change(|faults| faults.refuses = true);
    let mut stream = connected(&proxy).await?;
    let refused = end(&mut stream).await?;
    ensure!(refused.is_err(), "it ended politely: {refused:?}");
    Ok(())
}

#[tokio::test]
async fn a_cut_comes_after_exactly_so_many_bytes() -> anyhow::Result<()> {
    let proxy = proxy().await?;
    proxy.change(|faults| faults.cut = Some((Way::Back, 6)));
    let mut stream = connected(&proxy).await?;
    stream.write_all(b"half of it").await?;
    let mut heard = [0; 6];
    tokio::time::timeout(PATIENCE, stream.read_exact(&mut heard)).await??;
    ensure!(&heard == b"half o", "{heard:?}");
    let cut = end(&mut stream).await?;
    ensure!(cut.is_err(), "it ended politely: {cut:?}");
    Ok(())
}
