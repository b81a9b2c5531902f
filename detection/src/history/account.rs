//! One account's own payments of the last hundred days: what it spends, on whom, at what hours, and what of it turned
//! out to be fraud.
//!
//! Promises: at most 1,024 rows; a flood of refused attempts or of credits pushes out older ones of its own kind, never
//! the spending habit; refused attempts are in no sum of spending. Hours are counted over the remembered rows, so a
//! history read back from its stored rows equals the one that lived. Absent: balance, limits, names.

use super::labels::{Label, Labels};
use super::pair::{Pair, Pairs};
use super::past::{Brief, Class, Past, WINDOWS_MS};
use super::timeline::{Sums, Timeline};
use super::{Outcome, REMEMBERED_MS};
use crate::payment::{Party, Place};
use prefetch_index::prefetch_index;
use std::slice::from_ref;
use uuid::Uuid;

pub use super::past::local_hour;

pub const ROWS_MAX: usize = 1_024;
/// Of refused rows, and as many again of credits.
pub const ASIDE_MAX: usize = 256;

/// What most accounts are asked for: the sample's.
const PREFETCHED_ROWS: usize = 32;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct AccountHistory {
    rows: Timeline<Past>,
    pairs: Pairs,
    labels: Labels,
    /// Spending rows by local hour.
    hours: [u32; 24],
    credits: usize,
    refused: usize,
    pub opened_at_ms: Option<i64>,
    pub contact_changed_at_ms: Option<i64>,
    /// The last payment that was not refused, even if its row is long forgotten.
    last_paid_at_ms: Option<i64>,
}

impl AccountHistory {
    /// Of an account that has done nothing yet.
    pub fn opened(at_ms: i64) -> Self {
        AccountHistory { opened_at_ms: Some(at_ms), ..AccountHistory::default() }
    }

    /// Takes in a payment that has been decided. Each payment once: whoever pushes knows redelivered ones.
    pub fn push(&mut self, mut row: Past) {
        row.first_of_pair = row.spent() && self.is_first_of_pair(&row);
        if row.outgoing {
            let refused = row.class() == Class::Refused;
            self.pairs.change(row.party, |pair| match refused {
                true => pair.refuse(row.at_ms, row.amount_minor),
                false => pair.pay(row.at_ms, row.amount_minor),
            });
        }
        match row.class() {
            Class::Spent => {
                self.last_paid_at_ms = self.last_paid_at_ms.max(Some(row.at_ms));
                self.count_hour(&row, u32::saturating_add);
            }
            Class::Credit => self.credits += 1,
            Class::Refused => self.refused += 1,
            Class::Gap => {}
        }
        self.rows.insert(row);
        self.forget();
    }

    /// Takes in a payment unless it is here already.
    pub fn push_once(&mut self, row: Past) {
        if !self.rows.has(row.at_ms, |rest| rest.id == row.id) {
            self.push(row);
        }
    }

    /// A held payment was released or refused.
    pub fn settle(&mut self, id: Uuid, at_ms: i64, outcome: Outcome) {
        let Some(index) = self.rows.position(at_ms, |row| row.id == id) else { return };
        let Some(held) = self.rows.get(index).filter(|row| row.outcome == Outcome::Held) else { return };
        self.rows.change(index, |row| {
            row.outcome = outcome;
            row.first_of_pair &= outcome != Outcome::Refused;
        });
        if outcome == Outcome::Refused {
            self.uncount(Some(held));
            self.refused += 1;
            if held.outgoing {
                self.pairs.change(held.party, |pair| pair.take_back(held.at_ms, held.amount_minor));
            }
            self.forget();
        }
    }

    /// A payment of this account, made at `at_ms`, became known to be fraud. The row itself may be forgotten.
    pub fn label(&mut self, id: Uuid, at_ms: i64, known_at_ms: i64) {
        self.labels.add(Label { id, at_ms, known_at_ms });
    }

    pub fn unlabel(&mut self, id: Uuid, at_ms: i64) {
        self.labels.remove(id, at_ms);
    }

    /// Puts back what was stored of a pair whose rows are forgotten. Rows pushed later must be newer than it.
    pub fn restore_pair(&mut self, party: Party, pair: Pair) {
        if pair.count > 0 {
            self.last_paid_at_ms = self.last_paid_at_ms.max(Some(pair.last_at_ms));
        }
        self.pairs.set(party, pair);
    }

    pub fn rows(&self) -> &Timeline<Past> {
        &self.rows
    }

    pub fn pairs(&self) -> &Pairs {
        &self.pairs
    }

    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Remembered own payments of that local hour.
    pub fn paid_at_hour(&self, hour: u8) -> u32 {
        self.hours.get(usize::from(hour)).copied().unwrap_or(0)
    }

    pub fn paid_at_all_hours(&self) -> u32 {
        u32::try_from(self.rows.len() - self.credits - self.refused).unwrap_or(u32::MAX)
    }

    pub fn last_paid_at_ms(&self) -> Option<i64> {
        self.last_paid_at_ms
    }

    /// Sums of the rows in (`after_ms`, `until_ms`].
    pub fn window(&self, after_ms: i64, until_ms: i64) -> Sums {
        self.rows.window(after_ms, until_ms)
    }

    /// When the first credit within (`after_ms`, `until_ms`] came, and the sums of the rows from it to the end.
    pub fn since_first_credit(&self, after_ms: i64, until_ms: i64) -> Option<(i64, Sums)> {
        self.rows.since_first(after_ms, until_ms, |sums| sums.credits_minor)
    }

    /// Sums of the usual windows that end then.
    pub fn usual_windows(&self, until_ms: i64) -> [Sums; WINDOWS_MS.len()] {
        self.rows.usual_windows(until_ms)
    }

    /// Of all rows, newest first. The place stands far from the brief and is fetched only if there is one.
    pub fn places_and_briefs(&self) -> impl Iterator<Item = (Option<Place>, &Brief)> {
        let place = |index: usize| self.rows.get(index).and_then(|row| row.place);
        let rows = self.rows.places_until(i64::MAX);
        rows.map(move |(index, row)| (if row.has_place { place(index) } else { None }, row))
    }

    /// The pair as it was at that time. Of a late payment's pair only remembered rows are known.
    pub fn pair_at(&self, party: Party, at_ms: i64) -> Pair {
        let Some(pair) = self.pairs.get(party) else { return Pair::default() };
        let refused_by_then = pair.last_refused.is_none_or(|refused| refused.at_ms <= at_ms);
        if refused_by_then && (pair.count == 0 || pair.last_at_ms <= at_ms) {
            return *pair;
        }
        let mut rebuilt = Pair::default();
        for row in self.rows.briefs_until(at_ms).rev() {
            match row.class {
                Class::Spent if row.party == party => rebuilt.pay(row.at_ms, row.amount_minor),
                Class::Refused if row.party == party && row.outgoing => rebuilt.refuse(row.at_ms, row.amount_minor),
                Class::Spent | Class::Credit | Class::Refused | Class::Gap => {}
            }
        }
        rebuilt
    }

    /// Asks for all memory that a payment to this party will be judged by and change, and waits for none of it.
    pub fn prefetch(&self, party: Party) {
        self.rows.prefetch(PREFETCHED_ROWS);
        self.pairs.prefetch(party);
        self.labels.prefetch();
    }

    /// The same of where a credit will be put.
    pub fn prefetch_end(&self) {
        self.rows.prefetch_end();
    }

    /// The same of the account itself, which says where all else is: some payments earlier.
    pub fn prefetch_head(&self) {
        self.rows.prefetch_head();
        prefetch_index(from_ref(&self.pairs), 0);
        prefetch_index(from_ref(&self.labels), 0);
        prefetch_index(self.hours.as_slice(), 0);
        prefetch_index(self.hours.as_slice(), 16);
        prefetch_index(from_ref(&self.last_paid_at_ms), 0);
    }

    /// See [`Timeline::look`].
    pub(super) fn look(&mut self, at_ms: i64) {
        self.rows.look(at_ms);
    }

    /// About the bytes this account takes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.rows.bytes() + self.pairs.bytes() + self.labels.bytes()
    }

    /// Whether the pair has no earlier payment; a late row takes the mark from the row that had it.
    fn is_first_of_pair(&mut self, row: &Past) -> bool {
        let Some(pair) = self.pairs.get(row.party).filter(|pair| pair.count > 0) else { return true };
        if row.at_ms >= pair.first_at_ms {
            return false;
        }
        let marked = |past: &Past| past.first_of_pair && past.party == row.party;
        if let Some(index) = self.rows.position(pair.first_at_ms, marked) {
            self.rows.change(index, |past| past.first_of_pair = false);
        }
        true
    }

    fn count_hour(&mut self, row: &Past, change: fn(u32, u32) -> u32) {
        if let Some(count) = self.hours.get_mut(usize::from(row.local_hour)) {
            *count = change(*count, 1);
        }
    }

    fn forget(&mut self) {
        if self.refused > ASIDE_MAX {
            self.forget_row(self.rows.oldest_in(|sums| i64::from(sums.refused)));
        }
        if self.credits > ASIDE_MAX {
            self.forget_row(self.rows.oldest_in(|sums| sums.credits_minor));
        }
        let newest_ms = self.rows.newest_at_ms().unwrap_or(0);
        let too_old = |at_ms: i64| at_ms < newest_ms.saturating_sub(REMEMBERED_MS);
        while self.rows.len() > ROWS_MAX || self.rows.oldest_at_ms().is_some_and(too_old) {
            let forgotten = self.rows.forget_oldest();
            self.uncount(forgotten);
        }
    }

    fn forget_row(&mut self, index: Option<usize>) {
        let forgotten = index.and_then(|index| self.rows.remove(index));
        self.uncount(forgotten);
    }

    fn uncount(&mut self, forgotten: Option<Past>) {
        let Some(row) = forgotten else { return };
        match row.class() {
            Class::Spent => self.count_hour(&row, u32::saturating_sub),
            Class::Credit => self.credits -= 1,
            Class::Refused => self.refused -= 1,
            Class::Gap => {}
        }
    }
}
