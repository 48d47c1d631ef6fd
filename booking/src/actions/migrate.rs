//! `booking migrate`: brings the database to the schema that this program is written for.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::store::pool::DatabaseUrl;
use crate::store::schema::{self, Applied};

const LOCK: &str = "migrate.";
/// How long another `booking migrate` may take before this one gives up.
const LOCK_WAIT: Duration = Duration::from_mins(1);

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Whether the database had to be created.
    pub created: bool,
    /// The migrations that were missing, in order.
    pub applied: Vec<Applied>,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.created {
            writeln!(f, "database created")?;
        }
        for Applied {
            version,
            description,
        } in &self.applied
        {
            writeln!(f, "migration {version} applied: {description}")?;
        }
        if self.applied.is_empty() {
            writeln!(
                f,
                "nothing to do: the schema is at version {}",
                schema::expected()
            )?;
        }
        Ok(())
    }
}

/// Creates the database when it is missing, and applies what is missing in it. Several may run at
/// once: one works, the others wait for it and find nothing to do.
///
/// # Errors
/// When the server is not there, the account may not, another one takes too long, or a migration
/// fails.
pub async fn migrate(url: &DatabaseUrl) -> anyhow::Result<Done> {
    let created = schema::create_if_missing(url)
        .await
        .context("DATABASE_URL: cannot open or create that database")?;
    let mut connection = schema::connect(url).await?;
    let locked = schema::lock(&mut connection, LOCK, LOCK_WAIT).await?;
    ensure!(
        locked,
        "another migration has been running for {LOCK_WAIT:?}; try again later"
    );
    let applied = schema::migrate(&mut connection).await;
    schema::unlock(&mut connection, LOCK).await?;
    let applied = applied.context("the migration stopped")?;
    Ok(Done { created, applied })
}
