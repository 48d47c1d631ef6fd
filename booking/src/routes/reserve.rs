//! `POST /api/reserve`: holds seats for the caller: these, or the best that are left.

use std::sync::Arc;

use axum::extract::State;
use serde::{Deserialize, Deserializer, Serialize};
use shared::ids::{ConcertId, SeatId, UserId};
use shared::json::Json;
use utoipa::ToSchema;

use super::extract::{FanInside, Repeatable};
use super::millis;
use crate::actions::best::{Best, reserve_best};
use crate::actions::reserve::{Wish, reserve};
use crate::app::Booking;
use crate::domain::balance::Won;
use crate::domain::best::Count;
use crate::domain::date::CalendarDate;
use crate::domain::key::Answer;
use crate::domain::reservation::{Hold, ReservationId, Status};
use crate::domain::seat::SeatIds;
use crate::refusal::Refusal;

/// Which seats, for whom: `seatId`, or `seatIds`, or `date` and `count` for the best that are left.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ReserveRequest)]
pub struct Request {
    user_id: UserId,
    /// This seat.
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(nullable = false)]
    seat_id: Option<SeatId>,
    /// All of these seats of one date, or none.
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(nullable = false, min_items = 1, max_items = 4)]
    seat_ids: Option<Vec<SeatId>>,
    /// The best seats of this date.
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(nullable = false, value_type = Option<chrono::NaiveDate>)]
    date: Option<CalendarDate>,
    /// So many, together in one row.
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(nullable = false, minimum = 1, maximum = 4)]
    count: Option<i64>,
    /// With `date`: of this concert, else of the default one.
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(nullable = false)]
    concert_id: Option<ConcertId>,
    /// With `date`: only at this price, else the dearest that has so many together.
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(nullable = false)]
    price_level: Option<Won>,
    /// With `date`: only in this section.
    #[serde(
        default,
        deserialize_with = "not_null",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(nullable = false, max_length = 40)]
    section: Option<String>,
}

/// A `null` is refused: it is a mistake of the client, and must not mean another kind of call.
fn not_null<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// What is wished for, once exactly one way of saying it was used.
#[derive(Debug)]
enum Wished {
    Seats(SeatIds),
    Best(CalendarDate, Count),
}

impl Request {
    fn wished(&self) -> Result<Wished, Refusal> {
        let names_seats = self.seat_id.is_some() || self.seat_ids.is_some();
        let for_the_best = [
            ("date", self.date.is_some()),
            ("count", self.count.is_some()),
            ("concertId", self.concert_id.is_some()),
            ("priceLevel", self.price_level.is_some()),
            ("section", self.section.is_some()),
        ];
        let stray = for_the_best.iter().find(|(_, is_there)| *is_there);
        if let (true, Some((field, _))) = (names_seats, stray) {
            let must = "must not stand beside seatId or seatIds";
            return Err(Refusal::invalid(*field, must));
        }
        match (self.seat_id, &self.seat_ids, self.date, self.count) {
            (Some(seat), None, ..) => Ok(Wished::Seats(SeatIds::one(seat))),
            (None, Some(seats), ..) => SeatIds::new(seats.clone()).map(Wished::Seats),
            (Some(_), Some(_), ..) => {
                Err(Refusal::invalid("seatIds", "must not stand beside seatId"))
            }
            (None, None, Some(date), Some(count)) => Ok(Wished::Best(date, Count::new(count)?)),
            (None, None, Some(_), None) => Err(Refusal::invalid("count", "must stand with date")),
            (None, None, None, _) => {
                let must = "must be there, or seatIds, or date and count";
                Err(Refusal::invalid("seatId", must))
            }
        }
    }
}

/// The hold.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Hold)]
pub struct Response {
    user_id: UserId,
    /// The seat, when it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    seat_id: Option<SeatId>,
    seat_ids: Vec<SeatId>,
    status: Status,
    amount: i64,
    reservation_id: ReservationId,
    #[schema(format = DateTime)]
    expires_at: String,
    expires_in_ms: i64,
}

impl Response {
    fn of(user_id: UserId, seats: &SeatIds, hold: &Hold) -> Self {
        let seat_id = match seats.as_slice() {
            [one] => Some(*one),
            _ => None,
        };
        Self {
            user_id,
            seat_id,
            seat_ids: seats.as_slice().to_vec(),
            status: Status::Reserved,
            amount: hold.amount,
            reservation_id: hold.id,
            expires_at: millis(hold.deadline.at),
            expires_in_ms: hold.deadline.left_ms(),
        }
    }
}

/// Holds seats for five minutes, all of them or none, or says who cannot have them and why.
///
/// # Errors
/// As [`reserve`] and [`reserve_best`], and `wrong_user`.
#[utoipa::path(
    post, path = "/api/reserve", operation_id = "reserve", tag = "Dates and seats",
    summary = "Hold seats for five minutes",
    description = "One seat (`seatId`), up to four of one date, all or none (`seatIds`), or the \
        best that are left: `count` seats of `date` together in one row, nearest to the stage. \
        Exactly one of the three. Seats that you hold already are answered with the same \
        reservation and end; the best are chosen anew each time, so send an Idempotency-Key.",
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            description = "Makes the call safe to repeat: the answer is stored and replayed."),
    ),
    request_body(content = Request, examples(
        ("one" = (summary = "This seat", value = json!({"userId": 123, "seatId": 10}))),
        ("several" = (summary = "These seats, all or none",
            value = json!({"userId": 123, "seatIds": [10, 11]}))),
        ("best" = (summary = "The best that are left",
            value = json!({"userId": 123, "date": "2024-10-01", "count": 3}))),
    )),
    responses((status = 200, description = "The seats are held.", body = Response, example = json!(
        {"userId": 123, "seatId": 10, "seatIds": [10], "status": "reserved", "amount": 10000,
         "reservationId": "01926193-9c40-7f21-b0e6-4d2c1a9f8b35",
         "expiresAt": "2024-10-06T12:04:00.000Z", "expiresInMs": 300_000}))),
)]
pub async fn handle(
    State(booking): State<Arc<Booking>>,
    FanInside(fan): FanInside,
    repeatable: Repeatable,
    Json(request): Json<Request>,
) -> Result<Answer, Refusal> {
    let user = fan.must_be(request.user_id)?;
    let wished = request.wished()?;
    let call = repeatable.call(user, &request);
    let queue = fan.holder.queue;
    match wished {
        Wished::Seats(seats) => {
            let wish = Wish {
                queue,
                seats: seats.clone(),
            };
            let answer = move |hold: &Hold| Response::of(user, &seats, hold);
            reserve(&booking.office, &call, &wish, answer).await
        }
        Wished::Best(CalendarDate(date), count) => {
            let best = Best {
                queue,
                concert: request.concert_id,
                date,
                count,
                price: request.price_level.map(Won::get),
                section: request.section,
            };
            let answer = move |hold: &Hold, seats: &SeatIds| Response::of(user, seats, hold);
            reserve_best(&booking.office, &call, &best, answer).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The field that is refused, or how many seats are wished for.
    fn wished(rest: &str) -> Result<i64, String> {
        let body = format!(r#"{{"userId":1{rest}}}"#);
        let request: Request =
            shared::json::parse(body.as_bytes()).map_err(|problem| problem.code().to_owned())?;
        match request.wished() {
            Ok(Wished::Seats(seats)) => Ok(seats.as_slice().len().try_into().unwrap_or(-1)),
            Ok(Wished::Best(_, count)) => Ok(count.get()),
            Err(Refusal::InvalidField { field, .. }) => Err(field),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn exactly_one_way_of_wishing_is_used() {
        assert_eq!(wished(r#","seatId":10"#), Ok(1));
        assert_eq!(wished(r#","seatIds":[10,11]"#), Ok(2));
        assert_eq!(wished(r#","date":"2024-10-01","count":3"#), Ok(3));
        let refused = [
            ("", "seatId"),
            (r#","count":3"#, "seatId"),
            (r#","seatId":1,"seatIds":[1]"#, "seatIds"),
            (r#","seatId":1,"count":1"#, "count"),
            (r#","seatIds":[1],"date":"2024-10-01""#, "date"),
            (r#","seatIds":[1],"priceLevel":10000"#, "priceLevel"),
            (r#","seatIds":[]"#, "seatIds"),
            (r#","seatIds":[1,1]"#, "seatIds"),
            (r#","seatIds":[1,2,3,4,5]"#, "seatIds"),
            (r#","date":"2024-10-01""#, "count"),
            (r#","date":"2024-10-01","count":0"#, "count"),
            (r#","date":"2024-10-01","count":5"#, "count"),
            (r#","seatId":null"#, "invalid_field"),
            (r#","date":"2024-1-1","count":1"#, "invalid_field"),
            (r#","date":"2024-10-01","count":"3""#, "invalid_field"),
        ];
        for (rest, field) in refused {
            assert_eq!(wished(rest), Err(field.to_owned()), "{rest}");
        }
    }
}
