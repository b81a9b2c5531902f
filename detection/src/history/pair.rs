//! What one account remembers of each counterparty it paid or tried to pay, longer than its rows.
//!
//! Promises: bounded; the pair used least recently (ties: the lower party) is forgotten first, so replay forgets the
//! same. Absent: amounts but the last.

use crate::payment::Party;
use prefetch_index::prefetch_index;

/// Counterparties remembered per account.
pub const PAIRS_MAX: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pair {
    /// Of payments that were not refused; both 0 while `count` is.
    pub first_at_ms: i64,
    pub last_at_ms: i64,
    /// Payments that were not refused.
    pub count: u32,
    pub last_amount_minor: i64,
    pub last_refused: Option<RefusedAttempt>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefusedAttempt {
    pub at_ms: i64,
    pub amount_minor: i64,
}

impl Pair {
    pub(super) fn pay(&mut self, at_ms: i64, amount_minor: i64) {
        if self.count == 0 || at_ms < self.first_at_ms {
            self.first_at_ms = at_ms;
        }
        if self.count == 0 || at_ms >= self.last_at_ms {
            self.last_at_ms = at_ms;
            self.last_amount_minor = amount_minor;
        }
        self.count = self.count.saturating_add(1);
    }

    pub(super) fn refuse(&mut self, at_ms: i64, amount_minor: i64) {
        if self.last_refused.is_none_or(|last| last.at_ms <= at_ms) {
            self.last_refused = Some(RefusedAttempt { at_ms, amount_minor });
        }
    }

    /// A payment that was held is refused after all.
    pub(super) fn take_back(&mut self, at_ms: i64, amount_minor: i64) {
        self.count = self.count.saturating_sub(1);
        self.refuse(at_ms, amount_minor);
    }

    fn touched_at_ms(&self) -> i64 {
        let refused_at_ms = self.last_refused.map(|refused| refused.at_ms);
        let paid_at_ms = (self.count > 0).then_some(self.last_at_ms);
        paid_at_ms.max(refused_at_ms).unwrap_or(i64::MIN)
    }
}

/// In the order of the parties.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pairs {
    parties: Vec<Party>,
    /// In the same order, as `touched_at_ms`, which all are asked for when one must go.
    touched_ms: Vec<i64>,
    pairs: Vec<Pair>,
}

impl Pairs {
    pub fn get(&self, party: Party) -> Option<&Pair> {
        self.pairs.get(self.place(party).ok()?)
    }

    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// In the order of the parties.
    pub fn iter(&self) -> impl Iterator<Item = (Party, &Pair)> {
        self.parties.iter().copied().zip(&self.pairs)
    }

    /// Puts back what was stored.
    pub fn set(&mut self, party: Party, pair: Pair) {
        self.change(party, |known| *known = pair);
    }

    pub(super) fn change(&mut self, party: Party, change: impl FnOnce(&mut Pair)) {
        let place = self.place(party).unwrap_or_else(|place| self.make_room(place, party));
        change(&mut self.pairs[place]);
        self.touched_ms[place] = self.pairs[place].touched_at_ms();
    }

    /// Puts an empty pair there and says where it came to stand.
    fn make_room(&mut self, mut place: usize, party: Party) -> usize {
        if self.len() == PAIRS_MAX {
            let idlest_ms = self.touched_ms.iter().copied().min().unwrap_or(0);
            // The first of them is the lowest party.
            let idlest = self.touched_ms.iter().position(|touched| *touched == idlest_ms).unwrap_or(0);
            self.parties.remove(idlest);
            self.touched_ms.remove(idlest);
            self.pairs.remove(idlest);
            place -= usize::from(idlest < place);
        }
        insert(&mut self.parties, place, party);
        insert(&mut self.touched_ms, place, i64::MIN);
        insert(&mut self.pairs, place, Pair::default());
        place
    }

    /// Where the party stands, or should. Parties are hashes and lie evenly: a look where this one is to be expected and
    /// a few steps from there, where halving would wait for the memory again and again.
    fn place(&self, party: Party) -> Result<usize, usize> {
        let mut place = self.expected(party);
        while self.parties.get(place).is_some_and(|known| *known < party) {
            place += 1;
        }
        while place > 0 && self.parties[place - 1] >= party {
            place -= 1;
        }
        if self.parties.get(place) == Some(&party) { Ok(place) } else { Err(place) }
    }

    fn expected(&self, party: Party) -> usize {
        let expected = (u128::from(party.0) * self.parties.len() as u128) >> 64;
        usize::try_from(expected).unwrap_or(0)
    }

    /// Asks for where the party should stand, see `Timeline::prefetch`.
    pub(super) fn prefetch(&self, party: Party) {
        let place = self.expected(party);
        prefetch_index(&self.parties, place);
        prefetch_index(&self.touched_ms, place);
        prefetch_index(&self.pairs, place);
    }

    /// Bytes on the heap.
    pub fn bytes(&self) -> usize {
        self.parties.capacity() * (size_of::<Party>() + size_of::<i64>()) + self.pairs.capacity() * size_of::<Pair>()
    }
}

/// Makes room by a quarter.
fn insert<T>(kept: &mut Vec<T>, place: usize, new: T) {
    if kept.len() == kept.capacity() {
        kept.reserve_exact(kept.len() / 4 + 4);
    }
    kept.insert(place, new);
}
