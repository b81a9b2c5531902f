//! Says what was booked: sends a batch's records, waits until every one is acknowledged, and only then lets the
//! announcement row go. Runs beside the booking of the next batch.

use super::announcement::unpack;
use super::fault::Fault;
use super::lane::Lane;
use crate::config::Config;
use crate::kafka::announcer::{AnnouncedRecord, Announcer};
use crate::store::worker::{AnnouncementRow, WorkerStore};
use futures::future::try_join_all;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// The facts of one partition of one batch.
pub struct Batch {
    pub row: AnnouncementRow,
    pub records: Vec<AnnouncedRecord>,
}

enum Job {
    Send(Vec<Batch>),
    /// Send what the table holds for this partition, then answer.
    Recover(i32, oneshot::Sender<Result<(), Fault>>),
}

/// Batches that may be booked ahead of their announcement.
const AHEAD: usize = 3;

type Acknowledged = Arc<Mutex<Vec<(i32, i64)>>>;

#[derive(Clone)]
pub struct Sender {
    jobs: mpsc::Sender<Job>,
    acknowledged: Acknowledged,
}

impl Sender {
    /// Starts the sending task; it ends when the last `Sender` is dropped and everything is acknowledged.
    ///
    /// # Errors
    /// When the producer cannot be made.
    pub fn start(config: &Config, store: Arc<WorkerStore>) -> anyhow::Result<(Self, tokio::task::JoinHandle<()>)> {
        let (jobs, inbox) = mpsc::channel(AHEAD);
        let acknowledged = Acknowledged::default();
        let announcer = Announcer::new(config)?;
        let task = Task { config: config.clone(), announcer, store, acknowledged: Arc::clone(&acknowledged) };
        let handle = tokio::spawn(task.run(inbox));
        Ok((Sender { jobs, acknowledged }, handle))
    }

    pub async fn send(&self, batches: Vec<Batch>) {
        // The task ends only after every sender is gone; the rows stay in the table in any case.
        let _ = self.jobs.send(Job::Send(batches)).await;
    }

    /// Sends everything the table holds for the partition, in order, and deletes it.
    ///
    /// # Errors
    /// When the database does not answer or a row cannot be read.
    pub async fn recover(&self, partition: i32) -> Result<(), Fault> {
        let (answer, done) = oneshot::channel();
        let gone = || Fault::Transient("the sender has stopped".to_owned());
        self.jobs.send(Job::Recover(partition, answer)).await.map_err(|_| gone())?;
        done.await.map_err(|_| gone())?
    }

    /// Announcements of the lane whose every record is acknowledged and whose row still stands.
    pub fn acknowledged(&self, lane: Lane) -> Vec<(i32, i64)> {
        let acknowledged = self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
        acknowledged.iter().filter(|(partition, _)| lane.holds(*partition)).copied().collect()
    }

    /// Their rows are deleted.
    pub fn forgotten(&self, sent: &[(i32, i64)]) {
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).retain(|row| !sent.contains(row));
    }
}

struct Task {
    config: Config,
    announcer: Announcer,
    store: Arc<WorkerStore>,
    acknowledged: Acknowledged,
}

impl Task {
    async fn run(mut self, mut inbox: mpsc::Receiver<Job>) {
        while let Some(job) = inbox.recv().await {
            match job {
                Job::Send(batches) => self.send(&batches).await,
                Job::Recover(partition, answer) => {
                    // Nobody listens only if the worker stops.
                    let _ = answer.send(self.recover(partition).await);
                }
            }
        }
        self.announcer.flush(Duration::from_secs(5));
    }

    async fn send(&mut self, batches: &[Batch]) {
        loop {
            let all = batches.iter().map(|batch| self.announcer.announce(batch.row.partition, &batch.records));
            match try_join_all(all).await {
                Ok(_) => break,
                Err(error) => self.renew(&error.to_string()).await,
            }
        }
        let mut acknowledged = self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
        acknowledged.extend(batches.iter().map(|batch| (batch.row.partition, batch.row.first_offset)));
    }

    async fn recover(&mut self, partition: i32) -> Result<(), Fault> {
        let rows = self.store.announcements(partition).await?;
        if rows.is_empty() {
            return Ok(());
        }
        tracing::info!(partition, batches = rows.len(), "sending what was left unannounced");
        let mut sent = Vec::with_capacity(rows.len());
        for row in rows {
            let records = unpack(&row.records).map_err(|error| Fault::Broken(error.to_string()))?;
            while let Err(error) = self.announcer.announce(partition, &records).await {
                self.renew(&error.to_string()).await;
            }
            sent.push((partition, row.first_offset));
        }
        self.store.forget_announced(&sent).await?;
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).retain(|row| !sent.contains(row));
        Ok(())
    }

    /// A producer that failed for good cannot promise order any more: a new one sends the batch again; readers drop
    /// what they have by its position.
    async fn renew(&mut self, said: &str) {
        tracing::warn!(said, "announcing producer made anew");
        tokio::time::sleep(Duration::from_millis(200)).await;
        match Announcer::new(&self.config) {
            Ok(announcer) => self.announcer = announcer,
            Err(error) => tracing::error!(%error, "announcing producer cannot be made"),
        }
    }
}
