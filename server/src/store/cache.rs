//! Answers kept for a moment, so that many viewers of one figure cost one query.
//!
//! One asker reads, the others wait for it. An answer lives a second, or ten times what it took to get, whichever is
//! longer: however large the bank, one figure keeps at most a tenth of a database core busy.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const LIFE: Duration = Duration::from_secs(1);
const LIFE_PER_COST: u32 = 10;
/// More different questions than that are no dashboard's; all are forgotten then.
const QUESTIONS: usize = 64;

struct Answer<T> {
    value: T,
    until: Instant,
}

type Slot<T> = Arc<tokio::sync::Mutex<Option<Answer<T>>>>;

pub(super) struct Cache<K, T>(Mutex<HashMap<K, Slot<T>>>);

impl<K, T> std::fmt::Debug for Cache<K, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cache")
    }
}

impl<K, T> Default for Cache<K, T> {
    fn default() -> Self {
        Cache(Mutex::default())
    }
}

impl<K: Eq + Hash, T: Clone> Cache<K, T> {
    /// The kept answer, or a fresh one. Errors are not kept.
    pub async fn get<E, F: Future<Output = Result<T, E>>>(&self, question: K, ask: impl FnOnce() -> F) -> Result<T, E> {
        let slot = self.slot(question);
        let mut kept = slot.lock().await;
        if let Some(answer) = kept.as_ref().filter(|answer| Instant::now() < answer.until) {
            return Ok(answer.value.clone());
        }
        let started = Instant::now();
        let value = ask().await?;
        let life = LIFE.max(started.elapsed() * LIFE_PER_COST);
        *kept = Some(Answer { value: value.clone(), until: Instant::now() + life });
        Ok(value)
    }

    fn slot(&self, question: K) -> Slot<T> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= QUESTIONS && !slots.contains_key(&question) {
            slots.clear();
        }
        Arc::clone(slots.entry(question).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn a_hundred_viewers_of_one_figure_cost_one_query() {
        let cache = Cache::<u8, u32>::default();
        let asked = AtomicU32::new(0);
        let ask = || async {
            tokio::task::yield_now().await;
            Ok::<_, ()>(asked.fetch_add(1, Ordering::SeqCst))
        };
        let answers = futures::future::join_all((0..100).map(|_| cache.get(1, ask))).await;
        assert!(answers.iter().all(|answer| *answer == Ok(0)));
        assert_eq!(cache.get(2, ask).await, Ok(1), "another question is asked by itself");
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let cache = Cache::<u8, u32>::default();
        assert_eq!(cache.get(1, || async { Err("down") }).await, Err("down"));
        assert_eq!(cache.get(1, || async { Ok::<_, &str>(7) }).await, Ok(7));
    }
}
