//! `DELETE /api/issue`: leaves the line or ends the session, by token only.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use serde::Serialize;
use shared::ids::UserId;
use utoipa::ToSchema;

use super::answer::{Status, set_cookie};
use crate::app::Services;
use crate::gate::find_credential;
use crate::refusal::Refusal;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Left)]
struct LeaveAnswer {
    user_id: UserId,
    status: Status,
}

/// Ends the place that the token is good for. Leaving again is the same answer.
///
/// # Errors
/// The refusal that the fan is told.
#[utoipa::path(
    delete, path = "/api/issue", operation_id = "leave", tag = "The line",
    summary = "Leave the line, or end the session", description = "By token only.",
    responses((status = 200, description = "The place is over.", body = LeaveAnswer,
        example = json!({"userId": 123, "status": "expired"}))),
)]
pub async fn leave(
    State(services): State<Arc<Services>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let token = find_credential(&headers, &services.line)?.token;
    services
        .line
        .end(&token.queue, token.user, token.ticket)
        .await?;
    let answer = LeaveAnswer {
        user_id: token.user,
        status: Status::Expired,
    };
    let cookie = set_cookie("", 0).map(|value| [(header::SET_COOKIE, value)]);
    Ok((cookie, Json(answer)).into_response())
}
