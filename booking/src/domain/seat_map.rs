//! The seat map of a date: what does not change while it is sold, in one fixed order.
//!
//! The order is the organiser's: sections, the rows of each and the seats of each in the order of
//! their lowest seat number. The letters of the seat status follow it.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest as _, Sha256};
use shared::ids::SeatId;

use super::seat::Place;

/// A seat of the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapSeat {
    /// Its id.
    pub id: SeatId,
    /// Where it is.
    pub place: Place,
    /// Its price, in won.
    pub price: i64,
}

/// Neighbours in the order of the map that belong together: those from `first` on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What the section or the row is called.
    pub name: String,
    /// Where in the order it begins.
    pub first: usize,
    /// How many seats it has.
    pub count: usize,
}

/// A section with its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The section as a whole.
    pub whole: Group,
    /// Its rows, one after the other.
    pub rows: Vec<Group>,
}

/// How many seats cost how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceLevel {
    /// The price, in won.
    pub price: i64,
    /// How many seats of the date have it.
    pub count: usize,
}

/// The seats of a date in the order of the map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatMap {
    seats: Vec<MapSeat>,
    layout: String,
    /// Where each seat stands in the order, by id.
    positions: Vec<(SeatId, usize)>,
}

impl SeatMap {
    /// The map of these seats, in whatever order they come.
    #[must_use]
    pub fn of(mut seats: Vec<MapSeat>) -> Self {
        let (mut sections, mut rows) = (HashMap::new(), HashMap::new());
        for MapSeat { place, .. } in &seats {
            lower(&mut sections, place.section.clone(), place.number);
            let row = (place.section.clone(), place.row.clone());
            lower(&mut rows, row, place.number);
        }
        seats.sort_by_cached_key(|MapSeat { place, .. }| {
            let row = (place.section.clone(), place.row.clone());
            (sections[&place.section], rows[&row], place.number)
        });
        let positions = seats.iter().enumerate().map(|(at, seat)| (seat.id, at));
        let mut positions: Vec<_> = positions.collect();
        positions.sort_unstable();
        Self {
            layout: layout(&seats),
            seats,
            positions,
        }
    }

    /// Names the seats and their order: what has the same layout has its letters in the same order.
    #[must_use]
    pub fn layout(&self) -> &str {
        &self.layout
    }

    /// The seats, in order.
    #[must_use]
    pub fn seats(&self) -> &[MapSeat] {
        &self.seats
    }

    /// The sections with their rows, in order.
    #[must_use]
    pub fn sections(&self) -> Vec<Section> {
        let mut sections: Vec<Section> = Vec::new();
        for (at, MapSeat { place, .. }) in self.seats.iter().enumerate() {
            match sections.last_mut() {
                Some(last) if last.whole.name == place.section => {
                    last.whole.count += 1;
                    lengthen(&mut last.rows, &place.row, at);
                }
                _ => sections.push(Section {
                    whole: begin(&place.section, at),
                    rows: vec![begin(&place.row, at)],
                }),
            }
        }
        sections
    }

    /// The price levels, the dearest first.
    #[must_use]
    pub fn prices(&self) -> Vec<PriceLevel> {
        let mut counts = BTreeMap::new();
        for seat in &self.seats {
            *counts.entry(seat.price).or_insert(0) += 1;
        }
        let levels = counts.into_iter().rev();
        levels
            .map(|(price, count)| PriceLevel { price, count })
            .collect()
    }

    /// Puts one letter a seat, told by id in ascending order, into the order of the map. None when
    /// they are not the seats of this map: some have been added since.
    #[must_use]
    pub fn arrange(&self, letters: &[(SeatId, u8)]) -> Option<String> {
        if letters.len() != self.positions.len() {
            return None;
        }
        let mut arranged = vec![0; letters.len()];
        for ((id, letter), (known, at)) in letters.iter().zip(&self.positions) {
            if id != known {
                return None;
            }
            arranged[*at] = *letter;
        }
        String::from_utf8(arranged).ok()
    }
}

/// A part of a SHA-256: enough to tell the layouts of a date apart.
fn layout(seats: &[MapSeat]) -> String {
    let mut digest = Sha256::new();
    for seat in seats {
        digest.update(seat.id.get().to_be_bytes());
    }
    let name = digest.finalize().first_chunk().copied();
    format!("{:016x}", u64::from_be_bytes(name.unwrap_or_default()))
}

fn lower<K: std::hash::Hash + Eq>(lowest: &mut HashMap<K, i64>, of: K, number: i64) {
    let known = lowest.entry(of).or_insert(number);
    *known = number.min(*known);
}

fn begin(name: &str, first: usize) -> Group {
    Group {
        name: name.to_owned(),
        first,
        count: 1,
    }
}

fn lengthen(groups: &mut Vec<Group>, name: &str, at: usize) {
    match groups.last_mut() {
        Some(last) if last.name == name => last.count += 1,
        _ => groups.push(begin(name, at)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> SeatId {
        SeatId::new(number).expect("an id")
    }

    fn seat(number: u64, section: &str, row: &str, price: i64) -> MapSeat {
        MapSeat {
            id: id(100 - number),
            place: Place {
                number: number.cast_signed(),
                section: section.to_owned(),
                row: row.to_owned(),
                seat: number.to_string(),
            },
            price,
        }
    }

    /// Two sections whose numbers alternate, the way some halls count.
    fn map() -> SeatMap {
        SeatMap::of(vec![
            seat(6, "Balcony", "9", 5),
            seat(1, "Floor", "10", 7),
            seat(2, "Balcony", "9", 5),
            seat(3, "Floor", "9", 9),
            seat(4, "Floor", "10", 7),
        ])
    }

    #[test]
    fn sections_and_rows_stay_together_in_the_order_of_their_lowest_number() {
        let map = map();
        let numbers: Vec<i64> = map.seats().iter().map(|seat| seat.place.number).collect();
        assert_eq!(numbers, [1, 4, 3, 2, 6]);
        let group = |name: &str, first, count| Group {
            name: name.to_owned(),
            first,
            count,
        };
        let floor = Section {
            whole: group("Floor", 0, 3),
            rows: vec![group("10", 0, 2), group("9", 2, 1)],
        };
        let balcony = Section {
            whole: group("Balcony", 3, 2),
            rows: vec![group("9", 3, 2)],
        };
        assert_eq!(map.sections(), [floor, balcony]);
    }

    #[test]
    fn price_levels_are_counted_the_dearest_first() {
        let levels: Vec<_> = map().prices().iter().map(|l| (l.price, l.count)).collect();
        assert_eq!(levels, [(9, 1), (7, 2), (5, 2)]);
    }

    #[test]
    fn letters_told_by_id_stand_in_the_order_of_the_map() {
        let letters = [(94, b'6'), (96, b'4'), (97, b'3'), (98, b'2'), (99, b'1')];
        let letters = letters.map(|(seat, letter)| (id(seat), letter));
        assert_eq!(map().arrange(&letters).as_deref(), Some("14326"));
    }

    #[test]
    fn seats_that_are_not_on_the_map_are_noticed() {
        let letters = [94, 96, 97, 98, 99].map(|seat| (id(seat), b'a'));
        assert_eq!(map().arrange(&letters[1..]), None);
        let mut other = letters;
        other[4].0 = id(100);
        assert_eq!(map().arrange(&other), None);
        assert_eq!(SeatMap::of(vec![]).arrange(&[]), Some(String::new()));
    }
}
