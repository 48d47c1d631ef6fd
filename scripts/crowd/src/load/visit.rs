//! A visit: one fan from the first knock to the way home, as the fan's character has it.

use std::time::Duration;

use tokio::sync::watch;

use super::character::{Character, Ending};
use crate::answers::PlaceAnswer;
use crate::fan::{Crowd, Fan, LAPSED, Stop};
use crate::hall::Hall;
use crate::history::Standing;

/// A fan who was too slow for a session or a hold joins again at most as often.
const SESSIONS: usize = 5;

/// How a visit ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Home {
    /// With tickets.
    Bought,
    /// A hold was left behind.
    LeftAHold,
    /// There was no seat left.
    SoldOut,
    /// The line was left in good order.
    LeftTheLine,
    /// The fan stopped polling.
    WentQuiet,
    /// The fan did not come when called.
    NeverEntered,
    /// Something that a fan does not deserve.
    Unhappy(Stop),
}

impl Home {
    /// In a report.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Bought => "bought".to_owned(),
            Self::LeftAHold => "left a hold behind".to_owned(),
            Self::SoldOut | Self::Unhappy(Stop::SoldOut) => "found it sold out".to_owned(),
            Self::LeftTheLine => "left the line".to_owned(),
            Self::WentQuiet => "stopped polling".to_owned(),
            Self::NeverEntered => "did not come when called".to_owned(),
            Self::Unhappy(Stop::SessionOver) => "ran out of session".to_owned(),
            Self::Unhappy(Stop::Refused(code)) => format!("was refused: {code}"),
            Self::Unhappy(Stop::GaveUp(call)) => format!("got no answer to {call}"),
        }
    }
}

impl From<Stop> for Home {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::SoldOut => Self::SoldOut,
            other => Self::Unhappy(other),
        }
    }
}

/// The whole visit. A second device waits along, and is put away when the first goes home.
pub(super) async fn visit(fan: Fan, character: Character, hall: Hall, crowd: &Crowd) -> Home {
    if !character.has_two_devices {
        return alone(fan, character, &hall).await;
    }
    let (put_away, is_put_away) = watch::channel(false);
    let second = Fan::new(fan.user(), crowd);
    let first = async {
        let home = alone(fan, character, &hall).await;
        // The second device may have ended before.
        let _heard = put_away.send(true);
        home
    };
    tokio::join!(first, wait_along(second, is_put_away)).0
}

async fn alone(mut fan: Fan, character: Character, hall: &Hall) -> Home {
    match journey(&mut fan, character, hall).await {
        Ok(home) => home,
        Err(Stop::SoldOut) => fan
            .leave()
            .await
            .map_or_else(Home::from, |()| Home::SoldOut),
        Err(stop) => stop.into(),
    }
}

async fn journey(fan: &mut Fan, character: Character, hall: &Hall) -> Result<Home, Stop> {
    for _ in 0..SESSIONS {
        if let Some(home) = wait(fan, character).await? {
            return Ok(home);
        }
        let bought = match character.ending {
            Ending::LetsLapse => fan.hold_seats(hall, character.seats).await,
            _ => fan.shop(hall, character.seats).await,
        };
        match (bought, character.ending) {
            (Err(Stop::SessionOver), _) => {}
            // Too slow: the fan begins again.
            (Err(Stop::Refused(code)), _) if code == LAPSED => {}
            (Err(stop), _) => return Err(stop),
            (Ok(()), Ending::LetsLapse) => return Ok(Home::LeftAHold),
            (Ok(()), _) => return fan.look_at_tickets().await.map(|()| Home::Bought),
        }
    }
    Err(Stop::SessionOver)
}

/// Joins and waits, until it is the fan's turn, or the fan goes home.
async fn wait(fan: &mut Fan, character: Character) -> Result<Option<Home>, Stop> {
    let mut place = fan.join().await?;
    let mut outlook = Outlook::default();
    let mut polls = 0;
    loop {
        match place.standing() {
            Standing::Active => return Ok(walks_away(character)),
            Standing::Over => place = fan.join().await?,
            Standing::Waiting(position) => {
                match character.ending {
                    Ending::GoesQuiet(after) if polls >= after => return Ok(Some(Home::WentQuiet)),
                    Ending::GivesUp(after) if polls >= after => {
                        return fan.leave().await.map(|()| Some(Home::LeftTheLine));
                    }
                    Ending::NeverEnters if outlook.is_next(position) => {
                        return Ok(Some(Home::NeverEntered));
                    }
                    _ => {}
                }
                polls += 1;
                place = ask_again(fan, &place, character.reloads_every, polls).await?;
            }
        }
    }
}

/// Who is let in sooner than thought and did not want to.
const fn walks_away(character: Character) -> Option<Home> {
    match character.ending {
        Ending::GoesQuiet(_) => Some(Home::WentQuiet),
        Ending::NeverEnters => Some(Home::NeverEntered),
        _ => None,
    }
}

/// A reload is a join: the browser asks for a place, and is given the one it has.
async fn ask_again(
    fan: &mut Fan,
    place: &PlaceAnswer,
    reloads_every: Option<usize>,
    polls: usize,
) -> Result<PlaceAnswer, Stop> {
    tokio::time::sleep(Duration::from_millis(place.poll_after_ms)).await;
    if reloads_every.is_some_and(|every| polls.is_multiple_of(every)) {
        fan.join().await
    } else {
        fan.poll().await
    }
}

/// How fast the line moves, as one fan sees it.
#[derive(Debug, Default)]
struct Outlook {
    shown: Option<u64>,
    fastest: u64,
}

impl Outlook {
    /// Whether it will be the fan's turn before the next poll, as far as a fan can tell.
    fn is_next(&mut self, position: u64) -> bool {
        let step = self
            .shown
            .map_or(0, |before| before.saturating_sub(position));
        self.shown = Some(position);
        self.fastest = self.fastest.max(step);
        position <= self.fastest.max(1)
    }
}

/// The second device joins, is given the same place, and polls until it is put away or the wait is
/// over.
async fn wait_along(mut fan: Fan, mut is_put_away: watch::Receiver<bool>) {
    let Ok(mut place) = fan.join().await else {
        return;
    };
    while let Standing::Waiting(_) = place.standing() {
        let pause = Duration::from_millis(place.poll_after_ms);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = is_put_away.wait_for(|is| *is) => return,
        }
        let Ok(told) = fan.poll().await else {
            return;
        };
        place = told;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fan_can_tell_that_the_turn_comes_before_the_next_poll() {
        let mut outlook = Outlook::default();
        assert!(!outlook.is_next(300));
        assert!(!outlook.is_next(200), "a hundred a poll, two hundred to go");
        assert!(outlook.is_next(100));
    }

    #[test]
    fn who_is_first_from_the_start_is_next() {
        assert!(Outlook::default().is_next(1));
    }
}
