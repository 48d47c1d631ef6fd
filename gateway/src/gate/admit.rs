//! Decides whether a request may pass, and writes down as whom.

use http::HeaderMap;
use shared::pass::{Admission, Holder};

use super::{Access, Credential, find_credential};
use crate::line::{Asker, Line, Place, Standing};
use crate::refusal::Refusal;

/// How a request with this access stands at the gate. A fan whose turn it is claims the session by
/// passing.
///
/// # Errors
/// The refusal that the fan is told.
pub async fn admit(access: Access, headers: &HeaderMap, line: &Line) -> Result<Admission, Refusal> {
    if access == Access::Open {
        return Ok(Admission::Open);
    }
    let Credential { token, .. } = find_credential(headers, line)?;
    let place = line.find(&token, Asker::Gate).await?;
    let place = place.ok_or(Refusal::SessionExpired)?;
    match (place.standing, access) {
        (Standing::Active { .. }, _) => Ok(Admission::Active(holder(place))),
        (Standing::Over, Access::Own) => Ok(Admission::Over(holder(place))),
        (Standing::Over, _) => Err(Refusal::SessionExpired),
        (Standing::Waiting { position }, _) => Err(Refusal::NotAdmitted {
            position,
            retry_after: line.outlook(&place).poll_after,
        }),
    }
}

fn holder(place: Place) -> Holder {
    Holder {
        user: place.user,
        queue: place.queue,
        ticket: place.ticket,
    }
}
