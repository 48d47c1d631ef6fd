//! The programme: every concert, and which of its dates is which row, as one look at the books saw
//! it.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use shared::ids::{ConcertId, QueueName};

use super::concert::Concert;
use crate::refusal::Refusal;

/// One performance, with what is said of it beside its seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Its row in `concert_dates`.
    pub id: i64,
    /// The concert.
    pub concert: Concert,
    /// The calendar date at the venue.
    pub date: NaiveDate,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
}

impl Listing {
    /// Whether who was let in by this queue may see how its seats stand.
    ///
    /// # Errors
    /// [`Refusal::WrongQueue`].
    pub fn check_queue(&self, queue: &QueueName) -> Result<(), Refusal> {
        self.concert.check_queue(queue)
    }
}

/// Which concert and date is meant.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The concert; without one the lowest id.
    pub concert: Option<ConcertId>,
    /// The calendar date at the venue.
    pub date: NaiveDate,
}

/// Every concert with those of its dates that are not over. `T` is what is kept of a date.
#[derive(Debug)]
pub struct Programme<T> {
    concerts: BTreeMap<ConcertId, HashMap<NaiveDate, T>>,
}

impl<T> Programme<T> {
    /// The programme of these concerts and dates. What is kept of a date is made by `keep`.
    pub fn of(concerts: Vec<ConcertId>, dates: Vec<Listing>, keep: impl Fn(Listing) -> T) -> Self {
        let mut programme: BTreeMap<ConcertId, HashMap<NaiveDate, T>> = concerts
            .into_iter()
            .map(|id| (id, HashMap::new()))
            .collect();
        for listing in dates {
            let concert = programme.entry(listing.concert.id).or_default();
            concert.insert(listing.date, keep(listing));
        }
        Self {
            concerts: programme,
        }
    }

    /// What is kept of every date.
    pub fn dates(&self) -> impl Iterator<Item = &T> {
        self.concerts.values().flat_map(HashMap::values)
    }

    /// What is kept of the date that is meant.
    ///
    /// # Errors
    /// [`Refusal::ConcertNotFound`], [`Refusal::DateNotFound`].
    pub fn find(&self, wanted: Wanted) -> Result<&T, Refusal> {
        let concert = match wanted.concert {
            Some(id) => self.concerts.get(&id),
            None => self.concerts.values().next(),
        };
        let dates = concert.ok_or(Refusal::ConcertNotFound)?;
        dates.get(&wanted.date).ok_or(Refusal::DateNotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concert(id: u64) -> Concert {
        Concert {
            id: ConcertId::new(id).expect("an id"),
            title: "Evening".to_owned(),
            venue: "Hall".to_owned(),
            zone: chrono_tz::Asia::Seoul,
            queue: "main".to_owned(),
        }
    }

    fn listing(row: i64, id: u64, date: &str) -> Listing {
        Listing {
            id: row,
            concert: concert(id),
            date: date.parse().expect("a date"),
            starts_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn what_is_not_named_is_the_first_concert() {
        let ids = [3, 5, 9].map(|id| ConcertId::new(id).expect("an id"));
        let dates = vec![listing(1, 5, "2024-10-01"), listing(2, 3, "2024-10-01")];
        let programme = Programme::of(ids.to_vec(), dates, |listing| listing.id);
        let find = |concert: Option<u64>, date: &str| {
            let concert = concert.map(|id| ConcertId::new(id).expect("an id"));
            let date = date.parse().expect("a date");
            programme.find(Wanted { concert, date }).copied()
        };
        assert_eq!(find(None, "2024-10-01").expect("a date"), 2);
        assert_eq!(find(Some(5), "2024-10-01").expect("a date"), 1);
        let unknown = [find(Some(5), "2024-10-02"), find(Some(9), "2024-10-01")];
        assert!(
            unknown
                .iter()
                .all(|found| matches!(found, Err(Refusal::DateNotFound)))
        );
        let unknown = find(Some(4), "2024-10-01");
        assert!(matches!(unknown, Err(Refusal::ConcertNotFound)));
    }
}
