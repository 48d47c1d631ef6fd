//! What a browser that asked for a page is shown when the gate refuses: the waiting page, or a page
//! that says what is wrong. A program gets the refusal itself.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, Method, header};
use shared::problem::Problem;

use super::pages::{PageQuery, html, see_other};
use crate::app::Services;
use crate::pages::texts::Language;
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
    let path = visitor.back.as_ref().map_or("/", Back::path);
    let (here, query) = without_language(path);
    let language = query.language(&visitor.headers);
    let page = TroublePage {
        frame: Frame::new(&services.pages, language, here, &[]),
        code: problem.code(),
        retry_seconds: RETRY_SECONDS,
    };
    let mut response = html(problem.status(), &page);
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, RETRY_SECONDS.into());
    headers.extend(query.cookie());
    response
}

/// The page stands at a path of the upstream's: what its switch of languages has put there is ours.
fn without_language(path: &str) -> (String, PageQuery) {
    let Some((before, query)) = path.split_once('?') else {
        return (path.to_owned(), PageQuery::default());
    };
    let code = |pair: &str| pair.strip_prefix("lang=").and_then(Language::named);
    let chosen = query.split('&').filter_map(code).next_back();
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| code(pair).is_none())
        .collect();
    let joint = if kept.is_empty() { "" } else { "?" };
    let here = format!("{before}{joint}{}", kept.join("&"));
    (here, PageQuery::switched_to(chosen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_of_languages_leaves_the_path_as_it_was() {
        let asked = |path| {
            let (here, query) = without_language(path);
            (here, query.cookie().is_some())
        };
        assert_eq!(asked("/show"), ("/show".to_owned(), false));
        assert_eq!(asked("/show?lang=ko"), ("/show".to_owned(), true));
        let twice = "/show?a=1&lang=ko&lang=en";
        assert_eq!(asked(twice), ("/show?a=1".to_owned(), true));
        let theirs = "/show?lang=fr";
        assert_eq!(asked(theirs), (theirs.to_owned(), false));
    }
}
