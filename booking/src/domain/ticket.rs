//! A ticket's code: short enough to be typed at the door, and nobody but us can make one.
//!
//! `A-7K3M-9QXT-2B4C-W8RJ`: the seat's id, then 80 bits of an HMAC over reservation and seat, both
//! in Crockford's base 32, which has no letters that look like digits. The reservation is not in
//! it: the books know which ones the seat has had, and only one of them gives the same code.

use std::fmt;
use std::str::FromStr;

use shared::ids::SeatId;
use shared::keyring::Keyring;

use super::reservation::ReservationId;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// What else the same keys may ever sign must not be mistaken for a ticket.
const PURPOSE: &[u8] = b"stagedoor ticket 1";
/// The least that RFC 2104 advises: nobody guesses it at a door.
const MAC_BYTES: usize = 10;
const MAC_CHARACTERS: usize = MAC_BYTES * 8 / 5;
const GROUP: usize = 4;

/// The code of one paid seat of one reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketCode {
    seat: SeatId,
    mac: [u8; MAC_BYTES],
}

impl TicketCode {
    /// The code of this seat of this reservation, made with the first of the keys.
    #[must_use]
    pub fn issue(keys: &Keyring, reservation: ReservationId, seat: SeatId) -> Self {
        let mac = macs(keys, reservation, seat).next().unwrap_or_default();
        Self { seat, mac }
    }

    /// The seat that it says it is for.
    #[must_use]
    pub const fn seat(&self) -> SeatId {
        self.seat
    }

    /// Whether one of the keys made it for this reservation.
    #[must_use]
    pub fn is_of(&self, keys: &Keyring, reservation: ReservationId) -> bool {
        macs(keys, reservation, self.seat).any(|mac| mac == self.mac)
    }
}

fn macs(
    keys: &Keyring,
    reservation: ReservationId,
    seat: SeatId,
) -> impl Iterator<Item = [u8; MAC_BYTES]> {
    let seat = seat.get().to_be_bytes();
    let message = [PURPOSE, reservation.0.as_bytes(), &seat].concat();
    let macs: Vec<[u8; 32]> = keys.macs(&message).collect();
    macs.into_iter().map(|mac| {
        let mut short = [0; MAC_BYTES];
        short.copy_from_slice(&mac[..MAC_BYTES]);
        short
    })
}

impl fmt::Display for TicketCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seat = digits(self.seat.get().into());
        f.write_str(seat.trim_start_matches('0'))?;
        let mac = self.mac.iter();
        let mac = digits(mac.fold(0, |number, byte| number << 8 | u128::from(*byte)));
        let mac = &mac[mac.len() - MAC_CHARACTERS..];
        for start in (0..MAC_CHARACTERS).step_by(GROUP) {
            write!(f, "-{}", &mac[start..start + GROUP])?;
        }
        Ok(())
    }
}

/// A number in base 32, with zeros before it.
fn digits(number: u128) -> String {
    let digit = |place: usize| char::from(ALPHABET[(number >> (place * 5) & 31) as usize]);
    (0..MAC_CHARACTERS).rev().map(digit).collect()
}

/// Why a text is no ticket's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not written like a ticket's code, A-7K3M-9QXT-2B4C-W8RJ")]
pub struct NoCode;

impl FromStr for TicketCode {
    type Err = NoCode;

    /// Hyphens, spaces and small letters make no difference, nor O for 0, nor I or L for 1.
    fn from_str(text: &str) -> Result<Self, NoCode> {
        let typed = text.chars().filter(|typed| !matches!(typed, '-' | ' '));
        let values: Option<Vec<u8>> = typed.map(value).collect();
        let values = values.ok_or(NoCode)?;
        let seat_digits = values.len().checked_sub(MAC_CHARACTERS).ok_or(NoCode)?;
        let (seat, mac) = values.split_at(seat_digits);
        if !(1..=MAC_CHARACTERS).contains(&seat_digits) || seat[0] == 0 {
            return Err(NoCode);
        }
        let seat = u64::try_from(number(seat)).map_err(|_| NoCode)?;
        let mac = number(mac).to_be_bytes();
        let mut short = [0; MAC_BYTES];
        short.copy_from_slice(&mac[mac.len() - MAC_BYTES..]);
        Ok(Self {
            seat: SeatId::new(seat).map_err(|_| NoCode)?,
            mac: short,
        })
    }
}

fn value(typed: char) -> Option<u8> {
    let letter = match typed.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        letter => letter,
    };
    let place = ALPHABET
        .iter()
        .position(|known| char::from(*known) == letter)?;
    u8::try_from(place).ok()
}

fn number(values: &[u8]) -> u128 {
    let values = values.iter();
    values.fold(0, |number, value| number << 5 | u128::from(*value))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn keys(text: &str) -> Keyring {
        let keys = text.split(',');
        let keys = keys.map(|kid| format!("{kid}:{}A", kid.repeat(42)));
        Keyring::parse(&keys.collect::<Vec<_>>().join(",")).expect("a good ring")
    }

    fn of(keys: &Keyring, seat: u64) -> (ReservationId, TicketCode) {
        let reservation = ReservationId(Uuid::from_u128(7));
        let seat = SeatId::new(seat).expect("an id");
        (reservation, TicketCode::issue(keys, reservation, seat))
    }

    #[test]
    fn a_code_says_its_seat_and_is_typed_as_people_type() {
        let (reservation, code) = of(&keys("A"), 10);
        let text = code.to_string();
        assert!(text.starts_with("A-"), "{text}");
        assert_eq!(text.len(), "A-7K3M-9QXT-2B4C-W8RJ".len());
        let sloppy = text.to_lowercase().replace('-', " ").replace('0', "o");
        for typed in [
            text.clone(),
            sloppy.replace('1', "l"),
            text.replace('-', ""),
        ] {
            let read: TicketCode = typed.parse().expect("a code");
            assert_eq!(read, code);
            assert_eq!(read.seat().get(), 10);
            assert!(read.is_of(&keys("A"), reservation));
        }
        for seat in [1, 32, 15_050, shared::ids::MAX_SAFE_INTEGER] {
            let (_, code) = of(&keys("A"), seat);
            assert_eq!(code.to_string().parse(), Ok(code));
        }
    }

    #[test]
    fn another_seat_reservation_or_key_has_another_code() {
        let (reservation, code) = of(&keys("A"), 10);
        assert!(!code.is_of(&keys("A"), ReservationId(Uuid::from_u128(8))));
        assert!(!code.is_of(&keys("B"), reservation));
        let other = format!("B{}", &code.to_string()[1..]);
        let other: TicketCode = other.parse().expect("a code");
        assert_eq!(other.seat().get(), 11);
        assert!(!other.is_of(&keys("A"), reservation));
    }

    #[test]
    fn a_key_that_signs_no_more_still_verifies() {
        let (reservation, old) = of(&keys("A"), 10);
        let both = keys("B,A");
        assert!(old.is_of(&both, reservation));
        assert_ne!(of(&both, 10).1, old);
    }

    #[test]
    fn what_is_no_code_is_told_so() {
        let (_, code) = of(&keys("A"), 10);
        let text = code.to_string();
        let wrong = [
            "",
            "A",
            "hello",
            &text[1..],
            &text[..text.len() - 1],
            &format!("0{text}"),
            &text.replace('-', "U"),
            &text.replace('-', "\u{e9}"),
            &format!("ZZZZZZZZZZZZZZZZ{text}"),
            &format!("ZZZZZZZZZZZ{}", &text[1..]),
        ];
        for typed in wrong {
            assert_eq!(typed.parse::<TicketCode>(), Err(NoCode), "{typed:?}");
        }
    }
}
