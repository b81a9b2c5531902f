//! Rows in event time, and sums over any window of them.
//!
//! Promises: ties keep the order of arrival; a late row is inserted in its place and the sums behind it are made anew,
//! so every window equals a count by hand; a window costs a few rows at each of its edges, whatever lies between. Sums
//! wrap around and are subtracted again, so their difference is right as long as the window's own sum fits.
//!
//! Histories are cold to the processor when they are asked, so what is asked of every row (its brief: half a cache
//! line) stands apart from the rest.

use std::collections::VecDeque;
use std::fmt::Debug;

pub use super::sums::Sums;

/// Rows that share one line of sums.
const BLOCK: usize = 16;

/// A row, in two parts.
pub trait Row: Copy {
    type Brief: Brief;
    /// What no window asks for.
    type Rest: Copy + Debug + PartialEq;

    fn at_ms(self) -> i64;
    fn split(self) -> (Self::Brief, Self::Rest);
    fn join(brief: Self::Brief, rest: Self::Rest) -> Self;
}

/// What is asked of many rows at once.
pub trait Brief: Copy + Debug + PartialEq {
    fn at_ms(&self) -> i64;
    /// What the row adds to its windows.
    fn sums(&self) -> Sums;
}

/// So many rows in a line.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(align(64))]
struct Block {
    /// Of its oldest remembered row.
    first_at_ms: i64,
    /// Of all rows before that one, forgotten ones too.
    before: Sums,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Timeline<R: Row> {
    briefs: VecDeque<R::Brief>,
    rests: VecDeque<R::Rest>,
    /// None is empty.
    blocks: VecDeque<Block>,
    /// Rows of the oldest block that are forgotten.
    gone: usize,
    /// Of all rows, forgotten ones too.
    all: Sums,
}

/// A place between the rows of one time and those of later ones.
#[derive(Clone, Copy)]
struct Edge {
    /// How many rows stand before it.
    index: usize,
    /// Their sums, with those of all forgotten ones: only differences mean something.
    before: Sums,
    /// Later blocks begin behind it.
    blocks: usize,
}

impl<R: Row> Default for Timeline<R> {
    fn default() -> Self {
        Timeline {
            briefs: VecDeque::new(),
            rests: VecDeque::new(),
            blocks: VecDeque::new(),
            gone: 0,
            all: Sums::default(),
        }
    }
}

impl<R: Row> Timeline<R> {
    pub fn len(&self) -> usize {
        self.briefs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.briefs.is_empty()
    }

    pub fn oldest(&self) -> Option<R> {
        self.get(0)
    }

    pub fn newest(&self) -> Option<R> {
        self.get(self.len().checked_sub(1)?)
    }

    pub fn oldest_at_ms(&self) -> Option<i64> {
        self.briefs.front().map(Brief::at_ms)
    }

    pub fn newest_at_ms(&self) -> Option<i64> {
        self.briefs.back().map(Brief::at_ms)
    }

    pub fn get(&self, index: usize) -> Option<R> {
        Some(R::join(*self.briefs.get(index)?, *self.rests.get(index)?))
    }

    pub fn brief(&self, index: usize) -> Option<&R::Brief> {
        self.briefs.get(index)
    }

    /// Newest first; ties: the later arrival first.
    pub fn newest_first(&self) -> impl DoubleEndedIterator<Item = R> {
        self.briefs.iter().zip(&self.rests).rev().map(|(brief, rest)| R::join(*brief, *rest))
    }

    /// Rows made at or before that time, newest first.
    pub fn newest_first_until(&self, until_ms: i64) -> impl Iterator<Item = R> {
        let end = self.end(until_ms);
        let rows = self.briefs.range(..end).zip(self.rests.range(..end));
        rows.rev().map(|(brief, rest)| R::join(*brief, *rest))
    }

    /// Newest first.
    pub fn briefs(&self) -> impl DoubleEndedIterator<Item = &R::Brief> + ExactSizeIterator {
        self.briefs.iter().rev()
    }

    /// Of rows made at or before that time, newest first.
    pub fn briefs_until(&self, until_ms: i64) -> impl DoubleEndedIterator<Item = &R::Brief> + ExactSizeIterator {
        self.briefs.range(..self.end(until_ms)).rev()
    }

    /// Puts the row behind all rows of its time and says where.
    pub fn insert(&mut self, row: R) -> usize {
        let index = self.end(row.at_ms());
        let (brief, rest) = row.split();
        grow(&mut self.briefs);
        grow(&mut self.rests);
        if index == self.len() {
            self.briefs.push_back(brief);
            self.rests.push_back(rest);
            self.begin_block(index, self.all);
            self.all = self.all.with(&brief);
        } else {
            self.briefs.insert(index, brief);
            self.rests.insert(index, rest);
            self.inserted(index);
        }
        index
    }

    pub fn remove(&mut self, index: usize) -> Option<R> {
        let (brief, rest) = (self.briefs.remove(index)?, self.rests.remove(index)?);
        self.removed(index, brief.sums());
        Some(R::join(brief, rest))
    }

    /// Changes a row where it stands. Its time must stay.
    pub fn change(&mut self, index: usize, change: impl FnOnce(&mut R)) {
        let Some(mut row) = self.get(index) else { return };
        change(&mut row);
        (self.briefs[index], self.rests[index]) = row.split();
        self.sum_from(index);
    }

    pub fn forget_oldest(&mut self) -> Option<R> {
        let (brief, rest) = (self.briefs.pop_front()?, self.rests.pop_front()?);
        self.gone += 1;
        if self.gone == BLOCK || self.briefs.is_empty() {
            self.gone = 0;
            self.blocks.pop_front();
        } else if let (Some(block), Some(next)) = (self.blocks.front_mut(), self.briefs.front()) {
            *block = Block { first_at_ms: next.at_ms(), before: block.before.plus(brief.sums()) };
        }
        Some(R::join(brief, rest))
    }

    /// Number of rows made at or before that time.
    pub fn end(&self, until_ms: i64) -> usize {
        self.edge(until_ms, self.blocks.len()).index
    }

    /// Sums of the rows in (`after_ms`, `until_ms`].
    pub fn window(&self, after_ms: i64, until_ms: i64) -> Sums {
        let [sums] = self.windows(until_ms, [after_ms]);
        sums
    }

    /// Sums of the rows in (each of `after_ms`, `until_ms`]; each window must be at least as long as the one before.
    pub fn windows<const WINDOWS: usize>(&self, until_ms: i64, after_ms: [i64; WINDOWS]) -> [Sums; WINDOWS] {
        let end = self.edge(until_ms, self.blocks.len());
        let mut begin = end;
        after_ms.map(|after_ms| {
            begin = self.edge(after_ms, begin.blocks);
            end.before.minus(begin.before)
        })
    }

    /// Where that row stands; made for labels, which name a row by id and time.
    pub fn position(&self, at_ms: i64, is_it: impl Fn(&R) -> bool) -> Option<usize> {
        let end = self.end(at_ms);
        (self.end(at_ms.saturating_sub(1))..end).find(|index| self.get(*index).is_some_and(|row| is_it(&row)))
    }

    /// The oldest row, from this one on, that adds to this sum, which no row lessens.
    pub fn oldest_in(&self, from: usize, sum: impl Fn(&Sums) -> i64) -> Option<usize> {
        let none = self.sums_before(from);
        let added = |block: &Block| sum(&block.before.minus(none)) > 0;
        let block = self.blocks.partition_point(|block| !added(block)).checked_sub(1)?;
        let begin = self.first_of(block).max(from);
        let adds = |brief: &R::Brief| sum(&brief.sums()) != 0;
        self.briefs.range(begin..).position(adds).map(|place| begin + place)
    }

    /// Sums of all rows that stand before that one, forgotten ones too: only differences mean something.
    pub fn sums_before(&self, index: usize) -> Sums {
        let block = (self.gone + index) / BLOCK;
        let Some(found) = self.blocks.get(block) else { return self.all };
        self.briefs.range(self.first_of(block)..index).fold(found.before, Sums::with)
    }

    /// Whether there is such a row of that time; looks at no more than where its time is.
    pub fn has(&self, at_ms: i64, is_it: impl Fn(&R::Rest) -> bool) -> bool {
        let mut of_then = (0..self.end(at_ms)).rev().take_while(|index| self.briefs[*index].at_ms() == at_ms);
        of_then.any(|index| is_it(&self.rests[index]))
    }

    /// Reads a word of each line that [`Timeline::windows`] and a look at the newest rows will need. None waits for
    /// another, so they come from memory together; the answer means nothing.
    pub fn fetch(&self, rows: usize, blocks: usize) -> i64 {
        let oldest = self.oldest_at_ms().unwrap_or(0);
        let blocks = newest(&self.blocks, blocks).map(|part| part.iter().fold(0, |sum, block| sum ^ block.first_at_ms));
        let rows = newest(&self.briefs, rows)
            .map(|part| part.as_chunks::<2>().0.iter().fold(0, |sum, two| sum ^ two[0].at_ms()));
        oldest ^ blocks[0] ^ blocks[1] ^ rows[0] ^ rows[1]
    }

    /// Bytes on the heap.
    pub fn bytes(&self) -> usize {
        self.briefs.capacity() * size_of::<R::Brief>()
            + self.rests.capacity() * size_of::<R::Rest>()
            + self.blocks.capacity() * size_of::<Block>()
    }

    /// Where the rows made at or before that time end, which lies before the end of so many blocks.
    fn edge(&self, until_ms: i64, blocks: usize) -> Edge {
        // Most questions are about now.
        if blocks == self.blocks.len() && self.newest_at_ms().is_none_or(|newest_ms| newest_ms <= until_ms) {
            return Edge { index: self.len(), before: self.all, blocks };
        }
        let blocks = self.begun(until_ms, blocks);
        let Some(block) = blocks.checked_sub(1) else {
            return Edge { index: 0, before: self.before(0), blocks };
        };
        let (begin, end) = (self.first_of(block), self.first_of(blocks).min(self.len()));
        // From that end of the block which is nearer.
        if self.briefs[begin + (end - begin) / 2].at_ms() <= until_ms {
            let (mut index, mut before) = (end, self.before(blocks));
            while self.briefs[index - 1].at_ms() > until_ms {
                index -= 1;
                before = before.without(&self.briefs[index]);
            }
            Edge { index, before, blocks }
        } else {
            let (mut index, mut before) = (begin, self.before(block));
            while self.briefs[index].at_ms() <= until_ms {
                before = before.with(&self.briefs[index]);
                index += 1;
            }
            Edge { index, before, blocks }
        }
    }

    /// How many of that many blocks begin at or before that time: looks at the newest first, in steps that double, then
    /// halve.
    fn begun(&self, until_ms: i64, blocks: usize) -> usize {
        let (mut later, mut step) = (blocks, 1);
        while later > 0 {
            let tried = later.saturating_sub(step);
            if self.blocks[tried].first_at_ms <= until_ms {
                let mut begun = tried;
                while later - begun > 1 {
                    let middle = begun + (later - begun) / 2;
                    if self.blocks[middle].first_at_ms <= until_ms { begun = middle } else { later = middle }
                }
                break;
            }
            later = tried;
            step *= 2;
        }
        later
    }

    /// Sums of all rows before that block, which may not have begun.
    fn before(&self, block: usize) -> Sums {
        self.blocks.get(block).map_or(self.all, |block| block.before)
    }

    fn rows_of(&self, block: usize) -> impl Iterator<Item = &R::Brief> {
        let end = (block * BLOCK + BLOCK - self.gone).min(self.len());
        self.briefs.range(self.first_of(block)..end)
    }

    /// A row was put in: each block behind it begins with what was the last row of the one before.
    fn inserted(&mut self, index: usize) {
        let sums = self.briefs[index].sums();
        let here = (self.gone + index) / BLOCK;
        self.blocks[here].first_at_ms = self.briefs[self.first_of(here)].at_ms();
        for block in here + 1..self.blocks.len() {
            let first = self.briefs[self.first_of(block)];
            let before = self.blocks[block].before.plus(sums).minus(first.sums());
            self.blocks[block] = Block { first_at_ms: first.at_ms(), before };
        }
        self.all = self.all.plus(sums);
        let last = self.len() - 1;
        self.begin_block(last, self.all.without(&self.briefs[last]));
    }

    /// The row is the last one; begins a block with it if the one before is full.
    fn begin_block(&mut self, last: usize, before: Sums) {
        if (self.gone + last).is_multiple_of(BLOCK) {
            grow(&mut self.blocks);
            self.blocks.push_back(Block { first_at_ms: self.briefs[last].at_ms(), before });
        }
    }

    /// A row was taken out: each block behind it has lost its first row to the one before.
    fn removed(&mut self, index: usize, sums: Sums) {
        let here = (self.gone + index) / BLOCK;
        self.all = self.all.minus(sums);
        self.blocks.truncate((self.gone + self.len()).div_ceil(BLOCK));
        if self.is_empty() {
            self.blocks.clear();
            self.gone = 0;
            return;
        }
        for block in here..self.blocks.len() {
            let first = self.first_of(block);
            self.blocks[block].first_at_ms = self.briefs[first].at_ms();
            if block > here {
                let lost = self.briefs[first - 1].sums();
                self.blocks[block].before = self.blocks[block].before.plus(lost).minus(sums);
            }
        }
    }

    /// Where that block's first remembered row stands.
    fn first_of(&self, block: usize) -> usize {
        (block * BLOCK).saturating_sub(self.gone)
    }

    /// Makes the sums anew from that row on.
    fn sum_from(&mut self, index: usize) {
        let first = (self.gone + index) / BLOCK;
        let mut before = self.before(first);
        for block in first..self.blocks.len() {
            self.blocks[block].before = before;
            before = self.rows_of(block).fold(before, Sums::with);
        }
        self.all = before;
    }
}

/// The last so many, in the two parts that they lie in.
fn newest<T>(all: &VecDeque<T>, count: usize) -> [&[T]; 2] {
    let (older, newer) = all.as_slices();
    let newer = &newer[newer.len().saturating_sub(count)..];
    [&older[older.len().saturating_sub(count - newer.len())..], newer]
}

/// Makes room by a quarter: what is full most of the time must not stand half empty.
fn grow<T>(rows: &mut VecDeque<T>) {
    if rows.len() == rows.capacity() {
        rows.reserve_exact(rows.len() / 4 + 4);
    }
}
