//! The line's rules: joining, finding one's place, leaving, and letting the next fans in.
//!
//! Every question about a place goes through [`Line::find`]. It asks Redis each time; an in-memory
//! picture can take over behind it without a caller noticing.

mod place;

use std::sync::Arc;
use std::time::Duration;

use shared::ids::{QueueName, Ticket, UserId};
use shared::jitter::jittered;
use shared::token::{QueueToken, TokenSigner};
use tokio::sync::Notify;

use crate::refusal::Refusal;
use crate::store::{Found, Joined, Joiner, Promotion, Store, StoreError};

pub use place::{Place, Standing};

/// One step promotes at most as many, so that no script holds Redis up for long.
const PROMOTE_BATCH: u64 = 200;
/// One tick repeats its step at most as often; what is left waits for the next tick.
const PROMOTE_STEPS: usize = 100;
/// How long a fan should wait before asking again, before jitter.
const POLL_AFTER: Duration = Duration::from_secs(2);

/// The waiting room's rules over one store. Clones share it.
#[derive(Clone)]
pub struct Line {
    store: Store,
    signer: TokenSigner,
    queues: Arc<[QueueName]>,
    nudge: Arc<Notify>,
}

impl Line {
    /// A line that serves these queues; the first is the default.
    #[must_use]
    pub fn new(store: Store, signer: TokenSigner, queues: Vec<QueueName>) -> Self {
        Self {
            store,
            signer,
            queues: queues.into(),
            nudge: Arc::new(Notify::new()),
        }
    }

    /// The queues that are served here; the first is the default.
    #[must_use]
    pub fn queues(&self) -> &[QueueName] {
        &self.queues
    }

    /// The queue of this name, or the default one.
    ///
    /// # Errors
    /// [`Refusal::UnknownQueue`] when it is not served here.
    pub fn queue(&self, name: Option<&str>) -> Result<&QueueName, Refusal> {
        let Some(name) = name else {
            return Ok(&self.queues[0]);
        };
        let known = self.queues.iter().find(|queue| queue.as_str() == name);
        known.ok_or(Refusal::UnknownQueue)
    }

    /// What a queue token says, when it is good and of a queue that is served here.
    ///
    /// # Errors
    /// [`Refusal::TokenInvalid`] otherwise.
    pub fn read_token(&self, text: &str) -> Result<QueueToken, Refusal> {
        let token = self
            .signer
            .verify(text)
            .map_err(|_| Refusal::TokenInvalid)?;
        if self.queues.contains(&token.queue) {
            Ok(token)
        } else {
            Err(Refusal::TokenInvalid)
        }
    }

    /// How long a queue token is good, in seconds.
    #[must_use]
    pub const fn token_lifetime_seconds(&self) -> u64 {
        self.signer.lifetime_seconds()
    }

    /// A signed token for this place.
    #[must_use]
    pub fn sign(&self, place: &Place) -> String {
        self.signer.sign(&place.token())
    }

    /// Gives the fan a place: the live one, the one that the token proves, or the next. With room
    /// the fan is let in at once.
    ///
    /// # Errors
    /// [`Refusal::QueueClosed`], or [`Refusal::LineUnavailable`].
    pub async fn join(
        &self,
        queue: &QueueName,
        user: UserId,
        token: Option<&QueueToken>,
    ) -> Result<Place, Refusal> {
        let proof = token.map(|token| (token.ticket, token.epoch));
        let joins = self.store.join(queue, &[Joiner { user, proof }]).await?;
        metrics::counter!("gateway_joins_total").increment(1);
        metrics::counter!("gateway_promotions_total").increment(joins.promoted);
        if joins.more {
            self.nudge.notify_one();
        }
        let (ticket, standing) = match joins.fans.first() {
            Some(Joined::Waiting { ticket, position }) => (
                *ticket,
                Standing::Waiting {
                    position: *position,
                },
            ),
            Some(Joined::Active {
                ticket,
                expires_at_ms,
            }) => (*ticket, Standing::active(*expires_at_ms, joins.now_ms)),
            Some(Joined::Closed) | None => return Err(Refusal::QueueClosed),
        };
        Ok(Place {
            user,
            queue: queue.clone(),
            ticket,
            epoch: joins.epoch,
            standing,
        })
    }

    /// Finds the fan's place by what is known: with a token only the place that it is good for.
    /// `None` when the user never joined. With a token this is a claim: the fan is there.
    ///
    /// # Errors
    /// [`Refusal::LineUnavailable`].
    pub async fn find(
        &self,
        queue: &QueueName,
        user: UserId,
        token: Option<&QueueToken>,
    ) -> Result<Option<Place>, Refusal> {
        let proof = token.map(|token| (token.ticket, token.epoch));
        let located = self
            .store
            .locate(queue, user, proof, proof.is_some())
            .await?;
        let standing = match located.found {
            Found::Waiting { position } => Standing::Waiting { position },
            Found::Active { expires_at_ms } => Standing::active(expires_at_ms, located.now_ms),
            Found::Expired => Standing::Over,
            Found::Absent => return Ok(None),
        };
        let (ticket, epoch) = (located.ticket, located.epoch);
        Ok(Some(Place {
            user,
            queue: queue.clone(),
            ticket,
            epoch,
            standing,
        }))
    }

    /// Ends the fan's place unless it is later than `ticket`, and lets the next one in.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked; repeating it does no harm.
    pub async fn end(
        &self,
        queue: &QueueName,
        user: UserId,
        ticket: Ticket,
    ) -> Result<(), StoreError> {
        if self.store.end(queue, user, ticket).await? {
            self.nudge.notify_one();
        }
        Ok(())
    }

    /// Lets in as many fans as cap and rate allow now.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked.
    pub async fn promote(&self, queue: &QueueName) -> Result<Promotion, StoreError> {
        let mut promotion = self.store.promote(queue, PROMOTE_BATCH).await?;
        for _ in 1..PROMOTE_STEPS {
            if !promotion.more {
                break;
            }
            let before = promotion.promoted;
            promotion = self.store.promote(queue, PROMOTE_BATCH).await?;
            promotion.promoted += before;
        }
        metrics::counter!("gateway_promotions_total").increment(promotion.promoted);
        Ok(promotion)
    }

    /// Opens a queue for the first time; `false` when it is there already.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked.
    pub async fn create(&self, queue: &QueueName) -> Result<bool, StoreError> {
        self.store.create(queue).await
    }

    /// Waits until a place has become free or a join has left room.
    pub async fn nudged(&self) {
        self.nudge.notified().await;
    }

    /// Whether Redis answers.
    pub async fn is_reachable(&self) -> bool {
        self.store.ping().await.is_ok()
    }

    /// How long a fan should wait before asking again.
    #[must_use]
    pub fn poll_after(&self) -> Duration {
        jittered(POLL_AFTER)
    }
}
