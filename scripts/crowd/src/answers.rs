//! The contract's answers, as far as a fan reads them.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::history::{Call, Estimate, Fact, Reserved, Standing};

/// An ok answer that says something worth keeping.
pub trait Answered: DeserializeOwned {
    /// What it says.
    fn fact(&self) -> Fact;
}

/// Of `POST /api/issue` and `GET /api/status/{userId}`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlaceAnswer {
    /// The queue token from now on.
    pub token: String,
    /// When to ask again.
    pub poll_after_ms: u64,
    waiting_id: u64,
    status: String,
    ticket: u64,
    /// Null while nothing is known.
    #[serde(default)]
    estimated_wait_seconds: Option<Estimate>,
}

impl PlaceAnswer {
    /// How the place stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self.status.as_str() {
            "waiting" => Standing::Waiting(self.waiting_id),
            "activate" => Standing::Active,
            _ => Standing::Over,
        }
    }
}

impl Answered for PlaceAnswer {
    fn fact(&self) -> Fact {
        Fact::Place {
            ticket: self.ticket,
            standing: self.standing(),
            estimate: self.estimated_wait_seconds,
        }
    }
}

/// Of `GET /api/available-dates`.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct DatesAnswer(pub Vec<String>);

impl Answered for DatesAnswer {
    fn fact(&self) -> Fact {
        Fact::Looked
    }
}

/// A seat that can be reserved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seat {
    /// Its id.
    pub seat_id: u64,
    /// In won.
    pub price: u64,
}

/// Of `GET /api/available-seats/{date}`.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct SeatsAnswer(pub Vec<Seat>);

impl Answered for SeatsAnswer {
    fn fact(&self) -> Fact {
        Fact::Looked
    }
}

/// Of `POST /api/reserve`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldAnswer {
    /// The reservation's id.
    pub reservation_id: Uuid,
    /// In won.
    pub amount: u64,
    /// For how long it is held from now on.
    pub expires_in_ms: u64,
    seat_id: u64,
    status: String,
}

impl Answered for HeldAnswer {
    fn fact(&self) -> Fact {
        Fact::Held(Reserved {
            reservation: self.reservation_id,
            status: self.status.clone(),
            seats: vec![self.seat_id],
            amount: self.amount,
        })
    }
}

/// Of `POST /api/{userId}/charge`.
#[derive(Debug, Deserialize)]
pub struct ChargedAnswer {
    /// In won.
    pub balance: u64,
}

impl Answered for ChargedAnswer {
    fn fact(&self) -> Fact {
        Fact::Charged(self.balance)
    }
}

/// Of `POST /api/process`.
#[derive(Debug, Deserialize)]
pub struct PaidAnswer {
    /// In won, all payments together.
    pub amount: u64,
    payments: Vec<PaymentAnswer>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PaymentAnswer {
    reservation_id: Uuid,
    amount: u64,
}

impl Answered for PaidAnswer {
    fn fact(&self) -> Fact {
        let paid = self
            .payments
            .iter()
            .map(|paid| (paid.reservation_id, paid.amount));
        Fact::Paid(paid.collect())
    }
}

/// Of `GET /api/{userId}/reservations`.
#[derive(Debug, Deserialize)]
pub struct TicketsAnswer {
    items: Vec<TicketAnswer>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TicketAnswer {
    reservation_id: Uuid,
    status: String,
    amount: u64,
    seats: Vec<Seat>,
}

impl Answered for TicketsAnswer {
    fn fact(&self) -> Fact {
        Fact::Tickets(self.items.iter().map(TicketAnswer::reserved).collect())
    }
}

impl TicketAnswer {
    fn reserved(&self) -> Reserved {
        let mut seats: Vec<u64> = self.seats.iter().map(|seat| seat.seat_id).collect();
        seats.sort_unstable();
        Reserved {
            reservation: self.reservation_id,
            status: self.status.clone(),
            seats,
            amount: self.amount,
        }
    }
}

/// Of `DELETE /api/issue`.
#[derive(Debug, Deserialize)]
pub struct LeftAnswer {}

impl Answered for LeftAnswer {
    fn fact(&self) -> Fact {
        Fact::Left
    }
}

/// A refusal, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ProblemAnswer {
    /// Its name.
    pub code: String,
    /// Whether the same call may succeed later.
    #[serde(default)]
    pub retryable: bool,
}

/// What a stored answer of a mutating call says.
///
/// # Errors
/// When it is not an answer of this call.
pub fn stored(call: Call, body: &[u8]) -> serde_json::Result<Fact> {
    fn read<T: Answered>(body: &[u8]) -> serde_json::Result<Fact> {
        serde_json::from_slice::<T>(body).map(|answer| answer.fact())
    }
    match call {
        Call::Reserve { .. } => read::<HeldAnswer>(body),
        Call::Charge { .. } => read::<ChargedAnswer>(body),
        _ => read::<PaidAnswer>(body),
    }
}
