//! Fans who are in the line before a measurement begins.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, bail};
use http::Method;
use serde::Deserialize;
use tokio::task::JoinSet;

use crate::client::{Answer, Ask, Client};

/// As many calls are under way at once while fans get ready.
const AT_ONCE: usize = 64;

/// A fan with a place.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) user: u64,
    pub(super) token: String,
    pub(super) ticket: u64,
}

#[derive(Deserialize)]
struct Place {
    token: String,
    ticket: u64,
}

/// All of these users join; whether they wait or are let in is the queue's config.
pub(super) async fn join(door: &str, users: Range<u64>) -> anyhow::Result<Vec<Known>> {
    let (door, client) = (door.to_owned(), Client::new());
    each(AT_ONCE, users.collect(), move |user| {
        let (door, client) = (door.clone(), client.clone());
        async move {
            let body = format!(r#"{{"userId":{user}}}"#);
            let answer = post(&client, &door, "/api/issue", None, &body).await?;
            let Place { token, ticket } = serde_json::from_slice(&answer.body)?;
            Ok(Known {
                user,
                token,
                ticket,
            })
        }
    })
    .await
}

/// One call that has to succeed.
pub(super) async fn post(
    client: &Client,
    door: &str,
    path: &str,
    token: Option<&str>,
    body: &str,
) -> anyhow::Result<Answer> {
    let ask = Ask {
        method: &Method::POST,
        path,
        token,
        key: None,
        body: Some(body),
    };
    let answer = client.call(door, ask).await;
    let answer = answer.map_err(|lost| anyhow::anyhow!("{path}: {}", lost.0))?;
    if answer.status >= 300 {
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        bail!("{path} was answered {}: {text}", answer.status);
    }
    Ok(answer)
}

/// Does it for each, so many at once; the results come in any order.
pub(super) async fn each<T, R, Doing>(
    at_once: usize,
    items: Vec<T>,
    deed: impl Fn(T) -> Doing + Clone + Send + 'static,
) -> anyhow::Result<Vec<R>>
where
    T: Send + 'static,
    R: Send + 'static,
    Doing: Future<Output = anyhow::Result<R>> + Send + 'static,
{
    let items = Arc::new(Mutex::new(items.into_iter()));
    let mut workers = JoinSet::new();
    for _ in 0..at_once {
        let (items, deed) = (Arc::clone(&items), deed.clone());
        workers.spawn(async move {
            let mut done = Vec::new();
            let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
            while let Some(item) = next() {
                done.push(deed(item).await?);
            }
            anyhow::Ok(done)
        });
    }
    let mut all = Vec::new();
    while let Some(done) = workers.join_next().await {
        all.extend(done??);
    }
    Ok(all)
}

/// Writes a line "path token" for each, as wrk's script reads them.
pub(super) fn write(
    file: &Path,
    fans: &[Known],
    path: impl Fn(&Known) -> String,
) -> anyhow::Result<()> {
    let mut lines = String::new();
    for fan in fans {
        writeln!(lines, "{} {}", path(fan), fan.token)?;
    }
    std::fs::write(file, lines).with_context(|| file.display().to_string())
}
