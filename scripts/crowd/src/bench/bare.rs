//! The bare axum that the gateway is held against: it answers everything with one JSON of the size
//! of a place's answer, and stands as the upstream behind the gateway and its peers.

use std::net::SocketAddr;
use std::path::Path;

use axum::body::Bytes;
use axum::extract::Path as Segment;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::header;
use serde::Serialize;
use tokio::net::TcpListener;

/// As long as a queue token.
const TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiIsImtpZCI6ImNyb3dkIn0.eyJzdWIiOiIxMjM0NSIsIn\
    EiOiJtYWluIiwidCI6NTk3MDA3MDQxNjExMCwiZXAiOjU5NzAwNzA0MTYxLCJpYXQiOjE3OTUzODcwNzgsImV4cCI6MT\
    c5NTQ3MzQ3OH0.kPdgNlxhOKSLpNYVfnnuJ8SeanQ0YwqwEzVuA0vBTGk";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlaceLike {
    user_id: u64,
    token: &'static str,
    waiting_id: u64,
    status: &'static str,
    ticket: u64,
    estimated_wait_seconds: Option<u64>,
    poll_after_ms: u64,
}

async fn place() -> Json<PlaceLike> {
    Json(PlaceLike {
        user_id: 12_345,
        token: TOKEN,
        waiting_id: 4_321,
        status: "waiting",
        ticket: 5_970_070_416_110,
        estimated_wait_seconds: None,
        poll_after_ms: 2_013,
    })
}

/// What an upstream says when a purchase is done.
async fn revoke(Segment(ticket): Segment<u64>) -> ([(&'static str, String); 1], Json<PlaceLike>) {
    let command = format!("revoke; t={ticket}");
    ([("stagedoor-command", command)], place().await)
}

/// The same bytes whatever is asked.
fn telling(answer: Bytes) -> Router {
    let json = [(header::CONTENT_TYPE, "application/json")];
    Router::new().fallback(get(async move || (json, answer.clone())))
}

/// Serves on any free port until the process is ended, and says where as the services do. With a
/// file its bytes are the one answer.
///
/// # Errors
/// When no port can be had.
pub async fn serve(answer: Option<&Path>) -> anyhow::Result<()> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let address = listener.local_addr()?;
    eprintln!(r#"{{"message":"bare axum listens","address":"{address}"}}"#);
    let app = match answer {
        Some(file) => telling(std::fs::read(file)?.into()),
        None => Router::new()
            .route("/revoke/{ticket}", post(revoke))
            .fallback(get(place)),
    };
    axum::serve(listener, app).await?;
    Ok(())
}
