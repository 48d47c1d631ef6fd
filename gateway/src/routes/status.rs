//! `GET /api/status/{userId}`: how the place stands. With the token this is also the claim.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use shared::ids::UserId;
use shared::problem::Problem;

use super::answer::PlaceAnswer;
use crate::app::Services;
use crate::gate::{Carrier, Credential, find_credential};
use crate::line::{Line, Place, Standing};
use crate::refusal::Refusal;

/// `?queue=` for a poll without a token, where there is more than one queue. What else a client
/// sends here is left alone.
#[derive(Debug, Default, Deserialize)]
pub struct StatusQuery {
    #[serde(default)]
    queue: Option<String>,
}

/// Under `IDENTITY=trusted` the path is the proof of who asks; a token has to be the same user's.
///
/// # Errors
/// The refusal that the fan is told, or `invalid_field` for a bad user id.
#[utoipa::path(
    get, path = "/api/status/{userId}", operation_id = "status", tag = "The line",
    summary = "How your place stands",
    description = "Send the token: it proves the place when Redis has lost it, and claims the \
        session when it is your turn. Without one the path is the proof, under `IDENTITY=trusted`.",
    params(
        ("userId" = UserId, Path, description = "Your own number.", example = 123),
        ("queue" = Option<String>, Query, description = "Which queue, without a token."),
    ),
    responses((status = 200, description = "Your place as it stands.", body = PlaceAnswer,
        example = json!({"userId": 123, "token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
            "waitingId": 5, "status": "waiting", "ticket": 5_970_070_416_110_u64,
            "estimatedWaitSeconds": null, "pollAfterMs": 1204}))),
)]
pub async fn status(
    State(services): State<Services>,
    user: Result<Path<String>, PathRejection>,
    query: Result<Query<StatusQuery>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let line = &services.line;
    let user = read_user(user)?;
    let query = query.map_err(|_| {
        Problem::invalid_field(
            "queue",
            "The query can hold one queue's name, as ?queue=main.",
        )
    })?;
    let credential = match find_credential(&headers, line) {
        Ok(credential) => Some(credential),
        Err(Refusal::TokenMissing) => None,
        Err(refusal) => return Err(refusal.into()),
    };
    if credential
        .as_ref()
        .is_some_and(|credential| credential.token.user != user)
    {
        return Err(Refusal::WrongUser.into());
    }
    let queue = match &credential {
        Some(credential) => &credential.token.queue,
        None => line.queue(query.0.queue.as_deref())?,
    };
    let token = credential.as_ref().map(|credential| &credential.token);
    let place = line
        .find(queue, user, token)
        .await?
        .ok_or(Refusal::NotInLine)?;
    Ok(answer(&place, credential, line))
}

fn read_user(path: Result<Path<String>, PathRejection>) -> Result<UserId, Problem> {
    let text = path.map(|Path(text)| text).unwrap_or_default();
    text.parse()
        .map_err(|error| Problem::invalid_field("userId", format!("The user id {error}.")))
}

/// Hands the same token back as long as it is good, and a new one when ticket or epoch differ. One
/// whose place is over is not signed anew: it would outlive the memory that its ticket is spent.
fn answer(place: &Place, credential: Option<Credential>, line: &Line) -> Response {
    match credential {
        Some(credential)
            if credential.token == place.token() || place.standing == Standing::Over =>
        {
            PlaceAnswer::new(place, credential.text, line).without_cookie()
        }
        Some(Credential {
            carrier: Carrier::Cookie,
            ..
        }) => PlaceAnswer::new(place, line.sign(place), line).with_cookie(line),
        _ => PlaceAnswer::new(place, line.sign(place), line).without_cookie(),
    }
}
