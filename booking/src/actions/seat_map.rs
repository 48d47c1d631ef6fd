//! The seat map of a date: the same bytes for everyone, written when something on it has changed.

use std::sync::Arc;

use serde::Serialize;
use tokio::task::spawn_blocking;

use super::Office;
use super::board::{Shown, shown};
use crate::domain::programme::{Listing, Wanted};
use crate::domain::seat_map::SeatMap;
use crate::fresh::Made;
use crate::poster::Poster;
use crate::refusal::Refusal;
use crate::store::{self, Failure};

/// A map, and the answer that tells it.
#[derive(Debug)]
pub(super) struct Drawn {
    map: Arc<SeatMap>,
    poster: Arc<Poster>,
}

/// The seat map of the date that is meant. `answer` writes it.
///
/// # Errors
/// [`Refusal::ConcertNotFound`], [`Refusal::DateNotFound`].
pub async fn seat_map<R: Serialize + 'static>(
    office: &Office,
    wanted: Wanted,
    answer: fn(&Listing, &SeatMap) -> R,
) -> Result<Arc<Poster>, Refusal> {
    let shown = shown(office, wanted).await?;
    let draw = |before| draw(office, &shown, before, answer);
    let drawn = shown.drawn.get(draw).await?;
    Ok(Arc::clone(&drawn.value.poster))
}

/// Writes the answer, unless the one before tells the same map.
async fn draw<R: Serialize + 'static>(
    office: &Office,
    shown: &Arc<Shown>,
    before: Option<Arc<Made<Drawn>>>,
    answer: fn(&Listing, &SeatMap) -> R,
) -> Result<Drawn, Failure> {
    let read = |before| read(office, shown, before);
    let map = Arc::clone(&shown.map.get(read).await?.value);
    let same = before.filter(|before| Arc::ptr_eq(&before.value.map, &map));
    let poster = if let Some(before) = same {
        Arc::clone(&before.value.poster)
    } else {
        let (shown, map) = (Arc::clone(shown), Arc::clone(&map));
        let written = spawn_blocking(move || Poster::of(&answer(&shown.listing, &map))).await;
        let poster = written.ok().and_then(Result::ok);
        Arc::new(poster.ok_or(Failure::Broken("a seat map cannot be written"))?)
    };
    Ok(Drawn { map, poster })
}

/// Reads the map; one that has not changed stays the same.
pub(super) async fn read(
    office: &Office,
    shown: &Shown,
    before: Option<Arc<Made<Arc<SeatMap>>>>,
) -> Result<Arc<SeatMap>, Failure> {
    let mut connection = office.database.connection().await?;
    let seats = store::seat_map::seats(&mut connection, shown.listing.id).await?;
    drop(connection);
    let map = SeatMap::of(seats);
    let same = before.filter(|before| *before.value == map);
    Ok(same.map_or_else(|| Arc::new(map), |before| Arc::clone(&before.value)))
}
