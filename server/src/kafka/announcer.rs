//! Sends a batch's records to bank.events and bank.dead-letters and says when all are acknowledged.
//!
//! Gapless: nothing is skipped and nothing times out, because a fact that is missing in the middle would be missed by
//! every reader for ever.

use super::{Topics, client};
use crate::config::Config;
use rdkafka::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{DeliveryResult, Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// Where an announced record goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Destination {
    Events,
    DeadLetters,
}

/// A record as it will be sent: to the partition of its command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncedRecord {
    pub destination: Destination,
    pub key: Vec<u8>,
    pub headers: Vec<(Cow<'static, str>, Cow<'static, [u8]>)>,
    pub value: Vec<u8>,
}

/// Counts the records of one batch that are still out.
struct Pending {
    left: AtomicUsize,
    failed: AtomicBool,
    done: Notify,
}

impl Pending {
    fn one_less(&self, failed: bool) {
        if failed {
            self.failed.store(true, Ordering::Release);
        }
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.done.notify_one();
        }
    }
}

/// Records on their way.
pub struct Underway(Arc<Pending>);

impl Underway {
    /// Returns once every one is acknowledged. May be asked again after the asking was dropped.
    ///
    /// # Errors
    /// As [`Announcer::start`].
    pub async fn acknowledged(&self) -> Result<(), AnnounceError> {
        while self.0.left.load(Ordering::Acquire) > 0 {
            self.0.done.notified().await;
        }
        if self.0.failed.load(Ordering::Acquire) {
            return Err(AnnounceError("a record was not delivered".to_owned()));
        }
        Ok(())
    }
}

struct AnnounceContext;

impl ClientContext for AnnounceContext {}

impl ProducerContext for AnnounceContext {
    type DeliveryOpaque = Arc<Pending>;

    fn delivery(&self, result: &DeliveryResult<'_>, pending: Arc<Pending>) {
        pending.one_less(result.is_err());
    }
}

/// The producer met a fault after which it cannot promise order: it must be made anew and the batch sent again.
#[derive(Debug, thiserror::Error)]
#[error("the announcing producer failed: {0}")]
pub struct AnnounceError(String);

pub struct Announcer {
    producer: ThreadedProducer<AnnounceContext>,
    topics: Topics,
}

impl Announcer {
    /// # Errors
    /// When librdkafka refuses its configuration.
    pub fn new(config: &Config) -> Result<Self, AnnounceError> {
        let producer = client(config)
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("enable.gapless.guarantee", "true")
            .set("log_level", "3")
            .set("message.timeout.ms", "0")
            .set("linger.ms", "0")
            .set("batch.num.messages", "10000")
            .set("batch.size", "900000")
            .set("message.max.bytes", "1000000")
            .set("queue.buffering.max.messages", "200000")
            .create_with_context(AnnounceContext)
            .map_err(|error: KafkaError| AnnounceError(error.to_string()))?;
        Ok(Announcer { producer, topics: Topics::new(&config.topic_prefix) })
    }

    /// Puts the records of one partition on their way, in order, behind those put there before.
    ///
    /// # Errors
    /// When the producer failed for good; some records may have been sent, and all may be sent again.
    pub async fn start(&self, partition: i32, records: &[AnnouncedRecord]) -> Result<Underway, AnnounceError> {
        let pending = Arc::new(Pending {
            // One for us, so that it is not done before all are on their way.
            left: AtomicUsize::new(records.len() + 1),
            failed: AtomicBool::new(false),
            done: Notify::new(),
        });
        for record in records {
            self.enqueue(partition, record, &pending).await?;
        }
        pending.one_less(false);
        Ok(Underway(pending))
    }

    async fn enqueue(
        &self,
        partition: i32,
        record: &AnnouncedRecord,
        pending: &Arc<Pending>,
    ) -> Result<(), AnnounceError> {
        let topic = match record.destination {
            Destination::Events => &self.topics.events,
            Destination::DeadLetters => &self.topics.dead_letters,
        };
        loop {
            let headers = record
                .headers
                .iter()
                .fold(OwnedHeaders::new_with_capacity(record.headers.len()), |headers, (key, value)| {
                    headers.insert(Header { key, value: Some(value.as_ref()) })
                });
            let message = BaseRecord::with_opaque_to(topic, Arc::clone(pending))
                .partition(partition)
                .key(&record.key)
                .payload(&record.value)
                .headers(headers);
            match self.producer.send(message) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err((error, _)) => return Err(AnnounceError(error.to_string())),
            }
        }
    }

    pub fn flush(&self, wait: Duration) {
        // What stays unacknowledged keeps its announcement row and is sent by the next owner.
        let _ = self.producer.flush(wait);
    }
}
