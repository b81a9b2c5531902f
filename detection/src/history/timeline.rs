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

/// Times and sums stand apart from the rows: an edge is found in a few cache lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline<R> {
    rows: VecDeque<R>,
    times_ms: VecDeque<i64>,
    /// Of all rows up to and with each.
    through: VecDeque<Sums>,
    /// Of the rows forgotten at the front.
    before: Sums,
}

impl<R> Default for Timeline<R> {
    fn default() -> Self {
        Timeline { rows: VecDeque::new(), times_ms: VecDeque::new(), through: VecDeque::new(), before: Sums::default() }
    }
}

impl<R: Row> Timeline<R> {
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn oldest(&self) -> Option<&R> {
        self.rows.front()
    }

    pub fn newest(&self) -> Option<&R> {
        self.rows.back()
    }

    /// Newest first; ties: the later arrival first.
    pub fn newest_first(&self) -> impl DoubleEndedIterator<Item = &R> {
        self.rows.iter().rev()
    }

    /// Rows made at or before that time, newest first.
    pub fn newest_first_until(&self, until_ms: i64) -> impl Iterator<Item = &R> {
        self.rows.range(..self.end(until_ms)).rev()
    }

    pub fn get(&self, index: usize) -> Option<&R> {
        self.rows.get(index)
    }

    /// Puts the row behind all rows of its time and says where.
    pub fn insert(&mut self, row: R) -> usize {
        let index = self.end(row.at_ms());
        self.times_ms.insert(index, row.at_ms());
        self.rows.insert(index, row);
        self.through.insert(index, Sums::default());
        self.sum_from(index);
        index
    }

    pub fn remove(&mut self, index: usize) -> Option<R> {
        let removed = self.rows.remove(index)?;
        self.times_ms.remove(index);
        self.through.remove(index);
        self.sum_from(index);
        Some(removed)
    }

    /// Changes a row where it stands. Its time must stay.
    pub fn change(&mut self, index: usize, change: impl FnOnce(&mut R)) {
        if let Some(row) = self.rows.get_mut(index) {
            change(row);
            self.sum_from(index);
        }
    }

    pub fn forget_oldest(&mut self) -> Option<R> {
        self.times_ms.pop_front();
        self.before = self.through.pop_front()?;
        self.rows.pop_front()
    }

    /// Number of rows made at or before that time.
    pub fn end(&self, until_ms: i64) -> usize {
        // Most questions are about the recent past: steps back from the newest, doubling, then halving.
        let len = self.rows.len();
        let (mut low, mut high, mut step) = (len, len, 1);
        while low > 0 && self.times_ms[low - 1] > until_ms {
            high = low - 1;
            low = low.saturating_sub(step);
            step *= 2;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            if self.times_ms[middle] <= until_ms { low = middle + 1 } else { high = middle }
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
        (self.end(at_ms.saturating_sub(1))..end).find(|index| is_it(&self.rows[*index]))
    }

    /// Bytes on the heap.
    pub fn bytes(&self) -> usize {
        self.rows.capacity() * (size_of::<R>() + size_of::<i64>() + size_of::<Sums>())
    }

    /// Of the first so many rows, and all forgotten before them.
    fn through(&self, count: usize) -> Sums {
        match count.checked_sub(1) {
            Some(last) => self.through[last],
            None => self.before,
        }
    }

    fn sum_from(&mut self, index: usize) {
        let mut sum = self.through(index);
        for (row, through) in self.rows.range(index..).zip(self.through.range_mut(index..)) {
            sum = sum.plus(row.sums());
            *through = sum;
        }
    }
}
