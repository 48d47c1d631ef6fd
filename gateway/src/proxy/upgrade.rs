//! Connections that change their protocol (`WebSocket`): after the upstream agrees, bytes are
//! copied both ways until either side closes.

use axum::extract::Request;
use http::{HeaderMap, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncWriteExt as _, copy_bidirectional};

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

/// Joins both sides once the client has switched too.
pub(super) fn join(client: OnUpgrade, wire: Wire, held: Held) {
    tokio::spawn(async move {
        let _held = held;
        let Ok(client) = client.await else {
            return;
        };
        let mut client = TokioIo::new(client);
        let (mut upstream, early) = wire.into_parts();
        let copied = async {
            client.write_all(&early).await?;
            copy_bidirectional(&mut client, &mut upstream).await
        };
        if let Err(error) = copied.await {
            tracing::debug!(%error, "an upgraded connection broke");
        }
    });
}
