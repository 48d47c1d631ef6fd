//! The contract on paper: the gateway's calls as their annotations tell them, what each refuses,
//! and what the gate adds to the calls of an upstream.
//!
//! Status, code, text and members of a refusal are those of `refusal.rs`; only which call may say
//! it is written here. The tests compare every refusal that they meet with this.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use shared::openapi::{ProblemBody, body_problems, operations, refuse};
use shared::problem::Problem;
use utoipa::OpenApi;

use crate::gate::{Access, Rules};
use crate::refusal::Refusal;
use crate::router;

/// What the document says beside the calls.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Stagedoor",
        description = "A waiting room and a box office. Join the line with `POST /api/issue`, ask \
            for your place with `GET /api/status/{userId}`, and send the token with every call. \
            Every refusal is `application/problem+json` with a `code`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "The line", description = "A place that nobody can take away."),
        (name = "Health", description = "For load balancers and supervisors."),
    ),
    components(schemas(ProblemBody)),
)]
pub struct Paper;

/// The OpenAPI document of this gateway alone, as JSON.
///
/// # Panics
/// Never: a document is made of text, numbers and maps.
#[must_use]
pub fn document() -> Value {
    let api = router::on_paper();
    let mut api = serde_json::to_value(api).expect("a document can be written as JSON");
    api["components"]["securitySchemes"] = carriers();
    for (_, _, operation) in operations(&mut api) {
        let problems = problems_of(operation);
        refuse(operation, problems);
        match operation["operationId"].as_str() {
            Some("leave") => operation["security"] = a_token(),
            Some("status" | "events" | "issue") => operation["security"] = maybe_a_token(),
            _ => {}
        }
    }
    api
}

/// Adds the calls of an upstream, each with what the gate may say before it. A path that both have
/// is the gateway's.
pub fn put_before(api: &mut Value, mut upstream: Value, rules: &Rules) {
    for (method, path, operation) in operations(&mut upstream) {
        let access = rules.access(&method, &path);
        let problems = of_the_gate(&method, access).into_iter().map(Problem::from);
        refuse(operation, problems);
        operation["security"] = match access {
            Access::Open => json!([]),
            Access::Own | Access::Active => a_token(),
        };
    }
    adopt(&mut api["paths"], &mut upstream["paths"]);
    adopt(
        &mut api["components"]["schemas"],
        &mut upstream["components"]["schemas"],
    );
    let (tags, more) = (api["tags"].as_array_mut(), upstream["tags"].as_array_mut());
    if let (Some(tags), Some(more)) = (tags, more) {
        more.retain(|tag| !tags.iter().any(|known| known["name"] == tag["name"]));
        tags.append(more);
    }
}

/// Takes over what is not there yet.
fn adopt(into: &mut Value, from: &mut Value) {
    let more = from.as_object_mut().map(std::mem::take).unwrap_or_default();
    if let Some(into) = into.as_object_mut() {
        let own = std::mem::replace(into, more);
        into.extend(own);
    }
}

/// The ways to send the queue token.
fn carriers() -> Value {
    let key = |place, name| json!({ "type": "apiKey", "in": place, "name": name });
    json!({
        "queueToken": key("header", "X-Queue-Token"),
        "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
        "cookie": key("cookie", shared::token::COOKIE),
    })
}

fn a_token() -> Value {
    json!([{ "queueToken": [] }, { "bearer": [] }, { "cookie": [] }])
}

fn maybe_a_token() -> Value {
    json!([{}, { "queueToken": [] }, { "bearer": [] }, { "cookie": [] }])
}

/// What a call of the gateway's own may refuse.
fn problems_of(operation: &Value) -> Vec<Problem> {
    use Refusal as R;
    let id = operation["operationId"].as_str().unwrap_or_default();
    let own = match id {
        "issue" => vec![
            R::IdentityMissing,
            R::IdentityInvalid,
            R::WrongUser,
            R::CrossSite,
            R::QueueClosed,
            R::UnknownQueue,
            R::LineUnavailable,
        ],
        "leave" => vec![
            R::TokenMissing,
            R::TokenInvalid,
            R::CrossSite,
            R::LineUnavailable,
        ],
        "events" => [of_status(), vec![R::TooManyStreams]].concat(),
        "status" => of_status(),
        _ => Vec::new(),
    };
    let mut problems: Vec<Problem> = own.into_iter().map(Problem::from).collect();
    if !operation["requestBody"].is_null() {
        problems.extend(body_problems());
    }
    problems
}

fn of_status() -> Vec<Refusal> {
    use Refusal as R;
    vec![
        R::IdentityMissing,
        R::TokenInvalid,
        R::WrongUser,
        R::UnknownQueue,
        R::TooFast(Duration::from_secs(1)),
        R::NotInLine,
        R::LineUnavailable,
    ]
}

/// What the gate may say before the upstream hears of a request.
fn of_the_gate(method: &Method, access: Access) -> Vec<Refusal> {
    use Refusal as R;
    let mut refusals = vec![R::BodyTooLarge, R::Overloaded, R::UpstreamDown];
    if access != Access::Open {
        let (position, retry_after) = (5, Duration::from_secs(2));
        let waits = R::NotAdmitted {
            position,
            retry_after,
        };
        refusals.extend([R::TokenMissing, R::TokenInvalid, waits, R::LineUnavailable]);
        if method != Method::GET {
            refusals.push(R::CrossSite);
        }
    }
    if access == Access::Active {
        refusals.push(R::SessionExpired);
    }
    refusals
}
