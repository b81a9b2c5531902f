//! Books batches, a round each; retries what passes, bisects what is damaged, halts what is broken.

mod round;

use super::continuity;
use super::decode::Decoded;
use super::fault::Fault;
use super::judge::Judge;
use super::lane::Lane;
use super::ownership::Ownership;
use super::sender::Sender;
use super::turns::Turns;
use crate::store::worker::{Concurrency, Db, FenceAdvance, WorkerStore};
use domain::command::Command;
use domain::fact::DeadLetterReason;
use domain::ledger::{self, Decide, Input};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

const BACKOFF_FIRST: Duration = Duration::from_millis(20);
const BACKOFF_LAST: Duration = Duration::from_secs(2);
/// Races beyond this are no races.
const RACES_MAX: u32 = 50;

pub struct Booker {
    pub lane: Lane,
    pub store: Arc<WorkerStore>,
    pub ownership: Arc<Ownership>,
    pub sender: Sender,
    pub judge: Judge,
    pub turns: Arc<Turns>,
    /// How many partitions there are: who owns them all is alone.
    pub partitions: i32,
    pub commands_topic: String,
    /// Set when a partition was lost to another epoch: the consumer must join again.
    pub rejoin: Arc<AtomicBool>,
    /// Records an operator gave up, by partition.
    pub skips: BTreeMap<i32, i64>,
    pub ready: Option<Ready>,
    pub stop: CancellationToken,
}

/// A database transaction that has begun and done nothing: it holds no lock and no snapshot, and saves whoever comes
/// next a round trip.
pub struct Ready {
    db: Db,
    since: Instant,
}

/// Well before the database ends an idle one.
const READY_FOR: Duration = Duration::from_secs(2);

impl Ready {
    fn now(db: Db) -> Self {
        Ready { db, since: Instant::now() }
    }

    fn is_fresh(&self) -> bool {
        self.since.elapsed() < READY_FOR
    }
}

impl Booker {
    /// Begins what the next batch will need, where the last one did not. A database that is away is met by that batch.
    pub async fn make_ready(&mut self) {
        if !self.ready.as_ref().is_some_and(Ready::is_fresh) {
            self.ready = None;
            self.ready = self.store.begin().await.ok().map(Ready::now);
        }
    }

    /// Books everything in the batch, however long that takes, or until the worker stops.
    pub async fn book(&mut self, batch: Vec<Decoded>) {
        let mut work = vec![batch];
        let mut races = 0;
        let mut backoff = BACKOFF_FIRST;
        while let Some(batch) = work.pop() {
            let batch = self.still_mine(batch);
            if batch.is_empty() {
                continue;
            }
            let batch = Arc::new(batch);
            let concurrency = match self.ownership.owns_all(self.partitions) && races == 0 {
                true => Concurrency::Optimistic,
                false => Concurrency::Pessimistic,
            };
            let outcome = self.attempt(&batch, concurrency).await;
            let batch = Arc::unwrap_or_clone(batch);
            match outcome {
                Ok(()) => (races, backoff) = (0, BACKOFF_FIRST),
                Err(Fault::Poison(said)) if is_dead_already(&batch) => self.halt(batch, &said, &mut work).await,
                Err(Fault::Poison(said)) => bisect(batch, &said, &mut work),
                Err(Fault::Raced(said)) if races < RACES_MAX => {
                    tracing::debug!(said, "raced, trying again");
                    races += 1;
                    work.push(batch);
                }
                Err(Fault::Raced(said) | Fault::Broken(said)) => self.halt(batch, &said, &mut work).await,
                Err(Fault::Fenced) => {
                    self.refresh(&mut backoff).await;
                    work.push(batch);
                }
                Err(Fault::Transient(said)) => {
                    tracing::warn!(
                        said,
                        wait_ms = backoff.as_millis() as u64,
                        "batch rolled back, will be tried again"
                    );
                    metrics::counter!("vigie_worker_retries_total").increment(1);
                    self.pause(&mut backoff).await;
                    // The commit may have succeeded before the connection was lost: the fences know.
                    self.refresh(&mut backoff).await;
                    work.push(batch);
                }
            }
            if self.stop.is_cancelled() && !work.is_empty() {
                return;
            }
        }
    }

    /// Drops what another owner, or an earlier attempt of this one, has already booked, and what stands halted. Where
    /// records before these were dropped meanwhile, the partition is taken afresh: the fence never jumps.
    fn still_mine(&self, batch: Vec<Decoded>) -> Vec<Decoded> {
        let owned = self.ownership.of_lane(self.lane);
        let running = owned.iter().filter(|(_, mine)| mine.halted.is_none());
        let due = running.map(|(partition, mine)| (*partition, mine.next_offset)).collect();
        let (kept, broken) = continuity::unbroken(batch, due);
        if !broken.is_empty() {
            tracing::warn!(partitions = ?broken, "records before these were dropped; joining the group again");
            self.ownership.give_up(&broken);
            self.rejoin.store(true, Ordering::Release);
        }
        kept.into_iter()
            .map(|decoded| {
                let given_up = self.skips.get(&decoded.record.partition) == Some(&decoded.record.offset);
                if given_up { bury(decoded, DeadLetterReason::Skipped, "skipped by an operator") } else { decoded }
            })
            .collect()
    }

    async fn attempt(&mut self, batch: &Arc<Vec<Decoded>>, concurrency: Concurrency) -> Result<(), Fault> {
        let started = Instant::now();
        let advances = self.advances(batch)?;
        self.recover(&advances).await?;
        let outcome = self.in_one_transaction(batch, &advances, concurrency).await;
        match &outcome {
            Ok(()) => self.judge.keep(),
            Err(fault) => {
                self.judge.forget();
                // Somebody else decided, or this lane did and was not told so: what was read before may lack it.
                if let Fault::Fenced = fault {
                    self.judge.doubt();
                }
            }
        }
        outcome?;
        for advance in &advances {
            self.ownership.update(advance.partition, |mine| mine.next_offset = advance.next_offset);
        }
        metrics::counter!("vigie_worker_records_total").increment(batch.len() as u64);
        metrics::histogram!("vigie_worker_batch_records").record(batch.len() as f64);
        metrics::histogram!("vigie_worker_batch_seconds").record(started.elapsed().as_secs_f64());
        Ok(())
    }

    /// Where each partition's fence moves from and to. The first offset is the fence's own, so that a gap in the
    /// log's numbering is no gap in the books.
    fn advances(&self, batch: &[Decoded]) -> Result<Vec<FenceAdvance>, Fault> {
        let mut last: BTreeMap<i32, &Decoded> = BTreeMap::new();
        for decoded in batch {
            last.insert(decoded.record.partition, decoded);
        }
        last.into_iter()
            .map(|(partition, decoded)| {
                let mine = self.ownership.get(partition).ok_or(Fault::Fenced)?;
                Ok(FenceAdvance {
                    partition,
                    epoch: mine.epoch,
                    first_offset: mine.next_offset,
                    next_offset: decoded.record.offset + 1,
                    last_sha256: decoded.record.sha256.to_vec(),
                })
            })
            .collect()
    }

    /// A new owner first sends what its predecessor left unannounced.
    async fn recover(&self, advances: &[FenceAdvance]) -> Result<(), Fault> {
        for advance in advances {
            self.recover_partition(advance.partition).await?;
        }
        Ok(())
    }

    async fn recover_partition(&self, partition: i32) -> Result<(), Fault> {
        let Some(before) = self.ownership.get(partition).filter(|mine| mine.recover) else { return Ok(()) };
        self.sender.recover(partition).await?;
        self.ownership.update(partition, |mine| {
            // Taken afresh meanwhile: there may be something to say again.
            if mine.epoch == before.epoch {
                mine.recover = false;
            }
        });
        Ok(())
    }

    /// Says what was left unsaid also where nothing new arrives: somebody waits for it.
    pub async fn recover_quiet(&self) {
        for partition in self.ownership.of_lane(self.lane).into_keys() {
            // A broker that is away is waited for, but not by who must stop.
            let recovered = self.stop.run_until_cancelled(self.recover_partition(partition)).await;
            if let Some(Err(fault)) = recovered {
                tracing::warn!(partition, %fault, "what was left unannounced cannot be sent yet");
            }
        }
    }

    /// Stops the partition that broke; a batch of several is taken apart first, so that only the broken one stops.
    async fn halt(&self, batch: Vec<Decoded>, said: &str, work: &mut Vec<Vec<Decoded>>) {
        let mut by_partition: BTreeMap<i32, Vec<Decoded>> = BTreeMap::new();
        for decoded in batch {
            by_partition.entry(decoded.record.partition).or_default().push(decoded);
        }
        if by_partition.len() > 1 {
            work.extend(by_partition.into_values());
            return;
        }
        for partition in by_partition.into_keys() {
            let Some(mine) = self.ownership.get(partition) else { continue };
            tracing::error!(partition, offset = mine.next_offset, said, "partition halted");
            metrics::counter!("vigie_worker_halts_total").increment(1);
            self.ownership.update(partition, |mine| mine.halted = Some(said.to_owned()));
            if let Err(error) = self.store.set_halted(partition, mine.epoch, Some(said)).await {
                tracing::error!(partition, %error, "the halt could not be written down");
            }
        }
    }

    /// Lets a halted partition pass a record that an operator gave up. Answers whether any was found.
    pub async fn honour_skips(&mut self) -> bool {
        let mut resumed = false;
        for (partition, mine) in self.ownership.of_lane(self.lane) {
            if mine.halted.is_none() {
                continue;
            }
            if let Ok(Some(_)) = self.store.skip_requested(partition, mine.next_offset).await {
                self.skips.insert(partition, mine.next_offset);
                // Not before it is taken afresh: what came while it stood still was dropped.
                self.ownership.give_up(&[partition]);
                if let Err(error) = self.store.set_halted(partition, mine.epoch, None).await {
                    tracing::warn!(partition, %error, "the end of the halt could not be written down");
                }
                resumed = true;
            }
        }
        resumed
    }

    async fn refresh(&self, backoff: &mut Duration) {
        while !self.stop.is_cancelled() {
            match self.ownership.refresh(self.lane).await {
                Ok(lost) => {
                    if !lost.is_empty() {
                        tracing::warn!(?lost, "partitions belong to another epoch; joining the group again");
                        self.rejoin.store(true, Ordering::Release);
                    }
                    return;
                }
                Err(error) => {
                    tracing::warn!(%error, "fences cannot be read");
                    self.pause(backoff).await;
                }
            }
        }
    }

    async fn pause(&self, backoff: &mut Duration) {
        tokio::select! {
            () = tokio::time::sleep(*backoff) => {}
            () = self.stop.cancelled() => {}
        }
        *backoff = (*backoff * 2).min(BACKOFF_LAST);
    }
}

/// Halves the batch; a single record becomes a dead letter.
fn bisect(mut batch: Vec<Decoded>, said: &str, work: &mut Vec<Vec<Decoded>>) {
    if batch.len() > 1 {
        let second = batch.split_off(batch.len() / 2);
        work.push(second);
        work.push(batch);
        return;
    }
    let Some(decoded) = batch.pop() else { return };
    let (partition, offset) = (decoded.record.partition, decoded.record.offset);
    tracing::warn!(partition, offset, said, "record refused by the database goes to the dead letters");
    work.push(vec![bury(decoded, DeadLetterReason::DataRejected, said)]);
}

/// A single record that is a dead letter and still refused: nothing of it could be stored.
fn is_dead_already(batch: &[Decoded]) -> bool {
    matches!(batch, [Decoded { record: ledger::Record { input: Input::DeadLetter { .. }, .. }, .. }])
}

/// Turns a record into a dead letter, keeping the command, so that whoever waits is answered.
fn bury(mut decoded: Decoded, reason: DeadLetterReason, said: &str) -> Decoded {
    let input = std::mem::replace(&mut decoded.record.input, dead(reason, said, None));
    if let Input::Command(command) = input {
        decoded.record.input = dead(reason, said, Some(command));
    }
    decoded
}

fn dead(reason: DeadLetterReason, detail: &str, command: Option<Command>) -> Input {
    let detail = detail.chars().filter(|c| !c.is_control()).take(200).collect();
    Input::DeadLetter { reason, detail, command }
}
