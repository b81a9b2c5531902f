//! Rows in event time, each with the sums of all rows up to it, so that any window is one subtraction.
//!
//! Promises: ties keep the order of arrival; a late row is inserted in its place and the sums behind it are made
//! anew, so every window equals a count by hand; finding an edge costs O(log k) for the k rows in the window. Sums
//! wrap around and are subtracted again, so their difference is right as long as the window's own sum fits.

use std::collections::VecDeque;

/// What a row adds to its windows.
pub trait Row {
    fn at_ms(&self) -> i64;
    fn sums(&self) -> Sums;
}

/// Sums over a window. Refused attempts count in `refused` only, credits in `credits_minor` only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// Of squared minor units.
    pub squares: i128,
    pub amount_minor: i64,
    pub credits_minor: i64,
    pub count: u32,
    /// Rows that were the first of their pair.
    pub firsts: u32,
    /// Rows that were marked as far above the payer's habit.
    pub large: u32,
    pub refused: u32,
}

impl Sums {
    /// Of one spending row.
    pub fn spending(amount_minor: i64) -> Self {
        let wide = i128::from(amount_minor);
        Sums { squares: wide.wrapping_mul(wide), amount_minor, count: 1, ..Sums::default() }
    }

    fn plus(self, other: Sums) -> Self {
        Sums {
            squares: self.squares.wrapping_add(other.squares),
            amount_minor: self.amount_minor.wrapping_add(other.amount_minor),
            credits_minor: self.credits_minor.wrapping_add(other.credits_minor),
            count: self.count.wrapping_add(other.count),
            firsts: self.firsts.wrapping_add(other.firsts),
            large: self.large.wrapping_add(other.large),
            refused: self.refused.wrapping_add(other.refused),
        }
    }

    fn minus(self, other: Sums) -> Self {
        Sums {
            squares: self.squares.wrapping_sub(other.squares),
            amount_minor: self.amount_minor.wrapping_sub(other.amount_minor),
            credits_minor: self.credits_minor.wrapping_sub(other.credits_minor),
            count: self.count.wrapping_sub(other.count),
            firsts: self.firsts.wrapping_sub(other.firsts),
            large: self.large.wrapping_sub(other.large),
            refused: self.refused.wrapping_sub(other.refused),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Entry<R> {
    row: R,
    /// Of all rows up to and with this one.
    through: Sums,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Timeline<R> {
    entries: VecDeque<Entry<R>>,
    /// Of the rows forgotten at the front.
    before: Sums,
}

impl<R> Default for Timeline<R> {
    fn default() -> Self {
        Timeline { entries: VecDeque::new(), before: Sums::default() }
    }
}

impl<R: Row> Timeline<R> {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn oldest(&self) -> Option<&R> {
        self.entries.front().map(|entry| &entry.row)
    }

    pub fn newest(&self) -> Option<&R> {
        self.entries.back().map(|entry| &entry.row)
    }

    /// Newest first; ties: the later arrival first.
    pub fn newest_first(&self) -> impl DoubleEndedIterator<Item = &R> {
        self.entries.iter().rev().map(|entry| &entry.row)
    }

    /// Rows made at or before that time, newest first.
    pub fn newest_first_until(&self, until_ms: i64) -> impl Iterator<Item = &R> {
        self.entries.range(..self.end(until_ms)).rev().map(|entry| &entry.row)
    }

    pub fn get(&self, index: usize) -> Option<&R> {
        self.entries.get(index).map(|entry| &entry.row)
    }

    /// Puts the row behind all rows of its time and says where.
    pub fn insert(&mut self, row: R) -> usize {
        let index = self.end(row.at_ms());
        self.entries.insert(index, Entry { row, through: Sums::default() });
        self.sum_from(index);
        index
    }

    pub fn remove(&mut self, index: usize) -> Option<R> {
        let removed = self.entries.remove(index)?;
        self.sum_from(index);
        Some(removed.row)
    }

    /// Changes a row where it stands. Its time must stay.
    pub fn change(&mut self, index: usize, change: impl FnOnce(&mut R)) {
        if let Some(entry) = self.entries.get_mut(index) {
            change(&mut entry.row);
            self.sum_from(index);
        }
    }

    pub fn forget_oldest(&mut self) -> Option<R> {
        let oldest = self.entries.pop_front()?;
        self.before = oldest.through;
        Some(oldest.row)
    }

    /// Number of rows made at or before that time.
    pub fn end(&self, until_ms: i64) -> usize {
        // Most questions are about the recent past: steps back from the newest, doubling, then halving.
        let len = self.entries.len();
        let (mut low, mut high, mut step) = (len, len, 1);
        while low > 0 && self.entries[low - 1].row.at_ms() > until_ms {
            high = low - 1;
            low = low.saturating_sub(step);
            step *= 2;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if self.entries[middle].row.at_ms() <= until_ms { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Sums of the rows in (`after_ms`, `until_ms`].
    pub fn window(&self, after_ms: i64, until_ms: i64) -> Sums {
        self.through(self.end(until_ms)).minus(self.through(self.end(after_ms)))
    }

    /// Where that row stands; made for labels, which name a row by id and time.
    pub fn position(&self, at_ms: i64, is_it: impl Fn(&R) -> bool) -> Option<usize> {
        let end = self.end(at_ms);
        (self.end(at_ms.saturating_sub(1))..end).find(|index| is_it(&self.entries[*index].row))
    }

    /// Bytes on the heap.
    pub fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<Entry<R>>()
    }

    /// Of the first so many rows, and all forgotten before them.
    fn through(&self, count: usize) -> Sums {
        match count.checked_sub(1) {
            Some(last) => self.entries[last].through,
            None => self.before,
        }
    }

    fn sum_from(&mut self, index: usize) {
        let mut sum = self.through(index);
        for entry in self.entries.range_mut(index..) {
            sum = sum.plus(entry.row.sums());
            entry.through = sum;
        }
    }
}
