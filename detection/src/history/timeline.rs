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

use prefetch_index::prefetch_index;
use std::collections::VecDeque;
use std::fmt::Debug;
use std::slice::from_ref;

mod edges;
mod gaps;

pub use super::sums::Sums;
use edges::Edge;
pub use gaps::Removable;

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
    /// Whether the row was taken out.
    fn is_gap(&self) -> bool {
        false
    }
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
    /// Neither the first nor the last place is one.
    gaps: usize,
    /// Where the rows until `looked_ms` end, then where the usual windows begin that end there.
    edges: [Edge; 1 + USUAL_MAX],
    looked_ms: i64,
}

/// When it was looked at makes no difference; where it has gaps does.
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
            gaps: 0,
            edges: [Edge::default(); 1 + USUAL_MAX],
            looked_ms: i64::MIN,
        }
    }
}

impl<R: Row> Timeline<R> {
    pub fn len(&self) -> usize {
        self.briefs.len() - self.gaps
    }

    pub fn is_empty(&self) -> bool {
        self.briefs.is_empty()
    }

    pub fn oldest(&self) -> Option<R> {
        self.get(0)
    }

    pub fn newest(&self) -> Option<R> {
        self.get(self.briefs.len().checked_sub(1)?)
    }

    pub fn oldest_at_ms(&self) -> Option<i64> {
        self.briefs.front().map(Brief::at_ms)
    }

    pub fn newest_at_ms(&self) -> Option<i64> {
        self.briefs.back().map(Brief::at_ms)
    }

    /// The row of that place; none of a gap.
    pub fn get(&self, place: usize) -> Option<R> {
        let brief = self.briefs.get(place).filter(|brief| !brief.is_gap())?;
        Some(R::join(*brief, *self.rests.get(place)?))
    }

    /// Newest first; ties: the later arrival first.
    pub fn newest_first(&self) -> impl Iterator<Item = R> {
        self.newest_first_until(i64::MAX)
    }

    /// Rows made at or before that time, newest first.
    pub fn newest_first_until(&self, until_ms: i64) -> impl Iterator<Item = R> {
        let end = self.end(until_ms);
        let rows = self.briefs.range(..end).zip(self.rests.range(..end)).rev();
        rows.filter(|(brief, _)| !brief.is_gap()).map(|(brief, rest)| R::join(*brief, *rest))
    }

    /// Newest first.
    pub fn briefs(&self) -> impl DoubleEndedIterator<Item = &R::Brief> {
        self.briefs.iter().rev().filter(|brief| !brief.is_gap())
    }

    /// Of rows made at or before that time, newest first.
    pub fn briefs_until(&self, until_ms: i64) -> impl DoubleEndedIterator<Item = &R::Brief> {
        self.briefs.range(..self.end(until_ms)).rev().filter(|brief| !brief.is_gap())
    }

    /// The same, each with its place.
    pub fn places_until(&self, until_ms: i64) -> impl Iterator<Item = (usize, &R::Brief)> {
        self.briefs.range(..self.end(until_ms)).enumerate().rev().filter(|(_, brief)| !brief.is_gap())
    }

    /// Puts the row behind all rows of its time and says where.
    pub fn insert(&mut self, row: R) -> usize {
        let index = self.end(row.at_ms());
        let (brief, rest) = row.split();
        grow(&mut self.briefs);
        grow(&mut self.rests);
        if index == self.briefs.len() {
            self.briefs.push_back(brief);
            self.rests.push_back(rest);
            self.begin_block(index, self.all);
            self.all = self.all.with(&brief);
        } else {
            self.briefs.insert(index, brief);
            self.rests.insert(index, rest);
            self.inserted(index);
        }
        // Most rows are as young as what was last asked for, or younger.
        for (edge, ends_ms) in self.edges.iter_mut().zip(ends_ms::<R>(self.looked_ms)) {
            if brief.at_ms() > ends_ms {
                break;
            }
            edge.pass(&brief);
        }
        index
    }

    /// Changes a row where it stands. Its time must stay.
    pub fn change(&mut self, place: usize, change: impl FnOnce(&mut R)) {
        let Some(mut row) = self.get(place) else { return };
        change(&mut row);
        let (brief, rest) = row.split();
        self.rests[place] = rest;
        self.replace(place, brief);
    }

    /// Puts another brief of the same time there.
    fn replace(&mut self, place: usize, brief: R::Brief) {
        let more = brief.sums().minus(self.briefs[place].sums());
        self.briefs[place] = brief;
        self.all = self.all.plus(more);
        let here = (self.gone + place) / BLOCK;
        self.blocks.range_mut(here + 1..).for_each(|block| block.before = block.before.plus(more));
        for edge in self.edges.iter_mut().filter(|edge| edge.index > place) {
            edge.before = edge.before.plus(more);
        }
    }

    pub fn forget_oldest(&mut self) -> Option<R> {
        let oldest = self.pop_oldest()?;
        while self.briefs.front().is_some_and(Brief::is_gap) {
            self.pop_oldest();
            self.gaps -= 1;
        }
        Some(oldest)
    }

    fn pop_oldest(&mut self) -> Option<R> {
        let (brief, rest) = (self.briefs.pop_front()?, self.rests.pop_front()?);
        for edge in &mut self.edges {
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

    /// The oldest row that adds to this sum, which no row lessens: where it stands.
    pub fn oldest_in(&self, sum: impl Fn(&Sums) -> i64) -> Option<usize> {
        Some(self.next_in(Edge { index: 0, before: self.before(0) }, sum)?.index)
    }

    /// The oldest row of (`after_ms`, `until_ms`] that adds to this sum, which no row lessens: when it was made, and the
    /// sums from it to the end of the window.
    pub fn since_first(&self, after_ms: i64, until_ms: i64, sum: impl Fn(&Sums) -> i64) -> Option<(i64, Sums)> {
        let (after, until) = (self.edge(after_ms), self.edge(until_ms));
        // Most days bring nothing.
        if sum(&until.before) == sum(&after.before) {
            return None;
        }
        let first = self.next_in(after, sum)?;
        Some((self.briefs.get(first.index)?.at_ms(), until.before.minus(first.before)))
    }

    /// The first row behind that edge that adds to this sum: the edge before it.
    fn next_in(&self, from: Edge, sum: impl Fn(&Sums) -> i64) -> Option<Edge> {
        let mut edge = from;
        // It may be near; else it lies in the last block before which nothing was added.
        if !self.pass_until_added(&mut edge, BLOCK, &sum)? {
            let none = sum(&from.before);
            let block =
                self.blocks.partition_point(|block| sum(&block.before).wrapping_sub(none) <= 0).checked_sub(1)?;
            let begin = self.first_of(block);
            if begin > edge.index {
                edge = Edge { index: begin, before: self.before(block) };
            }
            self.pass_until_added(&mut edge, BLOCK, &sum)?;
        }
        Some(edge)
    }

    /// Goes behind so many rows at most that add nothing to this sum, and says whether the next one does; none if there
    /// is none.
    fn pass_until_added(&self, edge: &mut Edge, rows: usize, sum: impl Fn(&Sums) -> i64) -> Option<bool> {
        for _ in 0..rows {
            let brief = self.briefs.get(edge.index)?;
            if sum(&brief.sums()) != 0 {
                return Some(true);
            }
            edge.pass(brief);
        }
        Some(false)
    }

    /// Whether there is such a row of that time; looks at no more than where its time is.
    pub fn has(&self, at_ms: i64, is_it: impl Fn(&R::Rest) -> bool) -> bool {
        let mut of_then = (0..self.end(at_ms)).rev().take_while(|place| self.briefs[*place].at_ms() == at_ms);
        of_then.any(|place| !self.briefs[place].is_gap() && is_it(&self.rests[place]))
    }

    /// Asks for each line of memory that the usual windows and a look at so many of the newest rows will need, and waits
    /// for none.
    pub fn prefetch(&self, rows: usize) {
        let (older, newer) = self.briefs.as_slices();
        let begins = self.edges.iter().map(|edge| edge.index);
        for index in begins.chain([0]) {
            match index.checked_sub(older.len()) {
                Some(index) => prefetch_index(newer, index),
                None => prefetch_index(older, index),
            }
        }
        for part in newest(&self.briefs, rows) {
            (0..part.len()).step_by(2).for_each(|index| prefetch_index(part, index));
        }
        self.prefetch_end();
    }

    /// The same of where the next row will be put.
    pub fn prefetch_end(&self) {
        prefetch_place_behind(&self.briefs);
        prefetch_place_behind(&self.rests);
        prefetch_place_behind(&self.blocks);
    }

    /// The same of the timeline itself, which says where all else is.
    pub fn prefetch_head(&self) {
        (0..self.edges.len()).for_each(|edge| prefetch_index(self.edges.as_slice(), edge));
        prefetch_index(from_ref(&self.all), 0);
        prefetch_index(from_ref(&self.briefs), 0);
        prefetch_index(from_ref(&self.rests), 0);
        prefetch_index(from_ref(&self.blocks), 0);
        prefetch_index(from_ref(&self.looked_ms), 0);
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
        let last = self.briefs.len() - 1;
        self.begin_block(last, self.all.without(&self.briefs[last]));
    }

    /// The row is the last one; begins a block with it if the one before is full.
    fn begin_block(&mut self, last: usize, before: Sums) {
        if (self.gone + last).is_multiple_of(BLOCK) {
            grow(&mut self.blocks);
            self.blocks.push_back(Block { first_at_ms: self.briefs[last].at_ms(), before });
        }
    }

    /// Where that block's first remembered row stands.
    fn first_of(&self, block: usize) -> usize {
        (block * BLOCK).saturating_sub(self.gone)
    }
}

/// Until when the rows go before each edge, if the first is looked for at that time.
fn ends_ms<R: Row>(looked_ms: i64) -> impl Iterator<Item = i64> {
    std::iter::once(looked_ms).chain(R::WINDOWS_MS.iter().map(move |length_ms| looked_ms.saturating_sub(*length_ms)))
}

/// The last so many, in the two parts that they lie in.
fn newest<T>(all: &VecDeque<T>, count: usize) -> [&[T]; 2] {
    let (older, newer) = all.as_slices();
    let newer = &newer[newer.len().saturating_sub(count)..];
    [&older[older.len().saturating_sub(count - newer.len())..], newer]
}

fn prefetch_place_behind<T>(all: &VecDeque<T>) {
    let (older, newer) = all.as_slices();
    let last = if newer.is_empty() { older } else { newer };
    prefetch_index(last, last.len());
}

/// Makes room by a quarter: what is full most of the time must not stand half empty.
fn grow<T>(rows: &mut VecDeque<T>) {
    if rows.len() == rows.capacity() {
        rows.reserve_exact(rows.len() / 4 + 4);
    }
}
