//! The worker: the only writer of the bank's tables.
//!
//! Side by side run a thread that polls and decodes, lanes that book batches in Postgres, and a task that announces
//! what was booked. The group's offset decides nothing: fences do. Deliberately absent: fraud rules, which
//! the lanes' judges ask `detection` for.

mod announcement;
mod booker;
mod continuity;
mod control;
mod decode;
mod expiry;
mod fault;
mod judge;
mod lane;
mod ownership;
mod papers;
mod producers;
mod queue;
mod sender;
mod turns;

pub use announcement::reason_name;
pub use decode::HEAD_BYTES;
pub use ownership::Mismatch;

use crate::config::Config;
use crate::kafka::Topics;
use crate::kafka::command_consumer::{CommandConsumer, Owner, RawRecord};
use crate::kafka::command_producer::CommandProducer;
use crate::kafka::log::Log;
use crate::kafka::signature::Signer;
use crate::store::Store;
use crate::store::worker::WorkerStore;
use booker::Booker;
use decode::Decoder;
use expiry::Expiry;
use judge::{Exchange, Judge};
use lane::Lane;
use ownership::{Ownership, TakeError};
use producers::Producers;
use queue::Queue;
use sender::Sender;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use turns::Turns;

/// Settings of every connection of a worker: a stopped owner must not hold its locks for long, and its few statements
/// look rows up by their keys, whatever the numbers: planning each anew took as long as running it. A plan is kept while
/// its table grows, so one made when the table was empty, and counted as such, must not read it whole.
const CONNECTION: [(&str, &str); 7] = [
    ("idle_in_transaction_session_timeout", "5s"),
    ("lock_timeout", "2s"),
    ("synchronous_commit", "on"),
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
];

/// Runs a worker until `stop`; then finishes the batch in hand, announces it, and leaves the group.
///
/// # Errors
/// When it cannot start: no database, no schema, no topic.
pub async fn run(config: Config, stop: CancellationToken) -> anyhow::Result<()> {
    let store = Arc::new(WorkerStore::new(Store::connect_with(&config, &CONNECTION).await?));
    let topics = Topics::new(&config.topic_prefix);
    let log = Log::new(&config)?;
    let ownership = Arc::new(Ownership::new(Arc::clone(&store), log, topics.clone()));
    let queue = Arc::new(Queue::new(config.batch_records * 4, config.batch_bytes * 4));
    let rejoin = Arc::new(AtomicBool::new(false));
    let (sender, sending) = Sender::start(&config, Arc::clone(&store))?;
    let producers = Producers::new(store.store().clone(), tokio::runtime::Handle::current(), stop.clone());
    let decoder = Decoder::new(Signer::new(&config.command_secret), producers, config.partitions);
    let polling = poll_on_a_thread(&config, decoder, &ownership, &queue, &rejoin, &stop)?;
    let exchange = Exchange::default();
    let expiry = Expiry {
        store: Arc::clone(&store),
        ownership: Arc::clone(&ownership),
        producer: CommandProducer::new(&config)?,
        partitions: config.partitions,
    };
    tokio::spawn(expiry.run(stop.clone()));
    let listening = judge::follow_others(&config, &ownership, &exchange, &stop)?;
    let turns = Arc::new(Turns::default());
    let lanes = Lane::all().map(|lane| {
        let booker = Booker {
            lane,
            store: Arc::clone(&store),
            ownership: Arc::clone(&ownership),
            sender: sender.clone(),
            judge: Judge::new(
                config.time_zone,
                config.detection,
                config.history_bytes / Lane::COUNT,
                exchange.inbox(lane),
            ),
            turns: Arc::clone(&turns),
            partitions: config.partitions,
            commands_topic: topics.commands.clone(),
            rejoin: Arc::clone(&rejoin),
            skips: Default::default(),
            ready: None,
            stop: stop.clone(),
        };
        // A task each: what one lane computes must not wait for the other's.
        tokio::spawn(book_until_stopped(config.clone(), booker, Arc::clone(&queue)))
    });
    let control = tokio::spawn(control::run(config.clone(), Arc::clone(&store), stop.clone()));
    let ended = futures::future::join_all(lanes).await;
    control.await.map_err(|error| anyhow::anyhow!("the control task panicked: {error}"))?;
    drop(sender);
    tokio::task::spawn_blocking(move || polling.join().and_then(|()| listening.join()))
        .await?
        .map_err(|_| anyhow::anyhow!("a thread of the worker panicked"))?;
    for lane in ended {
        lane.map_err(|error| anyhow::anyhow!("a booking lane panicked: {error}"))?;
    }
    // The broker may be away: rows that stay are sent by the next owner.
    if tokio::time::timeout(Duration::from_secs(5), sending).await.is_err() {
        tracing::warn!("stopped with announcements left to the next owner");
    }
    Ok(())
}

async fn book_until_stopped(config: Config, mut booker: Booker, queue: Arc<Queue>) {
    let stop = booker.stop.clone();
    // A lane that panics must not leave its partitions unserved in a process that looks alive.
    let _stops_all = stop.clone().drop_guard();
    let mut looked = Instant::now();
    while !stop.is_cancelled() {
        let batch = queue.take(booker.lane, config.batch_records, config.batch_bytes);
        if !batch.is_empty() {
            booker.book(batch).await;
            booker.make_ready().await;
        } else {
            tokio::select! {
                () = queue.filled(booker.lane) => {}
                () = tokio::time::sleep(Duration::from_millis(200)) => {
                    booker.recover_quiet().await;
                    tidy(&booker).await;
                    booker.make_ready().await;
                }
                () = stop.cancelled() => {}
            }
        }
        if looked.elapsed() > Duration::from_secs(1) {
            looked = Instant::now();
            watch(&queue, &booker);
            booker.recover_quiet().await;
            if booker.honour_skips().await {
                // What was dropped while halted must be read again.
                booker.rejoin.store(true, Ordering::Release);
            }
        }
    }
}

/// When nothing happens, rows of acknowledged announcements go by themselves.
async fn tidy(booker: &Booker) {
    let sent = booker.sender.acknowledged(booker.lane);
    if sent.is_empty() {
        return;
    }
    match booker.store.forget_announced(&sent).await {
        Ok(()) => booker.sender.forgotten(&sent),
        Err(error) => tracing::debug!(%error, "announcements stay until the next batch"),
    }
}

fn watch(queue: &Queue, booker: &Booker) {
    let now = chrono::Utc::now();
    let waiting = queue.waiting();
    let oldest = waiting.iter().map(|(_, _, recorded_at)| (now - *recorded_at).as_seconds_f64()).fold(0.0, f64::max);
    metrics::gauge!("vigie_worker_lag_seconds").set(oldest);
    metrics::gauge!("vigie_worker_queue_records").set(waiting.iter().map(|(_, count, _)| *count as f64).sum::<f64>());
    let owned = booker.ownership.all();
    metrics::gauge!("vigie_worker_partitions").set(owned.len() as f64);
    metrics::gauge!("vigie_worker_partitions_halted")
        .set(owned.values().filter(|mine| mine.halted.is_some()).count() as f64);
}

/// Answers the consumer on its own thread: takes the fences, however long the database needs.
struct Taker {
    ownership: Arc<Ownership>,
    queue: Arc<Queue>,
    runtime: tokio::runtime::Handle,
    stop: CancellationToken,
}

impl Taker {
    async fn take(&self, partition: i32) -> Option<(i32, i64)> {
        let mut backoff = Duration::from_millis(50);
        while !self.stop.is_cancelled() {
            match self.ownership.take(partition).await {
                Ok(owned) => {
                    tracing::info!(partition, epoch = owned.epoch, offset = owned.next_offset, "partition taken");
                    return Some((partition, owned.next_offset));
                }
                Err(TakeError::Mismatch(mismatch)) => {
                    tracing::error!(partition, %mismatch, "partition refused");
                    metrics::counter!("vigie_worker_halts_total").increment(1);
                    return None;
                }
                Err(error) => {
                    tracing::warn!(partition, %error, "partition cannot be taken yet");
                    tokio::time::sleep(backoff).await;
                    backoff = (backoff * 2).min(Duration::from_secs(2));
                }
            }
        }
        None
    }
}

impl Owner for Taker {
    fn assigned(&self, partitions: &[i32]) -> Vec<(i32, i64)> {
        self.runtime.block_on(async {
            let mut taken = Vec::with_capacity(partitions.len());
            for partition in partitions {
                if let Some((partition, offset)) = self.take(*partition).await {
                    self.queue.begin(partition, offset);
                    taken.push((partition, offset));
                }
            }
            taken
        })
    }

    fn revoked(&self, partitions: &[i32]) {
        self.ownership.give_up(partitions);
        self.queue.drop_partitions(partitions);
    }
}

fn poll_on_a_thread(
    config: &Config,
    mut decoder: Decoder,
    ownership: &Arc<Ownership>,
    queue: &Arc<Queue>,
    rejoin: &Arc<AtomicBool>,
    stop: &CancellationToken,
) -> anyhow::Result<std::thread::JoinHandle<()>> {
    let taker = Arc::new(Taker {
        ownership: Arc::clone(ownership),
        queue: Arc::clone(queue),
        runtime: tokio::runtime::Handle::current(),
        stop: stop.clone(),
    });
    let connect = {
        let config = config.clone();
        move || CommandConsumer::new(&config, Arc::clone(&taker) as Arc<dyn Owner>)
    };
    let consumer = connect()?;
    let (ownership, queue, rejoin, stop) = (Arc::clone(ownership), Arc::clone(queue), Arc::clone(rejoin), stop.clone());
    let poll = move || poll_until_stopped(consumer, &connect, &mut decoder, &ownership, &queue, &rejoin, &stop);
    Ok(std::thread::Builder::new().name("vigie-poll".to_owned()).spawn(poll)?)
}

fn poll_until_stopped(
    mut consumer: CommandConsumer,
    connect: &impl Fn() -> anyhow::Result<CommandConsumer>,
    decoder: &mut Decoder,
    ownership: &Ownership,
    queue: &Queue,
    rejoin: &AtomicBool,
    stop: &CancellationToken,
) {
    let mut reported = Instant::now();
    while !stop.is_cancelled() {
        if rejoin.swap(false, Ordering::AcqRel) {
            queue.drop_partitions(&ownership.all().into_keys().collect::<Vec<_>>());
            // Only a new member is certain to be given its partitions afresh.
            consumer.leave();
            consumer = match connect() {
                Ok(consumer) => consumer,
                Err(error) => {
                    tracing::error!(%error, "cannot join the group again; stopping");
                    stop.cancel();
                    return;
                }
            };
        }
        // The group tolerates minutes without a poll; a stalled database is waited for here, in small steps.
        if !queue.has_room(Duration::from_millis(200)) {
            continue;
        }
        let take = |raw: RawRecord<'_>| decoder.decode(&raw).map_or((), |decoded| queue.put(decoded));
        if let Err(fault) = consumer.poll_with(Duration::from_millis(100), take) {
            tracing::warn!(fault, "consumer");
        }
        if reported.elapsed() > Duration::from_secs(2) {
            reported = Instant::now();
            let offsets: Vec<(i32, i64)> =
                ownership.all().into_iter().map(|(partition, mine)| (partition, mine.next_offset)).collect();
            if !offsets.is_empty() {
                consumer.report(&offsets);
            }
        }
    }
    consumer.leave();
}
