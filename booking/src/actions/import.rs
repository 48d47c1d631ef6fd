//! `booking import FILE`: seats from a CSV file, all of them or none.
//!
//! The file is read and judged as a whole before anything is written, so that its mistakes are told
//! together, each with its line. What stands there already, exactly so, is skipped and counted:
//! the same file may be imported again.

mod field;
mod mistakes;
mod plan;
mod sheet;

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::io::Read;
use std::time::Duration;

pub use mistakes::Mistakes;
use plan::{Known, Plan};
use sheet::Row;

use crate::store::import::{self, ROWS_PER_INSERT};
use crate::store::pool::DatabaseUrl;
use crate::store::{Connection, Failure, schema};

const LOCK: &str = "import..";
/// How long another import may take before this one gives up.
const LOCK_WAIT: Duration = Duration::from_mins(1);

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file contradicts itself or the database, or cannot be read; line by line.
    #[error("nothing was imported:\n{0}")]
    Mistakes(Mistakes),
    /// The database is on another schema version than this program.
    #[error("the database is on schema version {0}, not {1}: run booking migrate first")]
    Schema(i64, i64),
    /// Another import is running.
    #[error("another import has been running for {LOCK_WAIT:?}; try again later")]
    Busy,
    /// A seat was sold while its price was being changed.
    #[error("nothing was imported: a seat was sold in the meantime; look again and repeat")]
    Sold,
    /// The database did not answer or refused.
    #[error("nothing was imported: {0}")]
    Database(#[from] Failure),
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    /// New concerts.
    pub concerts: usize,
    /// New performances.
    pub performances: usize,
    /// New seats.
    pub seats: usize,
    /// Seats whose price was changed.
    pub prices: usize,
    /// Concerts whose cutoff was changed.
    pub cutoffs: usize,
    /// Seats that stood there already, exactly so.
    pub equal: usize,
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            concerts,
            performances,
            seats,
            prices,
            cutoffs,
            equal,
        } = self;
        write!(
            f,
            "imported {seats} seats ({concerts} new concerts, {performances} new dates); \
             {prices} prices and {cutoffs} cutoffs changed, {equal} seats were there already"
        )
    }
}

/// Imports a file into the database. With `update`, seats that are not sold take the file's price;
/// a held one stays at its hold's price for whoever holds it. `progress` hears how many seats of
/// how many are written.
///
/// # Errors
/// [`ImportError`]; whatever it is, nothing was imported.
pub async fn import(
    url: &DatabaseUrl,
    file: impl Read,
    update: bool,
    progress: impl Fn(usize, usize),
) -> Result<Done, ImportError> {
    let mut mistakes = Mistakes::default();
    let rows = sheet::read(file, &mut mistakes);
    let mut connection = schema::connect(url).await?;
    expect_schema(&mut connection).await?;
    if !schema::lock(&mut connection, LOCK, LOCK_WAIT).await? {
        return Err(ImportError::Busy);
    }
    let mut transaction = schema::begin(&mut connection).await?;
    let now = import::now(&mut transaction).await?;
    let next = import::next_ids(&mut transaction).await?;
    let known = known(&mut transaction, &rows).await?;
    let plan = plan::make(&rows, known, next, now, update, &mut mistakes);
    if !mistakes.is_empty() {
        return Err(ImportError::Mistakes(mistakes));
    }
    write(&mut transaction, &plan, progress).await?;
    schema::commit(transaction).await?;
    Ok(Done {
        concerts: plan.concerts.len(),
        performances: plan.performances.len(),
        seats: plan.seats.len(),
        prices: plan.prices.len(),
        cutoffs: plan.cutoffs.len(),
        equal: plan.equal,
    })
}

async fn expect_schema(connection: &mut Connection) -> Result<(), ImportError> {
    let (found, expected) = (schema::version(connection).await?, schema::expected());
    if found == expected {
        Ok(())
    } else {
        Err(ImportError::Schema(found, expected))
    }
}

/// What the database knows of the concerts and dates that the file names.
async fn known(on: &mut Connection, rows: &[Row]) -> Result<Known, ImportError> {
    let concerts = import::concerts(on).await?;
    let performances = import::performances(on).await?;
    let titles: HashSet<(&str, _)> = rows
        .iter()
        .map(|row| (row.concert.as_str(), row.date))
        .collect();
    let mut named = BTreeSet::new();
    for concert in &concerts {
        let own = performances
            .iter()
            .filter(|own| own.concert_id == concert.id);
        let own = own.filter(|own| titles.contains(&(concert.title.as_str(), own.date)));
        named.extend(own.map(|own| own.id));
    }
    let mut seats = Vec::new();
    for performance in named {
        seats.append(&mut import::seats(on, performance).await?);
    }
    Ok(Known {
        concerts,
        performances,
        seats,
    })
}

async fn write(
    on: &mut Connection,
    plan: &Plan,
    progress: impl Fn(usize, usize),
) -> Result<(), ImportError> {
    for concert in &plan.concerts {
        import::insert_concert(on, concert).await?;
    }
    for performance in &plan.performances {
        import::insert_performance(on, performance).await?;
    }
    for (concert, hours) in &plan.cutoffs {
        import::move_cutoff(on, *concert, *hours).await?;
    }
    let mut done = 0;
    for seats in plan.seats.chunks(ROWS_PER_INSERT) {
        import::insert_seats(on, seats).await?;
        done += seats.len();
        progress(done, plan.seats.len());
    }
    let mut prices = plan.prices.clone();
    prices.sort_unstable();
    for prices in prices.chunks(ROWS_PER_INSERT) {
        let changed = import::update_prices(on, prices).await?;
        if changed != prices.len() as u64 {
            return Err(ImportError::Sold);
        }
    }
    Ok(())
}
