//! The file of an import as typed rows, and what is wrong with it, line by line.

use std::io::Read;

use chrono::NaiveDate;
use chrono_tz::Tz;
use csv::{ReaderBuilder, StringRecord, Trim};
use serde::Deserialize;
use shared::ids::QueueName;

use super::field::{self, Moment};
use super::mistakes::Mistakes;
use crate::store::import::Place;

const REQUIRED: [&str; 6] = ["concert", "date", "section", "row", "seat", "price"];
const OPTIONAL: [&str; 8] = [
    "number",
    "starts_at",
    "sales_open_at",
    "sales_close_at",
    "venue",
    "time_zone",
    "queue",
    "cancel_until_hours",
];

/// One line: a seat, and what it says about its performance and concert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Where the line begins in the file, from 1.
    pub(super) line: u64,
    /// The concert's title.
    pub(super) concert: String,
    /// The calendar date in the venue's zone.
    pub(super) date: NaiveDate,
    /// Where the seat is.
    pub(super) place: Place,
    /// What it costs, in won.
    pub(super) price: i64,
    /// Its number, when the file gives one.
    pub(super) number: Option<i32>,
    /// When the performance starts.
    pub(super) starts_at: Option<Moment>,
    /// From when it is sold.
    pub(super) sales_open_at: Option<Moment>,
    /// Until when it is sold.
    pub(super) sales_close_at: Option<Moment>,
    /// The concert's venue.
    pub(super) venue: Option<String>,
    /// The venue's zone.
    pub(super) time_zone: Option<Tz>,
    /// The line that the concert's fans stand in.
    pub(super) queue: Option<QueueName>,
    /// Until how many hours before the start a fan may cancel.
    pub(super) cancel_until_hours: Option<i32>,
}

/// Reads the whole file. A line that cannot be used is noted and left out.
#[must_use]
pub(super) fn read(file: impl Read, mistakes: &mut Mistakes) -> Vec<Row> {
    let mut reader = ReaderBuilder::new()
        .trim(Trim::All)
        .flexible(true)
        .from_reader(file);
    let header = match header(&mut reader) {
        Ok(header) => header,
        Err(what) => {
            mistakes.add(1, what);
            return Vec::new();
        }
    };
    let mut rows = Vec::new();
    for record in reader.into_records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                match row(&record, &header, line) {
                    Ok(row) => rows.push(row),
                    Err(what) => mistakes.add(line, what),
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                mistakes.add(line, unreadable(&error));
                if matches!(error.kind(), csv::ErrorKind::Io(_)) {
                    break;
                }
            }
        }
    }
    if rows.is_empty() && mistakes.is_empty() {
        mistakes.add(1, "there is no seat below the header");
    }
    rows
}

fn unreadable(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "is not UTF-8 text".to_owned(),
        csv::ErrorKind::Io(error) => format!("the file cannot be read: {error}"),
        _ => error.to_string(),
    }
}

/// The column names in lower case, each known and once, with none of the required ones missing.
fn header<R: Read>(reader: &mut csv::Reader<R>) -> Result<StringRecord, String> {
    let names = reader.headers().map_err(|error| unreadable(&error))?;
    let names: StringRecord = names
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}').trim().to_lowercase())
        .collect();
    let known = REQUIRED.iter().chain(&OPTIONAL).copied();
    let known: Vec<&str> = known.collect();
    for (index, name) in names.iter().enumerate() {
        if !known.contains(&name) {
            let known = known.join(", ");
            return Err(format!(
                "there is no column {name:?}; the columns are {known}"
            ));
        }
        if names.iter().take(index).any(|earlier| earlier == name) {
            return Err(format!("the column {name:?} is there twice"));
        }
    }
    let missing: Vec<&str> = REQUIRED
        .into_iter()
        .filter(|column| !names.iter().any(|name| name == *column))
        .collect();
    if missing.is_empty() {
        Ok(names)
    } else {
        Err(format!("the header lacks: {}", missing.join(", ")))
    }
}

#[derive(Deserialize)]
struct Texts<'a> {
    concert: &'a str,
    date: &'a str,
    section: &'a str,
    row: &'a str,
    seat: &'a str,
    price: &'a str,
    number: Option<&'a str>,
    starts_at: Option<&'a str>,
    sales_open_at: Option<&'a str>,
    sales_close_at: Option<&'a str>,
    venue: Option<&'a str>,
    time_zone: Option<&'a str>,
    queue: Option<&'a str>,
    cancel_until_hours: Option<&'a str>,
}

fn row(record: &StringRecord, header: &StringRecord, line: u64) -> Result<Row, String> {
    let (has, needs) = (record.len(), header.len());
    if has != needs {
        return Err(format!("has {has} fields, the header has {needs}"));
    }
    let texts: Texts<'_> = record
        .deserialize(Some(header))
        .map_err(|error| error.to_string())?;
    Ok(Row {
        line,
        concert: field::label("concert", texts.concert, 200)?,
        date: field::date(texts.date)?,
        place: Place {
            section: field::label("section", texts.section, 40)?,
            row_label: field::label("row", texts.row, 20)?,
            seat_label: field::label("seat", texts.seat, 20)?,
        },
        price: field::price(texts.price)?,
        number: texts.number.map(field::number).transpose()?,
        starts_at: field::moment("starts_at", texts.starts_at)?,
        sales_open_at: field::moment("sales_open_at", texts.sales_open_at)?,
        sales_close_at: field::moment("sales_close_at", texts.sales_close_at)?,
        venue: texts
            .venue
            .map(|text| field::label("venue", text, 200))
            .transpose()?,
        time_zone: texts.time_zone.map(field::time_zone).transpose()?,
        queue: texts.queue.map(field::queue).transpose()?,
        cancel_until_hours: texts.cancel_until_hours.map(field::hours).transpose()?,
    })
}
