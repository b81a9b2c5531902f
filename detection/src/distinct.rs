//! Counting different parties up to a bound, without asking the heap.
//!
//! Promises: no more than so many are counted, whoever comes; a shop with a million payers costs no more than one with
//! sixty. Absent: which parties they were.

use crate::payment::Party;

/// Most counts end here, with nothing to make ready and nothing to look far for.
const FEW: usize = 8;
/// Half of them stay free, so that a search is short.
const PLACES: usize = 128;
/// No party, or one in 2⁶⁴, which is counted apart.
const FREE: Party = Party(0);

pub struct Distinct {
    few: [Party; FEW],
    many: Option<Places>,
    len: usize,
    max: usize,
}

impl Distinct {
    /// Counts the first `max` different ones, 64 at most.
    pub fn up_to(max: usize) -> Self {
        Distinct { few: [FREE; FEW], many: None, len: 0, max: max.min(PLACES / 2) }
    }

    #[inline]
    pub fn insert(&mut self, party: Party) {
        if self.full() {
            return;
        }
        if let Some(many) = &mut self.many {
            self.len += usize::from(many.insert(party));
        } else if !self.few[..self.len].contains(&party) {
            match self.few.get_mut(self.len) {
                Some(free) => *free = party,
                None => self.many = Some(Places::of(&self.few, party)),
            }
            self.len += 1;
        }
    }

    pub fn full(&self) -> bool {
        self.len == self.max
    }

    pub fn clear(&mut self) {
        if self.len > 0 {
            *self = Distinct::up_to(self.max);
        }
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

/// Parties are hashes, so each stands where its last bits say, or in the next free place behind.
struct Places {
    places: [Party; PLACES],
    free_itself: bool,
}

impl Places {
    #[cold]
    fn of(few: &[Party], one_more: Party) -> Self {
        let mut places = Places { places: [FREE; PLACES], free_itself: false };
        for party in few {
            places.insert(*party);
        }
        places.insert(one_more);
        places
    }

    /// Whether it is a new one.
    fn insert(&mut self, party: Party) -> bool {
        if party == FREE {
            return !std::mem::replace(&mut self.free_itself, true);
        }
        let mut place = party.0 as usize % PLACES;
        while self.places[place] != FREE {
            if self.places[place] == party {
                return false;
            }
            place = (place + 1) % PLACES;
        }
        self.places[place] = party;
        true
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
