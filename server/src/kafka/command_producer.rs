//! Produces signed commands: acks from all replicas, idempotent, in order.

use super::signature::Signer;
use super::{Topics, client};
use crate::config::Config;
use domain::{Command, envelope};
use rdkafka::error::RDKafkaErrorCode;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::future_producer::DeliveryFuture;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use std::time::Duration;
use uuid::Uuid;

/// Which of our doors a command came through (`ce_source`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Web,
    Api,
    Import,
    Worker,
    Operator,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Source::Web => "vigie/web",
            Source::Api => "vigie/api",
            Source::Import => "vigie/import",
            Source::Worker => "vigie/worker",
            Source::Operator => "vigie/operator",
        }
    }
}

/// The log did not acknowledge: nothing is known to be taken, the same id is safe.
#[derive(Debug, thiserror::Error)]
#[error("the broker did not acknowledge: {0}")]
pub struct ProduceError(pub(super) String);

#[derive(Clone)]
pub struct CommandProducer {
    producer: FutureProducer,
    topic: String,
    signer: Signer,
}

impl CommandProducer {
    /// For people who wait: every record leaves at once.
    ///
    /// # Errors
    /// When librdkafka refuses its configuration.
    pub fn new(config: &Config) -> Result<Self, ProduceError> {
        Self::lingering(config, "0")
    }

    /// For many commands after another: records gather for up to 5 ms and travel together.
    ///
    /// # Errors
    /// When librdkafka refuses its configuration.
    pub fn batching(config: &Config) -> Result<Self, ProduceError> {
        Self::lingering(config, "5")
    }

    fn lingering(config: &Config, linger_ms: &str) -> Result<Self, ProduceError> {
        let producer = client(config)
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("partitioner", "murmur2_random")
            .set("linger.ms", linger_ms)
            .set("delivery.timeout.ms", "120000")
            .set("request.timeout.ms", "60000")
            .set("message.max.bytes", "1000000")
            .create()
            .map_err(|error| ProduceError(error.to_string()))?;
        Ok(CommandProducer {
            producer,
            topic: Topics::new(&config.topic_prefix).commands,
            signer: Signer::new(&config.command_secret),
        })
    }

    /// Sends one command and waits for the log: its partition and offset. Callers bound the wait.
    ///
    /// # Errors
    /// When the log refused or did not answer in time.
    pub async fn send(&self, id: Uuid, source: Source, command: &Command) -> Result<(i32, i64), ProduceError> {
        let value = encode(command).map_err(|error| ProduceError(error.to_string()))?;
        let headers = self.headers(id, source, command, &value);
        let record = FutureRecord::to(&self.topic).key(command.key().as_str()).payload(&value).headers(headers);
        self.producer
            .send(record, Duration::from_secs(2))
            .await
            .map(|delivery| (delivery.partition, delivery.offset))
            .map_err(|(error, _)| ProduceError(error.to_string()))
    }

    /// Queues one command behind those queued before, without waiting; none if the queue is full. Commands of one
    /// partition reach the log in the order of these calls.
    ///
    /// # Errors
    /// When librdkafka refuses the record.
    pub fn enqueue(&self, id: Uuid, source: Source, command: &Command) -> Result<Option<Delivery>, ProduceError> {
        let value = encode(command).map_err(|error| ProduceError(error.to_string()))?;
        let headers = self.headers(id, source, command, &value);
        let record = FutureRecord::to(&self.topic).key(command.key().as_str()).payload(&value).headers(headers);
        match self.producer.send_result(record) {
            Ok(delivery) => Ok(Some(Delivery(delivery))),
            Err((error, _)) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) => Ok(None),
            Err((error, _)) => Err(ProduceError(error.to_string())),
        }
    }

    fn headers(&self, id: Uuid, source: Source, command: &Command, value: &[u8]) -> OwnedHeaders {
        signed_headers(&self.signer, id, source, command.key().as_str(), command.type_name(), value)
    }

    /// Waits until everything sent is acknowledged or failed.
    pub fn flush(&self, wait: Duration) {
        // What stays unacknowledged was never answered as taken.
        let _ = self.producer.flush(wait);
    }
}

/// The envelope of a command, signed by our nodes' key.
pub(super) fn signed_headers(
    signer: &Signer,
    id: Uuid,
    source: Source,
    key: &str,
    kind: &str,
    value: &[u8],
) -> OwnedHeaders {
    let mut id_text = [0; 36];
    let id_text: &str = id.hyphenated().encode_lower(&mut id_text);
    let signature = signer.sign(key.as_bytes(), id_text.as_bytes(), kind.as_bytes(), source.as_str().as_bytes(), value);
    let time = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    [
        (envelope::CE_SPECVERSION, envelope::SPECVERSION),
        (envelope::CE_ID, id_text),
        (envelope::CE_TYPE, kind),
        (envelope::CE_SOURCE, source.as_str()),
        (envelope::CE_TIME, &time),
        (envelope::CONTENT_TYPE, envelope::JSON),
        (envelope::SIGNATURE, &signature),
    ]
    .into_iter()
    .fold(OwnedHeaders::new_with_capacity(7), |headers, (key, value)| {
        headers.insert(Header { key, value: Some(value) })
    })
}

/// A queued command on its way to the log.
pub struct Delivery(DeliveryFuture);

impl Delivery {
    /// Its partition and offset, once the log has it. Callers need not bound the wait: delivery ends after two minutes.
    ///
    /// # Errors
    /// When the log refused or did not answer in time.
    pub async fn acknowledged(self) -> Result<(i32, i64), ProduceError> {
        match self.0.await {
            Ok(Ok(delivery)) => Ok((delivery.partition, delivery.offset)),
            Ok(Err((error, _))) => Err(ProduceError(error.to_string())),
            Err(_) => Err(ProduceError("the producer was closed".to_owned())),
        }
    }
}

/// The record's value: the inner struct alone, as JSON.
fn encode(command: &Command) -> serde_json::Result<Vec<u8>> {
    match command {
        Command::SubmitTransaction(body) => serde_json::to_vec(body),
        Command::OpenAccount(body) => serde_json::to_vec(body),
        Command::LinkAccount(body) | Command::UnlinkAccount(body) => serde_json::to_vec(body),
        Command::ChangeAccountStatus(body) => serde_json::to_vec(body),
        Command::ChangeOverdraft(body) => serde_json::to_vec(body),
        Command::ReleaseHold(body) | Command::RefuseHold(body) | Command::ExpireHold(body) => serde_json::to_vec(body),
        Command::ReportFraud(body) => serde_json::to_vec(body),
    }
}
