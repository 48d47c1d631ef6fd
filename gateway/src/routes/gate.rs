//! Everything that is not the gateway's own: judged at the gate, forwarded, and its answer's
//! commands obeyed.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use shared::pass::Admission;

use super::instead;
use crate::app::Services;
use crate::gate::{admit, obey};
use crate::proxy::strip_ours;
use crate::refusal::Refusal;

/// Lets a request through to the upstream, or says why not: to a person in a browser by a page.
pub async fn gate(State(services): State<Arc<Services>>, request: Request) -> Response {
    let visitor = instead::visitor(&request, &services);
    match (pass(&services, request).await, visitor) {
        (Ok(response), _) => response,
        (Err(refusal), Some(visitor)) => instead::shown(refusal, &visitor, &services),
        (Err(refusal), None) => refusal.into_response(),
    }
}

async fn pass(services: &Services, request: Request) -> Result<Response, Refusal> {
    let access = services
        .rules
        .access(request.method(), request.uri().path());
    let admission = admit(access, request.headers(), &services.line).await?;
    let mut response = services.proxy.forward(request, admission.clone()).await?;
    if let Admission::Active(holder) | Admission::Over(holder) = &admission {
        obey(
            response.headers(),
            holder,
            &services.line,
            &services.shutdown,
        );
    }
    strip_ours(response.headers_mut());
    Ok(response)
}
