//! The line's rules: joining, finding one's place, leaving, and letting the next fans in.
//!
//! Every question about a place goes through [`Line::find`]: the picture answers what it knows, for
//! nothing, and Redis the rest.

mod ends;
mod estimate;
mod floor;
mod joins;
mod pace;
mod picture;
mod place;
mod presence;
mod queue;
mod refresh;
mod speed;
mod streams;
mod turns;

use std::sync::Arc;
use std::time::Duration;

use shared::ids::{QueueName, Ticket, UserId};
use shared::token::{QueueToken, TokenSigner};
use tokio::sync::Notify;

use crate::refusal::Refusal;
use crate::store::{Found, Joined, Joiner, Leaver, Promotion, Store, StoreError};

pub use estimate::Estimate;
pub(crate) use floor::Floor;
pub use place::{Outlook, Place, Standing};
pub(crate) use streams::Ear;

use picture::Glance;
use queue::Queue;

/// One step promotes at most as many, so that no script holds Redis up for long.
const PROMOTE_BATCH: u64 = 200;
/// One tick repeats its step at most as often; what is left waits for the next tick.
const PROMOTE_STEPS: usize = 100;

/// The longest `pollAfterMs` that a fan is told.
pub const LONGEST_POLL: Duration = pace::LONGEST;

/// Who asks where a fan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// A poll, which may be as old as the picture.
    Poll,
    /// An open stream, which is no claim: the fan's own request is.
    Stream,
    /// A request at the gate: another gateway may have said already that it is the fan's turn.
    Gate,
}

/// The waiting room's rules over one store. Clones share it.
#[derive(Clone)]
pub struct Line(Arc<Parts>);

struct Parts {
    store: Store,
    signer: TokenSigner,
    queues: Vec<Queue>,
    nudge: Notify,
}

impl Line {
    /// A line that serves these queues; the first is the default.
    #[must_use]
    pub fn new(store: Store, signer: TokenSigner, queues: Vec<QueueName>) -> Self {
        Self(Arc::new(Parts {
            store,
            signer,
            queues: queues.into_iter().map(Queue::new).collect(),
            nudge: Notify::new(),
        }))
    }

    /// The queues that are served here; the first is the default.
    pub fn queues(&self) -> impl Iterator<Item = &QueueName> {
        self.0.queues.iter().map(|queue| &queue.name)
    }

    /// The queue of this name, or the default one.
    ///
    /// # Errors
    /// [`Refusal::UnknownQueue`] when it is not served here.
    pub fn queue(&self, name: Option<&str>) -> Result<&QueueName, Refusal> {
        let Some(name) = name else {
            return Ok(&self.0.queues[0].name);
        };
        let known = self.queues().find(|queue| queue.as_str() == name);
        known.ok_or(Refusal::UnknownQueue)
    }

    /// What a queue token says, when it is good and of a queue that is served here.
    ///
    /// # Errors
    /// [`Refusal::TokenInvalid`] otherwise.
    pub fn read_token(&self, text: &str) -> Result<QueueToken, Refusal> {
        let token = self
            .0
            .signer
            .verify(text)
            .map_err(|_| Refusal::TokenInvalid)?;
        if self.queues().any(|queue| *queue == token.queue) {
            Ok(token)
        } else {
            Err(Refusal::TokenInvalid)
        }
    }

    /// How long a queue token is good, in seconds.
    #[must_use]
    pub fn token_lifetime_seconds(&self) -> u64 {
        self.0.signer.lifetime_seconds()
    }

    /// A signed token for this place.
    #[must_use]
    pub fn sign(&self, place: &Place) -> String {
        self.0.signer.sign(&place.token())
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
        let joiner = Joiner {
            user,
            proof: token.map(|token| (token.ticket, token.epoch)),
        };
        let queue = self.of(queue)?;
        let told = queue.joins.join(&self.0.store, &queue.name, joiner).await?;
        metrics::counter!("gateway_joins_total").increment(1);
        metrics::counter!("gateway_promotions_total").increment(told.promoted);
        if told.more {
            self.0.nudge.notify_one();
        }
        let (ticket, standing) = match told.joined {
            Joined::Waiting { ticket, position } => (ticket, Standing::Waiting { position }),
            Joined::Active {
                ticket,
                expires_at_ms,
            } => (ticket, Standing::active(expires_at_ms, told.now_ms)),
            Joined::Closed => return Err(Refusal::QueueClosed),
        };
        Ok(Place {
            user,
            queue: queue.name.clone(),
            ticket,
            epoch: told.epoch,
            standing: queue.picture.learn(user, ticket, standing),
            is_stale: false,
        })
    }

    /// Finds the place that a token is good for. A poll or a request is also a claim: the fan is
    /// there. `None` is never the answer to a good token.
    ///
    /// # Errors
    /// [`Refusal::LineUnavailable`] when Redis has to be asked and does not answer.
    pub async fn find(&self, token: &QueueToken, asker: Asker) -> Result<Option<Place>, Refusal> {
        let queue = self.of(&token.queue)?;
        let known = queue.picture.glance(token);
        let place = match known {
            Some(glance) if !needs_asking(queue, token, glance, asker) => seen(token, glance),
            _ => {
                let _turn = queue.turns.take(token.user).await;
                match queue.picture.glance(token) {
                    // Somebody else has asked meanwhile.
                    Some(glance) if known.is_none() => seen(token, glance),
                    // Boxed, as the futures of most, who are not asked for, should stay small.
                    _ => Box::pin(self.ask(queue, token, known, asker)).await?,
                }
            }
        };
        queue.note_presence(token.user, place.standing);
        Ok(Some(place))
    }

    async fn ask(
        &self,
        queue: &Queue,
        token: &QueueToken,
        known: Option<Glance>,
        asker: Asker,
    ) -> Result<Place, Refusal> {
        let proof = Some((token.ticket, token.epoch));
        let claims = asker != Asker::Stream;
        let question = self.0.store.locate(&queue.name, token.user, proof, claims);
        let located = match (question.await, known) {
            (Ok(located), _) => located,
            // What was known is good enough when Redis is away.
            (Err(_), Some(glance)) => return Ok(seen(token, glance)),
            (Err(error), None) => return Err(error.into()),
        };
        let mut standing = standing(located.found, located.now_ms).unwrap_or(Standing::Over);
        if claims || standing.position() > 0 {
            standing = queue.picture.learn(token.user, located.ticket, standing);
        }
        Ok(Place {
            user: token.user,
            queue: queue.name.clone(),
            ticket: located.ticket,
            epoch: located.epoch,
            standing,
            is_stale: false,
        })
    }

    /// Finds the live place of a user of whom nothing else is known, and claims nothing. `None`
    /// when the user never joined.
    ///
    /// # Errors
    /// [`Refusal::LineUnavailable`].
    pub async fn look_up(&self, queue: &QueueName, user: UserId) -> Result<Option<Place>, Refusal> {
        let located = Box::pin(self.0.store.locate(queue, user, None, false)).await?;
        Ok(
            standing(located.found, located.now_ms).map(|standing| Place {
                user,
                queue: queue.clone(),
                ticket: located.ticket,
                epoch: located.epoch,
                standing,
                is_stale: false,
            }),
        )
    }

    /// Ends the place of a fan who leaves, unless it is later than `ticket`, and lets the next one
    /// in.
    ///
    /// # Errors
    /// [`Refusal::LineUnavailable`] when Redis cannot be asked; repeating it does no harm.
    pub async fn end(
        &self,
        queue: &QueueName,
        user: UserId,
        ticket: Ticket,
    ) -> Result<(), Refusal> {
        let queue = self.of(queue)?;
        let leaver = Leaver { user, ticket };
        Ok(queue.ends.leave(self, &queue.name, leaver).await?)
    }

    /// Ends the session of a fan whose purchase has ended, like [`Line::end`], but in no hurry.
    ///
    /// # Errors
    /// As [`Line::end`].
    pub async fn revoke(
        &self,
        queue: &QueueName,
        user: UserId,
        ticket: Ticket,
    ) -> Result<(), Refusal> {
        let queue = self.of(queue)?;
        let leaver = Leaver { user, ticket };
        Ok(queue.ends.revoke(self, &queue.name, leaver).await?)
    }

    /// Refuses the fan here from now on, up to this ticket, before Redis has heard that it is over.
    pub fn refuse(&self, queue: &QueueName, user: UserId, ticket: Ticket) {
        if let Ok(queue) = self.of(queue) {
            queue.picture.end(user, ticket);
        }
    }

    /// Lets in as many fans as cap and rate allow now.
    ///
    /// # Errors
    /// [`StoreError`] when Redis cannot be asked.
    pub async fn promote(&self, queue: &QueueName) -> Result<Promotion, StoreError> {
        let mut promotion = self.0.store.promote(queue, PROMOTE_BATCH).await?;
        for _ in 1..PROMOTE_STEPS {
            if !promotion.more {
                break;
            }
            let before = promotion.promoted;
            promotion = self.0.store.promote(queue, PROMOTE_BATCH).await?;
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
        self.0.store.create(queue).await
    }

    /// Waits until a place has become free or a join has left room.
    pub async fn nudged(&self) {
        self.0.nudge.notified().await;
    }

    /// Whether Redis answers.
    pub async fn is_reachable(&self) -> bool {
        self.0.store.ping().await.is_ok()
    }

    /// What lies ahead of a place.
    #[must_use]
    pub fn outlook(&self, place: &Place) -> Outlook {
        let queue = self.of(&place.queue);
        queue.map_or_else(|_| Outlook::unknown(), |queue| queue.outlook(place))
    }

    /// Whether the operator has paused the queue, as far as this gateway knows.
    #[must_use]
    pub fn is_paused(&self, queue: &QueueName) -> bool {
        self.of(queue)
            .is_ok_and(|queue| queue.picture.mode_is("paused"))
    }

    /// Listens to what happens to a fan.
    ///
    /// # Errors
    /// [`Refusal::TooManyStreams`], or [`Refusal::UnknownQueue`] when it is not served here.
    pub(crate) fn listen(&self, queue: &QueueName, user: UserId) -> Result<Ear, Refusal> {
        let ear = self.of(queue)?.streams.listen(user);
        ear.ok_or(Refusal::TooManyStreams)
    }

    fn of(&self, name: &QueueName) -> Result<&Queue, Refusal> {
        let known = self.0.queues.iter().find(|queue| queue.name == *name);
        known.ok_or(Refusal::UnknownQueue)
    }
}

/// A place near the front may have been called since the last tick, by another gateway.
fn needs_asking(queue: &Queue, token: &QueueToken, glance: Glance, asker: Asker) -> bool {
    asker == Asker::Gate && glance.sight.is_volatile && queue.picture.is_time_to_ask(token.user)
}

fn seen(token: &QueueToken, glance: Glance) -> Place {
    Place {
        user: token.user,
        queue: token.queue.clone(),
        ticket: glance.sight.ticket,
        epoch: token.epoch,
        standing: glance.sight.standing,
        is_stale: glance.is_stale,
    }
}

const fn standing(found: Found, now_ms: u64) -> Option<Standing> {
    match found {
        Found::Waiting { position } => Some(Standing::Waiting { position }),
        Found::Active { expires_at_ms } => Some(Standing::active(expires_at_ms, now_ms)),
        Found::Expired => Some(Standing::Over),
        Found::Absent => None,
    }
}
