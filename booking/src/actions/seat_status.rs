//! The seat status of a date: how each seat stands, at most a second old, one answer for everyone.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use http::HeaderValue;
use serde::Serialize;
use shared::ids::{QueueName, SeatId};

use super::Office;
use super::board::{Shown, shown};
use super::seat_map::read as read_map;
use crate::domain::programme::Wanted;
use crate::domain::seat_map::SeatMap;
use crate::fresh::Made;
use crate::poster;
use crate::refusal::Refusal;
use crate::store::{self, Failure};

/// Where the remaining time stands in the answer that was written without it.
const NO_TIME: &str = "\"expiresInMs\":0";
/// How often letters are read before they have to fit the map.
const LOOKS: u32 = 3;

/// How the seats of a date stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// When this was first seen so, in milliseconds of the database's clock. It only rises.
    pub version: i64,
    /// How many seats can be reserved.
    pub left: usize,
    /// Which map the letters follow.
    pub layout: String,
    /// One letter a seat.
    pub states: String,
}

/// The answer that tells it, in two parts: between them the remaining time is written, which is
/// another one for every reader.
#[derive(Debug)]
pub struct Notice {
    standing: Standing,
    /// An `ETag`: the same while the seats stand the same, whichever booking tells it.
    pub tag: HeaderValue,
    /// What stands before the time.
    pub head: Bytes,
    /// What stands behind it.
    pub tail: Bytes,
}

/// The seat status of the date that is meant, and for how long it may still be shown. `answer`
/// writes it, with 0 for the remaining time.
///
/// # Errors
/// [`Refusal::ConcertNotFound`], [`Refusal::DateNotFound`], [`Refusal::WrongQueue`].
pub async fn seat_status<R: Serialize>(
    office: &Office,
    queue: &QueueName,
    wanted: Wanted,
    answer: fn(&Standing) -> R,
) -> Result<(Arc<Notice>, Duration), Refusal> {
    let shown = shown(office, wanted).await?;
    shown.listing.check_queue(queue)?;
    let look = |before| look(office, &shown, before, answer);
    let notice = shown.status.get(look).await?;
    Ok((Arc::clone(&notice.value), shown.status.left_of(&notice)))
}

/// Looks how the seats stand. Where nothing has changed, the notice before goes on.
async fn look<R: Serialize>(
    office: &Office,
    shown: &Shown,
    before: Option<Arc<Made<Arc<Notice>>>>,
    answer: fn(&Standing) -> R,
) -> Result<Arc<Notice>, Failure> {
    let (clock, map, states) = arranged(office, shown).await?;
    let version = match before {
        Some(before) if before.value.standing.tells(&map, &states) => {
            return Ok(Arc::clone(&before.value));
        }
        Some(before) => clock.max(before.value.standing.version + 1),
        None => clock,
    };
    let standing = Standing {
        version,
        left: states.bytes().filter(|letter| *letter == b'a').count(),
        layout: map.layout().to_owned(),
        states,
    };
    Notice::of(standing, answer).map(Arc::new)
}

/// The letters in the order of the map, and the clock just before they were read. Seats that are
/// not on the map have been added since it was drawn.
async fn arranged(office: &Office, shown: &Shown) -> Result<(i64, Arc<SeatMap>, String), Failure> {
    let mut map = shown.map.latest();
    for _ in 0..LOOKS {
        let (clock, letters) = letters(office, shown.listing.id).await?;
        if let Some(map) = &map
            && let Some(states) = map.value.arrange(&letters)
        {
            return Ok((clock, Arc::clone(&map.value), states));
        }
        let read = |before| read_map(office, shown, before);
        map = Some(shown.map.renew(read).await?);
    }
    Err(Failure::PoolBusy)
}

async fn letters(office: &Office, date: i64) -> Result<(i64, Vec<(SeatId, u8)>), Failure> {
    let mut connection = office.database.connection().await?;
    let clock = store::seat_status::clock(&mut connection).await?;
    let letters = store::seat_status::letters(&mut connection, date).await?;
    Ok((clock, letters))
}

impl Standing {
    fn tells(&self, map: &SeatMap, states: &str) -> bool {
        self.layout == map.layout() && self.states == states
    }
}

impl Notice {
    fn of<R: Serialize>(standing: Standing, answer: fn(&Standing) -> R) -> Result<Self, Failure> {
        let broken = || Failure::Broken("a seat status cannot be written");
        let text = serde_json::to_string(&answer(&standing)).map_err(|_| broken())?;
        let (head, tail) = text.split_once(NO_TIME).ok_or_else(broken)?;
        let content = format!("{} {}", standing.layout, standing.states);
        Ok(Self {
            tag: poster::tag(content.as_bytes()),
            head: format!("{head}{}", NO_TIME.trim_end_matches('0')).into(),
            tail: tail.to_owned().into(),
            standing,
        })
    }
}
