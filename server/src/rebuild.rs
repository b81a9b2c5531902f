//! `vigie rebuild`: folds bank.events into the database, so that an empty one, or an old backup, equals the live one.
//!
//! Facts carry state, so nothing is decided again. Two passes: accounts first, because a transaction may name an
//! account that another partition opened. Only surrogate ids differ from the original.

use crate::config::Config;
use crate::kafka::log::{Log, LogError, LogRecord};
use crate::kafka::{Topics, control_log};
use crate::store::Store;
use crate::store::rebuild::FoldedTransaction;
use crate::store::worker::{DeadLetterRow, WorkerStore};
use domain::control::CONTROL_PARTITION;
use domain::fact::{DeadLetterFact, Fact, FactBody};
use domain::ledger::LabelRow;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use tokio::sync::mpsc;

const BATCH: usize = 2_000;

/// What a rebuild did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rebuilt {
    pub facts: u64,
    pub accounts: u64,
    pub transactions: u64,
    pub dead_letters: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error("the database already holds books; give --from-backup to fold the log on top of them")]
    NotEmpty,
    #[error("record {offset} of {topic}-{partition} is not a fact this version reads: {said}")]
    Unreadable { topic: String, partition: i32, offset: i64, said: String },
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Store(#[from] sqlx::Error),
    #[error("reading the log was interrupted")]
    Interrupted,
}

struct Rebuild {
    config: Config,
    topics: Topics,
    store: WorkerStore,
    /// How far each partition was folded before: older facts are skipped.
    from: BTreeMap<i32, i64>,
}

/// Folds every fact into the database of the configuration. No worker may run meanwhile: its fences are taken.
///
/// # Errors
/// See [`RebuildError`].
pub async fn run(
    config: &Config,
    from_backup: bool,
    mut progress: impl FnMut(Rebuilt),
) -> Result<Rebuilt, RebuildError> {
    let store = Store::connect(config).await.map_err(|error| match error {
        crate::store::StoreError::Database(error) => RebuildError::Store(error),
        crate::store::StoreError::Migration(error) => RebuildError::Store(sqlx::Error::Migrate(Box::new(error))),
    })?;
    let store = WorkerStore::new(store);
    if !from_backup && store.has_books().await? {
        return Err(RebuildError::NotEmpty);
    }
    let topics = Topics::new(&config.topic_prefix);
    let mut rebuild = Rebuild { config: config.clone(), topics, store, from: BTreeMap::new() };
    rebuild.take_fences().await?;
    let mut done = Rebuilt::default();
    for pass in [Pass::Accounts, Pass::Transactions] {
        for partition in 0..config.partitions {
            rebuild.fold_partition(partition, pass, &mut done).await?;
            progress(done);
        }
    }
    Ok(done)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    Accounts,
    Transactions,
}

impl Rebuild {
    async fn take_fences(&mut self) -> Result<(), RebuildError> {
        let config = self.config.clone();
        let topic = self.topics.commands.clone();
        let (cluster_id, count) = blocking(move || {
            let log = Log::new(&config)?;
            Ok((log.cluster_id()?, log.partition_count(&topic)?))
        })
        .await?;
        for partition in 0..count {
            let fence = self.store.take_fence(partition, &cluster_id, &self.topics.commands, count).await?;
            self.from.insert(partition, fence.next_offset);
        }
        let control = self.store.take_fence(CONTROL_PARTITION, &cluster_id, &self.topics.control, 1).await?;
        self.from.insert(CONTROL_PARTITION, control.next_offset);
        Ok(())
    }

    async fn fold_partition(&self, partition: i32, pass: Pass, done: &mut Rebuilt) -> Result<(), RebuildError> {
        let (sender, mut facts) = mpsc::channel::<LogRecord>(BATCH);
        let (config, topic) = (self.config.clone(), self.topics.events.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let log = Log::new(&config)?;
            let bounds = log.bounds(&topic, partition)?;
            log.read(&topic, partition, bounds.start, bounds.end, |record| {
                // The receiver is gone only after an error that is reported there.
                let _ = sender.blocking_send(record);
            })
        });
        // By origin: facts of bank.control travel with those of the first partition.
        let mut seen: BTreeMap<i32, (i64, u32)> = BTreeMap::new();
        let mut complete: BTreeMap<i32, i64> = BTreeMap::new();
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(record) = facts.recv().await {
            let fact = self.read(partition, &record)?;
            let place = (fact.position.offset, fact.position.ordinal);
            let origin = fact.position.partition;
            let from = self.from.get(&origin).copied().unwrap_or_default();
            if seen.get(&origin).is_some_and(|seen| place <= *seen) || fact.position.offset < from {
                continue;
            }
            seen.insert(origin, place);
            if fact.position.last {
                complete.insert(origin, fact.position.offset + 1);
            }
            match pass {
                Pass::Accounts => self.fold_accounts(&fact, done).await?,
                Pass::Transactions => {
                    done.facts += 1;
                    self.fold_rest(fact, &mut batch, done).await?;
                }
            }
            if batch.len() >= BATCH {
                self.store.fold_transactions(&batch).await?;
                batch.clear();
            }
        }
        reading.await.map_err(|_| RebuildError::Interrupted)??;
        if pass == Pass::Transactions {
            self.store.fold_transactions(&batch).await?;
            for (origin, next_offset) in complete {
                self.set_fence(origin, next_offset).await?;
            }
        }
        Ok(())
    }

    fn read(&self, partition: i32, record: &LogRecord) -> Result<Fact, RebuildError> {
        serde_json::from_slice(&record.value).map_err(|error| RebuildError::Unreadable {
            topic: self.topics.events.clone(),
            partition,
            offset: record.offset,
            said: error.to_string(),
        })
    }

    async fn fold_accounts(&self, fact: &Fact, done: &mut Rebuilt) -> Result<(), RebuildError> {
        match &fact.body {
            FactBody::AccountOpened(account) => {
                done.accounts += 1;
                self.store.fold_account(account).await?;
            }
            FactBody::AccountChanged(account) => self.store.fold_account(account).await?,
            FactBody::AccountLinked(link) => self.store.fold_link(link, true).await?,
            FactBody::AccountUnlinked(link) => self.store.fold_link(link, false).await?,
            _ => {}
        }
        Ok(())
    }

    async fn fold_rest(
        &self,
        fact: Fact,
        batch: &mut Vec<FoldedTransaction>,
        done: &mut Rebuilt,
    ) -> Result<(), RebuildError> {
        let (partition, offset, recorded_at) = (fact.position.partition, fact.position.offset, fact.recorded_at);
        match fact.body {
            FactBody::TransactionPosted(body)
            | FactBody::TransactionHeld(body)
            | FactBody::TransactionRefused(body) => {
                done.transactions += 1;
                batch.push(FoldedTransaction { partition, offset, recorded_at, ended_at: None, fact: body });
            }
            FactBody::AlertRaised(alert) => self.store.fold_alert(recorded_at, &alert).await?,
            FactBody::TransactionLabelled(label) => self.store.fold_label(&LabelRow { label, recorded_at }).await?,
            FactBody::PolicyChanged(policy) => self.store.fold_policy(&policy, recorded_at).await?,
            FactBody::ModelPromoted(model) => self.store.fold_model(&model, recorded_at).await?,
            FactBody::RecordDeadLettered(letter) => {
                done.dead_letters += 1;
                let row = self.dead_letter(partition, offset, letter).await?;
                self.store.fold_dead_letter(&DeadLetterRow { recorded_at, ..row }).await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The fact says why; the bytes are read from the record's origin, where the whole of it stays.
    async fn dead_letter(
        &self,
        partition: i32,
        offset: i64,
        letter: DeadLetterFact,
    ) -> Result<DeadLetterRow, RebuildError> {
        let origin = self.command_at(partition, offset).await?;
        let value = origin.map(|record| record.value).unwrap_or_default();
        Ok(DeadLetterRow {
            partition,
            offset,
            recorded_at: chrono::DateTime::UNIX_EPOCH,
            reason: crate::worker::reason_name(letter.reason),
            detail: letter.detail,
            length: letter.length,
            sha256: domain::hex::unhex(letter.sha256.as_bytes()).unwrap_or_default(),
            head: value[..value.len().min(crate::worker::HEAD_BYTES)].to_vec(),
        })
    }

    async fn command_at(&self, partition: i32, offset: i64) -> Result<Option<LogRecord>, RebuildError> {
        let config = self.config.clone();
        let (topic, partition) = match partition {
            CONTROL_PARTITION => (self.topics.control.clone(), control_log::PARTITION),
            _ => (self.topics.commands.clone(), partition),
        };
        blocking(move || Log::new(&config)?.record_at(&topic, partition, offset)).await
    }

    async fn set_fence(&self, partition: i32, next_offset: i64) -> Result<(), RebuildError> {
        let last = self.command_at(partition, next_offset - 1).await?;
        let sha256 = last.map(|record| Sha256::digest(&record.value).to_vec());
        Ok(self.store.fold_fence(partition, next_offset, sha256.as_deref()).await?)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LogError> + Send + 'static,
) -> Result<T, RebuildError> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(|_| RebuildError::Interrupted)??)
}
