//! Is the process alive, and can it serve? The answers for load balancers and supervisors.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;
use utoipa::ToSchema;

/// How a service is, for load balancers and supervisors.
#[derive(Debug, Clone, ToSchema)]
pub struct HealthAnswer {
    /// `ok`, `ready` or `not ready`.
    pub status: String,
    /// The part that is missing when it is not ready.
    pub missing: Option<String>,
}

/// How long a service may take to say how it is.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks the service that listens on `address` of this machine whether it can serve; for health
/// checks where there is no other program to ask.
///
/// # Errors
/// When it does not answer in time, or not 200; the text has what it said.
pub fn ask(mut address: SocketAddr) -> anyhow::Result<()> {
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let mut connection = TcpStream::connect_timeout(&address, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    // HTTP/1.0, so that the end of the answer is the end of the connection.
    write!(
        connection,
        "GET /readyz HTTP/1.0\r\nHost: {address}\r\n\r\n"
    )?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    let said = answer.lines().last().unwrap_or_default();
    anyhow::ensure!(status == "200", "not ready: {said}");
    Ok(())
}

/// `GET /healthz`: 200 as long as the process answers at all.
#[utoipa::path(
    get, path = "/healthz", operation_id = "healthz", tag = "Health",
    summary = "Whether the process answers", description = "For whoever restarts it if not.",
    responses((status = 200, description = "It does.", body = HealthAnswer,
        example = json!({"status": "ok"}))),
)]
pub async fn alive() -> Response {
    Json(json!({ "status": "ok" })).into_response()
}

/// The answer of `GET /readyz`: 200, or 503 and the part that is missing.
#[must_use]
pub fn readiness(missing: Option<&str>) -> Response {
    match missing {
        None => Json(json!({ "status": "ready" })).into_response(),
        Some(part) => {
            let body = Json(json!({ "status": "not ready", "missing": part }));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}
