//! Rows in event time, and sums over any window of them.
//!
//! Promises: ties keep the order of arrival; a late row is inserted in its place and the sums behind it are made anew,
//! so every window equals a count by hand; a window costs a few rows at each of its edges, whatever lies between. Where
//! the usual windows began when they were last looked for is remembered, since those of the next payment begin a row or
//! two later; any other edge is searched. Sums wrap around and are subtracted again, so their difference is right as
//! long as the window's own sum fits.
//!
//! Histories are cold to the processor when they are asked, so what is asked of every row (its brief: half a cache
//! line) stands apart from the rest.

use std::collections::VecDeque;
use std::fmt::Debug;

mod edges;

pub use super::sums::Sums;
use edges::Edge;

/// Rows that share one line of sums.
const BLOCK: usize = 16;
/// Most usual windows of a kind of row.
const USUAL_MAX: usize = 8;

/// A row, in two parts.
pub trait Row: Copy {
    type Brief: Brief;
    /// What no window asks for.
    type Rest: Copy + Debug + PartialEq;
    /// Lengths of the usual windows, the shortest first.
    const WINDOWS_MS: &'static [i64];

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

#[derive(Debug, Clone)]
pub struct Timeline<R: Row> {
    briefs: VecDeque<R::Brief>,
    rests: VecDeque<R::Rest>,
    /// None is empty.
    blocks: VecDeque<Block>,
    /// Rows of the oldest block that are forgotten.
    gone: usize,
    /// Of all rows, forgotten ones too.
    all: Sums,
    /// Where the usual windows begin that end at `looked_ms`.
    begins: [Edge; USUAL_MAX],
    looked_ms: i64,
}

/// When it was looked at makes no difference.
impl<R: Row> PartialEq for Timeline<R> {
    fn eq(&self, other: &Self) -> bool {
        (&self.briefs, &self.rests, &self.blocks) == (&other.briefs, &other.rests, &other.blocks)
            && (self.gone, self.all) == (other.gone, other.all)
    }
}

impl<R: Row> Default for Timeline<R> {
    fn default() -> Self {
        Timeline {
            briefs: VecDeque::new(),
            rests: VecDeque::new(),
            blocks: VecDeque::new(),
            gone: 0,
            all: Sums::default(),
            begins: [Edge::default(); USUAL_MAX],
            looked_ms: i64::MIN,
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
        // Most rows are as young as what was last asked for.
        if brief.at_ms() < self.looked_ms {
            for (edge, length_ms) in self.begins.iter_mut().zip(R::WINDOWS_MS) {
                if brief.at_ms() <= self.looked_ms.saturating_sub(*length_ms) {
                    edge.pass(&brief);
                }
            }
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
        let (brief, rest) = row.split();
        let more = brief.sums().minus(self.briefs[index].sums());
        (self.briefs[index], self.rests[index]) = (brief, rest);
        self.all = self.all.plus(more);
        let here = (self.gone + index) / BLOCK;
        self.blocks.range_mut(here + 1..).for_each(|block| block.before = block.before.plus(more));
        for edge in self.begins.iter_mut().filter(|edge| edge.index > index) {
            edge.before = edge.before.plus(more);
        }
    }

    pub fn forget_oldest(&mut self) -> Option<R> {
        let (brief, rest) = (self.briefs.pop_front()?, self.rests.pop_front()?);
        for edge in &mut self.begins {
            match edge.index.checked_sub(1) {
                Some(index) => edge.index = index,
                None => edge.before = edge.before.with(&brief),
            }
        }
        self.gone += 1;
        if self.gone == BLOCK || self.briefs.is_empty() {
            self.gone = 0;
            self.blocks.pop_front();
        } else if let (Some(block), Some(next)) = (self.blocks.front_mut(), self.briefs.front()) {
            *block = Block { first_at_ms: next.at_ms(), before: block.before.plus(brief.sums()) };
        }
        Some(R::join(brief, rest))
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

    /// Reads a word of each line that the usual windows and a look at so many of the newest rows will need. None waits
    /// for another, so they come from memory together; the answer means nothing.
    pub fn fetch(&self, rows: usize) -> i64 {
        let at_ms = |index: usize| self.briefs.get(index).map_or(0, Brief::at_ms);
        let begins = self.begins.iter().fold(at_ms(0), |sum, edge| sum ^ at_ms(edge.index));
        let rows = newest(&self.briefs, rows)
            .map(|part| part.as_chunks::<2>().0.iter().fold(0, |sum, two| sum ^ two[0].at_ms()));
        begins ^ rows[0] ^ rows[1]
    }

    /// Reads a word of each line of the timeline itself, see [`Timeline::fetch`].
    pub fn fetch_head(&self) -> usize {
        let begins = self.begins.iter().fold(0, |sum, edge| sum ^ edge.index);
        begins ^ self.briefs.len() ^ self.blocks.len() ^ self.gone
    }

    /// Bytes on the heap.
    pub fn bytes(&self) -> usize {
        self.briefs.capacity() * size_of::<R::Brief>()
            + self.rests.capacity() * size_of::<R::Rest>()
            + self.blocks.capacity() * size_of::<Block>()
    }

    /// Sums of all rows before that block, which may not have begun.
    fn before(&self, block: usize) -> Sums {
        self.blocks.get(block).map_or(self.all, |block| block.before)
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
            self.begins = [Edge { index: 0, before: self.all }; USUAL_MAX];
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
        for edge in self.begins.iter_mut().filter(|edge| edge.index > index) {
            *edge = Edge { index: edge.index - 1, before: edge.before.minus(sums) };
        }
    }

    /// Where that block's first remembered row stands.
    fn first_of(&self, block: usize) -> usize {
        (block * BLOCK).saturating_sub(self.gone)
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
