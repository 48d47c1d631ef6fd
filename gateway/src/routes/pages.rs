//! The pages under `/stagedoor`: each judged by the fan's place, as the gate would judge it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::{Form, Json};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::Deserialize;
use shared::problem::Problem;
use shared::token::cookies;

use crate::app::Services;
use crate::gate::find_credential;
use crate::line::{Asker, Place, Standing};
use crate::pages::texts::Language;
use crate::pages::view::{Frame, ShopPage};
use crate::pages::{self, Back, LINE, assets};

/// Nothing runs or loads on a page but what this gateway serves.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";
/// A year; the choice holds no secret.
const LANGUAGE_SECONDS: u32 = 31_536_000;
const LANGUAGE_COOKIE: &str = "stagedoor_lang";
/// A ticket code is far shorter.
const QR_BYTES: usize = 512;

/// `?lang=` switches the language, `?back=` says where the fan came from, `?left` that they left.
#[derive(Debug, Default, Deserialize)]
pub struct PageQuery {
    #[serde(default)]
    lang: Option<String>,
    #[serde(default)]
    back: Option<String>,
    #[serde(default)]
    pub(super) left: Option<String>,
}

impl PageQuery {
    /// As a page's switch asks for a language.
    pub(super) fn switched_to(language: Option<Language>) -> Self {
        Self {
            lang: language.map(|language| language.code().to_owned()),
            ..Self::default()
        }
    }

    pub(super) fn back(&self) -> Option<Back> {
        self.back.as_deref().and_then(Back::read)
    }

    /// The language asked for now, chosen before, or wanted by the browser.
    pub(super) fn language(&self, headers: &HeaderMap) -> Language {
        let now = self.lang.as_deref().and_then(Language::named);
        now.or_else(|| chosen_before(headers))
            .unwrap_or_else(|| Language::wanted(headers))
    }

    /// Remembers a language that was just chosen.
    pub(super) fn cookie(&self) -> Option<(HeaderName, HeaderValue)> {
        let language = self.lang.as_deref().and_then(Language::named)?;
        let code = language.code();
        let text =
            format!("{LANGUAGE_COOKIE}={code}; Path=/; Max-Age={LANGUAGE_SECONDS}; SameSite=Lax");
        Some((header::SET_COOKIE, HeaderValue::try_from(text).ok()?))
    }
}

fn chosen_before(headers: &HeaderMap) -> Option<Language> {
    let pairs = cookies(headers).filter_map(|pair| std::str::from_utf8(pair).ok());
    let mut values =
        pairs.filter_map(|pair| pair.trim().strip_prefix(LANGUAGE_COOKIE)?.strip_prefix('='));
    values.find_map(Language::named)
}

/// A page as HTML that is never kept.
pub(super) fn html(status: StatusCode, page: &impl Template) -> Response {
    let Ok(body) = page.render() else {
        return Problem::internal().into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::VARY, "accept-language, cookie"),
    ];
    (status, headers, body).into_response()
}

/// To another page, by GET, and not to be kept.
pub(super) fn see_other(path: &str) -> Response {
    let path = HeaderValue::try_from(path).unwrap_or(HeaderValue::from_static(LINE));
    let headers = [
        (header::LOCATION, path),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::VARY, HeaderValue::from_static("accept, cookie")),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// Choosing seats needs an active session; the way there is the line.
pub async fn seats(
    state: State<Arc<Services>>,
    query: Query<PageQuery>,
    headers: HeaderMap,
) -> Response {
    shop(state, query, &headers, "seats", pages::SEATS).await
}

/// Paying is also for those whose session has just ended.
pub async fn payment(
    state: State<Arc<Services>>,
    query: Query<PageQuery>,
    headers: HeaderMap,
) -> Response {
    shop(state, query, &headers, "payment", pages::PAYMENT).await
}

/// The tickets are the fan's own, whether the session runs or is over.
pub async fn tickets(
    state: State<Arc<Services>>,
    query: Query<PageQuery>,
    headers: HeaderMap,
) -> Response {
    shop(state, query, &headers, "tickets", pages::TICKETS).await
}

async fn shop(
    State(services): State<Arc<Services>>,
    Query(query): Query<PageQuery>,
    headers: &HeaderMap,
    name: &'static str,
    path: &str,
) -> Response {
    let place = match find_credential(headers, &services.line) {
        Ok(credential) => services.line.find(&credential.token, Asker::Gate).await,
        Err(refusal) => Err(refusal),
    };
    let needs_session = name == "seats";
    let Some((place, expires_in_ms)) = place
        .ok()
        .flatten()
        .and_then(|place| let_in(place, needs_session))
    else {
        let back = Back::read(path).map(|back| back.as_query());
        return see_other(&format!("{LINE}{}", back.unwrap_or_default()));
    };
    let sections = ["common", "problem", "seats", name];
    let pages = &services.pages;
    let frame = Frame::new(pages, query.language(headers), path.to_owned(), &sections);
    let page = ShopPage {
        frame: frame.with_nav(),
        name,
        user: place.user.to_string(),
        queue: place.queue.to_string(),
        expires_in_ms,
    };
    let mut response = html(StatusCode::OK, &page);
    response.headers_mut().extend(query.cookie());
    response
}

/// The place, and how long its session still runs; `None` when the page is not for it.
fn let_in(place: Place, needs_session: bool) -> Option<(Place, u64)> {
    match place.standing {
        Standing::Active { expires_in_ms, .. } => Some((place, expires_in_ms)),
        Standing::Over if !needs_session => Some((place, 0)),
        Standing::Over | Standing::Waiting { .. } => None,
    }
}

/// `/` leads to the box office.
pub async fn entrance() -> Response {
    see_other(pages::SEATS)
}

/// A file of the pages.
///
/// # Errors
/// `route_not_found` when there is none of this name.
pub async fn asset(
    Path((version, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    assets::serve(&version, &name, &headers).ok_or_else(Problem::route_not_found)
}

/// A file of the shop's own look.
///
/// # Errors
/// `route_not_found` when there is none of this name.
pub async fn themed(
    State(services): State<Arc<Services>>,
    Path((_version, name)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let file = services.pages.theme.serve(&name);
    file.ok_or_else(Problem::route_not_found)
}

/// What the line's figures say beside a place: how much is left, and whether nobody is let in.
pub async fn news(State(services): State<Arc<Services>>, headers: HeaderMap) -> Response {
    let queue = find_credential(&headers, &services.line).map(|found| found.token.queue);
    let queue = match &queue {
        Ok(queue) => Some(queue),
        Err(_) => services.line.queues().next(),
    };
    let news = serde_json::json!({
        "stock": queue.and_then(|queue| services.pages.stock.of(queue)),
        "paused": queue.is_some_and(|queue| services.line.is_paused(queue)),
    });
    ([(header::CACHE_CONTROL, "private, max-age=1")], Json(news)).into_response()
}

/// A ticket code, to be drawn.
#[derive(Debug, Deserialize)]
pub struct QrRequest {
    code: String,
}

/// Draws a code as SVG. Posted, so that no log of addresses has it; nothing is looked up.
///
/// # Errors
/// `invalid_field` when the code is too long for a picture.
pub async fn qr(Form(request): Form<QrRequest>) -> Result<Response, Problem> {
    let too_long = || Problem::invalid_field("code", "The code is too long to be drawn.");
    if request.code.len() > QR_BYTES {
        return Err(too_long());
    }
    let code = qrcode::QrCode::new(request.code.as_bytes()).map_err(|_| too_long())?;
    let mut picture = code.render::<qrcode::render::svg::Color<'_>>();
    let svg = picture.min_dimensions(200, 200).build();
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, svg).into_response())
}
