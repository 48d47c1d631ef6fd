//! Queue tokens that were found good before, with what they say: a fan who polls sends the same
//! text each time, and to read it anew costs more than to look the place up.
//!
//! Only what one of our keys has signed gets in, so nobody can fill the table with forgeries, and
//! it is bounded all the same. The whole text has to be the same. Who asks is told nothing of a
//! token that has ended, and other keys in force empty the table.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::keyring::Keyring;
use crate::token::QueueToken;

/// The table is cut into parts, so that threads do not wait for one another.
const SHARDS: usize = 16;
/// So many tokens are remembered in each part at least, and at most twice as many: 20 MB in all.
const REMEMBERED: usize = 2048;

struct Known {
    token: QueueToken,
    expires_at: u64,
}

/// Two generations: what is not asked for while the younger one fills up is forgotten.
#[derive(Default)]
struct Shard {
    /// The keys that all of them were verified with.
    ring: Option<Arc<Keyring>>,
    young: HashMap<Box<str>, Known>,
    old: HashMap<Box<str>, Known>,
}

/// Tokens by their text.
#[derive(Default)]
pub(crate) struct Verified([Mutex<Shard>; SHARDS]);

impl Verified {
    /// What this token says, when these keys have found it good and it has not ended by `now`.
    pub(crate) fn find(&self, text: &str, ring: &Arc<Keyring>, now: u64) -> Option<QueueToken> {
        let mut shard = self.shard_of(text, ring);
        if let Some((text, known)) = shard.old.remove_entry(text) {
            shard.keep(text, known);
        }
        let known = shard.young.get(text)?;
        (known.expires_at > now).then(|| known.token.clone())
    }

    /// Remembers a token that these keys have found good.
    pub(crate) fn keep(&self, text: &str, ring: &Arc<Keyring>, token: QueueToken, expires_at: u64) {
        let known = Known { token, expires_at };
        self.shard_of(text, ring).keep(text.into(), known);
    }

    fn shard_of(&self, text: &str, ring: &Arc<Keyring>) -> MutexGuard<'_, Shard> {
        // Of the signature, whose last character has not all of its bits.
        let byte = text.bytes().nth_back(1).unwrap_or_default();
        let shard = &self.0[usize::from(byte) % SHARDS];
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let is_theirs = shard
            .ring
            .as_ref()
            .is_some_and(|own| Arc::ptr_eq(own, ring));
        if !is_theirs {
            *shard = Shard {
                ring: Some(Arc::clone(ring)),
                ..Shard::default()
            };
        }
        shard
    }
}

impl Shard {
    fn keep(&mut self, text: Box<str>, known: Known) {
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(text, known);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{Epoch, Ticket, UserId};

    fn ring(byte: char) -> Arc<Keyring> {
        let text = format!("k:{}", byte.to_string().repeat(43));
        Arc::new(Keyring::parse(&text).expect("a good ring"))
    }

    fn token(user: u64) -> QueueToken {
        QueueToken {
            user: UserId::new(user).expect("an id"),
            queue: "main".parse().expect("a name"),
            ticket: Ticket(user),
            epoch: Epoch(1),
        }
    }

    #[test]
    fn only_the_whole_text_counts_until_it_ends_and_while_its_keys_are_in_force() {
        let (verified, keys) = (Verified::default(), ring('A'));
        verified.keep("a.b.signature", &keys, token(1), 100);
        assert_eq!(verified.find("a.b.signature", &keys, 99), Some(token(1)));
        assert_eq!(verified.find("a.c.signature", &keys, 99), None);
        assert_eq!(verified.find("a.b.signature", &keys, 100), None, "ended");
        assert_eq!(verified.find("a.b.signature", &ring('E'), 99), None);
        assert_eq!(verified.find("a.b.signature", &keys, 99), None, "emptied");
    }

    #[test]
    fn the_same_keys_read_anew_verify_anew() {
        let verified = Verified::default();
        verified.keep("a.b.signature", &ring('A'), token(1), 100);
        assert_eq!(verified.find("a.b.signature", &ring('A'), 99), None);
    }

    #[test]
    fn it_is_bounded_and_keeps_who_asks_again() {
        let (verified, keys) = (Verified::default(), ring('A'));
        let text = |number: u64| format!("{number}.x{number}");
        for number in 1..=200_000 {
            verified.keep(&text(number), &keys, token(number), 100);
            assert_eq!(verified.find(&text(1), &keys, 99), Some(token(1)));
        }
        let kept: usize = verified
            .0
            .iter()
            .map(|shard| {
                shard
                    .lock()
                    .map_or(0, |shard| shard.young.len() + shard.old.len())
            })
            .sum();
        assert!(kept <= SHARDS * 2 * REMEMBERED, "{kept} are kept");
        assert_eq!(verified.find(&text(2), &keys, 99), None, "long forgotten");
    }
}
