//! What a screen of bank staff knows of alerts: not what they say, but that there is something new to fetch.

use super::Seen;
use crate::view::AlertView;
use uuid::Uuid;

const OPEN: u8 = 1;
const CLOSED: u8 = 2;

/// See the head of this file. Repetitions change nothing; memory is bounded.
#[derive(Debug, Clone)]
pub struct Alerts {
    seen: Seen,
    raised: u64,
    turn: u64,
}

impl Alerts {
    pub(super) fn new(capacity: usize) -> Self {
        Alerts { seen: Seen::new(capacity), raised: 0, turn: 0 }
    }

    /// Raised since the page was loaded, as far as they came one by one.
    pub fn raised(&self) -> u64 {
        self.raised
    }

    /// Grows with every change of any alert.
    pub fn turn(&self) -> u64 {
        self.turn
    }

    /// Somebody has said what this transaction was since the page was loaded.
    pub fn is_labelled(&self, id: Uuid) -> bool {
        self.seen.rank(id) == Some(CLOSED)
    }

    /// Whether it says anything new.
    pub(super) fn take(&mut self, alert: &AlertView) -> bool {
        let rank = if alert.open { OPEN } else { CLOSED };
        let known = self.seen.rank(alert.id).unwrap_or_default();
        if known >= rank {
            return false;
        }
        self.seen.insert(alert.id, rank);
        self.raised += u64::from(alert.open);
        self.turn += 1;
        true
    }

    /// Changes may have been missed: what is shown must be fetched again.
    pub(super) fn lose_track(&mut self) {
        self.turn += 1;
    }
}
