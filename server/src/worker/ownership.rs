//! Which partitions this worker owns, by which epoch, and how far each has come; and the checks before a partition is
//! taken: that log, database and facts belong together.

use super::lane::Lane;
use crate::kafka::Topics;
use crate::kafka::log::{Bounds, Log, LogError, LogRecord};
use crate::store::worker::{Fence, WorkerStore};
use domain::fact::Fact;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    pub epoch: i64,
    pub next_offset: i64,
    /// Announcements in the table must be sent before anything new is booked.
    pub recover: bool,
    pub halted: Option<String>,
}

/// Why a partition is not taken. The text names the cause and the way on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    #[error(
        "foreign-log: the books were made from cluster {expected}, this is {found}; connect to that cluster, or rebuild \
         into an empty database"
    )]
    ForeignCluster { expected: String, found: String },
    #[error("foreign-log: the books were made from topic {expected}, this is {found}")]
    ForeignTopic { expected: String, found: String },
    #[error(
        "partition-count: the log has {found} partitions, the books were made with {expected}; the count is fixed for life"
    )]
    PartitionCount { expected: i32, found: i32 },
    #[error("truncated-log: the log ends at {end}, the books have applied up to {next}; restore the log")]
    LogTruncated { end: i64, next: i64 },
    #[error(
        "expired-log: the log begins at {start}, the books need {next}; restore the log or rebuild from bank.events"
    )]
    LogExpired { start: i64, next: i64 },
    #[error("replaced-log: the record before offset {next} is not the one that was applied; this is another log")]
    RecordDiffers { next: i64 },
    #[error(
        "old-backup: bank.events holds facts up to command offset {published}, the books stop before {next}; run \
         `vigie rebuild --from-backup`"
    )]
    FactsBeyondBooks { published: i64, next: i64 },
}

/// Taking a partition failed.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    #[error("{0}")]
    Log(#[from] LogError),
    #[error("{0}")]
    Store(#[from] sqlx::Error),
    #[error("stopped while asking the log")]
    Stopped,
}

/// What the log says about one partition.
struct Seen {
    cluster_id: String,
    partition_count: i32,
    bounds: Bounds,
}

pub struct Ownership {
    owned: Mutex<BTreeMap<i32, Owned>>,
    store: Arc<WorkerStore>,
    log: Arc<Mutex<Log>>,
    topics: Topics,
}

impl Ownership {
    pub fn new(store: Arc<WorkerStore>, log: Log, topics: Topics) -> Self {
        Ownership { owned: Mutex::default(), store, log: Arc::new(Mutex::new(log)), topics }
    }

    fn owned(&self) -> MutexGuard<'_, BTreeMap<i32, Owned>> {
        self.owned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, partition: i32) -> Option<Owned> {
        self.owned().get(&partition).cloned()
    }

    pub fn all(&self) -> BTreeMap<i32, Owned> {
        self.owned().clone()
    }

    /// Whether no other worker can own any.
    pub fn owns_all(&self, partitions: i32) -> bool {
        i32::try_from(self.owned().len()) == Ok(partitions)
    }

    pub fn of_lane(&self, lane: Lane) -> BTreeMap<i32, Owned> {
        self.owned()
            .iter()
            .filter(|(partition, _)| lane.holds(**partition))
            .map(|(p, mine)| (*p, mine.clone()))
            .collect()
    }

    pub fn update(&self, partition: i32, change: impl FnOnce(&mut Owned)) {
        if let Some(owned) = self.owned().get_mut(&partition) {
            change(owned);
        }
    }

    pub fn give_up(&self, partitions: &[i32]) {
        let mut owned = self.owned();
        for partition in partitions {
            owned.remove(partition);
        }
    }

    /// Takes one partition: raises the fence, checks the log against it, and answers where to go on.
    ///
    /// # Errors
    /// [`TakeError::Mismatch`] is final until somebody acts; the rest passes.
    pub async fn take(&self, partition: i32) -> Result<Owned, TakeError> {
        let seen = self.look(partition).await?;
        let fence = match self.take_fence(partition, &seen).await {
            Err(error) if is_lock_timeout(&error) => {
                let ended = self.store.end_stopped_owners().await?;
                tracing::warn!(partition, ended, "fence was held by a stopped owner");
                self.take_fence(partition, &seen).await?
            }
            other => other?,
        };
        if let Err(mismatch) = self.check(&fence, &seen).await {
            if let TakeError::Mismatch(mismatch) = &mismatch {
                self.store.set_halted(partition, fence.epoch, Some(&mismatch.to_string())).await?;
            }
            return Err(mismatch);
        }
        if fence.halted.is_some() {
            self.store.set_halted(partition, fence.epoch, None).await?;
        }
        let owned = Owned { epoch: fence.epoch, next_offset: fence.next_offset, recover: true, halted: None };
        self.owned().insert(partition, owned.clone());
        Ok(owned)
    }

    async fn take_fence(&self, partition: i32, seen: &Seen) -> sqlx::Result<Fence> {
        self.store.take_fence(partition, &seen.cluster_id, &self.topics.commands, seen.partition_count).await
    }

    async fn look(&self, partition: i32) -> Result<Seen, TakeError> {
        let topic = self.topics.commands.clone();
        self.ask(move |log| {
            Ok(Seen {
                cluster_id: log.cluster_id()?,
                partition_count: log.partition_count(&topic)?,
                bounds: log.bounds(&topic, partition)?,
            })
        })
        .await
    }

    async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Log) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, TakeError> {
        let log = Arc::clone(&self.log);
        let answer =
            tokio::task::spawn_blocking(move || question(&log.lock().unwrap_or_else(PoisonError::into_inner))).await;
        Ok(answer.map_err(|_| TakeError::Stopped)??)
    }

    async fn check(&self, fence: &Fence, seen: &Seen) -> Result<(), TakeError> {
        if fence.cluster_id != seen.cluster_id {
            let (expected, found) = (fence.cluster_id.clone(), seen.cluster_id.clone());
            return Err(Mismatch::ForeignCluster { expected, found }.into());
        }
        if fence.topic != self.topics.commands {
            let (expected, found) = (fence.topic.clone(), self.topics.commands.clone());
            return Err(Mismatch::ForeignTopic { expected, found }.into());
        }
        if fence.partition_count != seen.partition_count {
            return Err(
                Mismatch::PartitionCount { expected: fence.partition_count, found: seen.partition_count }.into()
            );
        }
        let next = fence.next_offset;
        if seen.bounds.end < next {
            return Err(Mismatch::LogTruncated { end: seen.bounds.end, next }.into());
        }
        if seen.bounds.start > next {
            return Err(Mismatch::LogExpired { start: seen.bounds.start, next }.into());
        }
        self.check_last_record(fence).await?;
        self.check_published(fence).await
    }

    /// The record before the fence must be the one that was applied.
    async fn check_last_record(&self, fence: &Fence) -> Result<(), TakeError> {
        let Some(expected) = &fence.last_sha256 else { return Ok(()) };
        let (topic, partition, next) = (self.topics.commands.clone(), fence.partition, fence.next_offset);
        let record = self.ask(move |log| log.record_at(&topic, partition, next - 1)).await?;
        match record {
            Some(record) if Sha256::digest(&record.value).as_slice() == expected.as_slice() => Ok(()),
            _ => Err(Mismatch::RecordDiffers { next }.into()),
        }
    }

    /// No fact may have been published that the books do not know: they would be an old backup, and deciding again
    /// could contradict what the world was told.
    async fn check_published(&self, fence: &Fence) -> Result<(), TakeError> {
        let (topic, partition) = (self.topics.events.clone(), fence.partition);
        let last = self
            .ask(move |log| {
                let bounds = log.bounds(&topic, partition)?;
                // What bank.control ordered may stand behind it.
                for offset in (bounds.start..bounds.end).rev() {
                    let fact = log.record_at(&topic, partition, offset)?.as_ref().and_then(read_fact);
                    if fact.as_ref().is_none_or(|fact| fact.position.partition == partition) {
                        return Ok(fact);
                    }
                }
                Ok(None)
            })
            .await?;
        match last.map(|fact| fact.position.offset) {
            Some(published) if published >= fence.next_offset => {
                Err(Mismatch::FactsBeyondBooks { published, next: fence.next_offset }.into())
            }
            _ => Ok(()),
        }
    }

    /// Reads the lane's fences again after doubt: takes over how far they came, and names the partitions that another
    /// epoch owns by now. Only its own lane: another one may be about to commit, and this reading would be old.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn refresh(&self, lane: Lane) -> sqlx::Result<Vec<i32>> {
        let fences = self.store.fences().await?;
        let mut lost = Vec::new();
        let mut owned = self.owned();
        for fence in fences.into_iter().filter(|fence| lane.holds(fence.partition)) {
            let Some(mine) = owned.get_mut(&fence.partition) else { continue };
            if fence.epoch != mine.epoch {
                lost.push(fence.partition);
            } else {
                mine.next_offset = fence.next_offset;
                mine.recover = true;
            }
        }
        for partition in &lost {
            owned.remove(partition);
        }
        Ok(lost)
    }
}

fn read_fact(record: &LogRecord) -> Option<Fact> {
    serde_json::from_slice(&record.value).ok()
}

fn is_lock_timeout(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == "55P03")
}
