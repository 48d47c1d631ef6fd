//! Whether booking can sell.

use super::Office;
use crate::store::{Failure, schema};

/// What it cannot do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The database does not answer.
    Database,
    /// The database has another version of the schema: `booking migrate` has not run, or a newer
    /// one has.
    Schema,
}

/// Whether the database answers and has the schema of this build.
///
/// # Errors
/// The part that is missing.
pub async fn ready(office: &Office) -> Result<(), Missing> {
    let version = version(office).await.map_err(|error| {
        tracing::warn!(%error, "not ready: the database does not answer");
        Missing::Database
    })?;
    if version == schema::expected() {
        return Ok(());
    }
    tracing::warn!(
        version,
        expected = schema::expected(),
        "not ready: another schema"
    );
    Err(Missing::Schema)
}

async fn version(office: &Office) -> Result<i64, Failure> {
    let mut connection = office.database.connection().await?;
    schema::version(&mut *connection).await
}
