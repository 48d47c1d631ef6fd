//! What fans know of the hall: which seats they may still get.
//!
//! The list of a large hall is a megabyte. A fan who looks alone asks for it each time; friends
//! share what one of them saw a moment ago, as people do, and then often want the same seat.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, MutexGuard};

use crate::answers::Seat;

/// Seats that somebody saw, and when.
pub(crate) type Picture = Option<(Instant, Arc<[Seat]>)>;

/// How fans look at the hall. Clones share what was seen.
#[derive(Debug, Clone)]
pub struct Hall {
    good_for: Duration,
    picture: Arc<Mutex<Picture>>,
    favourites: usize,
    concert: Option<u64>,
}

impl Hall {
    /// Every fan looks alone; they all want one of the first `favourites` seats that they see.
    #[must_use]
    pub fn seen_alone(favourites: usize) -> Self {
        Self::seen_by_friends(Duration::ZERO, favourites)
    }

    /// What one fan sees is good for all others that long.
    #[must_use]
    pub fn seen_by_friends(good_for: Duration, favourites: usize) -> Self {
        Self {
            good_for,
            picture: Arc::default(),
            favourites,
            concert: None,
        }
    }

    /// The hall of this concert, instead of the default one's.
    #[must_use]
    pub const fn of_concert(mut self, concert: Option<u64>) -> Self {
        self.concert = concert;
        self
    }

    /// The query that names the concert, or nothing.
    pub(crate) fn query(&self) -> String {
        let concert = self.concert.map(|id| format!("?concertId={id}"));
        concert.unwrap_or_default()
    }

    /// How many of the first seats are wanted by everyone.
    #[must_use]
    pub(crate) const fn favourites(&self) -> usize {
        self.favourites
    }

    /// The shared picture, when it is to be shared. Who holds it looks for all the others.
    pub(crate) async fn picture(&self) -> Option<MutexGuard<'_, Picture>> {
        if self.good_for.is_zero() {
            None
        } else {
            Some(self.picture.lock().await)
        }
    }

    /// The seats of a picture that is still good.
    pub(crate) fn still_good(&self, picture: &Picture) -> Option<Arc<[Seat]>> {
        let (seen, seats) = picture.as_ref()?;
        (seen.elapsed() < self.good_for).then(|| Arc::clone(seats))
    }
}
