//! One gateway's line without HTTP: what a fan can do, in few words.

use std::time::Duration;

use gateway::line::{Asker, Line, Place, Standing};
use gateway::refusal::Refusal;
use gateway::store::{Keys, Lifetimes, Promotion, Store};
use shared::ids::{QueueName, UserId};
use shared::keyring::SharedKeyring;
use shared::token::{QueueToken, TokenSigner};

use super::{Sandbox, TOKEN_KEYS, eventually, keyring};

const TOKEN_SECONDS: u64 = 86_400;
const HOLD: Duration = Duration::from_secs(15);

pub(crate) fn fan(number: u64) -> UserId {
    UserId::new(number).expect("tests name fans by good numbers")
}

pub(crate) fn main_queue() -> QueueName {
    "main".parse().expect("main is a good name")
}

/// A sandbox whose queue has been created with this config, and a desk in it.
pub(crate) async fn opened(config: &[(&str, &str)]) -> (Sandbox, Desk) {
    let redis = Sandbox::open().await;
    let desk = Desk::open(&redis);
    assert!(desk.create().await, "a new queue");
    if !config.is_empty() {
        redis.configure(config).await;
    }
    (redis, desk)
}

/// A gateway's line with connections of its own.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) line: Line,
    pub(crate) store: Store,
    pub(crate) queue: QueueName,
}

impl Desk {
    pub(crate) fn open(redis: &Sandbox) -> Self {
        Self::with_lifetimes(redis, HOLD, Duration::from_secs(TOKEN_SECONDS))
    }

    pub(crate) fn with_lifetimes(redis: &Sandbox, hold: Duration, token: Duration) -> Self {
        let keys = Keys::with_prefix(redis.prefix());
        let store = Store::new(redis.url(), keys, Lifetimes { hold, token });
        let store = store.expect("REDIS_URL is the URL of a Redis");
        let signer = TokenSigner::new(SharedKeyring::new(keyring(TOKEN_KEYS)), TOKEN_SECONDS);
        Self {
            line: Line::new(store.clone(), signer, vec![main_queue()]),
            store,
            queue: main_queue(),
        }
    }

    pub(crate) async fn create(&self) -> bool {
        self.line.create(&self.queue).await.expect("Redis answers")
    }

    pub(crate) async fn try_join(
        &self,
        user: u64,
        token: Option<&QueueToken>,
    ) -> Result<Place, Refusal> {
        self.line.join(&self.queue, fan(user), token).await
    }

    pub(crate) async fn join(&self, user: u64) -> Place {
        patiently(|| self.try_join(user, None)).await
    }

    pub(crate) async fn join_with(&self, token: &QueueToken) -> Place {
        patiently(|| self.line.join(&self.queue, token.user, Some(token))).await
    }

    /// The fan asks with the token, which is also the claim.
    pub(crate) async fn ask(&self, token: &QueueToken) -> Place {
        let found = patiently(|| self.line.find(token, Asker::Poll)).await;
        found.expect("who has a token is known")
    }

    /// Somebody asks without a token, which claims nothing.
    pub(crate) async fn look(&self, user: u64) -> Option<Place> {
        patiently(|| self.line.look_up(&self.queue, fan(user))).await
    }

    pub(crate) async fn standing(&self, token: &QueueToken) -> Standing {
        self.ask(token).await.standing
    }

    pub(crate) async fn end(&self, token: &QueueToken) {
        patiently(|| self.line.end(&self.queue, token.user, token.ticket)).await;
    }

    /// Who is let in when there is room for one, who then leaves; so many times.
    pub(crate) async fn order_of_admission(&self, redis: &Sandbox, times: u64) -> Vec<u64> {
        let mut order = Vec::new();
        for _ in 0..times {
            assert_eq!(self.promote().await.promoted, 1);
            let inside = redis.members("active").await;
            let place = self.look(inside[0]).await.expect("active");
            order.extend(inside);
            self.end(&place.token()).await;
        }
        order
    }

    pub(crate) async fn promote(&self) -> Promotion {
        self.line.promote(&self.queue).await.expect("Redis answers")
    }
}

/// Repeats a call that a loaded machine did not answer in time: every script allows it.
async fn patiently<T, F>(call: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, Refusal>>,
{
    let answer = eventually("Redis answers", || async {
        match call().await {
            Err(Refusal::LineUnavailable) => None,
            answer => Some(answer),
        }
    });
    answer.await.expect("a place")
}
