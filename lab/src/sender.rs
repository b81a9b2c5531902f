//! The load generator's end of Kafka: acks from all replicas, idempotent, with a count of what was acknowledged.

use crate::wire::{Record, now_text};
use rdkafka::client::ClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, Producer as _, ProducerContext, ThreadedProducer};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub fn client(brokers: &str) -> ClientConfig {
    let mut client = ClientConfig::new();
    client
        .set("bootstrap.servers", brokers)
        .set("client.id", "vigie-lab")
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "1000")
        .set("socket.nagle.disable", "true")
        .set("allow.auto.create.topics", "false")
        .set("log_level", "2");
    client
}

pub fn producer_settings(brokers: &str) -> ClientConfig {
    let mut settings = client(brokers);
    settings
        .set("acks", "all")
        .set("enable.idempotence", "true")
        .set("partitioner", "murmur2_random")
        .set("delivery.timeout.ms", "300000")
        .set("queue.buffering.max.messages", "500000")
        .set("queue.buffering.max.kbytes", "1048576");
    settings
}

#[derive(Default)]
pub struct Acknowledged {
    pub count: AtomicU64,
    pub failed: AtomicU64,
}

pub struct Counting(Arc<Acknowledged>);

impl ClientContext for Counting {}

impl ProducerContext for Counting {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, _: ()) {
        let counter = if result.is_ok() { &self.0.count } else { &self.0.failed };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// Sends ready-made records in bulk.
pub struct Sender {
    producer: ThreadedProducer<Counting>,
    topic: String,
    acknowledged: Arc<Acknowledged>,
    time: String,
    sent: u64,
}

impl Sender {
    pub fn new(brokers: &str, topic: &str) -> anyhow::Result<Self> {
        let acknowledged = Arc::new(Acknowledged::default());
        let producer = producer_settings(brokers)
            .set("linger.ms", "5")
            .set("batch.size", "1000000")
            .set("batch.num.messages", "10000")
            .create_with_context(Counting(acknowledged.clone()))?;
        Ok(Sender { producer, topic: topic.to_owned(), acknowledged, time: now_text(), sent: 0 })
    }

    /// Queues one record; waits while the queue is full.
    pub fn send(&mut self, record: &Record) -> anyhow::Result<()> {
        loop {
            let message: BaseRecord<'_, str, [u8]> = BaseRecord::to(&self.topic)
                .key(&*record.key)
                .payload(&*record.value)
                .headers(record.headers(&self.time));
            match self.producer.send(message) {
                Ok(()) => {
                    self.sent += 1;
                    return Ok(());
                }
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                    std::thread::sleep(Duration::from_millis(2));
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
    }

    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Waits until everything is acknowledged.
    pub fn flush(&self) -> anyhow::Result<()> {
        self.producer.flush(Duration::from_secs(60))?;
        let failed = self.acknowledged.failed.load(Ordering::Relaxed);
        anyhow::ensure!(failed == 0, "{failed} records were not acknowledged");
        Ok(())
    }
}
