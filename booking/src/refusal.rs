//! Every "no" of booking, from the caller's mistakes to our own, each mapped to its problem here.

use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use http::StatusCode;
use serde_json::{Value, json};
use shared::ids::SeatId;
use shared::problem::Problem;

use crate::domain::reservation::ReservationId;
use crate::store::Failure;

/// A named "no". Its text is what the client reads; amounts are in won.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No pass, no good one, or one of an open route where a fan has to be known.
    #[error("This service answers the gateway only: there is no good Stagedoor-Pass.")]
    PassRequired,
    /// The session is over, and this call is for fans inside.
    #[error("Your session is over. Join the line again to go on.")]
    SessionExpired,
    /// The number in path or body is not the caller's own.
    #[error("The user id is not the one that the token was issued for.")]
    WrongUser,
    /// The concert is sold by another queue than the one that let the caller in.
    #[error("This concert is sold by another queue than the one that let you in.")]
    WrongQueue,
    /// Nothing is at this path.
    #[error("There is nothing at this path.")]
    RouteNotFound,
    /// Something is at this path, for another method.
    #[error("This path does not answer this method; see the Allow header.")]
    MethodNotAllowed,
    /// A value has the wrong form.
    #[error("The field {field:?} {must}.")]
    InvalidField {
        /// Where it stands.
        field: String,
        /// What would be right.
        must: String,
    },
    /// `Idempotency-Key` is there twice, empty, too long, or not visible ASCII.
    #[error("Idempotency-Key must be one header with 1 to 255 visible ASCII characters.")]
    InvalidIdempotencyKey,
    /// The key came with another request before.
    #[error(
        "This Idempotency-Key came with another request before: a new request needs a new key."
    )]
    KeyReused,
    /// The request that came with the key first may still be running.
    #[error("The first request with this Idempotency-Key is still running; repeat it in a moment.")]
    KeyInProgress,
    /// No such concert.
    #[error("There is no such concert.")]
    ConcertNotFound,
    /// The concert has no performance on that date, or it is past.
    #[error("The concert has no performance on this date, or it is past.")]
    DateNotFound,
    /// No such seat.
    #[error("There is no such seat.")]
    SeatNotFound {
        /// Those that there are none of.
        seats: Vec<SeatId>,
    },
    /// No such reservation, or another user's.
    #[error("You have no such reservation.")]
    ReservationNotFound,
    /// Somebody else has it.
    #[error("Somebody else has this seat.")]
    SeatTaken {
        /// The seats that are not to be had.
        seats: Vec<SeatId>,
    },
    /// No row has so many seats together any more.
    #[error("No row has so many seats together any more; the most that are left are {together}.")]
    SoldOut {
        /// The most seats that are together.
        together: i64,
    },
    /// The caller let it lapse a moment ago.
    #[error("You let this seat lapse a moment ago; you may have it again after a while.")]
    SeatCooldown {
        /// Those seats.
        seats: Vec<SeatId>,
        /// Until the last of them may be had again, in milliseconds.
        retry_after_ms: i64,
    },
    /// More seats of a date than one user may have.
    #[error("A user may have {limit} seats of one date, and you have {have}.")]
    SeatLimit {
        /// How many are allowed.
        limit: i64,
        /// How many the user has.
        have: i64,
    },
    /// The sale of the date has not begun.
    #[error("The sale of this date opens at {}.", rfc3339(opens_at))]
    SaleNotOpen {
        /// When it will.
        opens_at: DateTime<Utc>,
    },
    /// The sale of the date is over.
    #[error("The sale of this date is over.")]
    SaleClosed,
    /// The hold is not there any more.
    #[error("The hold has ended, and nothing was paid. Reserve the seat again.")]
    HoldExpired,
    /// The caller has no live hold.
    #[error("You hold no seat that is to be paid.")]
    NothingToPay,
    /// The reservation was paid before.
    #[error("This reservation is paid.")]
    AlreadyPaid,
    /// It was never paid, so there is nothing to give back.
    #[error("This reservation is not paid: there is nothing to refund.")]
    NothingToRefund,
    /// The concert has no refunds.
    #[error("This concert has no refunds.")]
    NotRefundable,
    /// The cutoff is past.
    #[error("This reservation could be cancelled until {}.", rfc3339(until))]
    CancelTooLate {
        /// The cutoff.
        until: DateTime<Utc>,
    },
    /// The amount is not the sum of the holds.
    #[error("The holds cost {expected} won; send that amount to pay them.")]
    AmountMismatch {
        /// The sum.
        expected: i64,
        /// Each hold's part of it.
        reservations: Vec<(ReservationId, i64)>,
    },
    /// Too little money.
    #[error("The balance is {balance} won and {required} are needed; the seats stay held.")]
    InsufficientBalance {
        /// What there is.
        balance: i64,
        /// What is needed.
        required: i64,
    },
    /// The balance would rise above its limit.
    #[error("A balance may not rise above {limit} won.")]
    BalanceLimit {
        /// The limit.
        limit: i64,
    },
    /// The user has other calls running, and they took too long.
    #[error("Other requests of yours are still running; repeat this one when they are done.")]
    TooManyInFlight,
    /// The request took longer than any may.
    #[error("This took too long and was given up. Repeat it, with the same Idempotency-Key.")]
    TimedOut,
    /// The database said no.
    #[error("{}", excuse(.0))]
    Failed(#[from] Failure),
    /// A mistake of ours that is in the log already.
    #[error("Something broke on our side. Quote the requestId when you report it.")]
    Internal,
}

impl Refusal {
    /// [`Refusal::InvalidField`]; `must` ends the sentence "The field x ...".
    pub fn invalid(field: impl Into<String>, must: impl Into<String>) -> Self {
        Self::InvalidField {
            field: field.into(),
            must: must.into(),
        }
    }

    /// The status and the code, as the contract lists them.
    const fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::PassRequired => (StatusCode::UNAUTHORIZED, "pass_required"),
            Self::SessionExpired => (StatusCode::FORBIDDEN, "session_expired"),
            Self::WrongUser => (StatusCode::FORBIDDEN, "wrong_user"),
            Self::WrongQueue => (StatusCode::FORBIDDEN, "wrong_queue"),
            Self::RouteNotFound => (StatusCode::NOT_FOUND, "route_not_found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::InvalidField { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_field"),
            Self::InvalidIdempotencyKey => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid_idempotency_key")
            }
            Self::KeyReused => (StatusCode::UNPROCESSABLE_ENTITY, "key_reused"),
            Self::KeyInProgress => (StatusCode::CONFLICT, "key_in_progress"),
            Self::ConcertNotFound => (StatusCode::NOT_FOUND, "concert_not_found"),
            Self::DateNotFound => (StatusCode::NOT_FOUND, "date_not_found"),
            Self::SeatNotFound { .. } => (StatusCode::NOT_FOUND, "seat_not_found"),
            Self::ReservationNotFound => (StatusCode::NOT_FOUND, "reservation_not_found"),
            Self::SeatTaken { .. } => (StatusCode::CONFLICT, "seat_taken"),
            Self::SoldOut { .. } => (StatusCode::CONFLICT, "sold_out"),
            Self::SeatCooldown { .. } => (StatusCode::CONFLICT, "seat_cooldown"),
            Self::SeatLimit { .. } => (StatusCode::CONFLICT, "seat_limit"),
            Self::SaleNotOpen { .. } => (StatusCode::CONFLICT, "sale_not_open"),
            Self::SaleClosed => (StatusCode::CONFLICT, "sale_closed"),
            Self::HoldExpired => (StatusCode::GONE, "hold_expired"),
            Self::NothingToPay => (StatusCode::CONFLICT, "nothing_to_pay"),
            Self::AlreadyPaid => (StatusCode::CONFLICT, "already_paid"),
            Self::NothingToRefund | Self::NotRefundable => (StatusCode::CONFLICT, "not_refundable"),
            Self::CancelTooLate { .. } => (StatusCode::CONFLICT, "cancel_too_late"),
            Self::AmountMismatch { .. } => (StatusCode::CONFLICT, "amount_mismatch"),
            Self::InsufficientBalance { .. } => {
                (StatusCode::PAYMENT_REQUIRED, "insufficient_balance")
            }
            Self::BalanceLimit { .. } => (StatusCode::CONFLICT, "balance_limit"),
            Self::TooManyInFlight => (StatusCode::TOO_MANY_REQUESTS, "too_many_in_flight"),
            Self::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, "overloaded"),
            Self::Failed(failure) => kind_of_failure(failure),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
        }
    }
}

/// Three answers to a failed database: come back soon, come back later, or it was our mistake.
const fn kind_of_failure(failure: &Failure) -> (StatusCode, &'static str) {
    match failure {
        Failure::RolledBack(_) | Failure::LockWait(_) | Failure::PoolBusy => {
            (StatusCode::SERVICE_UNAVAILABLE, "overloaded")
        }
        Failure::Down(_) => (StatusCode::SERVICE_UNAVAILABLE, "database_down"),
        Failure::Bug(_) | Failure::Broken(_) | Failure::UnknownUser => {
            (StatusCode::INTERNAL_SERVER_ERROR, "internal")
        }
    }
}

const fn excuse(failure: &Failure) -> &'static str {
    match failure {
        Failure::RolledBack(_) | Failure::LockWait(_) | Failure::PoolBusy => {
            "Too much is going on at once; repeat the request in a moment."
        }
        Failure::Down(_) => {
            "The box office cannot reach its books, so it cannot say whether this was done. Repeat \
             the request in a moment, with the same Idempotency-Key: nothing is done twice."
        }
        Failure::Bug(_) | Failure::Broken(_) | Failure::UnknownUser => {
            "Something broke on our side. Quote the requestId when you report it."
        }
    }
}

/// The one place where a failure is logged: what is our mistake rings the alarm.
fn log(failure: &Failure) {
    match failure {
        Failure::RolledBack(_) | Failure::LockWait(_) | Failure::PoolBusy => {
            tracing::debug!(error = %failure, "the database is overloaded");
        }
        Failure::Down(_) => tracing::warn!(error = %failure, "the database is away"),
        Failure::Bug(_) | Failure::Broken(_) | Failure::UnknownUser => {
            metrics::counter!("booking_alarms_total").increment(1);
            tracing::error!(error = %failure, "a request failed through a mistake of ours");
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        use Refusal as R;
        let (status, code) = refusal.kind();
        let problem = Self::new(status, code, refusal.to_string());
        match refusal {
            R::InvalidField { field, .. } => problem.with("field", field),
            R::SeatNotFound { seats } | R::SeatTaken { seats } => {
                problem.with("seatIds", numbers(&seats))
            }
            R::SoldOut { together } => problem.with("together", together),
            R::SeatCooldown {
                seats,
                retry_after_ms,
            } => problem
                .with("seatIds", numbers(&seats))
                .with("retryAfterMs", retry_after_ms),
            R::SeatLimit { limit, .. } | R::BalanceLimit { limit } => problem.with("limit", limit),
            R::SaleNotOpen { opens_at } => problem.with("opensAt", rfc3339(&opens_at)),
            R::CancelTooLate { until } => problem.with("cancelUntil", rfc3339(&until)),
            R::AmountMismatch {
                expected,
                reservations,
            } => problem
                .with("expected", expected)
                .with("reservations", parts(&reservations)),
            R::InsufficientBalance { balance, required } => {
                problem.with("balance", balance).with("required", required)
            }
            R::Failed(failure) => {
                log(&failure);
                problem
            }
            _ => problem,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        Problem::from(self).into_response()
    }
}

fn rfc3339(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn numbers(seats: &[SeatId]) -> Value {
    seats.iter().map(|seat| seat.get()).collect()
}

fn parts(reservations: &[(ReservationId, i64)]) -> Value {
    let mut parts = Vec::new();
    for (id, amount) in reservations {
        parts.push(json!({ "reservationId": id.to_string(), "amount": amount }));
    }
    parts.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retry_may_help_only_where_the_contract_says_so() {
        let helps = |refusal: Refusal| Problem::from(refusal).retryable();
        assert!(helps(Refusal::KeyInProgress));
        assert!(helps(Refusal::TooManyInFlight));
        assert!(helps(Refusal::Failed(Failure::PoolBusy)));
        assert!(!helps(Refusal::KeyReused));
        assert!(!helps(Refusal::HoldExpired));
        assert!(!helps(Refusal::Failed(Failure::Broken("x"))));
    }

    #[test]
    fn a_taken_seat_is_named_by_its_number() {
        let seats = vec![SeatId::new(10).expect("an id")];
        let response = format!("{:?}", Problem::from(Refusal::SeatTaken { seats }));
        assert!(
            response.contains("\"seatIds\": Array [Number(10)]"),
            "{response}"
        );
    }
}
