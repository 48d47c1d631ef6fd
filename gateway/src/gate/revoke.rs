//! Obeys an upstream that says: this purchase has ended, take the session back.

use std::time::Duration;

use http::HeaderMap;
use shared::ids::Ticket;
use shared::jitter::jittered;
use shared::lifecycle::Shutdown;
use shared::pass::{COMMAND_HEADER, Holder};

use crate::line::Line;

const FIRST_RETRY: Duration = Duration::from_millis(100);
const LAST_RETRY: Duration = Duration::from_secs(5);
/// A session ends by itself after at most a day, the longest that `session_seconds` may say.
const RETRY_FOR: Duration = Duration::from_hours(24);

/// Ends the holder's session when the upstream's answer commands it. The fan's answer does not wait
/// for it; while Redis is away it is retried until the session would have ended anyway. A ticket
/// above the pass's own is not obeyed, so that a replay never ends a newer session.
pub fn obey(headers: &HeaderMap, holder: &Holder, line: &Line, shutdown: &Shutdown) {
    let Some(ticket) = commanded(headers).filter(|ticket| *ticket <= holder.ticket) else {
        return;
    };
    line.refuse(&holder.queue, holder.user, ticket);
    let (line, holder) = (line.clone(), holder.clone());
    shutdown.tasks().spawn(async move {
        let ended = tokio::time::timeout(RETRY_FOR, end(&line, &holder, ticket)).await;
        if ended.is_err() {
            tracing::error!(ticket = ticket.0, "a revoked session could not be ended");
        }
    });
}

async fn end(line: &Line, holder: &Holder, ticket: Ticket) {
    let mut wait = FIRST_RETRY;
    let (queue, user) = (&holder.queue, holder.user);
    while line.revoke(queue, user, ticket).await.is_err() {
        tracing::debug!(ticket = ticket.0, "ending a revoked session is retried");
        tokio::time::sleep(jittered(wait)).await;
        wait = (wait * 2).min(LAST_RETRY);
    }
}

/// The ticket of `Stagedoor-Command: revoke; t=<ticket>`.
fn commanded(headers: &HeaderMap) -> Option<Ticket> {
    let value = headers.get(COMMAND_HEADER)?.to_str().ok()?;
    let (verb, argument) = value.split_once(';')?;
    let number = argument.trim().strip_prefix("t=")?.parse().ok()?;
    (verb.trim() == "revoke").then_some(Ticket(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_command_is_one() {
        let read = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(COMMAND_HEADER, http::HeaderValue::from_static(text));
            commanded(&headers)
        };
        assert_eq!(read("revoke; t=12"), Some(Ticket(12)));
        assert_eq!(read("revoke;t=12"), Some(Ticket(12)));
        for text in [
            "revoke",
            "revoke; t=",
            "revoke; t=x",
            "grant; t=1",
            "revoke; u=1",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
