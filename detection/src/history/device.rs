//! Which accounts a device served, first and last.
//!
//! Promises: at most 256 accounts, the one served longest ago forgotten first. Absent: what they did on it.

use super::REMEMBERED_MS;
use crate::payment::Party;
use prefetch_index::prefetch_index;
use std::slice::from_ref;

pub const ACCOUNTS_MAX: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    pub account: Party,
    pub first_at_ms: i64,
    pub last_at_ms: i64,
}

/// Ordered by (`last_at_ms`, account).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceHistory {
    uses: Vec<Use>,
}

impl DeviceHistory {
    pub fn push(&mut self, account: Party, at_ms: i64) {
        let known = self.uses.iter().position(|known| known.account == account).map(|index| self.uses.remove(index));
        let mut used = known.unwrap_or(Use { account, first_at_ms: at_ms, last_at_ms: at_ms });
        used.first_at_ms = used.first_at_ms.min(at_ms);
        used.last_at_ms = used.last_at_ms.max(at_ms);
        let place = self.uses.partition_point(|other| (other.last_at_ms, other.account) < (used.last_at_ms, account));
        self.uses.insert(place, used);
        let newest_ms = self.uses.last().map_or(0, |newest| newest.last_at_ms);
        let old = self.uses.partition_point(|known| known.last_at_ms < newest_ms.saturating_sub(REMEMBERED_MS));
        self.uses.drain(..old.max(self.uses.len().saturating_sub(ACCOUNTS_MAX)));
    }

    pub fn of_account(&self, account: Party) -> Option<&Use> {
        self.uses.iter().find(|known| known.account == account)
    }

    /// Accounts other than this one, last served in (`after_ms`, `until_ms`].
    pub fn others(&self, account: Party, after_ms: i64, until_ms: i64) -> u32 {
        let within = |known: &&Use| after_ms < known.last_at_ms && known.last_at_ms <= until_ms;
        self.uses.iter().filter(within).filter(|known| known.account != account).map(|_| 1).sum()
    }

    /// By last use.
    pub fn newest_first(&self) -> impl Iterator<Item = &Use> {
        self.uses.iter().rev()
    }

    /// Asks for what it remembers, see `Timeline::prefetch`.
    pub fn prefetch(&self) {
        prefetch_index(&self.uses, 0);
    }

    /// The same of the device itself.
    pub fn prefetch_head(&self) {
        prefetch_index(from_ref(&self.uses), 0);
    }

    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.uses.capacity() * size_of::<Use>()
    }
}
