//! The store: every SQL statement of booking, and nothing that decides.
//!
//! `sqlx` is spelled in this folder only. An action asks [`Database::connection`] for a connection,
//! reads on it, opens a [`Tx`] with [`begin`] and ends it with [`commit`]; a `Tx` that is dropped
//! is rolled back. Where every round trip counts, a [`Question`] begins the transaction and
//! [`Writes`] end it, each in one packet.
//!
//! A write answers how many rows its WHERE matched (sqlx always sets `CLIENT_FOUND_ROWS`), so the
//! guard has to stand in the WHERE, where a second attempt does not match any more.

use chrono::{DateTime, NaiveDateTime, Utc};
use shared::ids::{ConcertId, SeatId, UserId};
use shared::sabotage;
use sqlx::mysql::MySqlArguments;
use sqlx::query::Query;
use sqlx::{Encode, MySql, Type};

pub mod audit;
pub mod balance;
pub mod belongings;
pub mod best;
pub mod block;
pub mod cancellation;
pub mod concert;
pub mod date;
pub mod failure;
pub mod import;
pub mod key;
pub mod ledger;
pub mod lent;
pub mod packet;
pub mod payment;
pub mod pool;
pub mod programme;
pub mod refund;
pub mod reservation;
pub mod schema;
pub mod seat;
pub mod seat_map;
pub mod seat_status;
pub mod statement;
pub mod stock;
pub mod ticket;
pub mod user;

pub use failure::Failure;
pub use lent::{Pooled, Tx, begin, commit, roll_back};
pub use packet::{Question, Unwritten, Writes};
pub use pool::Database;
pub use statement::Statement;

/// A connection, whoever lent it.
pub type Connection = sqlx::MySqlConnection;

/// Every statement that locks its rows by id, for the test that asks the servers how they would
/// find them: through the primary key, in the order of the ids, or transactions deadlock.
#[must_use]
pub fn locks_by_id() -> Vec<String> {
    vec![
        balance::lock_together_sql(2),
        seat::lock_available_sql(2),
        seat::take_sql(2),
        seat::sell_sql(2),
        seat::give_back_sql(2),
        seat::let_go_sql(2),
        balance::subtract_sql(2),
        block::block_sql(2),
        block::unblock_sql(2),
        reservation::expire_sql(2),
        reservation::pay_sql(2, 2),
        reservation::sell_seats_sql(2),
        reservation::release_sql(),
        refund::free_seats_sql(2),
        refund::close_sql(),
        refund::unsell_sql(),
        refund::give_back_sql(),
        cancellation::block_sql(2),
        cancellation::end_hold_sql(2),
        cancellation::close_hold_sql(),
    ]
}

/// Guard: a group passes over the rows that somebody else has locked, so that one caller's row
/// holds up none of the others.
fn unless_taken() -> &'static str {
    if sabotage::is_off("skip-locked") {
        ""
    } else {
        "SKIP LOCKED"
    }
}

/// `?, ?, ?`: the places of a list of `count` values.
fn places(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// `CASE column WHEN ? THEN ? ... END`: a value of its own for each of `count` rows.
fn case(column: &str, count: usize) -> String {
    format!("CASE {column}{} END", " WHEN ? THEN ?".repeat(count))
}

/// Ids are at most 2^53-1, so that they are the same number signed, as the columns are.
const fn signed(id: u64) -> i64 {
    id.cast_signed()
}

/// `(?, ?, ?), (?, ?, ?)`: so many rows of so many values.
fn rows(count: usize, values: usize) -> String {
    vec![format!("({})", places(values)); count].join(", ")
}

/// Binds every value of a list, in order.
fn bind_all<'q, V>(
    query: Query<'q, MySql, MySqlArguments>,
    values: impl IntoIterator<Item = V>,
) -> Query<'q, MySql, MySqlArguments>
where
    V: 'q + Encode<'q, MySql> + Type<MySql>,
{
    values.into_iter().fold(query, Query::bind)
}

/// A time as the columns have it, without a zone. With one, sqlx would send it as a TIMESTAMP, and
/// those end in 2038.
const fn utc(time: DateTime<Utc>) -> NaiveDateTime {
    time.naive_utc()
}

/// A number of rows.
fn count(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

/// Seat ids as the columns have them.
fn of_seats(seats: &[SeatId]) -> impl Iterator<Item = i64> {
    seats.iter().map(|seat| signed(seat.get()))
}

/// User ids as the columns have them.
fn of_users(users: &[UserId]) -> impl Iterator<Item = i64> {
    users.iter().map(|user| signed(user.get()))
}

/// The user of this number; none of a pseudonym, which is below zero (see [`user`]).
fn fan(number: i64) -> Option<UserId> {
    UserId::new(u64::try_from(number).ok()?).ok()
}

fn seat_id(number: i64) -> Result<SeatId, Failure> {
    SeatId::new(number.cast_unsigned()).map_err(|_| Failure::Broken("a seat's id is no id"))
}

fn concert_id(number: i64) -> Result<ConcertId, Failure> {
    ConcertId::new(number.cast_unsigned()).map_err(|_| Failure::Broken("a concert's id is no id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lock_by_id_is_told_to_use_the_primary_key() {
        for sql in locks_by_id() {
            assert!(sql.contains("FORCE INDEX (PRIMARY)"), "{sql}");
        }
    }
}
