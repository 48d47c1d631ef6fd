//! The tickets that wait, one bit each: how many of them are up to a ticket is counted in
//! nanoseconds, and a million of them take 125 kB.
//!
//! The bits lie in pages, and only pages with a bit in them exist: after a loss of Redis the
//! counter jumps far ahead.

use shared::ids::Ticket;

const WORDS: usize = 64;
const PAGE_BITS: u64 = WORDS as u64 * 64;

struct Page {
    number: u64,
    /// How many bits are set in all pages before this one.
    before: u64,
    count: u64,
    words: [u64; WORDS],
}

/// A set of tickets. After changes, [`Places::settle`] has to be called before anything is counted.
#[derive(Default)]
pub(super) struct Places {
    /// By number.
    pages: Vec<Page>,
}

/// The word of its page and the mask of a ticket.
const fn bit(ticket: Ticket) -> (usize, u64) {
    let bit = ticket.0 % PAGE_BITS;
    ((bit / 64) as usize, 1 << (bit % 64))
}

impl Places {
    pub(super) fn set(&mut self, ticket: Ticket) {
        let number = ticket.0 / PAGE_BITS;
        let index = self.pages.binary_search_by_key(&number, |page| page.number);
        let index = index.unwrap_or_else(|index| {
            let page = Page {
                number,
                before: 0,
                count: 0,
                words: [0; WORDS],
            };
            self.pages.insert(index, page);
            index
        });
        let (word, mask) = bit(ticket);
        let page = &mut self.pages[index];
        page.count += u64::from(page.words[word] & mask == 0);
        page.words[word] |= mask;
    }

    /// Whether the ticket was there.
    pub(super) fn clear(&mut self, ticket: Ticket) -> bool {
        let Some(index) = self.find(ticket) else {
            return false;
        };
        let (word, mask) = bit(ticket);
        let page = &mut self.pages[index];
        let was_set = page.words[word] & mask != 0;
        page.words[word] &= !mask;
        page.count -= u64::from(was_set);
        was_set
    }

    pub(super) fn contains(&self, ticket: Ticket) -> bool {
        let (word, mask) = bit(ticket);
        let page = self.find(ticket).map(|index| &self.pages[index]);
        page.is_some_and(|page| page.words[word] & mask != 0)
    }

    /// Drops empty pages and counts what lies before each one.
    pub(super) fn settle(&mut self) {
        self.pages.retain(|page| page.count > 0);
        let mut before = 0;
        for page in &mut self.pages {
            page.before = before;
            before += page.count;
        }
    }

    /// How many there are.
    pub(super) fn count(&self) -> u64 {
        let last = self.pages.last();
        last.map_or(0, |page| page.before + page.count)
    }

    /// How many there are up to this ticket, itself included.
    pub(super) fn up_to(&self, ticket: Ticket) -> u64 {
        let number = ticket.0 / PAGE_BITS;
        let after = self.pages.partition_point(|page| page.number <= number);
        let Some(page) = after.checked_sub(1).map(|index| &self.pages[index]) else {
            return 0;
        };
        if page.number < number {
            return page.before + page.count;
        }
        let (word, mask) = bit(ticket);
        let whole: u32 = page.words[..word]
            .iter()
            .map(|word| word.count_ones())
            .sum();
        let part = (page.words[word] & (mask | (mask - 1))).count_ones();
        page.before + u64::from(whole + part)
    }

    /// All of them above a ticket, in order.
    pub(super) fn above(&self, ticket: Ticket) -> impl Iterator<Item = Ticket> {
        let bits = self.pages.iter().flat_map(|page| {
            let first = page.number * PAGE_BITS;
            (first..first + PAGE_BITS).map(Ticket)
        });
        bits.filter(move |bit| *bit > ticket && self.contains(*bit))
    }

    fn find(&self, ticket: Ticket) -> Option<usize> {
        let number = ticket.0 / PAGE_BITS;
        self.pages
            .binary_search_by_key(&number, |page| page.number)
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn it_counts_like_a_set_over_pages_and_jumps() {
        let mut places = Places::default();
        let mut model = BTreeSet::new();
        // A cheap sequence that jumps between a low and a far stretch of tickets.
        let mut seed = 42_u64;
        for step in 0..20_000_u64 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let far = if seed >> 63 == 0 {
                0
            } else {
                5_970_070_416_110
            };
            let ticket = Ticket(far + (seed >> 20) % 10_000);
            if step % 3 == 0 {
                assert_eq!(places.clear(ticket), model.remove(&ticket));
            } else {
                places.set(ticket);
                model.insert(ticket);
            }
        }
        places.settle();
        assert_eq!(places.count(), model.len() as u64);
        for ticket in (0..10_100).flat_map(|n| [Ticket(n), Ticket(5_970_070_416_000 + n)]) {
            assert_eq!(places.contains(ticket), model.contains(&ticket));
            assert_eq!(
                places.up_to(ticket),
                model.range(..=ticket).count() as u64,
                "{ticket}"
            );
        }
        let above: Vec<_> = places.above(Ticket(5_000)).collect();
        assert!(above.iter().eq(model.range(Ticket(5_001)..)));
    }
}
