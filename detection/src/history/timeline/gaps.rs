//! Rows taken out of the middle: what is too much of its kind goes, and older rows of another kind stay.
//!
//! Promises: a row that was taken out adds to no window and is told to nobody. Its place stays as a gap until there are
//! enough of them to be closed at once, since moving half of all rows costs as much for one as for many.

use super::{BLOCK, Block, Brief, Row, Timeline};

/// As many gaps are left open.
const GAPS_MAX: usize = 64;

/// Rows that can be taken out of the middle.
pub trait Removable: Brief {
    /// What stays: the time, and nothing that adds to a window.
    fn gap(self) -> Self;
}

impl<R: Row> Timeline<R>
where
    R::Brief: Removable,
{
    /// Takes out the row of that place.
    pub fn remove(&mut self, place: usize) -> Option<R> {
        if place == 0 {
            return self.forget_oldest();
        }
        let row = self.get(place)?;
        self.replace(place, self.briefs[place].gap());
        self.gaps += 1;
        if self.gaps > GAPS_MAX || place + 1 == self.briefs.len() {
            self.close_gaps();
        }
        Some(row)
    }

    fn close_gaps(&mut self) {
        for edge in &mut self.edges {
            edge.index -= self.briefs.range(..edge.index).filter(|brief| brief.is_gap()).count();
        }
        let mut briefs = self.briefs.iter();
        self.rests.retain(|_| briefs.next().is_some_and(|brief| !brief.is_gap()));
        self.briefs.retain(|brief| !brief.is_gap());
        let mut before = self.before(0);
        (self.gaps, self.gone) = (0, 0);
        self.blocks.clear();
        for (place, brief) in self.briefs.iter().enumerate() {
            if place.is_multiple_of(BLOCK) {
                self.blocks.push_back(Block { first_at_ms: brief.at_ms(), before });
            }
            before = before.with(brief);
        }
    }
}
