//! How many requests may be on their way to the upstream at once. What is above is refused at once:
//! a queue in front of a full upstream only makes every answer late.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use shared::pass::Admission;

use crate::refusal::Refusal;

/// Fans whose session is over get this share of the capacity, so that they cannot crush the house.
const SHARE_OF_THE_OVER: usize = 4;

#[derive(Clone)]
pub(super) struct Capacity {
    all: Share,
    over: Share,
}

/// So many at once, and how many there are. Clones share it.
#[derive(Clone)]
struct Share {
    limit: usize,
    taken: Arc<AtomicUsize>,
}

/// A share of the capacity; dropping it gives it back.
pub(super) struct Held {
    _all: Taken,
    _over: Option<Taken>,
}

struct Taken(Arc<AtomicUsize>);

impl Capacity {
    pub(super) fn new(in_flight: usize) -> Self {
        Self {
            all: Share::new(in_flight),
            over: Share::new((in_flight / SHARE_OF_THE_OVER).max(1)),
        }
    }

    pub(super) fn take(&self, admission: &Admission) -> Result<Held, Refusal> {
        let is_over = matches!(admission, Admission::Over(_));
        Ok(Held {
            _all: self.all.take()?,
            _over: is_over.then(|| self.over.take()).transpose()?,
        })
    }
}

impl Share {
    fn new(limit: usize) -> Self {
        let taken = Arc::new(AtomicUsize::new(0));
        Self { limit, taken }
    }

    fn take(&self) -> Result<Taken, Refusal> {
        let before = self.taken.fetch_add(1, Ordering::Relaxed);
        // Also one too many is given back, by its drop.
        let taken = Taken(Arc::clone(&self.taken));
        if before < self.limit {
            Ok(taken)
        } else {
            Err(Refusal::Overloaded)
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
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
