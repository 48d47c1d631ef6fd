//! Threads that share connections out: each has a runtime of its own, so that a request is read,
//! answered and written where it came in, and wakes no other thread on its way.

use std::io;
use std::net::TcpListener;
use std::num::NonZero;
use std::thread;

use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::lifecycle::Shutdown;
use crate::serve::{Answer, accept, connection};

/// As many threads as there are cores. They end when this is dropped, and with them what is still
/// running on them.
#[derive(Debug)]
pub struct Workers {
    all: Vec<Worker>,
    _until_dropped: DropGuard,
}

#[derive(Debug)]
struct Worker {
    runtime: Handle,
    connections: TaskTracker,
}

impl Workers {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system gives no more threads or files.
    pub fn start() -> io::Result<Self> {
        let over = CancellationToken::new();
        let count = thread::available_parallelism().map_or(1, NonZero::get);
        let all = (0..count).map(|number| Worker::start(number, over.clone()));
        Ok(Self {
            all: all.collect::<Result<_, _>>()?,
            _until_dropped: over.drop_guard(),
        })
    }

    /// Serves until stopping begins, then lets the open connections finish within the grace time.
    /// Each thread has an answerer to itself.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub async fn serve<A: Answer>(
        &self,
        listener: TcpListener,
        answerer: impl Fn() -> A,
        shutdown: Shutdown,
    ) -> io::Result<()> {
        let answerers: Vec<A> = self.all.iter().map(|_| answerer()).collect();
        accept(listener, &shutdown, |stream, peer| {
            let workers = self.all.iter().zip(&answerers);
            let least_busy = workers.min_by_key(|(worker, _)| worker.connections.len());
            let (Some((worker, answerer)), Ok(stream)) = (least_busy, stream.into_std()) else {
                return;
            };
            let (answerer, shutdown) = (answerer.clone(), shutdown.clone());
            let serving = async move {
                // It belongs to the thread that reads it.
                if let Ok(stream) = TcpStream::from_std(stream) {
                    connection(stream, peer, answerer, shutdown).await;
                }
            };
            worker.connections.spawn_on(serving, &worker.runtime);
        })
        .await?;
        for worker in &self.all {
            worker.connections.close();
            worker.connections.wait().await;
        }
        Ok(())
    }
}

impl Worker {
    fn start(number: usize, over: CancellationToken) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        thread::Builder::new()
            .name(format!("worker-{number}"))
            .spawn(move || runtime.block_on(over.cancelled()))?;
        Ok(Self {
            runtime: handle,
            connections: TaskTracker::new(),
        })
    }
}
