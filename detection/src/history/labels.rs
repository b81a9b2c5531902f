//! Confirmed frauds, each with the time of the payment and the time it became known.
//!
//! Promises: a question names its own time and sees no label that became known later; saying the same twice changes
//! nothing; bounded. Absent: "genuine", which is the absence of a fraud once the delay of labels has passed.

use super::REMEMBERED_MS;
use prefetch_index::prefetch_index;
use uuid::Uuid;

/// Labels kept per party; the payment longest ago goes first.
pub const LABELS_MAX: usize = 1_024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    pub id: Uuid,
    /// Event time of the payment.
    pub at_ms: i64,
    pub known_at_ms: i64,
}

/// Ordered by (`at_ms`, `id`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels {
    labels: Vec<Label>,
}

impl Labels {
    /// A fraud became known. The first time it was said counts.
    pub fn add(&mut self, label: Label) {
        match self.labels.binary_search_by_key(&(label.at_ms, label.id), |known| (known.at_ms, known.id)) {
            Ok(index) => {
                let known = &mut self.labels[index];
                known.known_at_ms = known.known_at_ms.min(label.known_at_ms);
            }
            Err(index) => self.labels.insert(index, label),
        }
        let newest_ms = self.labels.last().map_or(0, |label| label.at_ms);
        let old = self.labels.partition_point(|label| label.at_ms < newest_ms.saturating_sub(REMEMBERED_MS));
        self.labels.drain(..old.max(self.labels.len().saturating_sub(LABELS_MAX)));
    }

    /// An analyst took it back.
    pub fn remove(&mut self, id: Uuid, at_ms: i64) {
        self.labels.retain(|label| label.id != id || label.at_ms != at_ms);
    }

    /// Frauds among payments made in (`after_ms`, `until_ms`] that were known by then.
    pub fn count(&self, after_ms: i64, until_ms: i64, known_by_ms: i64) -> u32 {
        self.made(after_ms, until_ms).filter(|label| label.known_at_ms <= known_by_ms).map(|_| 1).sum()
    }

    /// Frauds that became known in (`after_ms`, `until_ms`], whenever they were made.
    pub fn known_within(&self, after_ms: i64, until_ms: i64) -> u32 {
        let within = |label: &&Label| after_ms < label.known_at_ms && label.known_at_ms <= until_ms;
        self.labels.iter().filter(within).map(|_| 1).sum()
    }

    /// When the oldest and the newest payment were made that were known to be fraud by then.
    pub fn oldest_and_newest(&self, known_by_ms: i64) -> Option<(i64, i64)> {
        let known = |label: &&Label| label.known_at_ms <= known_by_ms;
        let oldest = self.labels.iter().find(known)?;
        let newest = self.labels.iter().rev().find(known)?;
        Some((oldest.at_ms, newest.at_ms))
    }

    /// When a fraud last became known, at or before then.
    pub fn last_known_at_ms(&self, known_by_ms: i64) -> Option<i64> {
        self.labels.iter().map(|label| label.known_at_ms).filter(|known_at_ms| *known_at_ms <= known_by_ms).max()
    }

    pub fn is_known(&self, id: Uuid, at_ms: i64, known_by_ms: i64) -> bool {
        let found = self.labels.binary_search_by_key(&(at_ms, id), |known| (known.at_ms, known.id));
        found.is_ok_and(|index| self.labels[index].known_at_ms <= known_by_ms)
    }

    /// Whether any payment made at that very time is among them.
    pub fn any_of(&self, at_ms: i64) -> bool {
        self.labels.binary_search_by_key(&at_ms, |known| known.at_ms).is_ok()
    }

    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Oldest payment first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Label> {
        self.labels.iter()
    }

    /// Asks for the newest, see `Timeline::prefetch`.
    pub(super) fn prefetch(&self) {
        prefetch_index(&self.labels, self.labels.len().saturating_sub(1));
    }

    pub fn bytes(&self) -> usize {
        self.labels.capacity() * size_of::<Label>()
    }

    fn made(&self, after_ms: i64, until_ms: i64) -> impl Iterator<Item = &Label> {
        let from = self.labels.partition_point(|label| label.at_ms <= after_ms);
        self.labels[from..].iter().take_while(move |label| label.at_ms <= until_ms)
    }
}
