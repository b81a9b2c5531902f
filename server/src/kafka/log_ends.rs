//! The ends of bank.events, asked for every second: how the feed knows that it is current while nothing happens.

use super::tail::Stop;
use super::{Topics, client};
use crate::config::Config;
use crate::feed::Feed;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(1);
const WAIT: Duration = Duration::from_secs(3);
/// Older answers are none: the broker is away.
const STALE: Duration = Duration::from_secs(10);

/// Ends at one moment, by partition: the offset that the next record will have.
#[derive(Debug, Clone)]
pub struct Ends {
    /// The log held at least this at that moment.
    pub asked_at: Instant,
    pub events: BTreeMap<i32, i64>,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct LogEnds(Arc<Inner>);

impl std::fmt::Debug for LogEnds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogEnds").field("latest", &self.latest()).finish()
    }
}

struct Inner {
    latest: RwLock<Option<Arc<Ends>>>,
    topic: String,
    partitions: i32,
    client: BaseConsumer,
}

impl LogEnds {
    /// # Errors
    /// When librdkafka refuses its configuration.
    pub fn new(config: &Config) -> Result<Self, KafkaError> {
        // Never joined; see the tail.
        let client = client(config).set("group.id", format!("{}-feed", config.topic_prefix)).create()?;
        Ok(LogEnds(Arc::new(Inner {
            latest: RwLock::new(None),
            topic: Topics::new(&config.topic_prefix).events,
            partitions: config.partitions,
            client,
        })))
    }

    /// The latest answer, if the broker gave one lately.
    pub fn latest(&self) -> Option<Arc<Ends>> {
        let latest = self.0.latest.read().unwrap_or_else(PoisonError::into_inner).clone();
        latest.filter(|ends| ends.asked_at.elapsed() < STALE)
    }

    /// Asks every second until told to stop, and reports the feed's size and age.
    pub(super) fn watch(&self, feed: &Feed, stop: &Stop) {
        let mut away = false;
        while !stop.wait(EVERY) {
            match self.ask() {
                Ok(()) => away = false,
                Err(error) if !away => {
                    tracing::warn!(%error, "the broker does not tell the ends of the log");
                    away = true;
                }
                Err(_) => {}
            }
            feed.report();
        }
    }

    /// One request per broker for all its partitions.
    fn ask(&self) -> Result<(), KafkaError> {
        let inner = &self.0;
        let asked_at = Instant::now();
        let mut list = TopicPartitionList::new();
        for partition in 0..inner.partitions {
            // In this request, a timestamp; that of the end means the end.
            list.add_partition_offset(&inner.topic, partition, Offset::End)?;
        }
        let answer = inner.client.offsets_for_times(list, WAIT)?;
        let mut ends = Ends { asked_at, events: BTreeMap::new() };
        for element in answer.elements() {
            element.error()?;
            let Offset::Offset(end) = element.offset() else { continue };
            ends.events.insert(element.partition(), end);
        }
        *inner.latest.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(ends));
        Ok(())
    }
}
