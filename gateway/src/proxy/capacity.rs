//! How many requests may be on their way to the upstream at once. What is above is refused at once:
//! a queue in front of a full upstream only makes every answer late.

use std::sync::Arc;

use shared::pass::Admission;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::refusal::Refusal;

/// Fans whose session is over get this share of the capacity, so that they cannot crush the house.
const SHARE_OF_THE_OVER: usize = 4;

#[derive(Clone)]
pub(super) struct Capacity {
    all: Arc<Semaphore>,
    over: Arc<Semaphore>,
}

/// A share of the capacity; dropping it gives it back.
pub(super) struct Held(
    #[expect(dead_code, reason = "held for its drop")] Vec<OwnedSemaphorePermit>,
);

impl Capacity {
    pub(super) fn new(in_flight: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(in_flight)),
            over: Arc::new(Semaphore::new((in_flight / SHARE_OF_THE_OVER).max(1))),
        }
    }

    pub(super) fn take(&self, admission: &Admission) -> Result<Held, Refusal> {
        let take = |from: &Arc<Semaphore>| {
            Arc::clone(from)
                .try_acquire_owned()
                .map_err(|_| Refusal::Overloaded)
        };
        let mut permits = vec![take(&self.all)?];
        if matches!(admission, Admission::Over(_)) {
            permits.push(take(&self.over)?);
        }
        Ok(Held(permits))
    }
}

#[cfg(test)]
mod tests {
    use shared::ids::{Ticket, UserId};
    use shared::pass::Holder;

    use super::*;

    #[test]
    fn fans_whose_session_is_over_have_a_quarter_to_themselves() {
        let holder = Holder {
            user: UserId::new(1).expect("an id"),
            queue: "main".parse().expect("a name"),
            ticket: Ticket(1),
        };
        let (over, active) = (Admission::Over(holder.clone()), Admission::Active(holder));
        let capacity = Capacity::new(8);
        let held: Vec<_> = (0..3).map(|_| capacity.take(&over)).collect();
        assert!(held[1].is_ok() && held[2].is_err());
        let rest: Vec<_> = (0..7).map(|_| capacity.take(&active)).collect();
        assert!(rest[5].is_ok() && rest[6].is_err());
        drop((held, rest));
        assert!(capacity.take(&over).is_ok());
    }
}
