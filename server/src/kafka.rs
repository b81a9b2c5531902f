//! The only room that names rdkafka: topics, the producer of commands, the tail of facts, the worker's consumer.

pub mod announcer;
pub mod command_consumer;
pub mod command_log;
pub mod command_producer;
pub mod control_log;
pub mod log;
pub mod log_ends;
pub mod others;
pub mod signature;
pub mod tail;
pub mod topics;

use crate::config::Config;
use rdkafka::ClientConfig;

/// The bank's topics under one prefix.
#[derive(Debug, Clone)]
pub struct Topics {
    pub commands: String,
    pub events: String,
    pub accounts: String,
    pub notices: String,
    pub dead_letters: String,
    pub control: String,
}

impl Topics {
    pub fn new(prefix: &str) -> Self {
        let name = |suffix: &str| format!("{prefix}.{suffix}");
        Topics {
            commands: name("commands"),
            events: name("events"),
            accounts: name("accounts"),
            notices: name("notices"),
            dead_letters: name("dead-letters"),
            control: name("control"),
        }
    }
}

/// Settings every client shares; they survived kills, silent drops and idle reapers.
pub fn client(config: &Config) -> ClientConfig {
    let mut client = ClientConfig::new();
    client
        .set("bootstrap.servers", &config.kafka_brokers)
        .set("client.id", "vigie")
        .set("connections.max.idle.ms", "180000")
        .set("topic.metadata.refresh.interval.ms", "150000")
        .set("metadata.max.age.ms", "180000")
        .set("socket.keepalive.enable", "true")
        // A small request must not wait for the last one's acknowledgement.
        .set("socket.nagle.disable", "true")
        .set("reconnect.backoff.ms", "50")
        .set("reconnect.backoff.max.ms", "1000")
        .set("allow.auto.create.topics", "false");
    client
}
