//! Sees every command that Redis runs, those inside the scripts too, in the one order in which
//! Redis ran them (`MONITOR`). What a gateway believes does not come into it.

use futures_util::StreamExt;
use redis::cmd;
use tokio::task::JoinHandle;

use super::{Sandbox, within};

/// One command, as Redis tells it.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) words: Vec<String>,
}

pub(crate) struct Witness {
    listening: JoinHandle<Vec<Told>>,
    end: String,
}

impl Witness {
    /// Sees everything that happens in this sandbox from now on.
    pub(crate) async fn start(redis: &Sandbox) -> Self {
        let monitor = redis.client().get_async_monitor().await;
        let mut lines = monitor
            .expect("MONITOR is allowed")
            .into_on_message::<String>();
        let (prefix, end) = (redis.prefix().to_owned(), format!("{}end", redis.prefix()));
        let last = end.clone();
        let listening = tokio::spawn(async move {
            let mut told = Vec::new();
            while let Some(line) = lines.next().await {
                if line.contains(&last) {
                    break;
                }
                if line.contains(&prefix) {
                    told.push(Told {
                        words: words(&line),
                    });
                }
            }
            told
        });
        Self { listening, end }
    }

    /// All that was seen.
    pub(crate) async fn finish(self, redis: &Sandbox) -> Vec<Told> {
        redis.ask::<String>(cmd("ECHO").arg(&self.end)).await;
        within("the last command is seen", self.listening)
            .await
            .expect("the witness lives")
    }
}

/// The words of `1763.25 [0 lua] "ZADD" "key" "1" "x"`. Escapes are left as they are: nothing that
/// the tests look at has any.
fn words(line: &str) -> Vec<String> {
    let command = line.split_once("] ").map_or("", |(_, command)| command);
    let quoted = command.split('"').skip(1).step_by(2);
    quoted.map(str::to_owned).collect()
}
