//! The live feed of one web node: the latest facts of every partition, for sockets and for those who wait.
//!
//! Promises: bounded memory, whoever reads and however slowly, because no reader has a queue: each reads the rings from
//! its own resume token, and one that fell behind is told so. Facts announced twice are passed on once.
//! Deliberately absent: where facts come from (`kafka::tail` pushes them) and who may see them (`live`).

mod bell;
mod decode;
mod order;
mod ring;
#[cfg(test)]
pub(crate) mod sample;
mod waiters;

pub use bell::{Interest, Listener};
pub use decode::decode;
pub use ring::{Limits, Pushed};
pub use waiters::{TooManyWaiters, Waiter};

use crate::config::Config;
use bell::Bell;
use domain::Fact;
use domain::control::CONTROL_PARTITION;
use domain::view::ResumeToken;
use ring::Ring;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use uuid::Uuid;
use waiters::Waiters;

/// Memory of all rings together: 96 MB.
const RING_BYTES: usize = 96 << 20;

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Feed(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    rings: Vec<RwLock<Ring>>,
    bell: Bell,
    waiters: Waiters,
    started: Instant,
    /// Milliseconds from `started` to the moment of which everything is known to be here, plus one; 0 before the first.
    current_ms: AtomicU64,
}

/// Facts from a token on, in an order that respects every account's versions.
#[derive(Debug)]
pub struct Batch {
    pub facts: Vec<Arc<Fact>>,
    pub resume: ResumeToken,
    /// There is more than was asked for.
    pub more: bool,
}

/// Some facts since the token are no longer here: the reader must take a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token is older than the feed")]
pub struct TooOld;

impl Feed {
    pub fn new(config: &Config) -> Self {
        let partitions = usize::try_from(config.partitions).unwrap_or(1).max(1);
        Self::with_limits(partitions, Limits { facts: config.ring_facts, bytes: RING_BYTES / partitions })
    }

    pub fn with_limits(partitions: usize, limits: Limits) -> Self {
        Feed(Arc::new(Inner {
            rings: (0..partitions).map(|_| RwLock::new(Ring::new(limits))).collect(),
            bell: Bell::default(),
            waiters: Waiters::default(),
            started: Instant::now(),
            current_ms: AtomicU64::new(0),
        }))
    }

    fn ring(&self, partition: i32) -> Option<&RwLock<Ring>> {
        usize::try_from(partition).ok().and_then(|partition| self.0.rings.get(partition))
    }

    /// Takes facts in the order of their log, wakes waiters and those readers whom they concern.
    pub fn push(&self, facts: &[Arc<Fact>]) {
        let (mut duplicates, mut holes, mut turned) = (0, 0, false);
        for run in facts.chunk_by(|one, two| one.position.partition == two.position.partition) {
            // What bank.control ordered is for those who wait; no socket shows it, so no token counts it.
            if run[0].position.partition == CONTROL_PARTITION {
                continue;
            }
            let Some(ring) = self.ring(run[0].position.partition) else {
                tracing::error!(partition = run[0].position.partition, "a fact of a partition that is not configured");
                continue;
            };
            let mut ring = ring.write().unwrap_or_else(PoisonError::into_inner);
            for fact in run {
                match ring.push(Arc::clone(fact)) {
                    Pushed::New => {}
                    Pushed::Duplicate => duplicates += 1,
                    Pushed::AfterHole => holes += 1,
                }
            }
            turned |= ring.has_turned();
        }
        metrics::counter!("vigie_feed_facts_total").increment(facts.len() as u64);
        metrics::counter!("vigie_feed_duplicates_total").increment(duplicates);
        metrics::counter!("vigie_feed_holes_total").increment(holes);
        self.0.waiters.resolve(facts.iter());
        self.0.bell.ring(facts.iter());
        if turned {
            // Those whom nothing concerned must look, too, before what they have seen last is gone.
            self.0.bell.ring_for_all();
        }
    }

    /// Forgets a partition: its log cannot be read on from where it was. Readers take a snapshot.
    pub fn reset(&self, partition: i32) {
        if let Some(ring) = self.ring(partition) {
            ring.write().unwrap_or_else(PoisonError::into_inner).reset();
        }
    }

    /// From now on the listener is woken by what concerns it.
    pub fn listen(&self, interest: Interest) -> Listener {
        self.0.bell.listen(interest)
    }

    /// What the feed has seen, wholly.
    pub fn seen(&self) -> ResumeToken {
        let rings = self.0.rings.iter().enumerate();
        let seen = rings.filter_map(|(partition, ring)| {
            let seen = ring.read().unwrap_or_else(PoisonError::into_inner).seen()?;
            Some((i32::try_from(partition).ok()?, seen))
        });
        ResumeToken(seen.collect())
    }

    /// At most about `limit` wanted facts since the token. Positions that the feed has not reached yet are waited for:
    /// nothing before them is passed.
    ///
    /// # Errors
    /// [`TooOld`] when facts since the token are gone.
    pub fn since(
        &self,
        resume: &ResumeToken,
        limit: usize,
        wanted: impl Fn(&Fact) -> bool + Copy,
    ) -> Result<Batch, TooOld> {
        let from = |partition| resume.0.get(&partition).copied().unwrap_or(0);
        let moved = |(partition, ring): &(i32, &RwLock<Ring>)| {
            ring.read().unwrap_or_else(PoisonError::into_inner).seen().is_some_and(|seen| seen != from(*partition))
        };
        let moved: Vec<_> = (0_i32..).zip(&self.0.rings).filter(moved).collect();
        let share = (limit / moved.len().max(1)).max(1);
        let mut batch = Batch { facts: Vec::new(), resume: resume.clone(), more: false };
        let mut queues = Vec::with_capacity(moved.len());
        for (partition, ring) in moved {
            let from = from(partition);
            let slice = ring.read().unwrap_or_else(PoisonError::into_inner).since(from, share, wanted);
            let slice = slice.map_err(|ring::TooOld| TooOld)?;
            batch.more |= slice.more;
            if slice.next != from {
                batch.resume.0.insert(partition, slice.next);
            }
            queues.push(slice.facts);
        }
        batch.facts = order::merge(queues);
        Ok(batch)
    }

    /// Registers before the command is produced.
    ///
    /// # Errors
    /// [`TooManyWaiters`].
    pub fn wait_for(&self, command_id: Uuid) -> Result<Waiter, TooManyWaiters> {
        self.0.waiters.register(command_id)
    }

    /// Everything that the log held at that moment is here.
    pub fn current_as_of(&self, moment: Instant) {
        let ms = moment.saturating_duration_since(self.0.started).as_millis();
        self.0.current_ms.fetch_max(u64::try_from(ms).unwrap_or(0).saturating_add(1), Ordering::Relaxed);
    }

    /// How long ago the feed was last known to hold everything that the log held; none if never.
    pub fn age(&self) -> Option<Duration> {
        let ms = self.0.current_ms.load(Ordering::Relaxed).checked_sub(1)?;
        Some(self.0.started.elapsed().saturating_sub(Duration::from_millis(ms)))
    }

    /// Publishes sizes and age to the metrics.
    pub fn report(&self) {
        let (mut facts, mut bytes) = (0, 0);
        for ring in &self.0.rings {
            let ring = ring.read().unwrap_or_else(PoisonError::into_inner);
            facts += ring.count();
            bytes += ring.bytes();
        }
        metrics::gauge!("vigie_feed_ring_facts").set(facts as f64);
        metrics::gauge!("vigie_feed_ring_bytes").set(bytes as f64);
        metrics::gauge!("vigie_feed_waiters").set(self.0.waiters.count() as f64);
        if let Some(age) = self.age() {
            metrics::gauge!("vigie_feed_age_seconds").set(age.as_secs_f64());
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::feed::sample::{answered, with_position};

    fn feed() -> Feed {
        Feed::with_limits(2, Limits { facts: 100, bytes: 1 << 20 })
    }

    fn facts(partition: i32, offsets: std::ops::Range<i64>) -> Vec<Arc<Fact>> {
        offsets.map(|offset| Arc::new(with_position(answered(), partition, offset, 0, true))).collect()
    }

    #[test]
    fn a_token_is_exact_per_partition() {
        let feed = feed();
        feed.push(&[facts(0, 0..4), facts(1, 10..12)].concat());
        let batch = feed.since(&ResumeToken([(0, 2), (1, 11)].into()), 1_000, |_| true).unwrap();
        let mut positions: Vec<_> = batch.facts.iter().map(|f| (f.position.partition, f.position.offset)).collect();
        positions.sort_unstable();
        assert_eq!(positions, [(0, 2), (0, 3), (1, 11)]);
        assert_eq!(batch.resume, ResumeToken([(0, 4), (1, 12)].into()));
        assert_eq!(feed.since(&batch.resume, 1_000, |_| true).unwrap().facts.len(), 0);
    }

    #[test]
    fn a_token_without_a_partition_stands_at_its_begin() {
        let feed = feed();
        feed.push(&facts(0, 0..4));
        assert_eq!(feed.since(&ResumeToken::default(), 1_000, |_| true).unwrap().facts.len(), 4);
        feed.push(&facts(1, 10..12));
        assert_eq!(feed.since(&ResumeToken::default(), 1_000, |_| true).unwrap_err(), TooOld);
    }

    #[test]
    fn a_snapshot_ahead_of_the_feed_gets_only_what_comes_after_it() {
        let feed = feed();
        feed.push(&facts(0, 0..4));
        let snapshot = ResumeToken([(0, 6), (1, 0)].into());
        let batch = feed.since(&snapshot, 1_000, |_| true).unwrap();
        assert_eq!((batch.facts.len(), &batch.resume), (0, &snapshot));
        feed.push(&facts(0, 4..8));
        assert_eq!(feed.since(&snapshot, 1_000, |_| true).unwrap().facts.len(), 2);
    }

    #[tokio::test]
    async fn a_push_wakes_readers_and_waiters() {
        let feed = feed();
        let reader = feed.listen(Interest::Everything);
        let mut waiter = feed.wait_for(Uuid::from_u128(3)).unwrap();
        feed.push(&facts(0, 3..4));
        reader.woken().await;
        assert_eq!(waiter.fact().await.unwrap().position.offset, 3);
    }

    #[tokio::test]
    async fn a_fact_of_the_control_log_wakes_its_waiter_and_moves_no_token() {
        let feed = feed();
        let mut waiter = feed.wait_for(Uuid::from_u128(3)).unwrap();
        feed.push(&[facts(0, 0..2), facts(CONTROL_PARTITION, 3..4), facts(0, 2..4)].concat());
        assert_eq!(waiter.fact().await.unwrap().position.partition, CONTROL_PARTITION);
        assert_eq!(feed.seen(), ResumeToken([(0, 4)].into()));
        assert_eq!(feed.since(&ResumeToken::default(), 1_000, |_| true).unwrap().facts.len(), 4);
    }

    #[test]
    fn the_age_counts_from_the_last_moment_that_is_known_to_be_complete() {
        let feed = feed();
        assert_eq!(feed.age(), None);
        let moment = Instant::now();
        feed.current_as_of(moment);
        feed.current_as_of(moment.checked_sub(Duration::from_secs(60)).unwrap_or(moment));
        assert!(feed.age().unwrap() < Duration::from_secs(30));
    }
}
