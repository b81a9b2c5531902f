//! Where windows begin and end.
//!
//! Promises: an edge is the same whether it was remembered or searched. Absent: keeping the remembered ones while rows
//! come and go, which whoever changes the rows does.

use super::{Brief, Row, Sums, Timeline, USUAL_MAX, ends_ms};
use std::collections::VecDeque;

/// An edge that lies further than so many rows from a remembered one is searched.
const NEAR: usize = 16;

/// A place between the rows of one time and those of later ones.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[repr(align(64))]
pub(super) struct Edge {
    /// How many rows stand before it.
    pub(super) index: usize,
    /// Their sums, with those of all forgotten ones: only differences mean something.
    pub(super) before: Sums,
}

impl Edge {
    /// Goes behind the next row, which is this one.
    pub(super) fn pass(&mut self, brief: &impl Brief) {
        self.index += 1;
        self.before = self.before.with(brief);
    }

    /// Goes behind the rows made at or before that time, and says whether they were but a few.
    #[inline(always)]
    fn pass_until(&mut self, briefs: &VecDeque<impl Brief>, until_ms: i64) -> bool {
        for _ in 0..NEAR {
            match briefs.get(self.index) {
                Some(brief) if brief.at_ms() <= until_ms => self.pass(brief),
                Some(_) | None => return true,
            }
        }
        false
    }
}

impl<R: Row> Timeline<R> {
    /// Remembers where the usual windows that end then begin, unless it is known of a later time. Changes no answer.
    pub fn look(&mut self, until_ms: i64) {
        if until_ms <= self.looked_ms {
            return;
        }
        const { assert!(R::WINDOWS_MS.len() <= USUAL_MAX) };
        for (place, until_ms) in ends_ms::<R>(until_ms).enumerate() {
            if !self.edges[place].pass_until(&self.briefs, until_ms) {
                self.edges[place] = self.search(until_ms);
            }
        }
        self.looked_ms = until_ms;
    }

    /// Number of rows made at or before that time.
    pub fn end(&self, until_ms: i64) -> usize {
        // A late row is a few rows late.
        let later = |brief: &&R::Brief| brief.at_ms() > until_ms;
        let late = self.briefs.iter().rev().take(NEAR).take_while(later).count();
        if late < NEAR { self.briefs.len() - late } else { self.edge(until_ms).index }
    }

    /// Sums of the rows in (`after_ms`, `until_ms`].
    pub fn window(&self, after_ms: i64, until_ms: i64) -> Sums {
        self.edge(until_ms).before.minus(self.edge(after_ms).before)
    }

    /// Sums of the usual windows that end then, all of them.
    pub fn usual_windows<const USUAL: usize>(&self, until_ms: i64) -> [Sums; USUAL] {
        const { assert!(USUAL == R::WINDOWS_MS.len()) };
        let end = self.edge(until_ms).before;
        std::array::from_fn(|usual| {
            let after_ms = until_ms.saturating_sub(R::WINDOWS_MS[usual]);
            end.minus(if until_ms == self.looked_ms { self.edges[1 + usual] } else { self.edge(after_ms) }.before)
        })
    }

    /// Where the rows made at or before that time end.
    pub(super) fn edge(&self, until_ms: i64) -> Edge {
        // Most questions are about now, and most others about a usual window that ends now.
        if self.newest_at_ms().is_none_or(|newest_ms| newest_ms <= until_ms) {
            return Edge { index: self.briefs.len(), before: self.all };
        }
        if until_ms == self.looked_ms {
            return self.edges[0];
        }
        let later = ends_ms::<R>(self.looked_ms).filter(|ends_ms| *ends_ms > until_ms).count();
        if later <= R::WINDOWS_MS.len()
            && let mut edge = self.edges[later]
            && edge.pass_until(&self.briefs, until_ms)
        {
            return edge;
        }
        self.search(until_ms)
    }

    /// The same, found among the blocks.
    fn search(&self, until_ms: i64) -> Edge {
        let blocks = self.begun(until_ms);
        let Some(block) = blocks.checked_sub(1) else { return Edge { index: 0, before: self.before(0) } };
        let (begin, end) = (self.first_of(block), self.first_of(blocks).min(self.briefs.len()));
        // From that end of the block which is nearer.
        if self.briefs[begin + (end - begin) / 2].at_ms() <= until_ms {
            let (mut index, mut before) = (end, self.before(blocks));
            while self.briefs[index - 1].at_ms() > until_ms {
                index -= 1;
                before = before.without(&self.briefs[index]);
            }
            Edge { index, before }
        } else {
            let mut edge = Edge { index: begin, before: self.before(block) };
            while self.briefs[edge.index].at_ms() <= until_ms {
                edge.pass(&self.briefs[edge.index]);
            }
            edge
        }
    }

    /// How many blocks begin at or before that time: looks at the newest first, in steps that double, then halve.
    fn begun(&self, until_ms: i64) -> usize {
        let (mut later, mut step) = (self.blocks.len(), 1);
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
}
