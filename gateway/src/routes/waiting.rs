//! `/stagedoor/line`: the waiting page, whole without a script; a form joins and another leaves.

use std::sync::Arc;
use std::time::Instant;

use axum::Form;
use axum::extract::{Query, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use shared::ids::UserId;

use super::answer::set_cookie;
use super::pages::{PageQuery, html, see_other};
use crate::app::Services;
use crate::gate::{Credential, find_credential};
use crate::line::{Asker, Place, Standing};
use crate::pages::view::{Frame, LinePage, Scene};
use crate::pages::{Back, LINE};
use crate::refusal::Refusal;

/// Seven digits are easily remembered, and seldom taken in a demonstration.
const NEW_USERS: std::ops::Range<u64> = 1_000_000..10_000_000;
/// What a page without a script waits before it asks again after a refusal, in ms.
const ASK_AGAIN_MS: u64 = 5_000;

/// The texts that the page's script says; the page has the others already.
const WORDS: &[&str] = &[
    "common.offline",
    "line.title",
    "line.wait_unknown",
    "line.wait_short",
    "line.wait_up_to",
    "line.wait_minutes",
    "line.wait_hours",
    "line.turn_title",
    "line.over_title",
    "line.sold_out_title",
    "line.too_fast_note",
    "line.sound_on",
    "line.sound_off",
    "line.sound_blocked",
];

/// The waiting page as the fan's place stands. Opening it is also the claim.
pub async fn show(
    State(services): State<Arc<Services>>,
    Query(query): Query<PageQuery>,
    headers: HeaderMap,
) -> Response {
    let found = find_credential(&headers, &services.line);
    let credential = found.ok();
    let place = match &credential {
        Some(credential) => find(&services, credential).await,
        None => Ok(None),
    };
    let (scene, place) = match place {
        Ok(place) => (scene_of(place.as_ref()), place),
        Err(refusal) => (scene_of_refusal(&refusal), None),
    };
    let mut page = page(&services, &query, query.back(), &headers, scene);
    if let Some(place) = &place {
        describe(&services, &mut page, place);
    }
    page.notice = query.left.as_ref().map(|_| "line.left_line");
    let mut response = html(status_of(page.scene), &page);
    response.headers_mut().extend(query.cookie());
    if let (Some(credential), Some(place)) = (credential, place) {
        renew(&services, &credential, &place, response.headers_mut());
    }
    response
}

async fn find(services: &Services, credential: &Credential<'_>) -> Result<Option<Place>, Refusal> {
    let asker = (credential.token.user, true);
    let floor = services.floor.check(asker, Instant::now());
    floor.map_err(Refusal::TooFast)?;
    services.line.find(&credential.token, Asker::Poll).await
}

fn scene_of(place: Option<&Place>) -> Scene {
    match place.map(|place| place.standing) {
        None => Scene::Join,
        Some(Standing::Waiting { .. }) => Scene::Waiting,
        Some(Standing::Active { .. }) => Scene::Turn,
        Some(Standing::Over) => Scene::Over,
    }
}

const fn scene_of_refusal(refusal: &Refusal) -> Scene {
    match refusal {
        Refusal::TooFast(_) => Scene::TooFast,
        Refusal::QueueClosed => Scene::Closed,
        Refusal::LineUnavailable | Refusal::IdentityUnavailable => Scene::Unreachable,
        _ => Scene::Join,
    }
}

const fn status_of(scene: Scene) -> StatusCode {
    match scene {
        Scene::TooFast => StatusCode::TOO_MANY_REQUESTS,
        Scene::Closed => StatusCode::FORBIDDEN,
        Scene::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::OK,
    }
}

fn page<'a>(
    services: &'a Services,
    query: &PageQuery,
    back: Option<Back>,
    headers: &HeaderMap,
    scene: Scene,
) -> LinePage<'a> {
    let here = format!(
        "{LINE}{}",
        back.as_ref().map(Back::as_query).unwrap_or_default()
    );
    let language = query.language(headers);
    LinePage {
        frame: Frame::new(&services.pages, language, here, WORDS),
        scene,
        place: None,
        estimate: None,
        poll_after_ms: ASK_AGAIN_MS,
        left: None,
        is_paused: false,
        back,
        notice: None,
    }
}

fn describe(services: &Services, page: &mut LinePage<'_>, place: &Place) {
    let outlook = services.line.outlook(place);
    page.estimate = outlook.estimate;
    page.poll_after_ms = u64::try_from(outlook.poll_after.as_millis()).unwrap_or(ASK_AGAIN_MS);
    page.left = services.pages.stock.of(&place.queue);
    page.is_paused = services.line.is_paused(&place.queue);
    if page.scene == Scene::Waiting && page.left.is_some_and(|left| left.is_sold_out()) {
        page.scene = Scene::SoldOut;
    }
    page.place = Some(place.clone());
}

/// The place that the line has may be another than the token's, after a loss of Redis for one.
fn renew(services: &Services, credential: &Credential<'_>, place: &Place, headers: &mut HeaderMap) {
    if credential.token == place.token() || place.standing == Standing::Over {
        return;
    }
    let seconds = services.line.token_lifetime_seconds();
    let cookie = set_cookie(&services.line.sign(place), seconds);
    headers.extend(cookie.map(|value| (header::SET_COOKIE, value)));
}

/// The form: `user` is empty for a new one.
#[derive(Debug, Default, Deserialize)]
pub struct JoinForm {
    #[serde(default)]
    user: String,
    #[serde(default)]
    back: String,
}

/// Joins the line. Under `IDENTITY=trusted` whoever types a number is believed; under `jwt` a form
/// proves nothing, so the shop's own page has to join with its ID token.
pub async fn join(
    State(services): State<Arc<Services>>,
    Query(query): Query<PageQuery>,
    headers: HeaderMap,
    form: Result<Form<JoinForm>, axum::extract::rejection::FormRejection>,
) -> Response {
    let form = form.map(|Form(form)| form).unwrap_or_default();
    let back = Back::read(&form.back);
    let again = |scene, notice| {
        let mut page = page(&services, &query, back.clone(), &headers, scene);
        page.notice = notice;
        let status = if notice.is_some() {
            StatusCode::UNPROCESSABLE_ENTITY
        } else {
            status_of(scene)
        };
        html(status, &page)
    };
    let Ok(user) = read_user(form.user.trim()) else {
        return again(Scene::Join, Some("line.bad_user"));
    };
    match take_place(&services, &headers, user).await {
        Err(Refusal::IdentityMissing | Refusal::IdentityInvalid) => {
            again(Scene::Join, Some("line.login"))
        }
        Err(refusal) => again(scene_of_refusal(&refusal), None),
        Ok(place) => {
            let query = back.as_ref().map(Back::as_query).unwrap_or_default();
            let mut response = see_other(&format!("{LINE}{query}"));
            let line = &services.line;
            let cookie = set_cookie(&line.sign(&place), line.token_lifetime_seconds());
            let cookie = cookie.map(|value| (header::SET_COOKIE, value));
            response.headers_mut().extend(cookie);
            response
        }
    }
}

async fn take_place(
    services: &Services,
    headers: &HeaderMap,
    user: UserId,
) -> Result<Place, Refusal> {
    services.identity.prove(user, headers).await?;
    let line = &services.line;
    let queue = line.queue(None)?;
    let known = find_credential(headers, line).ok().map(|found| found.token);
    let own = known.filter(|token| token.user == user && token.queue == *queue);
    line.join(queue, user, own.as_ref()).await
}

fn read_user(text: &str) -> Result<UserId, shared::ids::InvalidId> {
    if text.is_empty() {
        return rand::random_range(NEW_USERS).to_string().parse();
    }
    text.parse()
}

/// Leaves the line, or ends the session.
pub async fn leave(State(services): State<Arc<Services>>, headers: HeaderMap) -> Response {
    if let Ok(Credential { token, .. }) = find_credential(&headers, &services.line) {
        let ended = services
            .line
            .end(&token.queue, token.user, token.ticket)
            .await;
        if ended.is_err() {
            // Redis is away: the place is still there, and so is the token.
            return see_other(LINE);
        }
    }
    let mut response = see_other("/stagedoor/line?left=1");
    let cookie = set_cookie("", 0).map(|value| (header::SET_COOKIE, value));
    response.headers_mut().extend(cookie);
    response
}
