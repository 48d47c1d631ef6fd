//! What stands still about the seats of a date, and how each of them stands at the moment.

use super::{Connection, Failure, seat_id};
use crate::domain::seat::Place;
use crate::domain::seat_map::MapSeat;

#[derive(sqlx::FromRow)]
struct MapRow {
    id: i64,
    seat_number: i32,
    section: String,
    row_label: String,
    seat_label: String,
    price: i64,
}

/// All seats of a date, those not for sale too.
///
/// # Errors
/// When the database does not answer.
pub async fn seats(on: &mut Connection, date: i64) -> Result<Vec<MapSeat>, Failure> {
    let rows: Vec<MapRow> = sqlx::query_as(
        "SELECT id, seat_number, section, row_label, seat_label, price
           FROM seats WHERE concert_date_id = ?",
    )
    .bind(date)
    .fetch_all(on)
    .await?;
    let seat = |row: MapRow| {
        Ok(MapSeat {
            id: seat_id(row.id)?,
            place: Place {
                number: row.seat_number.into(),
                section: row.section,
                row: row.row_label,
                seat: row.seat_label,
            },
            price: row.price,
        })
    };
    rows.into_iter().map(seat).collect()
}
