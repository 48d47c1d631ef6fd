//! `GET /api/status/{userId}`: how the place stands. With the token this is also the claim.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use shared::ids::UserId;
use shared::problem::Problem;

use super::answer::PlaceAnswer;
use crate::app::Services;
use crate::gate::{Carrier, Credential, find_credential};
use crate::line::{Asker, Line, Place, Standing};
use crate::refusal::Refusal;

/// `?queue=` for a poll without a token, where there is more than one queue; `?seen=` is the last
/// number that the client has shown. What else a client sends here is left alone.
#[derive(Debug, Default, Deserialize)]
pub struct StatusQuery {
    #[serde(default)]
    pub(super) queue: Option<String>,
    #[serde(default)]
    pub(super) seen: Option<u64>,
}

/// A queue token proves who asks, and has to be the same user's. Without one the path is the proof
/// under `IDENTITY=trusted`, and the shop's ID token under `jwt`.
///
/// # Errors
/// The refusal that the fan is told, or `invalid_field` for a bad user id.
#[utoipa::path(
    get, path = "/api/status/{userId}", operation_id = "status", tag = "The line",
    summary = "How your place stands",
    description = "Send the token: it proves the place when Redis has lost it, and claims the \
        session when it is your turn. Without one the path is the proof under `IDENTITY=trusted`, \
        and the shop's ID token, as `Authorization: Bearer`, under `jwt`.",
    params(
        ("userId" = UserId, Path, description = "Your own number.", example = 123),
        ("queue" = Option<String>, Query, description = "Which queue, without a token."),
        ("seen" = Option<u64>, Query, description = "The last number that you showed."),
    ),
    responses((status = 200, description = "Your place as it stands.", body = PlaceAnswer,
        example = json!({"userId": 123, "token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
            "waitingId": 5, "status": "waiting", "ticket": 5_970_070_416_110_u64,
            "estimatedWaitSeconds": null, "pollAfterMs": 1204}))),
)]
pub async fn status(
    State(services): State<Arc<Services>>,
    user: Result<Path<String>, PathRejection>,
    query: Result<Query<StatusQuery>, QueryRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers();
    let line = &services.line;
    let (user, query) = (read_user(user)?, read_query(query)?);
    let credential = credential_of(user, headers, line)?;
    if credential.is_none() {
        services.identity.prove(user, headers).await?;
    }
    let asker = (user, credential.is_some());
    let floor = services.floor.check(asker, Instant::now());
    floor.map_err(Refusal::TooFast)?;
    let place = match &credential {
        Some(credential) => line.find(&credential.token, Asker::Poll).await?,
        None => {
            line.look_up(line.queue(query.queue.as_deref())?, user)
                .await?
        }
    };
    let place = place.ok_or(Refusal::NotInLine)?.not_above(query.seen);
    Ok(answer(&place, credential, line))
}

/// The token that came with the request; it has to be this user's.
pub(super) fn credential_of<'a>(
    user: UserId,
    headers: &'a HeaderMap,
    line: &Line,
) -> Result<Option<Credential<'a>>, Refusal> {
    match find_credential(headers, line) {
        Ok(credential) if credential.token.user == user => Ok(Some(credential)),
        Ok(_) => Err(Refusal::WrongUser),
        Err(Refusal::TokenMissing) => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

pub(super) fn read_query(
    query: Result<Query<StatusQuery>, QueryRejection>,
) -> Result<StatusQuery, Problem> {
    query.map(|Query(query)| query).map_err(|_| {
        Problem::invalid_field(
            "query",
            "The query can hold one queue's name and the last number shown, as ?queue=main&seen=5.",
        )
    })
}

pub(super) fn read_user(path: Result<Path<String>, PathRejection>) -> Result<UserId, Problem> {
    let text = path.map(|Path(text)| text).unwrap_or_default();
    text.parse()
        .map_err(|error| Problem::invalid_field("userId", format!("The user id {error}.")))
}

/// Hands the same token back as long as it is good, and a new one when ticket or epoch differ. One
/// whose place is over is not signed anew: it would outlive the memory that its ticket is spent.
fn answer(place: &Place, credential: Option<Credential<'_>>, line: &Line) -> Response {
    let is_over = place.standing == Standing::Over;
    if let Some(credential) = &credential
        && (is_over || place.is_proved_by(&credential.token))
    {
        return PlaceAnswer::new(place, credential.text, line).without_cookie();
    }
    let token = line.sign(place);
    let answer = PlaceAnswer::new(place, &token, line);
    match credential.map(|credential| credential.carrier) {
        Some(Carrier::Cookie) => answer.with_cookie(line),
        _ => answer.without_cookie(),
    }
}
