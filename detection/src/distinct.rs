//! Counting different parties up to a bound, without asking the heap.
//!
//! Promises: no more than so many are counted, whoever comes; a shop with a million payers costs no more than one with
//! sixty. Absent: which parties they were.

use crate::payment::Party;

/// Half of them stay free, so that a search is short.
const PLACES: usize = u128::BITS as usize;

/// Parties are hashes, so each stands where its last bits say, or in the next free place behind.
pub struct Distinct {
    places: [Party; PLACES],
    /// One bit per place.
    taken: u128,
    len: usize,
    max: usize,
}

impl Distinct {
    /// Counts the first `max` different ones, 64 at most.
    pub fn up_to(max: usize) -> Self {
        Distinct { places: [Party(0); PLACES], taken: 0, len: 0, max: max.min(PLACES / 2) }
    }

    pub fn insert(&mut self, party: Party) {
        if self.full() {
            return;
        }
        let mut place = usize::try_from(party.0 % PLACES as u64).unwrap_or(0);
        while self.taken >> place & 1 == 1 {
            if self.places[place] == party {
                return;
            }
            place = (place + 1) % PLACES;
        }
        self.places[place] = party;
        self.taken |= 1 << place;
        self.len += 1;
    }

    pub fn full(&self) -> bool {
        self.len == self.max
    }

    pub fn clear(&mut self) {
        (self.taken, self.len) = (0, 0);
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn count(&self) -> i64 {
        i64::try_from(self.len).unwrap_or(i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_counts_what_a_set_counts_up_to_its_bound(
            parties in proptest::collection::vec(prop_oneof![0_u64..40, (0_u64..9).prop_map(|n| n * 128)], 0..200),
            max in 1_usize..64,
        ) {
            let mut distinct = Distinct::up_to(max);
            for again in 0..2 {
                let mut set = BTreeSet::new();
                for party in &parties {
                    distinct.insert(Party(*party));
                    set.insert(*party);
                    prop_assert_eq!(distinct.len(), set.len().min(max), "round {}", again);
                    prop_assert_eq!(distinct.full(), set.len() >= max);
                }
                distinct.clear();
                prop_assert!(distinct.is_empty());
            }
        }
    }
}
