//! Looks into the log without a group: identity of the cluster, ends of a partition, single records.
//!
//! All calls block on librdkafka; callers on the runtime go through `spawn_blocking`.

use super::client;
use crate::config::Config;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};
use std::time::{Duration, Instant};

const WAIT: Duration = Duration::from_secs(10);
const ASK_AGAIN: Duration = Duration::from_millis(20);
const NOT_LEADER: RDKafkaErrorCode = RDKafkaErrorCode::NotLeaderForPartition;

#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The broker does not answer (yet): worth another try.
    #[error("the log does not answer: {0}")]
    Unreachable(String),
    #[error("topic {0} does not exist")]
    NoTopic(String),
}

impl From<rdkafka::error::KafkaError> for LogError {
    fn from(error: rdkafka::error::KafkaError) -> Self {
        LogError::Unreachable(error.to_string())
    }
}

/// A partition's first offset, and the one its next record will have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    pub start: i64,
    pub end: i64,
}

/// A record's value, with the headers and time rebuilding needs.
#[derive(Debug, Clone)]
pub struct LogRecord {
    pub offset: i64,
    /// The broker's append time, milliseconds UTC.
    pub recorded_ms: i64,
    pub value: Vec<u8>,
}

pub struct Log {
    consumer: BaseConsumer,
}

impl Log {
    /// # Errors
    /// When librdkafka refuses its configuration.
    pub fn new(config: &Config) -> Result<Self, LogError> {
        let consumer = client(config)
            .set("group.id", format!("{}-reader", config.topic_prefix))
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "error")
            .set("fetch.wait.max.ms", "50")
            .set("fetch.message.max.bytes", "4194304")
            .set("enable.partition.eof", "true")
            .create()?;
        Ok(Log { consumer })
    }

    /// # Errors
    /// When no broker answers.
    pub fn cluster_id(&self) -> Result<String, LogError> {
        self.consumer
            .client()
            .fetch_cluster_id(WAIT)
            .ok_or_else(|| LogError::Unreachable("no cluster id within 10 s".to_owned()))
    }

    /// # Errors
    /// When no broker answers or the topic is absent.
    pub fn partition_count(&self, topic: &str) -> Result<i32, LogError> {
        let metadata = self.consumer.fetch_metadata(Some(topic), WAIT)?;
        let count = metadata.topics().iter().find(|t| t.name() == topic).map_or(0, |t| t.partitions().len());
        match i32::try_from(count) {
            Ok(count) if count > 0 => Ok(count),
            _ => Err(LogError::NoTopic(topic.to_owned())),
        }
    }

    /// # Errors
    /// When no broker answers.
    pub fn bounds(&self, topic: &str, partition: i32) -> Result<Bounds, LogError> {
        let begun = Instant::now();
        loop {
            match self.consumer.fetch_watermarks(topic, partition, WAIT) {
                Ok((start, end)) => return Ok(Bounds { start, end }),
                // So says a broker of a partition that was just made or given to another.
                Err(error) if error.rdkafka_error_code() == Some(NOT_LEADER) && begun.elapsed() < WAIT => {
                    std::thread::sleep(ASK_AGAIN);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The first offset whose record was appended at that time or later; the end if there is none.
    ///
    /// # Errors
    /// When no broker answers.
    pub fn offset_at(&self, topic: &str, partition: i32, recorded_ms: i64) -> Result<i64, LogError> {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(recorded_ms))?;
        let found = self.consumer.offsets_for_times(list, WAIT)?;
        match found.elements().first().map(|element| element.offset()) {
            Some(Offset::Offset(offset)) => Ok(offset),
            _ => Ok(self.bounds(topic, partition)?.end),
        }
    }

    /// The record at an offset, or none if the log has none there.
    ///
    /// # Errors
    /// When no broker answers.
    pub fn record_at(&self, topic: &str, partition: i32, offset: i64) -> Result<Option<LogRecord>, LogError> {
        let mut found = None;
        self.read(topic, partition, offset, offset + 1, |record| found = Some(record))?;
        Ok(found.filter(|record| record.offset == offset))
    }

    /// Reads `from..to` of a partition, in order.
    ///
    /// # Errors
    /// When the broker stops answering.
    pub fn read(
        &self,
        topic: &str,
        partition: i32,
        from: i64,
        to: i64,
        mut take: impl FnMut(LogRecord),
    ) -> Result<(), LogError> {
        if from >= to {
            return Ok(());
        }
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(from))?;
        self.consumer.assign(&list)?;
        let outcome = self.drain(to, &mut take);
        self.consumer.unassign()?;
        outcome
    }

    fn drain(&self, to: i64, take: &mut impl FnMut(LogRecord)) -> Result<(), LogError> {
        let mut heard = Instant::now();
        loop {
            match self.consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    heard = Instant::now();
                    if message.offset() >= to {
                        return Ok(());
                    }
                    let offset = message.offset();
                    let recorded_ms = message.timestamp().to_millis().unwrap_or_default();
                    let value = message.payload().unwrap_or_default().to_vec();
                    take(LogRecord { offset, recorded_ms, value });
                    if offset + 1 >= to {
                        return Ok(());
                    }
                }
                Some(Err(rdkafka::error::KafkaError::PartitionEOF(_))) => return Ok(()),
                Some(Err(rdkafka::error::KafkaError::MessageConsumption(
                    rdkafka::error::RDKafkaErrorCode::OffsetOutOfRange
                    | rdkafka::error::RDKafkaErrorCode::AutoOffsetReset,
                ))) => return Ok(()),
                Some(Err(error)) if heard.elapsed() > WAIT => return Err(error.into()),
                None if heard.elapsed() > WAIT => {
                    return Err(LogError::Unreachable("no record within 10 s".to_owned()));
                }
                _ => {}
            }
        }
    }
}
