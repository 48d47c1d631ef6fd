//! `POST /api/issue`: a place in line. Issuing again gives the same place: none lost, none gained.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use serde::Deserialize;
use shared::ids::UserId;
use shared::json::Json;
use utoipa::ToSchema;

use super::answer::PlaceAnswer;
use crate::app::Services;
use crate::gate::find_credential;
use crate::refusal::Refusal;

/// `{"userId":123}`, and the queue where there is more than one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IssueRequest {
    user_id: UserId,
    /// Which queue; without it the default one.
    #[serde(default)]
    queue: Option<String>,
}

/// Believes the user id under `IDENTITY=trusted`: something in front has logged the fan in. Under
/// `jwt` the call has to carry the shop's ID token of that number. A queue token of the same user
/// only helps to restore a place that Redis has lost; another is ignored.
///
/// # Errors
/// The refusal that the fan is told.
#[utoipa::path(
    post, path = "/api/issue", operation_id = "issue", tag = "The line",
    summary = "Join the line",
    description = "With room you are let in at once. Again, it is the same ticket: no place lost, \
        none gained. After the session it is a new one, at the end. Under `IDENTITY=jwt` the \
        shop's ID token has to come along as `Authorization: Bearer`.",
    request_body(content = IssueRequest, example = json!({"userId": 123})),
    responses((status = 200, description = "Your place.", body = PlaceAnswer,
        headers(("Set-Cookie" = String, description = "The token for browsers.")),
        example = json!({"userId": 123, "token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl",
            "waitingId": 10, "status": "waiting", "ticket": 5_970_070_416_110_u64,
            "estimatedWaitSeconds": null, "pollAfterMs": 2013}))),
)]
pub async fn issue(
    State(services): State<Arc<Services>>,
    headers: HeaderMap,
    Json(request): Json<IssueRequest>,
) -> Result<Response, Refusal> {
    let line = &services.line;
    let queue = line.queue(request.queue.as_deref())?;
    services.identity.prove(request.user_id, &headers).await?;
    let known = find_credential(&headers, line)
        .ok()
        .map(|credential| credential.token);
    let own = known.filter(|token| token.user == request.user_id && token.queue == *queue);
    let place = line.join(queue, request.user_id, own.as_ref()).await?;
    let token = line.sign(&place);
    Ok(PlaceAnswer::new(&place, &token, line).with_cookie(line))
}
