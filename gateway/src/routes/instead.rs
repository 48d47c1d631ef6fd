//! What a browser that asked for a page is shown when the gate refuses: the waiting page, or a page
//! that says what is wrong. A program gets the refusal itself.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, Method, header};
use shared::problem::Problem;

use super::pages::{PageQuery, html, see_other};
use crate::app::Services;
use crate::pages::view::{Frame, TroublePage};
use crate::pages::{Back, Extent, LINE};
use crate::refusal::Refusal;

const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const RETRY_SECONDS: u64 = 5;

/// A person who asked for a page, and where.
pub(super) struct Visitor {
    back: Option<Back>,
    headers: HeaderMap,
}

/// Whether a person asks: a browser that follows a link or sends a form, not a script.
pub(super) fn visitor(request: &Request, services: &Services) -> Option<Visitor> {
    if services.pages.extent == Extent::Off {
        return None;
    }
    let headers = request.headers();
    let accepts = headers.get(header::ACCEPT)?.to_str().ok()?;
    let mode = headers.get(FETCH_MODE);
    let is_page = accepts.contains("text/html") && mode.is_none_or(|mode| mode == "navigate");
    is_page.then(|| Visitor {
        // A form that was refused cannot be sent again by going back to it.
        back: (request.method() == Method::GET)
            .then(|| Back::of(request.uri()))
            .flatten(),
        headers: headers.clone(),
    })
}

/// What the visitor is shown instead.
pub(super) fn shown(refusal: Refusal, visitor: &Visitor, services: &Services) -> Response {
    match refusal {
        Refusal::TokenMissing
        | Refusal::TokenInvalid
        | Refusal::NotAdmitted { .. }
        | Refusal::SessionExpired => {
            let query = visitor.back.as_ref().map(Back::as_query);
            see_other(&format!("{LINE}{}", query.unwrap_or_default()))
        }
        Refusal::Overloaded | Refusal::UpstreamDown | Refusal::LineUnavailable => {
            trouble(refusal, visitor, services)
        }
        other => other.into_response(),
    }
}

fn trouble(refusal: Refusal, visitor: &Visitor, services: &Services) -> Response {
    let problem = Problem::from(refusal);
    let query = PageQuery::default();
    let here = visitor.back.as_ref().map_or("/", Back::path).to_owned();
    let language = query.language(&visitor.headers);
    let page = TroublePage {
        frame: Frame::new(&services.pages, language, here, &[]),
        code: problem.code(),
        retry_seconds: RETRY_SECONDS,
    };
    let mut response = html(problem.status(), &page);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, RETRY_SECONDS.into());
    response
}
