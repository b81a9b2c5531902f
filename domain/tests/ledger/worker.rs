//! A worker over the simulated log and database, with the real worker's protocol: fence, step and announcement in one
//! database transaction, then the facts, then the announcement's end; a new owner first says what was left unsaid.

use crate::database::Database;
use crate::judge::Judge;
use domain::fact::Fact;
use domain::ledger::{Decide as _, Record, step};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Where an attempt at a batch ends.
#[derive(Debug, Clone, Copy)]
pub enum End {
    Done,
    /// The database rolls back; the process lives on.
    RolledBack,
    CrashBeforeCommit,
    CrashAfterCommit,
    /// After this share (of 255) of the facts has been sent; 255 is all, with the announcement still there.
    CrashAnnouncing(u8),
    /// A new owner that crashes after this many facts of what it found unsaid.
    CrashRecovering(u8),
}

#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    pub records_max: usize,
    pub end: End,
    /// Serve this partition before the others; none is the order of the log.
    pub first: Option<i32>,
}

/// Attempts as an evil scheduler makes them. Without `reorder`, partitions are served in the order of the log.
pub fn any_attempts(reorder: bool) -> impl Strategy<Value = Vec<Attempt>> {
    let end = prop_oneof![
        4 => Just(End::Done),
        1 => Just(End::RolledBack),
        1 => Just(End::CrashBeforeCommit),
        1 => Just(End::CrashAfterCommit),
        2 => any::<u8>().prop_map(End::CrashAnnouncing),
        1 => any::<u8>().prop_map(End::CrashRecovering),
    ];
    let first = prop::option::of(0..crate::world::PARTITIONS);
    let attempt = (1..12_usize, end, first).prop_map(move |(records_max, end, first)| {
        let first = first.filter(|_| reorder);
        Attempt { records_max, end, first }
    });
    prop::collection::vec(attempt, 0..40)
}

/// All that outlives a process.
#[derive(Debug, Default)]
pub struct World {
    pub database: Database,
    /// bank.events, as sent: duplicates included.
    pub events: BTreeMap<i32, Vec<Fact>>,
    /// Facts in the order of their commits.
    pub committed: Vec<Fact>,
}

impl World {
    fn send(&mut self, facts: &[Fact]) {
        for fact in facts {
            self.events.entry(fact.position.partition).or_default().push(fact.clone());
        }
    }

    /// Says what was left unsaid, in order; answers false if the owner crashed on the way.
    fn recover(&mut self, crash_after: Option<usize>) -> bool {
        let mut allowed = crash_after;
        while let Some((key, facts)) = self.database.announcements.first_key_value() {
            let (key, facts) = (*key, facts.clone());
            let count = allowed.map_or(facts.len(), |allowed| allowed.min(facts.len()));
            self.send(&facts[..count]);
            if allowed.is_some_and(|allowed| allowed <= facts.len()) {
                return false;
            }
            allowed = allowed.map(|allowed| allowed - count);
            self.database.announcements.remove(&key);
        }
        true
    }

    fn next_batch(&self, log: &[Record], attempt: &Attempt) -> Vec<Record> {
        let mut due: Vec<&Record> =
            log.iter().filter(|record| record.offset >= self.database.next_offset(record.partition)).collect();
        due.sort_by_key(|record| attempt.first.is_some_and(|first| record.partition != first));
        due.into_iter().take(attempt.records_max).cloned().collect()
    }

    /// One attempt; answers whether the process lives.
    fn attempt(&mut self, log: &[Record], judge: &mut Judge, attempt: &Attempt) -> bool {
        let batch = self.next_batch(log, attempt);
        let mut db = self.database.clone();
        let mut books = db.load(&batch);
        let outcome = step(&mut books, &batch, judge);
        db.save(&batch, &books, &outcome);
        match attempt.end {
            End::CrashBeforeCommit => return false,
            End::RolledBack => {
                judge.forget();
                return true;
            }
            _ => self.database = db,
        }
        judge.keep();
        self.committed.extend(outcome.facts.iter().cloned());
        if matches!(attempt.end, End::CrashAfterCommit | End::CrashRecovering(_)) {
            return false;
        }
        for (key, facts) in self.database.announcements.clone() {
            if let End::CrashAnnouncing(share) = attempt.end {
                self.send(&facts[..facts.len() * usize::from(share) / 255]);
                return false;
            }
            self.send(&facts);
            self.database.announcements.remove(&key);
        }
        true
    }
}

/// Runs workers over the whole log, one after another as they die; after the attempts, the last one lives.
pub fn run(log: &[Record], attempts: &[Attempt]) -> World {
    let calm = Attempt { records_max: 5, end: End::Done, first: None };
    let mut attempts = attempts.iter().copied();
    let mut world = World::default();
    let mut crash_after = None;
    loop {
        if !world.recover(crash_after.take()) {
            continue;
        }
        let mut judge = Judge::derived_from(&world.database);
        loop {
            let attempt = attempts.next().unwrap_or(calm);
            let served = world.next_batch(log, &attempt).is_empty();
            if served {
                return world;
            }
            let lives = world.attempt(log, &mut judge, &attempt);
            if let End::CrashRecovering(count) = attempt.end {
                crash_after = Some(usize::from(count % 8));
            }
            if !lives {
                break;
            }
        }
    }
}

/// One record at a time, nothing goes wrong: what everything else is compared with.
pub fn run_calmly(log: &[Record]) -> World {
    let one = Attempt { records_max: 1, end: End::Done, first: None };
    run(log, &vec![one; log.len()])
}
