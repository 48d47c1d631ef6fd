//! In the house: looking, picking, reserving, charging, paying, and looking at the tickets.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::Rng as _;
use serde_json::json;

use super::{Fan, Held, Stop};
use crate::answers::{ChargedAnswer, DatesAnswer, HeldAnswer, PaidAnswer, Seat};
use crate::answers::{SeatsAnswer, TicketsAnswer};
use crate::hall::Hall;
use crate::history::Call;

/// After so many lost races a fan looks at the hall again.
const LOSSES_BEFORE_A_LOOK: usize = 3;
/// A fan whose session ended too early joins again at most as often.
const SESSIONS: usize = 5;
/// The hold ended before it was paid, and the seats are anybody's again.
pub(crate) const LAPSED: &str = "hold_expired";
/// A seat that is another fan's, or was this fan's until a moment ago: look for another one.
const NOT_TO_BE_HAD: [&str; 2] = ["seat_taken", "seat_cooldown"];

impl Fan {
    /// The whole journey: waits in line, buys `wanted` seats, or as many as there are, and looks at
    /// the tickets.
    ///
    /// # Errors
    /// Why the fan goes home without.
    pub async fn buy(&mut self, hall: &Hall, wanted: usize) -> Result<(), Stop> {
        for _ in 0..SESSIONS {
            self.enter().await?;
            match self.shop(hall, wanted).await {
                Err(Stop::SessionOver) => {}
                Ok(()) => return self.look_at_tickets().await,
                Err(Stop::SoldOut) => return self.leave().await.and(Err(Stop::SoldOut)),
                other => return other,
            }
        }
        Err(Stop::SessionOver)
    }

    /// What a session is for. Begun again in a later one, it goes on where it was.
    ///
    /// # Errors
    /// Why there is no purchase, or not yet.
    pub async fn shop(&mut self, hall: &Hall, wanted: usize) -> Result<(), Stop> {
        // An earlier session may have left holds behind, and time goes on.
        self.forget_lapsed();
        self.hold_seats(hall, wanted).await?;
        let price = self.price();
        if self.balance < price {
            self.think().await;
            self.charge(price - self.balance).await?;
        }
        self.think().await;
        self.pay().await
    }

    /// Reserves until `wanted` seats are held, or there are no more.
    ///
    /// # Errors
    /// [`Stop::SoldOut`] when there is not even one.
    pub async fn hold_seats(&mut self, hall: &Hall, wanted: usize) -> Result<(), Stop> {
        let mut seats = Vec::new();
        let mut losses = LOSSES_BEFORE_A_LOOK;
        while self.held.len() < wanted {
            if losses == LOSSES_BEFORE_A_LOOK || seats.is_empty() {
                seats = self.look(hall).await?.to_vec();
                // A friend saw it before it was taken, by this very fan.
                seats.retain(|seat| !self.holds(seat.seat_id));
                losses = 0;
            }
            if seats.is_empty() {
                return if self.held.is_empty() {
                    Err(Stop::SoldOut)
                } else {
                    Ok(())
                };
            }
            self.think().await;
            let favourites = hall.favourites().clamp(1, seats.len());
            let seat = seats.remove(self.rng.random_range(0..favourites));
            match self.reserve(seat).await {
                Err(Stop::Refused(code)) if NOT_TO_BE_HAD.contains(&code.as_str()) => losses += 1,
                other => other?,
            }
        }
        Ok(())
    }

    /// Looks at the hall, so that friends who share the picture need not.
    ///
    /// # Errors
    /// When it is not shown.
    pub async fn see(&mut self, hall: &Hall) -> Result<(), Stop> {
        self.look(hall).await.map(drop)
    }

    /// Reserves the first seat of the picture, and takes a no for an answer.
    ///
    /// # Errors
    /// [`Stop::Refused`] with `seat_taken` when another fan was faster.
    pub async fn want_one(&mut self, hall: &Hall) -> Result<(), Stop> {
        let seats = self.look(hall).await?;
        let first = seats.first().copied().ok_or(Stop::SoldOut)?;
        self.reserve(first).await
    }

    fn forget_lapsed(&mut self) {
        self.held.retain(|held| held.until > Instant::now());
    }

    fn holds(&self, seat: u64) -> bool {
        self.held.iter().any(|held| held.seat == seat)
    }

    /// What all that is held costs.
    fn price(&self) -> u64 {
        self.held.iter().map(|held| held.price).sum()
    }

    /// What can be had now, as the fan or a friend sees it.
    async fn look(&mut self, hall: &Hall) -> Result<Arc<[Seat]>, Stop> {
        let mut picture = hall.picture().await;
        if let Some(seats) = picture.as_ref().and_then(|seen| hall.still_good(seen)) {
            return Ok(seats);
        }
        let seats: Arc<[Seat]> = self.see_seats(hall).await?.into();
        if let Some(picture) = &mut picture {
            **picture = Some((Instant::now(), Arc::clone(&seats)));
        }
        Ok(seats)
    }

    async fn see_seats(&mut self, hall: &Hall) -> Result<Vec<Seat>, Stop> {
        let query = hall.query();
        let dates = Self::read(Call::Dates, format!("/api/available-dates{query}"));
        let DatesAnswer(dates) = self.ask(&dates).await?;
        let Some(date) = dates.first() else {
            return Ok(Vec::new());
        };
        let seats = Self::read(Call::Seats, format!("/api/available-seats/{date}{query}"));
        let SeatsAnswer(seats) = self.ask(&seats).await?;
        Ok(seats)
    }

    async fn reserve(&mut self, seat: Seat) -> Result<(), Stop> {
        let call = Call::Reserve { seat: seat.seat_id };
        let body = json!({ "userId": self.user, "seatId": seat.seat_id });
        let reserve = self.write(call, "/api/reserve".to_owned(), body);
        let held: HeldAnswer = self.ask(&reserve).await?;
        self.held.push(Held {
            seat: seat.seat_id,
            price: held.amount,
            until: Instant::now() + Duration::from_millis(held.expires_in_ms),
        });
        Ok(())
    }

    /// Puts money on the fan's balance.
    ///
    /// # Errors
    /// When it is refused, or never answered.
    pub async fn charge(&mut self, amount: u64) -> Result<(), Stop> {
        let path = format!("/api/{}/charge", self.user);
        let charge = self.write(Call::Charge { amount }, path, json!({ "amount": amount }));
        let charged: ChargedAnswer = self.ask(&charge).await?;
        self.balance = charged.balance;
        Ok(())
    }

    /// Pays all that is held.
    ///
    /// # Errors
    /// When it is refused, or never answered.
    pub async fn pay(&mut self) -> Result<(), Stop> {
        self.forget_lapsed();
        if self.held.is_empty() {
            return Err(Stop::Refused(LAPSED.to_owned()));
        }
        let amount = self.price();
        let body = json!({ "userId": self.user, "amount": amount });
        let pay = self.write(Call::Pay { amount }, "/api/process".to_owned(), body);
        let paid = self.ask::<PaidAnswer>(&pay).await;
        if matches!(&paid, Err(Stop::Refused(code)) if code == LAPSED) {
            self.held.clear();
        }
        let paid = paid?;
        self.balance = self.balance.saturating_sub(paid.amount);
        self.held.clear();
        Ok(())
    }

    /// Asks for the tickets; the history keeps what is shown.
    ///
    /// # Errors
    /// When they are refused, or never shown.
    pub async fn look_at_tickets(&mut self) -> Result<(), Stop> {
        let path = format!("/api/{}/reservations", self.user);
        self.ask::<TicketsAnswer>(&Self::read(Call::Tickets, path))
            .await
            .map(drop)
    }
}
