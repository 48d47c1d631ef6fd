//! How much is left to sell, for the fans in line: asked once a second, never per fan.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use axum::body::Body;
use http::{Request, Uri};
use http_body_util::{BodyExt, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::{Deserialize, Serialize};
use shared::ids::QueueName;
use shared::lifecycle::Shutdown;
use tokio::time::MissedTickBehavior;

const EVERY: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(2);
/// An older figure is not shown: none is better than a wrong one.
const GOOD_FOR: Duration = Duration::from_secs(10);
const MOST_BYTES: usize = 64 * 1024;

/// The seats of one queue's concerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Free now.
    pub left: u64,
    /// Kept for somebody, and free again if not paid.
    pub held: u64,
    /// Sold.
    pub sold: u64,
}

impl Left {
    /// Nothing is left and nothing can come back.
    #[must_use]
    pub const fn is_sold_out(&self) -> bool {
        self.left == 0 && self.held == 0 && self.sold > 0
    }
}

#[derive(Debug, Deserialize)]
struct Told {
    queues: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    queue: String,
    #[serde(flatten)]
    left: Left,
}

type Figures = HashMap<String, Left>;

/// The last figures.
#[derive(Clone)]
pub struct Stock {
    url: Option<Uri>,
    known: Arc<RwLock<Option<(Instant, Figures)>>>,
}

impl Stock {
    /// Figures from there; none without an address.
    #[must_use]
    pub fn new(url: Option<Uri>) -> Self {
        Self {
            url,
            known: Arc::default(),
        }
    }

    /// What is left for this queue, while it is known.
    #[must_use]
    pub fn of(&self, queue: &QueueName) -> Option<Left> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let (at, figures) = known.as_ref()?;
        (at.elapsed() < GOOD_FOR).then(|| figures.get(queue.as_str()).copied())?
    }

    /// Asks once a second until stopping begins.
    pub async fn follow(self, shutdown: Shutdown) {
        let Some(url) = self.url.clone() else {
            return;
        };
        let client = Client::builder(TokioExecutor::new()).build_http();
        let mut pulse = tokio::time::interval(EVERY);
        pulse.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut was_told = true;
        loop {
            tokio::select! {
                () = shutdown.begun() => return,
                _ = pulse.tick() => {}
            }
            let told = tokio::time::timeout(PATIENCE, ask(&client, &url)).await;
            match told.unwrap_or_else(|_| Err("no answer in time".to_owned())) {
                Ok(figures) => {
                    self.learn(figures);
                    was_told = true;
                }
                // Said once an outage, not once a second.
                Err(error) if was_told => {
                    tracing::warn!(%error, "the stock is not known");
                    was_told = false;
                }
                Err(_) => {}
            }
        }
    }

    fn learn(&self, figures: Figures) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some((Instant::now(), figures));
    }
}

async fn ask(client: &Client<HttpConnector, Body>, url: &Uri) -> Result<Figures, String> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = url.clone();
    let answer = client
        .request(request)
        .await
        .map_err(|error| error.to_string())?;
    if !answer.status().is_success() {
        return Err(format!("answered {}", answer.status()));
    }
    let body = Limited::new(answer.into_body(), MOST_BYTES).collect().await;
    read(&body.map_err(|error| error.to_string())?.to_bytes())
}

fn read(body: &[u8]) -> Result<Figures, String> {
    let told: Told = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    Ok(told
        .queues
        .into_iter()
        .map(|item| (item.queue, item.left))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_by_queue() {
        let body = br#"{"queues":[{"queue":"main","left":3,"held":2,"sold":45}]}"#;
        let figures = read(body).expect("good");
        assert_eq!(figures["main"].left, 3);
        assert!(!figures["main"].is_sold_out());
        assert!(read(b"[]").is_err());
    }

    #[test]
    fn all_is_sold_only_when_nothing_can_come_back() {
        let left = |left, held, sold| Left { left, held, sold };
        assert!(left(0, 0, 50).is_sold_out());
        assert!(!left(0, 1, 49).is_sold_out());
        assert!(!left(0, 0, 0).is_sold_out());
    }
}
