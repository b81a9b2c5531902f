//! What one account remembers of each counterparty it paid or tried to pay, longer than its rows.
//!
//! Promises: bounded; the pair used least recently (ties: the lower party) is forgotten first, so replay forgets the
//! same. Absent: amounts but the last.

use crate::payment::Party;
use std::collections::BTreeMap;

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

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pairs {
    pairs: BTreeMap<Party, Pair>,
}

impl Pairs {
    pub fn get(&self, party: Party) -> Option<&Pair> {
        self.pairs.get(&party)
    }

    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// In the order of the parties.
    pub fn iter(&self) -> impl Iterator<Item = (Party, &Pair)> {
        self.pairs.iter().map(|(party, pair)| (*party, pair))
    }

    /// Puts back what was stored.
    pub fn set(&mut self, party: Party, pair: Pair) {
        self.change(party, |known| *known = pair);
    }

    pub(super) fn change(&mut self, party: Party, change: impl FnOnce(&mut Pair)) {
        change(self.pairs.entry(party).or_default());
        if self.pairs.len() > PAIRS_MAX {
            let idle = self.pairs.iter().filter(|(known, _)| **known != party);
            let idlest = idle.min_by_key(|(known, pair)| (pair.touched_at_ms(), **known)).map(|(known, _)| *known);
            if let Some(idlest) = idlest {
                self.pairs.remove(&idlest);
            }
        }
    }

    /// About the bytes on the heap: a tree's nodes are two thirds full.
    pub fn bytes(&self) -> usize {
        self.pairs.len() * size_of::<(Party, Pair)>() * 3 / 2
    }
}
