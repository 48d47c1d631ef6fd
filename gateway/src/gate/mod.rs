//! The gate: who may pass to the upstream, and as whom.

mod admit;
mod credentials;
mod revoke;
mod rules;

pub use admit::admit;
pub use credentials::{Carrier, Credential, find_credential};
pub use revoke::obey;
pub use rules::{Access, Rules};
