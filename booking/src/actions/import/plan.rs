//! What an import will do, decided before anything is written: which concerts, performances and
//! seats are new, which stand there already, and which contradict what stands there.
//!
//! The first line of a new concert or performance decides about it; a later line may repeat what it
//! said, or leave it out. Numbers that the file leaves out follow the highest of the performance.

use std::collections::{HashMap, HashSet};
use std::fmt::Display;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use super::field::Moment;
use super::mistakes::Mistakes;
use super::sheet::Row;
use crate::store::import::{Concert, NextIds, Performance, Place, Seat};

const DEFAULT_VENUE: &str = "To be announced";
const DEFAULT_ZONE: Tz = Tz::Asia__Seoul;
const DEFAULT_QUEUE: &str = "main";
/// When a performance starts whose file does not say: 19:00 at the venue.
const DEFAULT_START_HOUR: u32 = 19;

/// What stands in the database already.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// All concerts.
    pub(super) concerts: Vec<Concert>,
    /// All performances.
    pub(super) performances: Vec<Performance>,
    /// The seats of the performances that the file names.
    pub(super) seats: Vec<Seat>,
}

/// What will be written.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// New concerts.
    pub(super) concerts: Vec<Concert>,
    /// New performances.
    pub(super) performances: Vec<Performance>,
    /// New seats, in the file's order.
    pub(super) seats: Vec<Seat>,
    /// Concerts with another cutoff than before, in hours before the start.
    pub(super) cutoffs: Vec<(i64, i32)>,
    /// Seats with another price than before.
    pub(super) prices: Vec<(i64, i64)>,
    /// How many seats stand there already, exactly so.
    pub(super) equal: usize,
}

/// Decides what to do for each row, and notes each row that contradicts another or the database.
/// With `update`, another price is a change; else it is a contradiction.
pub(super) fn make(
    rows: &[Row],
    known: Known,
    next: NextIds,
    now: DateTime<Utc>,
    update: bool,
    mistakes: &mut Mistakes,
) -> Plan {
    let mut planner = Planner::new(known, next, now, update, mistakes);
    for row in rows {
        if let Some(performance) = planner.performance(row) {
            planner.seat(row, performance);
        }
    }
    planner.number_the_rest();
    planner.plan
}

struct Planner<'a> {
    next: NextIds,
    now: DateTime<Utc>,
    update: bool,
    mistakes: &'a mut Mistakes,
    concerts: HashMap<String, Concert>,
    /// `None` once its first line has turned out to be wrong: the others would only repeat it.
    performances: HashMap<(i64, NaiveDate), Option<Performance>>,
    seats: HashMap<(i64, Place), Seat>,
    numbers: HashSet<(i64, i32)>,
    lines: HashMap<(i64, Place), u64>,
    plan: Plan,
}

impl<'a> Planner<'a> {
    fn new(
        known: Known,
        next: NextIds,
        now: DateTime<Utc>,
        update: bool,
        mistakes: &'a mut Mistakes,
    ) -> Self {
        let numbers = known.seats.iter();
        let numbers = numbers.map(|seat| (seat.concert_date_id, seat.seat_number));
        Self {
            next,
            now,
            update,
            mistakes,
            numbers: numbers.collect(),
            concerts: by(known.concerts, |concert| concert.title.clone()),
            performances: known
                .performances
                .into_iter()
                .map(|known| ((known.concert_id, known.date), Some(known)))
                .collect(),
            seats: by(known.seats, |seat| {
                (seat.concert_date_id, seat.place.clone())
            }),
            lines: HashMap::new(),
            plan: Plan::default(),
        }
    }

    /// The concert of a row, planned when it is new.
    fn concert(&mut self, row: &Row) -> Result<Concert, String> {
        let Some(concert) = self.concerts.get(&row.concert) else {
            let concert = self.new_concert(row);
            self.plan.concerts.push(concert.clone());
            self.concerts.insert(row.concert.clone(), concert.clone());
            return Ok(concert);
        };
        agree("venue", row.venue.as_deref(), &concert.venue)?;
        agree("time_zone", row.time_zone.map(Tz::name), &concert.time_zone)?;
        let queue = row.queue.as_ref().map(shared::ids::QueueName::as_str);
        agree("queue", queue, &concert.queue)?;
        let concert = concert.clone();
        match row.cancel_until_hours {
            Some(hours) if concert.cancel_until_hours != Some(hours) => {
                self.move_cutoff(concert, hours)
            }
            _ => Ok(concert),
        }
    }

    /// Another cutoff for a concert that is there: a change with `update`, but only one a file.
    fn move_cutoff(&mut self, mut concert: Concert, hours: i32) -> Result<Concert, String> {
        let is_new = self.plan.concerts.iter().any(|new| new.id == concert.id);
        let is_moved = self.plan.cutoffs.iter().any(|(id, _)| *id == concert.id);
        if is_new || is_moved || !self.update {
            let known = concert.cancel_until_hours;
            let known = known.map_or_else(|| "none".to_owned(), |hours| hours.to_string());
            return Err(format!(
                "cancel_until_hours is {hours} here and {known} in the database or on an earlier \
                 line; --update changes the database"
            ));
        }
        concert.cancel_until_hours = Some(hours);
        self.plan.cutoffs.push((concert.id, hours));
        self.concerts.insert(concert.title.clone(), concert.clone());
        Ok(concert)
    }

    fn new_concert(&mut self, row: &Row) -> Concert {
        let id = take(&mut self.next.concert);
        let queue = row.queue.as_ref().map(ToString::to_string);
        Concert {
            id,
            title: row.concert.clone(),
            venue: row
                .venue
                .clone()
                .unwrap_or_else(|| DEFAULT_VENUE.to_owned()),
            time_zone: row.time_zone.unwrap_or(DEFAULT_ZONE).name().to_owned(),
            queue: queue.unwrap_or_else(|| DEFAULT_QUEUE.to_owned()),
            cancel_until_hours: row.cancel_until_hours,
        }
    }

    /// The id of a row's performance, planned when it is new; `None` when the row is wrong.
    fn performance(&mut self, row: &Row) -> Option<i64> {
        let found = self.concert(row).and_then(|concert| {
            let zone = zone_of(&concert)?;
            match self.performances.get(&(concert.id, row.date)) {
                Some(Some(known)) => same_times(row, known, zone).map(|()| Some(known.id)),
                Some(None) => Ok(None),
                None => self.new_performance(row, &concert, zone).map(Some),
            }
        });
        found.unwrap_or_else(|what| {
            self.mistakes.add(row.line, what);
            None
        })
    }

    fn new_performance(&mut self, row: &Row, concert: &Concert, zone: Tz) -> Result<i64, String> {
        let key = (concert.id, row.date);
        self.performances.insert(key, None);
        let times = times(row, zone, self.now)?;
        let new = Performance {
            id: take(&mut self.next.performance),
            concert_id: concert.id,
            date: row.date,
            starts_at: times.start,
            sales_open_at: times.open,
            sales_close_at: times.close,
        };
        let id = new.id;
        self.plan.performances.push(new.clone());
        self.performances.insert(key, Some(new));
        Ok(id)
    }

    fn seat(&mut self, row: &Row, performance: i64) {
        let key = (performance, row.place.clone());
        if let Some(line) = self.lines.insert(key.clone(), row.line) {
            let what = format!("is the same seat as line {line}");
            return self.mistakes.add(row.line, what);
        }
        let outcome = match self.seats.get(&key) {
            Some(known) => self.known_seat(row, &known.clone()),
            None => self.new_seat(row, performance),
        };
        if let Err(what) = outcome {
            self.mistakes.add(row.line, what);
        }
    }

    fn known_seat(&mut self, row: &Row, known: &Seat) -> Result<(), String> {
        agree("number", row.number, &known.seat_number)?;
        if row.price == known.price {
            self.plan.equal += 1;
            return Ok(());
        }
        let (old, new) = (known.price, row.price);
        if !self.update {
            return Err(format!(
                "the seat costs {old} in the database and {new} here; --update changes it"
            ));
        }
        if known.sold {
            return Err(format!(
                "the seat is sold, for {old}; its price cannot become {new}"
            ));
        }
        self.plan.prices.push((known.id, new));
        Ok(())
    }

    fn new_seat(&mut self, row: &Row, performance: i64) -> Result<(), String> {
        if let Some(number) = row.number
            && !self.numbers.insert((performance, number))
        {
            return Err(format!(
                "number {number} belongs to another seat of that date"
            ));
        }
        self.plan.seats.push(Seat {
            id: take(&mut self.next.seat),
            concert_date_id: performance,
            seat_number: row.number.unwrap_or_default(),
            place: row.place.clone(),
            price: row.price,
            sold: false,
        });
        Ok(())
    }

    /// Gives the seats whose line has no number the numbers after the highest of the performance.
    fn number_the_rest(&mut self) {
        let mut highest: HashMap<i64, i32> = HashMap::new();
        for (performance, number) in &self.numbers {
            let highest = highest.entry(*performance).or_default();
            *highest = (*highest).max(*number);
        }
        let unnumbered = self.plan.seats.iter_mut();
        for seat in unnumbered.filter(|seat| seat.seat_number == 0) {
            let highest = highest.entry(seat.concert_date_id).or_default();
            *highest = highest.saturating_add(1);
            seat.seat_number = *highest;
        }
    }
}

struct Times {
    start: DateTime<Utc>,
    open: DateTime<Utc>,
    close: DateTime<Utc>,
}

fn times(row: &Row, zone: Tz, now: DateTime<Utc>) -> Result<Times, String> {
    let evening = NaiveTime::from_hms_opt(DEFAULT_START_HOUR, 0, 0).unwrap_or_default();
    let evening = Moment::AtVenue(row.date.and_time(evening));
    let instant = |moment: Moment| moment.instant(zone);
    let start = instant(row.starts_at.unwrap_or(evening))?;
    if start.with_timezone(&zone).date_naive() != row.date {
        let date = row.date;
        return Err(format!("starts_at is not on {date} at the venue ({zone})"));
    }
    let open = row.sales_open_at.map(instant).transpose()?.unwrap_or(now);
    let close = row
        .sales_close_at
        .map(instant)
        .transpose()?
        .unwrap_or(start);
    if open >= close {
        let what = format!("the sale would open ({open}) after it closes ({close})");
        return Err(what);
    }
    Ok(Times { start, open, close })
}

fn same_times(row: &Row, known: &Performance, zone: Tz) -> Result<(), String> {
    let columns = [
        ("starts_at", row.starts_at, known.starts_at),
        ("sales_open_at", row.sales_open_at, known.sales_open_at),
        ("sales_close_at", row.sales_close_at, known.sales_close_at),
    ];
    for (column, here, known) in columns {
        let here = here.map(|moment| moment.instant(zone)).transpose()?;
        agree(column, here, &known)?;
    }
    Ok(())
}

/// A value that a line gives has to be the one that is known already.
fn agree<T: Display + PartialEq<K>, K: Display>(
    column: &str,
    here: Option<T>,
    known: &K,
) -> Result<(), String> {
    match here {
        Some(here) if here != *known => Err(format!(
            "{column} is {here} here and {known} in the database or on an earlier line"
        )),
        _ => Ok(()),
    }
}

fn zone_of(concert: &Concert) -> Result<Tz, String> {
    let zone = &concert.time_zone;
    zone.parse()
        .map_err(|_| format!("the concert's time_zone {zone:?} in the database is unknown"))
}

fn by<K: Eq + std::hash::Hash, V>(values: Vec<V>, key: impl Fn(&V) -> K) -> HashMap<K, V> {
    values
        .into_iter()
        .map(|value| (key(&value), value))
        .collect()
}

fn take(next: &mut i64) -> i64 {
    let id = *next;
    *next += 1;
    id
}
