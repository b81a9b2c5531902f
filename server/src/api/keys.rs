//! The standing keys, as this node knows them: all of them, read anew once a second while somebody asks.
//!
//! Promises: however many keys are tried, the database is asked once a second at most, so a wrong key costs a digest
//! and a look-up; a revoked or expired key opens nothing after two seconds; where the database does not answer,
//! nothing older than [`BELIEVED`] is believed. A key keeps its bucket across readings. Meant for thousands of keys.

use super::key;
use super::limit::{KeyPace, Rate};
use crate::store::Store;
use crate::store::api_keys::{ApiKeyRow, Reach};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

const FRESH: Duration = Duration::from_secs(1);
const BELIEVED: Duration = Duration::from_secs(2);
const LONGEST_QUERY: Duration = Duration::from_secs(2);

/// What a key opens.
pub struct Access {
    pub key_id: String,
    pub reach: Reach,
    /// Whether it is told verdict and score.
    pub decisions: bool,
    pub pace: Arc<KeyPace>,
    expires_at: Option<DateTime<Utc>>,
}

type ByDigest = HashMap<[u8; 32], Arc<Access>>;

struct Known {
    keys: ByDigest,
    begun: Instant,
}

/// It cannot be told now who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknowable;

pub struct Keys {
    store: Store,
    known: RwLock<Option<Arc<Known>>>,
    /// Held by the one who asks the database.
    reading: tokio::sync::Mutex<()>,
}

impl Keys {
    pub fn new(store: Store) -> Self {
        Keys { store, known: RwLock::default(), reading: tokio::sync::Mutex::default() }
    }

    /// What the key opens; none for a key that is unknown, revoked or expired.
    ///
    /// # Errors
    /// [`Unknowable`] when the database has not answered for too long.
    pub async fn access(&self, text: &str) -> Result<Option<Arc<Access>>, Unknowable> {
        let Some(digest) = key::digest(text) else { return Ok(None) };
        let access = self.known().await?.keys.get(&digest).cloned();
        Ok(access.filter(|access| access.expires_at.is_none_or(|end| Utc::now() < end)))
    }

    fn younger_than(&self, age: Duration) -> Option<Arc<Known>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|known| known.begun.elapsed() < age).cloned()
    }

    async fn known(&self) -> Result<Arc<Known>, Unknowable> {
        if let Some(known) = self.younger_than(FRESH) {
            return Ok(known);
        }
        // One asks; the others go on with what is still believed, or wait for the answer.
        let Ok(_asking) = self.reading.try_lock() else {
            if let Some(known) = self.younger_than(BELIEVED) {
                return Ok(known);
            }
            let _answered = self.reading.lock().await;
            return self.younger_than(BELIEVED).ok_or(Unknowable);
        };
        self.read().await;
        self.younger_than(BELIEVED).ok_or(Unknowable)
    }

    async fn read(&self) {
        let begun = Instant::now();
        let rows = match tokio::time::timeout(LONGEST_QUERY, self.store.standing_api_keys()).await {
            Ok(Ok(rows)) => rows,
            Ok(Err(error)) => return tracing::warn!(%error, "the keys of the API cannot be read"),
            Err(_) => return tracing::warn!("the keys of the API cannot be read in time"),
        };
        let before = self.known.read().unwrap_or_else(PoisonError::into_inner).clone();
        let keys = rows.into_iter().map(|row| entry(row, before.as_deref())).collect();
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(Known { keys, begun }));
    }
}

fn entry(row: ApiKeyRow, before: Option<&Known>) -> ([u8; 32], Arc<Access>) {
    let rate = Rate { per_second: row.rate, burst: row.burst };
    let kept = before.and_then(|known| known.keys.get(&row.secret_sha256)).map(|access| &access.pace);
    let pace = kept.filter(|pace| pace.rate() == rate).cloned().unwrap_or_else(|| Arc::new(KeyPace::new(rate)));
    let access =
        Access { key_id: row.id, reach: row.reach, decisions: row.decisions, pace, expires_at: row.expires_at };
    (row.secret_sha256, Arc::new(access))
}
