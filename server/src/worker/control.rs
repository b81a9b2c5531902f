//! Applies `bank.control`: policies and models, numbered in that log's order.
//!
//! Every worker runs this task and reads every record; of several, exactly one moves the fence past a record, and with it
//! stores the change and its facts. The others see that it moved and go on. Facts are sent by whoever finds their row:
//! all rows there are, in order, so that none is ever said before an earlier one. Absent: an owner, a group, batches;
//! the records are rare.

mod decode;
mod judge;

use super::announcement::{fact_record, pack, reason_name, unpack};
use super::decode::HEAD_BYTES;
use super::fault::Fault;
use super::ownership::{Mismatch, TakeError};
use crate::config::Config;
use crate::kafka::Topics;
use crate::kafka::announcer::{AnnouncedRecord, Announcer, Destination};
use crate::kafka::control_log::{ControlReader, PARTITION};
use crate::kafka::log::Log;
use crate::kafka::signature::Signer;
use crate::store::worker::{AnnouncementRow, DeadLetterRow, Fence, WorkerStore};
use decode::{ControlRecord, decode};
use domain::control::{CONTROL_KEY, CONTROL_PARTITION};
use domain::fact::{DeadLetterFact, DeadLetterReason, FactBody};
use domain::hex::hex;
use domain::{Fact, Position};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const POLL: Duration = Duration::from_millis(200);
/// How often a task looks for facts that another one left unsaid.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const BACKOFF_FIRST: Duration = Duration::from_millis(50);
const BACKOFF_LAST: Duration = Duration::from_secs(5);
/// Brokers' clocks differ by less.
const CLOCKS_DIFFER_MS: i64 = 60_000;

/// Runs until `stop`. A log or database that is away is waited for; what contradicts the books is written down in the
/// fence and looked at again.
pub async fn run(config: Config, store: Arc<WorkerStore>, stop: CancellationToken) {
    let mut backoff = BACKOFF_FIRST;
    while !stop.is_cancelled() {
        let started = Instant::now();
        let Err(error) = follow(&config, &store, &stop).await else { return };
        if started.elapsed() > BACKOFF_LAST {
            backoff = BACKOFF_FIRST;
        }
        tracing::warn!(%error, "the control log cannot be followed; trying again");
        tokio::select! {
            () = tokio::time::sleep(backoff) => {}
            () = stop.cancelled() => {}
        }
        backoff = (backoff * 2).min(BACKOFF_LAST);
    }
}

/// Why following ended.
#[derive(Debug, thiserror::Error)]
enum ControlError {
    #[error(transparent)]
    Take(#[from] TakeError),
    #[error(transparent)]
    Fault(#[from] Fault),
    #[error("{0}")]
    Client(String),
}

impl From<sqlx::Error> for ControlError {
    fn from(error: sqlx::Error) -> Self {
        ControlError::Fault(error.into())
    }
}

async fn follow(config: &Config, store: &Arc<WorkerStore>, stop: &CancellationToken) -> Result<(), ControlError> {
    let topics = Topics::new(&config.topic_prefix);
    let fence = checked_fence(config, store, &topics).await?;
    let client = |error: &dyn std::fmt::Display| ControlError::Client(error.to_string());
    let mut reader = ControlReader::new(config).map_err(|error| client(&error))?;
    reader.begin(fence.next_offset).map_err(|error| client(&error))?;
    let signer = Signer::new(&config.command_secret);
    let mut task = Task {
        store: Arc::clone(store),
        topic: topics.control,
        config: config.clone(),
        next_offset: fence.next_offset,
        announcer: None,
        left: Vec::new(),
    };
    let mut looked = Instant::now();
    while !stop.is_cancelled() {
        let signer = signer.clone();
        let polled = tokio::task::spawn_blocking(move || {
            let record = reader.poll_with(POLL, |raw| decode(raw, &signer));
            (reader, record)
        });
        let (back, record) = polled.await.map_err(|error| client(&error))?;
        reader = back;
        let record = record.map_err(|error| client(&error))?;
        // A broker that is away is waited for, but not by who must stop: rows that stay are sent by the next.
        let step = async {
            if let Some(record) = record {
                task.apply(record).await?;
            }
            if looked.elapsed() > LOOK_EVERY {
                looked = Instant::now();
                task.say_what_was_left().await?;
            }
            Ok::<_, ControlError>(())
        };
        match stop.run_until_cancelled(step).await {
            Some(outcome) => outcome?,
            None => return Ok(()),
        }
    }
    Ok(())
}

/// The fence, once log, database and facts are seen to belong together.
async fn checked_fence(config: &Config, store: &WorkerStore, topics: &Topics) -> Result<Fence, ControlError> {
    let cluster_id = {
        let config = config.clone();
        blocking(move || Log::new(&config)?.cluster_id()).await?
    };
    let fence = store.control_fence(&cluster_id, &topics.control).await?;
    if let Err(error) = check(config, topics, &fence, &cluster_id).await {
        let TakeError::Mismatch(mismatch) = &error else { return Err(error.into()) };
        // What another worker applied and said meanwhile contradicts nothing.
        if store.control_fence(&cluster_id, &topics.control).await?.next_offset != fence.next_offset {
            return Err(Fault::Fenced.into());
        }
        tracing::error!(%mismatch, "the control log is refused");
        store.halt_control(Some(&mismatch.to_string())).await?;
        return Err(error.into());
    }
    if fence.halted.is_some() {
        store.halt_control(None).await?;
    }
    Ok(fence)
}

async fn check(config: &Config, topics: &Topics, fence: &Fence, cluster_id: &str) -> Result<(), TakeError> {
    if fence.cluster_id != cluster_id {
        let (expected, found) = (fence.cluster_id.clone(), cluster_id.to_owned());
        return Err(Mismatch::ForeignCluster { expected, found }.into());
    }
    if fence.topic != topics.control {
        return Err(Mismatch::ForeignTopic { expected: fence.topic.clone(), found: topics.control.clone() }.into());
    }
    let (config, topics, fence) = (config.clone(), topics.clone(), fence.clone());
    blocking(move || {
        let log = Log::new(&config)?;
        let next = fence.next_offset;
        let bounds = log.bounds(&topics.control, PARTITION)?;
        if bounds.end < next {
            return Ok(Err(Mismatch::LogTruncated { end: bounds.end, next }));
        }
        if bounds.start > next {
            return Ok(Err(Mismatch::LogExpired { start: bounds.start, next }));
        }
        if let Some(expected) = &fence.last_sha256 {
            let last = log.record_at(&topics.control, PARTITION, next - 1)?;
            let sha256 = last.map(|record| Sha256::digest(&record.value).to_vec());
            if sha256.as_deref() != Some(expected) {
                return Ok(Err(Mismatch::RecordDiffers { next }));
            }
        }
        if bounds.end == next {
            return Ok(Ok(()));
        }
        // Records wait. Their facts can only stand after them: if some do, these books are an old backup.
        let Some(waiting) = log.record_at(&topics.control, PARTITION, next)? else { return Ok(Ok(())) };
        let events = log.bounds(&topics.events, 0)?;
        let from = log.offset_at(&topics.events, 0, waiting.recorded_ms - CLOCKS_DIFFER_MS)?.max(events.start);
        let mut published = None;
        log.read(&topics.events, 0, from, events.end, |record| {
            if let Ok(fact) = serde_json::from_slice::<Fact>(&record.value)
                && fact.position.partition == CONTROL_PARTITION
            {
                published = published.max(Some(fact.position.offset));
            }
        })?;
        Ok(match published.filter(|published| *published >= next) {
            Some(published) => Err(Mismatch::FactsBeyondBooks { published, next }),
            None => Ok(()),
        })
    })
    .await?
    .map_err(TakeError::from)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, crate::kafka::log::LogError> + Send + 'static,
) -> Result<T, TakeError> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| TakeError::Stopped)??)
}

struct Task {
    store: Arc<WorkerStore>,
    config: Config,
    topic: String,
    /// Everything below is applied, by whomever.
    next_offset: i64,
    announcer: Option<Announcer>,
    /// Announcements that stood there at the last look.
    left: Vec<i64>,
}

impl Task {
    /// Applies the record, unless another worker was first.
    async fn apply(&mut self, mut record: ControlRecord) -> Result<(), ControlError> {
        if record.offset < self.next_offset {
            return Ok(());
        }
        if self.store.skip_requested(CONTROL_PARTITION, record.offset).await?.is_some() {
            record.bury(DeadLetterReason::Skipped, "skipped by an operator");
        }
        let mut outcome = self.in_one_transaction(&record).await;
        if let Err(Fault::Poison(said)) = &outcome {
            tracing::warn!(
                offset = record.offset,
                said,
                "control record refused by the database goes to the dead letters"
            );
            record.bury(DeadLetterReason::DataRejected, said);
            outcome = self.in_one_transaction(&record).await;
        }
        match outcome {
            Ok(()) => self.say_all().await?,
            Err(Fault::Fenced) => {
                let fences = self.store.fences().await?;
                let fence = fences.iter().find(|fence| fence.partition == CONTROL_PARTITION);
                if fence.is_none_or(|fence| fence.next_offset <= record.offset) {
                    // Neither where this task believes it, nor past the record: look at it all again.
                    return Err(Fault::Fenced.into());
                }
            }
            Err(Fault::Broken(said)) => {
                tracing::error!(offset = record.offset, said, "the control log is halted");
                self.store.halt_control(Some(&said)).await?;
                return Err(Fault::Broken(said).into());
            }
            Err(fault) => return Err(fault.into()),
        }
        self.next_offset = record.offset + 1;
        Ok(())
    }

    async fn in_one_transaction(&self, record: &ControlRecord) -> Result<(), Fault> {
        // A file never changes, so it is read and tried before the fence is held.
        let judged = judge::judge(self.store.store(), record).await?;
        let mut db = self.store.begin().await?;
        let (first, next) = (self.next_offset, record.offset + 1);
        let moved = self.store.advance_control(&mut db, first, next, &record.sha256).await?;
        let versions = moved.ok_or(Fault::Fenced)?;
        let body = judged.into_fact(versions).map_err(|error| Fault::Broken(error.to_string()))?;
        match &body {
            FactBody::PolicyChanged(fact) => self.store.save_policy(&mut db, fact, record.recorded_at).await?,
            FactBody::ModelPromoted(fact) => self.store.save_model(&mut db, fact, record.recorded_at).await?,
            _ => {}
        }
        let records = self.papers(record, body)?;
        let announcement = AnnouncementRow {
            partition: CONTROL_PARTITION,
            first_offset: first,
            last_offset: record.offset,
            records: pack(&records).map_err(|error| Fault::Broken(error.to_string()))?,
        };
        self.store.save_control_papers(&mut db, letter_row(record), announcement).await?;
        db.commit().await?;
        tracing::info!(offset = record.offset, "control record applied");
        Ok(())
    }

    /// The record's one fact, and its dead letter if it is one.
    fn papers(&self, record: &ControlRecord, body: FactBody) -> Result<Vec<AnnouncedRecord>, Fault> {
        let position = Position { partition: CONTROL_PARTITION, offset: record.offset, ordinal: 0, last: true };
        let fact = Fact { position, command_id: record.command_id, recorded_at: record.recorded_at, body };
        let said = fact_record(&fact, CONTROL_KEY.as_bytes())
            .map_err(|error| Fault::Broken(format!("a fact cannot be written: {error}")))?;
        let mut records = vec![said];
        if let Err((reason, detail)) = &record.input {
            let header = |name: &'static str, value: String| (name.into(), value.into_bytes().into());
            records.push(AnnouncedRecord {
                destination: Destination::DeadLetters,
                key: record.key.clone(),
                headers: vec![
                    header("vigie_dlq_topic", self.topic.clone()),
                    header("vigie_dlq_partition", PARTITION.to_string()),
                    header("vigie_dlq_offset", record.offset.to_string()),
                    header("vigie_dlq_ts", record.recorded_at.timestamp_millis().to_string()),
                    header("vigie_dlq_reason", reason_name(*reason)),
                    header("vigie_dlq_detail", detail.clone()),
                    header("vigie_dlq_length", record.length.to_string()),
                    header("vigie_dlq_sha256", hex(&record.sha256)),
                ],
                value: record.head.clone(),
            });
        }
        Ok(records)
    }

    /// What stood unsaid at two looks was left by a worker that died: say it.
    async fn say_what_was_left(&mut self) -> Result<(), ControlError> {
        let rows = self.store.announcements(CONTROL_PARTITION).await?;
        let stands: Vec<i64> = rows.iter().map(|row| row.first_offset).collect();
        let again = stands.iter().any(|offset| self.left.contains(offset));
        self.left = stands;
        if again { self.say_all().await } else { Ok(()) }
    }

    /// Sends every row there is, in order, and deletes them. Another worker may do the same at this moment: readers
    /// drop what they have, and neither says a later row before an earlier one.
    async fn say_all(&mut self) -> Result<(), ControlError> {
        let rows = self.store.announcements(CONTROL_PARTITION).await?;
        let client = |error: &dyn std::fmt::Display| ControlError::Client(error.to_string());
        let announcer = match self.announcer.take() {
            Some(announcer) => announcer,
            None => Announcer::new(&self.config).map_err(|error| client(&error))?,
        };
        let mut underway = Vec::with_capacity(rows.len());
        for row in &rows {
            let records = unpack(&row.records).map_err(|error| Fault::Broken(error.to_string()))?;
            let position = Position { partition: CONTROL_PARTITION, offset: row.first_offset, ordinal: 0, last: true };
            let started = announcer.start(position.events_partition(), &records).await;
            underway.push(started.map_err(|error| client(&error))?);
        }
        for sent in &underway {
            sent.acknowledged().await.map_err(|error| client(&error))?;
        }
        // Kept only where it proved whole: one that failed cannot promise order.
        self.announcer = Some(announcer);
        let sent: Vec<_> = rows.iter().map(|row| (CONTROL_PARTITION, row.first_offset)).collect();
        self.store.forget_announced(&sent).await?;
        Ok(())
    }
}

fn letter_row(record: &ControlRecord) -> Option<DeadLetterRow> {
    let (reason, detail) = record.input.as_ref().err()?;
    Some(DeadLetterRow {
        partition: CONTROL_PARTITION,
        offset: record.offset,
        recorded_at: record.recorded_at,
        reason: reason_name(*reason),
        detail: detail.clone(),
        length: record.length,
        sha256: record.sha256.to_vec(),
        head: record.head.clone(),
    })
}
