//! The direct producers as a worker knows them: their keys, whose money each may put at risk, who was revoked.
//!
//! Promises: nobody is judged by what is older than [`BELIEVED`], so a revocation counts within five seconds; nobody
//! is called unknown by what may be older than their own record; while the database does not answer, a producer's
//! record waits, on the polling thread, where a full queue waits too. Read when a producer's record is there and not
//! otherwise: who sends none costs nothing.

use crate::kafka::signature::ProducerKey;
use crate::store::Store;
use crate::store::api_keys::Reach;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// What was read is looked at again after this time, once.
const FRESH: Duration = Duration::from_secs(1);
/// While the database does not answer, what was read counts for so long.
const BELIEVED: Duration = Duration::from_secs(3);
/// How far the broker's clock may stand before ours.
const CLOCKS_APART: TimeDelta = TimeDelta::milliseconds(500);
const AGAIN: Duration = Duration::from_millis(200);
const LONGEST_QUERY: Duration = Duration::from_secs(2);

pub struct Producer {
    /// None where the table holds what is no key: then nothing is theirs.
    pub key: Option<ProducerKey>,
    pub reach: Reach,
    pub revoked: bool,
}

struct Known {
    by_id: HashMap<String, Arc<Producer>>,
    /// Taken before the database was asked.
    begun: Instant,
    begun_at: DateTime<Utc>,
}

impl Known {
    /// Whether whoever was registered before this record was appended is among them.
    fn covers(&self, recorded_at: DateTime<Utc>) -> bool {
        self.begun_at - CLOCKS_APART > recorded_at
    }
}

/// The worker is asked to stop: the record is the next owner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopping;

/// Used by the polling thread alone.
pub struct Producers {
    store: Store,
    runtime: tokio::runtime::Handle,
    stop: CancellationToken,
    known: Option<Known>,
}

impl Producers {
    pub fn new(store: Store, runtime: tokio::runtime::Handle, stop: CancellationToken) -> Self {
        Producers { store, runtime, stop, known: None }
    }

    /// Who has this id; none if nobody had it when the record was appended.
    ///
    /// # Errors
    /// [`Stopping`].
    pub fn find(&mut self, id: &str, recorded_at: DateTime<Utc>) -> Result<Option<Arc<Producer>>, Stopping> {
        let asked = Instant::now();
        if !self.younger_than(FRESH) && !self.read() {
            self.wait_until_believed()?;
        }
        loop {
            let Some(known) = &self.known else { return Err(Stopping) };
            if let Some(producer) = known.by_id.get(id) {
                return Ok(Some(Arc::clone(producer)));
            }
            if known.begun >= asked || known.covers(recorded_at) {
                return Ok(None);
            }
            while !self.read() {
                self.pause()?;
            }
        }
    }

    fn younger_than(&self, age: Duration) -> bool {
        self.known.as_ref().is_some_and(|known| known.begun.elapsed() < age)
    }

    fn wait_until_believed(&mut self) -> Result<(), Stopping> {
        while !self.younger_than(BELIEVED) {
            self.pause()?;
            self.read();
        }
        Ok(())
    }

    fn pause(&self) -> Result<(), Stopping> {
        // Inside the block: a timer is made where a runtime runs, and this thread has none.
        let pause = async { self.stop.run_until_cancelled(tokio::time::sleep(AGAIN)).await };
        self.runtime.block_on(pause).ok_or(Stopping)
    }

    /// Asks the database; false if it did not answer.
    fn read(&mut self) -> bool {
        let (begun, begun_at) = (Instant::now(), Utc::now());
        let asked = async { tokio::time::timeout(LONGEST_QUERY, self.store.producers()).await };
        let rows = match self.runtime.block_on(asked) {
            Ok(Ok(rows)) => rows,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the producers cannot be read: a record waits");
                return false;
            }
            Err(_) => {
                tracing::warn!("the producers cannot be read in time: a record waits");
                return false;
            }
        };
        let by_id = rows.into_iter().map(|row| {
            let key = ProducerKey::new(&row.public_key);
            (row.id, Arc::new(Producer { key, reach: row.reach, revoked: row.revoked_at.is_some() }))
        });
        self.known = Some(Known { by_id: by_id.collect(), begun, begun_at });
        true
    }
}
