//! `bank.control`: its producer and its reader. One partition, rare records, no group: every worker reads them all.

use super::command_consumer::RawRecord;
use super::command_producer::{ProduceError, Source, signed_headers};
use super::signature::Signer;
use super::{Topics, client};
use crate::config::Config;
use domain::control::{CONTROL_KEY, ControlCommand};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use std::time::Duration;
use uuid::Uuid;

/// The only partition.
pub const PARTITION: i32 = 0;

#[derive(Clone)]
pub struct ControlProducer {
    producer: FutureProducer,
    topic: String,
    signer: Signer,
}

impl ControlProducer {
    /// # Errors
    /// When librdkafka refuses its configuration.
    pub fn new(config: &Config) -> Result<Self, ProduceError> {
        let producer = client(config)
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("linger.ms", "0")
            .set("message.max.bytes", "1000000")
            .create()
            .map_err(|error| ProduceError(error.to_string()))?;
        let topic = Topics::new(&config.topic_prefix).control;
        Ok(ControlProducer { producer, topic, signer: Signer::new(&config.command_secret) })
    }

    /// Sends one command and waits for the log: its offset. Callers bound the wait.
    ///
    /// # Errors
    /// When the log refused or did not answer in time.
    pub async fn send(&self, id: Uuid, source: Source, command: &ControlCommand) -> Result<i64, ProduceError> {
        let value = match command {
            ControlCommand::ChangePolicy(body) => serde_json::to_vec(body),
            ControlCommand::PromoteModel(body) => serde_json::to_vec(body),
        };
        let value = value.map_err(|error| ProduceError(error.to_string()))?;
        let headers = signed_headers(&self.signer, id, source, CONTROL_KEY, command.type_name(), &value);
        let record =
            FutureRecord::to(&self.topic).partition(PARTITION).key(CONTROL_KEY).payload(&value).headers(headers);
        let sent = self.producer.send(record, Duration::from_secs(2)).await;
        sent.map(|delivery| delivery.offset).map_err(|(error, _)| ProduceError(error.to_string()))
    }
}

/// Reads from where it is told.
pub struct ControlReader {
    consumer: BaseConsumer,
    topic: String,
}

impl ControlReader {
    /// # Errors
    /// When librdkafka refuses its configuration.
    pub fn new(config: &Config) -> KafkaResult<Self> {
        let consumer = client(config)
            // librdkafka assigns only with a group's name; the group is never joined and nothing is committed.
            .set("group.id", format!("{}-control", config.topic_prefix))
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("fetch.wait.max.ms", "100")
            .set("fetch.error.backoff.ms", "100")
            .set("queued.max.messages.kbytes", "1024")
            .create()?;
        Ok(ControlReader { consumer, topic: Topics::new(&config.topic_prefix).control })
    }

    /// The next record polled is the first at or after this offset.
    ///
    /// # Errors
    /// When librdkafka refuses.
    pub fn begin(&self, offset: i64) -> KafkaResult<()> {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic, PARTITION, Offset::Offset(offset))?;
        self.consumer.assign(&list)
    }

    /// Waits for one record and makes something of it. Blocks.
    ///
    /// # Errors
    /// When broker or log is in the way.
    pub fn poll_with<T>(
        &self,
        wait: Duration,
        take: impl FnOnce(&RawRecord<'_>) -> T,
    ) -> Result<Option<T>, KafkaError> {
        match self.consumer.poll(wait) {
            None => Ok(None),
            Some(Err(error)) => Err(error),
            Some(Ok(message)) => Ok(Some(take(&RawRecord::of(&message)))),
        }
    }
}
