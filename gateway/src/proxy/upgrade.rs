//! Connections that change their protocol (`WebSocket`): after the upstream agrees, bytes are
//! copied both ways until either side closes.

use axum::extract::Request;
use http::{HeaderMap, Response, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::capacity::Held;
use super::wire::Wire;

/// The client's side of an upgrade, when the request asks for one.
pub(super) fn requested(request: &mut Request) -> Option<OnUpgrade> {
    asks_for_upgrade(request.headers()).then(|| hyper::upgrade::on(request))
}

/// Only to `WebSocket`: in another protocol, `h2c` above all, more requests would follow that never
/// pass the gate.
fn asks_for_upgrade(headers: &HeaderMap) -> bool {
    let mut protocols = headers.get_all(header::UPGRADE).iter();
    let is_websocket = protocols
        .next()
        .is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket"));
    let connection = headers.get_all(header::CONNECTION).iter();
    let mut options = connection
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    is_websocket
        && protocols.next().is_none()
        && options.any(|option| option.trim().eq_ignore_ascii_case("upgrade"))
}

/// Joins both sides once each has switched.
pub(super) fn join<B>(client: OnUpgrade, response: &mut Response<B>, wire: Wire, held: Held) {
    tokio::spawn(wire.until_closed());
    let upstream = hyper::upgrade::on(response);
    tokio::spawn(async move {
        let _held = held;
        let sides = tokio::try_join!(client, upstream);
        let Ok((client, upstream)) = sides else {
            return;
        };
        let (mut client, mut upstream) = (TokioIo::new(client), TokioIo::new(upstream));
        let copied = tokio::io::copy_bidirectional(&mut client, &mut upstream);
        if let Err(error) = copied.await {
            tracing::debug!(%error, "an upgraded connection broke");
        }
    });
}
