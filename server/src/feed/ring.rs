//! One partition's latest facts, bounded in count and bytes, and how far its reader has come.
//!
//! Pure. Promises: a fact that was announced twice stands here once; whole commands only are handed out; what is
//! handed out from a place on is everything from that place on, or the caller is told that it is not.

use domain::{Fact, FactBody};
use std::collections::VecDeque;
use std::sync::Arc;

/// What a ring may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub facts: usize,
    /// Bytes of memory, as [`weight`] estimates them.
    pub bytes: usize,
}

/// What became of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    New,
    /// Its position was seen before: a worker announced a batch again.
    Duplicate,
    /// Taken, but facts before it are missing: the ring begins anew here.
    AfterHole,
}

/// The facts from the asked place on are no longer all here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOld;

/// Facts from a place on.
#[derive(Debug)]
pub struct Slice {
    pub facts: Vec<Arc<Fact>>,
    /// The place to go on from.
    pub next: i64,
    /// There is more than was asked for.
    pub more: bool,
}

#[derive(Debug)]
pub struct Ring {
    limits: Limits,
    facts: VecDeque<Arc<Fact>>,
    bytes: usize,
    /// Command offset from which on every fact is here; none before the first.
    floor: Option<i64>,
    /// The command whose facts come next, and the ordinal among them.
    next: (i64, u32),
    /// Facts and bytes taken since it was last said to have turned.
    taken: (usize, usize),
}

impl Ring {
    pub fn new(limits: Limits) -> Self {
        Ring { limits, facts: VecDeque::new(), bytes: 0, floor: None, next: (0, 0), taken: (0, 0) }
    }

    /// All commands below are wholly seen; none before the first fact.
    pub fn seen(&self) -> Option<i64> {
        self.floor.map(|_| self.next.0)
    }

    pub fn count(&self) -> usize {
        self.facts.len()
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets everything: the log is not the one that was read before, or cannot be read on from there.
    pub fn reset(&mut self) {
        *self = Ring::new(self.limits);
    }

    pub fn push(&mut self, fact: Arc<Fact>) -> Pushed {
        let position = fact.position;
        let at = (position.offset, position.ordinal);
        let hole = self.floor.is_some() && at != self.next;
        if hole && at < self.next {
            return Pushed::Duplicate;
        }
        if hole || self.floor.is_none() {
            self.facts.clear();
            self.bytes = 0;
            // In the middle of a command: whole ones begin with the next.
            self.floor = Some(if position.ordinal == 0 { position.offset } else { position.offset + 1 });
        }
        self.next = if position.last { (position.offset + 1, 0) } else { (position.offset, position.ordinal + 1) };
        if self.floor <= Some(position.offset) {
            let weight = weight(&fact);
            self.bytes += weight;
            self.taken = (self.taken.0 + 1, self.taken.1 + weight);
            self.facts.push_back(fact);
            self.shrink();
        }
        if hole { Pushed::AfterHole } else { Pushed::New }
    }

    /// True once each time that it has turned by a quarter: who has not looked for four of these has missed something.
    pub fn has_turned(&mut self) -> bool {
        let turned = self.taken.0 * 4 > self.limits.facts || self.taken.1 * 4 > self.limits.bytes;
        if turned {
            self.taken = (0, 0);
        }
        turned
    }

    /// Drops the oldest commands, each whole, until the ring is within its limits.
    fn shrink(&mut self) {
        while self.facts.len() > self.limits.facts || self.bytes > self.limits.bytes {
            let Some(offset) = self.facts.front().map(|fact| fact.position.offset) else { return };
            while let Some(fact) = self.facts.pop_front_if(|fact| fact.position.offset == offset) {
                self.bytes = self.bytes.saturating_sub(weight(&fact));
            }
            self.floor = Some(offset + 1);
        }
    }

    /// At most about `limit` wanted facts of whole commands from command offset `from` on. A place that the ring has
    /// not reached yet yields nothing and stays.
    ///
    /// # Errors
    /// [`TooOld`] when some of them are gone.
    pub fn since(&self, from: i64, limit: usize, wanted: impl Fn(&Fact) -> bool) -> Result<Slice, TooOld> {
        let Some(floor) = self.floor else {
            return Ok(Slice { facts: Vec::new(), next: from, more: false });
        };
        if from < floor {
            return Err(TooOld);
        }
        let mut slice = Slice { facts: Vec::new(), next: from.max(self.next.0), more: false };
        let start = self.facts.partition_point(|fact| fact.position.offset < from);
        for fact in self.facts.range(start..) {
            if fact.position.offset >= self.next.0 {
                break;
            }
            if !wanted(fact) {
                continue;
            }
            let command_begins = slice.facts.last().is_none_or(|last| last.position.offset != fact.position.offset);
            if slice.facts.len() >= limit && command_begins {
                slice.next = fact.position.offset;
                slice.more = true;
                break;
            }
            slice.facts.push(Arc::clone(fact));
        }
        Ok(slice)
    }
}

/// Bytes of memory that a fact takes, about.
fn weight(fact: &Fact) -> usize {
    const ALLOCATION: usize = 16;
    let text = |text: &str| text.len() + ALLOCATION;
    let more = match &fact.body {
        FactBody::TransactionPosted(f) | FactBody::TransactionHeld(f) | FactBody::TransactionRefused(f) => {
            let context = f.context.as_deref().map_or(0, |context| {
                let texts = [&context.device, &context.channel, &context.country];
                size_of_val(context) + texts.into_iter().flatten().map(|said| text(said)).sum::<usize>()
            });
            let sides = text(f.debit.account.as_str()) + text(f.credit.account.as_str());
            sides + f.reference.as_deref().map_or(0, text) + context
        }
        FactBody::AlertRaised(f) => text(f.account.as_str()) + text(&f.evidence),
        FactBody::TransactionLabelled(f) => text(f.account.as_str()) + text(f.counterparty.as_str()),
        FactBody::AccountOpened(f) | FactBody::AccountChanged(f) => text(f.account.as_str()),
        FactBody::AccountLinked(f) | FactBody::AccountUnlinked(f) => text(f.account.as_str()),
        FactBody::CommandAnswered(_) => 0,
        FactBody::CommandRefused(f) => f.account.as_ref().map_or(0, |account| text(account.as_str())),
        FactBody::RecordDeadLettered(f) => text(&f.detail) + text(&f.sha256),
        FactBody::PolicyChanged(f) => text(&f.policy) + text(&f.reason),
        FactBody::ModelPromoted(f) => text(&f.reason) + f.sha256.as_deref().map_or(0, text),
        FactBody::ChangeRefused(f) => text(&f.field) + text(&f.said),
    };
    // The fact, its counters, its place in the ring, and what it points to.
    size_of::<Fact>() + 2 * ALLOCATION + size_of::<Arc<Fact>>() + more
}

#[cfg(test)]
#[path = "ring_tests.rs"]
mod tests;
