//! The board: what thousands look at while few change it. It is read from the books once a second
//! at most, whoever asks, and only for dates that there are.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::Office;
use super::seat_map::Drawn;
use super::seat_status::Notice;
use crate::domain::programme::{Listing, Programme, Wanted};
use crate::domain::seat_map::SeatMap;
use crate::domain::stock::Stock;
use crate::fresh::{Fresh, Made};
use crate::refusal::Refusal;
use crate::store::{self, Failure};

/// How old the programme may be: a new date is seen after that.
const PROGRAMME_LIFETIME: Duration = Duration::from_secs(1);
/// How old prices and titles on the map may be. New seats are noticed with the next status.
const MAP_LIFETIME: Duration = Duration::from_secs(5);
/// How soon the answer follows a map that was read anew.
const DRAWN_LIFETIME: Duration = Duration::from_secs(1);
/// How long a seat that was sold may still look free.
const STATUS_LIFETIME: Duration = Duration::from_secs(1);
/// How old the count of all seats may be.
const STOCK_LIFETIME: Duration = Duration::from_secs(1);

/// What is shown to all. It is as large as the programme: asking for what is not on it leaves
/// nothing behind.
#[derive(Debug)]
pub struct Board {
    programme: Fresh<Programme<Arc<Shown>>>,
    pub(super) stock: Fresh<Vec<Stock>>,
}

/// What is shown of one date.
#[derive(Debug)]
pub struct Shown {
    /// What is said of it.
    pub listing: Listing,
    pub(super) map: Fresh<Arc<SeatMap>>,
    pub(super) drawn: Fresh<Drawn>,
    pub(super) status: Fresh<Arc<Notice>>,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            programme: Fresh::new(PROGRAMME_LIFETIME),
            stock: Fresh::new(STOCK_LIFETIME),
        }
    }
}

/// What is shown of the date that is meant.
///
/// # Errors
/// [`Refusal::ConcertNotFound`], [`Refusal::DateNotFound`].
pub async fn shown(office: &Office, wanted: Wanted) -> Result<Arc<Shown>, Refusal> {
    let wanted = Wanted {
        concert: wanted.concert.or(office.default_concert),
        ..wanted
    };
    let read = |before| programme(office, before);
    let programme = office.board.programme.get(read).await?;
    programme.value.find(wanted).map(Arc::clone)
}

/// What is shown of a date goes on being shown while nothing is new about it; what is over is
/// forgotten with the programme before.
async fn programme(
    office: &Office,
    before: Option<Arc<Made<Programme<Arc<Shown>>>>>,
) -> Result<Programme<Arc<Shown>>, Failure> {
    let mut connection = office.database.connection().await?;
    let concerts = store::programme::concerts(&mut connection).await?;
    let dates = store::programme::dates(&mut connection).await?;
    let known: HashMap<i64, &Arc<Shown>> = before
        .iter()
        .flat_map(|before| before.value.dates())
        .map(|shown| (shown.listing.id, shown))
        .collect();
    Ok(Programme::of(concerts, dates, |listing| {
        let same = known.get(&listing.id);
        let same = same.filter(|shown| shown.listing == listing);
        same.map_or_else(|| Arc::new(Shown::of(listing)), |same| Arc::clone(same))
    }))
}

impl Shown {
    fn of(listing: Listing) -> Self {
        Self {
            listing,
            map: Fresh::new(MAP_LIFETIME),
            drawn: Fresh::new(DRAWN_LIFETIME),
            status: Fresh::new(STATUS_LIFETIME),
        }
    }
}
