//! The worker's consumer: a member of the group, polled by a thread of its own, which hands over raw records.
//!
//! Where to begin is never the group's offset: on assignment the owner is asked, and its answer (from the fence) is
//! where each partition starts. The group's offset is a report for tools.

use super::{Topics, client};
use crate::config::Config;
use chrono::{DateTime, Utc};
use rdkafka::consumer::base_consumer::BaseConsumer;
use rdkafka::consumer::{CommitMode, Consumer as _, ConsumerContext};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, Offset, TopicPartitionList};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A record as it stands in the log, borrowed from the consumer.
pub struct RawRecord<'a> {
    pub partition: i32,
    pub offset: i64,
    pub recorded_at: DateTime<Utc>,
    pub key: Option<&'a [u8]>,
    pub value: &'a [u8],
    message: &'a BorrowedMessage<'a>,
}

impl<'a> RawRecord<'a> {
    pub(super) fn of(message: &'a BorrowedMessage<'a>) -> Self {
        let recorded_at = message.timestamp().to_millis().and_then(DateTime::from_timestamp_millis);
        RawRecord {
            partition: message.partition(),
            offset: message.offset(),
            recorded_at: recorded_at.unwrap_or(DateTime::UNIX_EPOCH),
            key: message.key(),
            value: message.payload().unwrap_or_default(),
            message,
        }
    }

    /// The headers' names and values, in order.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let headers = self.message.headers();
        headers
            .into_iter()
            .flat_map(|headers| (0..headers.count()).map(|index| headers.get(index)))
            .map(|header| (header.key, header.value.unwrap_or_default()))
    }
}

/// Who decides which partitions may be read, and from where. Called on the polling thread; may block.
pub trait Owner: Send + Sync + 'static {
    /// Takes the partitions; answers those that may be read, with the first offset.
    fn assigned(&self, partitions: &[i32]) -> Vec<(i32, i64)>;
    fn revoked(&self, partitions: &[i32]);
}

struct GroupContext(Arc<dyn Owner>);

impl ClientContext for GroupContext {}

impl ConsumerContext for GroupContext {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, error: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let partitions: Vec<i32> = list.elements().iter().map(|element| element.partition()).collect();
        let outcome = match error {
            RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS => {
                let topic = list.elements().first().map(|element| element.topic().to_owned()).unwrap_or_default();
                let mut granted = TopicPartitionList::new();
                for (partition, offset) in self.0.assigned(&partitions) {
                    if let Err(error) = granted.add_partition_offset(&topic, partition, Offset::Offset(offset)) {
                        tracing::error!(partition, %error, "partition cannot be assigned");
                    }
                }
                consumer.assign(&granted)
            }
            _ => {
                self.0.revoked(&partitions);
                consumer.unassign()
            }
        };
        if let Err(error) = outcome {
            tracing::error!(%error, "rebalance not taken");
        }
    }
}

pub struct CommandConsumer {
    consumer: BaseConsumer<GroupContext>,
    topic: String,
}

impl CommandConsumer {
    /// # Errors
    /// When librdkafka refuses its configuration.
    pub fn new(config: &Config, owner: Arc<dyn Owner>) -> anyhow::Result<Self> {
        let topic = Topics::new(&config.topic_prefix).commands;
        let consumer: BaseConsumer<GroupContext> = client(config)
            .set("group.id", format!("{}-worker", config.topic_prefix))
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("session.timeout.ms", config.session_timeout_ms.to_string())
            .set("heartbeat.interval.ms", (config.session_timeout_ms / 5).to_string())
            .set("partition.assignment.strategy", "range")
            .set("fetch.wait.max.ms", "20")
            .set("fetch.error.backoff.ms", "100")
            .set("fetch.message.max.bytes", "4194304")
            .set("queued.max.messages.kbytes", "32768")
            .set("queued.min.messages", "20000")
            .create_with_context(GroupContext(owner))?;
        consumer.subscribe(&[&topic])?;
        Ok(CommandConsumer { consumer, topic })
    }

    /// Polls once and hands a record, if there is one, to `take`.
    ///
    /// # Errors
    /// The fault's text, when the broker or the log is in the way.
    pub fn poll_with(&self, wait: Duration, take: impl FnOnce(RawRecord<'_>)) -> Result<bool, String> {
        match self.consumer.poll(wait) {
            None => Ok(false),
            Some(Err(error)) => Err(error.to_string()),
            Some(Ok(message)) => {
                take(RawRecord::of(&message));
                Ok(true)
            }
        }
    }

    /// Leaves the group, and stays to be polled until that is surely on the wire: a client destroyed too soon is
    /// missed only after the session timeout, and its partitions stand still meanwhile.
    pub fn leave(self) {
        self.consumer.unsubscribe();
        let left = Instant::now() + Duration::from_millis(300);
        while Instant::now() < left {
            // Nothing polled now is booked by us.
            let _ = self.consumer.poll(Duration::from_millis(50));
        }
    }

    /// Reports how far each partition came; advisory, so a failure is of no consequence.
    pub fn report(&self, offsets: &[(i32, i64)]) {
        let mut list = TopicPartitionList::new();
        for (partition, offset) in offsets {
            let _ = list.add_partition_offset(&self.topic, *partition, Offset::Offset(*offset));
        }
        let _ = self.consumer.commit(&list, CommitMode::Async);
    }
}
