//! How far `bank.commands` goes beyond what was applied, and how long the first undecided command has waited.

use super::{Topics, client};
use crate::config::Config;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaResult;
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

const ANSWER: Duration = Duration::from_secs(2);
/// Asked again by many pages at once, the broker is asked once.
const KEPT: Duration = Duration::from_secs(1);

/// The end of one partition's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogEnd {
    /// The offset that the next command will get.
    pub end: i64,
    /// Append time of the first undecided command, milliseconds UTC; none when all are decided.
    pub first_undecided_ms: Option<i64>,
}

type Ends = BTreeMap<i32, LogEnd>;

/// Looks without a group: commits nothing, joins nothing.
#[derive(Clone)]
pub struct CommandLog {
    consumer: Arc<BaseConsumer>,
    topic: Arc<str>,
    kept: Arc<tokio::sync::Mutex<Option<(Instant, Ends)>>>,
}

impl CommandLog {
    /// # Errors
    /// When librdkafka refuses its configuration.
    pub fn new(config: &Config) -> KafkaResult<Self> {
        let mut client = client(config);
        // librdkafka wants a group's name even where none is joined.
        client.set("group.id", "vigie-looks").set("enable.auto.commit", "false").set("auto.offset.reset", "error");
        client
            .set("fetch.wait.max.ms", "50")
            .set("queued.max.messages.kbytes", "64")
            .set("fetch.message.max.bytes", "4096");
        let topic = Topics::new(&config.topic_prefix).commands.into();
        Ok(CommandLog { consumer: Arc::new(client.create()?), topic, kept: Arc::default() })
    }

    /// Per partition; empty where the broker did not answer. `applied` holds the next offset to decide.
    pub async fn ends(&self, applied: BTreeMap<i32, i64>) -> Ends {
        let mut kept = self.kept.lock().await;
        if let Some((at, ends)) = kept.as_ref().filter(|(at, _)| at.elapsed() < KEPT) {
            let _ = at;
            return ends.clone();
        }
        let (consumer, topic) = (Arc::clone(&self.consumer), Arc::clone(&self.topic));
        let looked = tokio::task::spawn_blocking(move || look(&consumer, &topic, &applied)).await;
        let ends = match looked {
            Ok(Ok(ends)) => ends,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the log's ends cannot be read");
                Ends::new()
            }
            Err(_) => Ends::new(),
        };
        *kept = Some((Instant::now(), ends.clone()));
        ends
    }
}

fn look(consumer: &BaseConsumer, topic: &str, applied: &BTreeMap<i32, i64>) -> KafkaResult<Ends> {
    let deadline = Instant::now() + ANSWER;
    let left = || deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    let mut ends = Ends::new();
    let mut behind = TopicPartitionList::new();
    for (partition, next_offset) in applied {
        let (_, end) = consumer.fetch_watermarks(topic, *partition, left())?;
        ends.insert(*partition, LogEnd { end, first_undecided_ms: None });
        if end > *next_offset {
            behind.add_partition_offset(topic, *partition, Offset::Offset(*next_offset))?;
        }
    }
    let mut unseen = behind.count();
    if unseen == 0 {
        return Ok(ends);
    }
    consumer.assign(&behind)?;
    while unseen > 0 && Instant::now() < deadline {
        let Some(record) = consumer.poll(left()) else { break };
        let Ok(record) = record else { continue };
        let first = ends.get_mut(&record.partition()).filter(|end| end.first_undecided_ms.is_none());
        if let Some(end) = first {
            end.first_undecided_ms = record.timestamp().to_millis();
            unseen -= 1;
        }
    }
    consumer.unassign()?;
    Ok(ends)
}
