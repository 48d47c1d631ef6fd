//! The contract on paper: booking's calls as their annotations tell them, and what each refuses.
//!
//! Status, code, text and members of a refusal are those of `refusal.rs`; only which call may say
//! it is written here. The tests compare every refusal that they meet with this.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::ids::SeatId;
use shared::openapi::{ProblemBody, body_problems, operations, refuse};
use shared::problem::Problem;
use utoipa::OpenApi;
use uuid::Uuid;

use crate::domain::balance::MAX_BALANCE_WON;
use crate::domain::reservation::ReservationId;
use crate::refusal::Refusal;
use crate::router;
use crate::store::Failure;

/// What the document says beside the calls.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Stagedoor: booking",
        description = "The box office. Every call but the health checks needs a `Stagedoor-Pass`, \
            which the gateway signs.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "Dates and seats", description = "What is played, what is free, what you hold."),
        (name = "Money", description = "Whole won, signed off by the database alone."),
        (name = "Health", description = "For load balancers and supervisors."),
    ),
    components(schemas(ProblemBody)),
)]
pub struct Paper;

/// The OpenAPI document of this service, as JSON.
///
/// # Panics
/// Never: a document is made of text, numbers and maps.
#[must_use]
pub fn document() -> Value {
    let api = router::on_paper();
    let mut api = serde_json::to_value(api).expect("a document can be written as JSON");
    for (_, _, operation) in operations(&mut api) {
        let problems = problems_of(operation);
        refuse(operation, problems);
    }
    api
}

/// What a call may refuse: its own reasons, and those that its parts bring along.
fn problems_of(operation: &Value) -> Vec<Problem> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let read = parameters
        .clone()
        .find(|parameter| parameter["in"] != "header");
    let has_key = parameters
        .clone()
        .any(|parameter| parameter["name"] == "Idempotency-Key");
    let id = operation["operationId"].as_str().unwrap_or_default();
    let mut refusals = own(id);
    let read = read.and_then(|parameter| parameter["name"].as_str());
    let must = "cannot be used: see its description";
    refusals.extend(read.map(|name| Refusal::invalid(name, must)));
    if has_key {
        refusals.extend(of_a_key());
    }
    if !refusals.is_empty() {
        refusals.extend(of_every_call());
    }
    let mut problems: Vec<Problem> = refusals.into_iter().map(Problem::from).collect();
    if !operation["requestBody"].is_null() {
        problems.extend(body_problems());
    }
    problems
}

/// A call's own reasons, in the order in which they are judged.
fn own(operation_id: &str) -> Vec<Refusal> {
    use Refusal as R;
    match operation_id {
        "availableDates" => vec![R::SessionExpired, R::ConcertNotFound],
        "seatMap" => vec![R::ConcertNotFound, R::DateNotFound],
        "availableSeats" | "seatStatus" => {
            vec![
                R::SessionExpired,
                R::ConcertNotFound,
                R::WrongQueue,
                R::DateNotFound,
            ]
        }
        "balance" | "reservations" | "history" => vec![R::WrongUser],
        "charge" => {
            let limit = MAX_BALANCE_WON;
            vec![
                R::RouteNotFound,
                R::SessionExpired,
                R::WrongUser,
                R::BalanceLimit { limit },
            ]
        }
        "reserve" => of_reserve(),
        "release" => vec![R::ReservationNotFound, R::AlreadyPaid],
        "process" => of_process(),
        "cancel" => of_cancel(),
        _ => Vec::new(),
    }
}

fn of_reserve() -> Vec<Refusal> {
    use Refusal as R;
    let seats = || SeatId::new(10).into_iter().collect();
    let opens_at = DateTime::<Utc>::UNIX_EPOCH + chrono::Duration::days(20_000);
    vec![
        R::SessionExpired,
        R::WrongUser,
        R::ConcertNotFound,
        R::DateNotFound,
        R::SeatNotFound { seats: seats() },
        R::WrongQueue,
        R::SaleNotOpen { opens_at },
        R::SaleClosed,
        R::SeatTaken { seats: seats() },
        R::SoldOut { together: 2 },
        R::SeatCooldown {
            seats: seats(),
            retry_after_ms: 42_000,
        },
        R::SeatLimit { limit: 4, have: 4 },
    ]
}

fn of_process() -> Vec<Refusal> {
    use Refusal as R;
    let reservation = ReservationId(Uuid::from_u128(0x0192_6193_9c40_7f21_b0e6_4d2c_1a9f_8b35));
    vec![
        R::WrongUser,
        R::ReservationNotFound,
        R::WrongQueue,
        R::AlreadyPaid,
        R::HoldExpired,
        R::SessionExpired,
        R::NothingToPay,
        R::AmountMismatch {
            expected: 10_000,
            reservations: vec![(reservation, 10_000)],
        },
        R::InsufficientBalance {
            balance: 0,
            required: 10_000,
        },
    ]
}

fn of_cancel() -> Vec<Refusal> {
    use Refusal as R;
    let until = DateTime::<Utc>::UNIX_EPOCH + chrono::Duration::days(20_000);
    let limit = MAX_BALANCE_WON;
    vec![
        R::ReservationNotFound,
        R::NotRefundable,
        R::CancelTooLate { until },
        R::BalanceLimit { limit },
    ]
}

/// What comes with `Idempotency-Key`, and with being a write.
fn of_a_key() -> [Refusal; 4] {
    [
        Refusal::InvalidIdempotencyKey,
        Refusal::KeyReused,
        Refusal::KeyInProgress,
        Refusal::TooManyInFlight,
    ]
}

/// What every call may say that asks for a pass and the database.
fn of_every_call() -> [Refusal; 4] {
    [
        Refusal::PassRequired,
        Refusal::TimedOut,
        Failure::away().into(),
        Refusal::Internal,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_but_the_health_checks_says_what_it_may_refuse() {
        for (method, path, operation) in operations(&mut document()) {
            let says = !operation["responses"]["401"].is_null();
            assert_eq!(says, operation["tags"][0] != "Health", "{method} {path}");
            assert!(
                operation["responses"]["200"]["content"].is_object(),
                "{method} {path}"
            );
        }
    }
}
