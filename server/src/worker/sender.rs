//! Says what was booked: sends a round's records, in order, and only when every one is acknowledged lets the
//! announcement rows go. Runs beside the booking of the next rounds; a few may be on their way at once.

use super::announcement::unpack;
use super::fault::Fault;
use super::lane::Lane;
use crate::config::Config;
use crate::kafka::announcer::{AnnounceError, AnnouncedRecord, Announcer, Underway};
use crate::store::worker::{AnnouncementRow, WorkerStore};
use std::collections::VecDeque;
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

/// Rounds that may wait here to be sent.
const AHEAD: usize = 3;
/// Rounds sent and not yet acknowledged: a quiet worker need not wait for one to send the next.
const IN_FLIGHT: usize = 5;

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

/// A job whose records are on their way.
struct Flight {
    batches: Vec<Batch>,
    underway: Vec<Underway>,
}

impl Flight {
    async fn acknowledged(&self) -> Result<(), AnnounceError> {
        for underway in &self.underway {
            underway.acknowledged().await?;
        }
        Ok(())
    }
}

impl Task {
    async fn run(mut self, mut inbox: mpsc::Receiver<Job>) {
        let mut flights = VecDeque::new();
        let mut open = true;
        while open || !flights.is_empty() {
            tokio::select! {
                // What is acknowledged first lets rows go first.
                biased;
                outcome = first_acknowledged(&flights), if !flights.is_empty() => match outcome {
                    Ok(()) => self.landed(flights.pop_front()),
                    Err(error) => self.send_again(&mut flights, &error).await,
                },
                job = inbox.recv(), if open && flights.len() < IN_FLIGHT => match job {
                    Some(Job::Send(batches)) => self.send(&mut flights, batches).await,
                    Some(Job::Recover(partition, answer)) => {
                        self.land_all(&mut flights).await;
                        // Nobody listens only if the worker stops.
                        let _ = answer.send(self.recover(partition).await);
                    }
                    None => open = false,
                },
            }
        }
        self.announcer.flush(Duration::from_secs(5));
    }

    fn landed(&self, flight: Option<Flight>) {
        let mut acknowledged = self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner);
        let batches = flight.iter().flat_map(|flight| &flight.batches);
        acknowledged.extend(batches.map(|batch| (batch.row.partition, batch.row.first_offset)));
    }

    async fn send(&mut self, flights: &mut VecDeque<Flight>, batches: Vec<Batch>) {
        match self.start(&batches).await {
            Ok(underway) => flights.push_back(Flight { batches, underway }),
            Err(error) => {
                flights.push_back(Flight { batches, underway: Vec::new() });
                self.send_again(flights, &error).await;
            }
        }
    }

    async fn start(&self, batches: &[Batch]) -> Result<Vec<Underway>, AnnounceError> {
        let mut underway = Vec::with_capacity(batches.len());
        for batch in batches {
            underway.push(self.announcer.start(batch.row.partition, &batch.records).await?);
        }
        Ok(underway)
    }

    /// A producer that failed cannot promise order any more: a new one sends all that is on its way again, in order.
    async fn send_again(&mut self, flights: &mut VecDeque<Flight>, error: &AnnounceError) {
        let mut said = error.to_string();
        'renewed: loop {
            self.renew(&said).await;
            for flight in flights.iter_mut() {
                match self.start(&flight.batches).await {
                    Ok(underway) => flight.underway = underway,
                    Err(error) => {
                        said = error.to_string();
                        continue 'renewed;
                    }
                }
            }
            return;
        }
    }

    async fn land_all(&mut self, flights: &mut VecDeque<Flight>) {
        while let Some(first) = flights.front() {
            match first.acknowledged().await {
                Ok(()) => self.landed(flights.pop_front()),
                Err(error) => self.send_again(flights, &error).await,
            }
        }
    }

    async fn recover(&mut self, partition: i32) -> Result<(), Fault> {
        let rows = self.store.announcements(partition).await?;
        if rows.is_empty() {
            return Ok(());
        }
        tracing::info!(partition, batches = rows.len(), "sending what was left unannounced");
        let mut flights = VecDeque::new();
        for row in &rows {
            let records = unpack(&row.records).map_err(|error| Fault::Broken(error.to_string()))?;
            self.send(&mut flights, vec![Batch { row: row.clone(), records }]).await;
            if flights.len() >= IN_FLIGHT {
                self.land_all(&mut flights).await;
            }
        }
        self.land_all(&mut flights).await;
        let sent: Vec<_> = rows.iter().map(|row| (partition, row.first_offset)).collect();
        self.store.forget_announced(&sent).await?;
        self.acknowledged.lock().unwrap_or_else(PoisonError::into_inner).retain(|row| !sent.contains(row));
        Ok(())
    }

    /// Readers drop what they have by its position.
    async fn renew(&mut self, said: &str) {
        tracing::warn!(said, "announcing producer made anew");
        tokio::time::sleep(Duration::from_millis(200)).await;
        match Announcer::new(&self.config) {
            Ok(announcer) => self.announcer = announcer,
            Err(error) => tracing::error!(%error, "announcing producer cannot be made"),
        }
    }
}

async fn first_acknowledged(flights: &VecDeque<Flight>) -> Result<(), AnnounceError> {
    match flights.front() {
        Some(first) => first.acknowledged().await,
        None => std::future::pending().await,
    }
}
