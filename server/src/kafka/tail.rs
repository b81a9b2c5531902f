//! Tails bank.events into the feed: all partitions, without a group, from a ring's length before the end.
//!
//! A thread of its own, because librdkafka blocks. Promises: goes on through broker restarts from where it was; a log
//! that was cut or replaced resets its ring instead of passing on something else; never commits anything.

use super::log_ends::LogEnds;
use super::{Topics, client};
use crate::config::Config;
use crate::feed::{Feed, decode};
use domain::Fact;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(100);
const WAIT: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Facts pushed at once at most.
const BATCH: usize = 1_000;

/// The log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TailError {
    #[error(transparent)]
    Kafka(#[from] KafkaError),
    /// A position is outside the log, or the client is beyond repair.
    #[error("the log cannot be read on: {0}")]
    Broken(KafkaError),
    #[error("a thread cannot be started: {0}")]
    Thread(#[from] std::io::Error),
}

/// Tells the threads to stop.
#[derive(Debug, Clone, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Waits for about this long, unless told to stop: then true, at once.
    pub fn wait(&self, pause: Duration) -> bool {
        let until = Instant::now() + pause;
        while !self.is_set() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.is_set()
    }
}

/// Feeds until dropped.
#[derive(Debug)]
pub struct Tail(Stop);

impl Tail {
    /// Starts at once and does not wait for the broker.
    ///
    /// # Errors
    /// When librdkafka refuses its configuration or a thread cannot be started.
    pub fn start(config: &Config, feed: &Feed) -> Result<Tail, TailError> {
        let stop = Stop::default();
        let ends = LogEnds::new(config)?;
        let mut reader = Reader {
            config: config.clone(),
            topic: Topics::new(&config.topic_prefix).events,
            feed: feed.clone(),
            ends: ends.clone(),
            positions: BTreeMap::new(),
            stop: stop.clone(),
        };
        thread("feed tail").spawn(move || reader.run())?;
        let (feed, stopping) = (feed.clone(), stop.clone());
        thread("feed ends").spawn(move || ends.watch(&feed, &stopping))?;
        Ok(Tail(stop))
    }
}

fn thread(name: &str) -> std::thread::Builder {
    std::thread::Builder::new().name(name.to_owned())
}

impl Drop for Tail {
    /// The threads end by themselves, within a request's time limit: nothing of theirs needs to be saved.
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

struct Reader {
    config: Config,
    topic: String,
    feed: Feed,
    ends: LogEnds,
    /// Per partition the next offset of bank.events to read.
    positions: BTreeMap<i32, i64>,
    stop: Stop,
}

impl Reader {
    fn run(&mut self) {
        let mut pause = Duration::from_millis(100);
        while !self.stop.is_set() {
            let started = Instant::now();
            let Err(error) = self.follow() else { return };
            if started.elapsed() > LONGEST_PAUSE * 2 {
                pause = Duration::from_millis(100);
            }
            tracing::warn!(%error, pause_ms = pause.as_millis(), "the feed cannot read the log; trying again");
            self.stop.wait(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Reads until stopped.
    fn follow(&mut self) -> Result<(), TailError> {
        let consumer: BaseConsumer = client(&self.config)
            // librdkafka assigns only with a group's name; the group is never joined and nothing is committed.
            .set("group.id", format!("{}-feed", self.config.topic_prefix))
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("fetch.wait.max.ms", "100")
            .set("fetch.error.backoff.ms", "50")
            .set("fetch.message.max.bytes", "1048576")
            .set("queued.max.messages.kbytes", "16384")
            .create()?;
        self.assign(&consumer)?;
        let mut batch = Vec::new();
        while !self.stop.is_set() {
            let mut message = consumer.poll(POLL);
            while let Some(polled) = message {
                match polled {
                    Ok(record) => self.take(&record, &mut batch),
                    Err(error) => Self::endure(&consumer, error)?,
                }
                if batch.len() >= BATCH {
                    break;
                }
                message = consumer.poll(Duration::ZERO);
            }
            if !batch.is_empty() {
                self.feed.push(&batch);
                batch.clear();
            }
            self.confirm();
        }
        Ok(())
    }

    /// Where each partition begins: where it was left, if the log still has that place, else a ring's length before
    /// the end.
    fn assign(&mut self, consumer: &BaseConsumer) -> Result<(), TailError> {
        let mut list = TopicPartitionList::new();
        for partition in 0..self.config.partitions {
            let (start, end) = consumer.fetch_watermarks(&self.topic, partition, WAIT)?;
            let left = self.positions.get(&partition).copied();
            let position = match left.filter(|left| (start..=end).contains(left)) {
                Some(left) => left,
                None => {
                    if left.is_some() {
                        tracing::warn!(partition, ?left, start, end, "the log of facts was cut or replaced");
                        self.feed.reset(partition);
                    }
                    start.max(end.saturating_sub(i64::try_from(self.config.ring_facts).unwrap_or(i64::MAX)))
                }
            };
            self.positions.insert(partition, position);
            list.add_partition_offset(&self.topic, partition, Offset::Offset(position))?;
        }
        consumer.assign(&list)?;
        Ok(())
    }

    fn take(&mut self, record: &BorrowedMessage<'_>, batch: &mut Vec<Arc<Fact>>) {
        self.positions.insert(record.partition(), record.offset() + 1);
        match decode(record.payload().unwrap_or_default()) {
            Ok(fact) if fact.position.events_partition() == record.partition() => batch.push(Arc::new(fact)),
            // Left out, it is a hole: readers take a snapshot, which knows what it did.
            outcome => {
                let error = outcome.err().map(|error| error.to_string());
                tracing::error!(partition = record.partition(), offset = record.offset(), error, "not a fact we know");
            }
        }
    }

    /// What the client mends by itself is endured; its age tells. The rest needs a new client.
    fn endure(consumer: &BaseConsumer, error: KafkaError) -> Result<(), TailError> {
        use RDKafkaErrorCode::{AutoOffsetReset, Fatal, OffsetOutOfRange, UnknownPartition, UnknownTopicOrPartition};
        let beyond_repair = consumer.client().fatal_error().is_some()
            || matches!(
                error.rdkafka_error_code(),
                Some(AutoOffsetReset | Fatal | OffsetOutOfRange | UnknownPartition | UnknownTopicOrPartition)
            );
        if beyond_repair {
            return Err(TailError::Broken(error));
        }
        tracing::debug!(%error, "the feed's client reports a fault and goes on");
        Ok(())
    }

    /// Tells the feed of which moment it holds everything.
    fn confirm(&self) {
        let Some(ends) = self.ends.latest() else { return };
        let behind = |(partition, end): (&i32, &i64)| self.positions.get(partition).is_none_or(|at| at < end);
        if !ends.events.iter().any(behind) {
            self.feed.current_as_of(ends.asked_at);
        }
    }
}
