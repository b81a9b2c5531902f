//! What other workers decide: tails those partitions of bank.events whose commands this worker does not book.
//!
//! Promises: whoever listens is told to start afresh each time the set of partitions changes, *after* the place to read
//! from is fixed; what is read from the tables after that and what is told together miss nothing. Facts may be told
//! that are in the tables already. Never joins a group, never commits anything.

use super::{Topics, client};
use crate::config::Config;
use crate::feed::decode;
use domain::Fact;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::KafkaError;
use rdkafka::message::Message as _;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const POLL: Duration = Duration::from_millis(100);
const WAIT: Duration = Duration::from_secs(5);
const BATCH: usize = 1_000;

/// What a listener hears.
pub enum Told {
    /// From here on, others are heard.
    Afresh,
    Facts(Vec<Fact>),
}

pub struct Others {
    consumer: BaseConsumer,
    topic: String,
    /// Per partition that is read, the next offset.
    positions: BTreeMap<i32, i64>,
}

impl Others {
    /// # Errors
    /// When librdkafka refuses its configuration.
    pub fn new(config: &Config) -> Result<Self, KafkaError> {
        let consumer = client(config)
            .set("group.id", format!("{}-others", config.topic_prefix))
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "error")
            .set("fetch.wait.max.ms", "100")
            .set("queued.max.messages.kbytes", "8192")
            .create()?;
        Ok(Others { consumer, topic: Topics::new(&config.topic_prefix).events, positions: BTreeMap::new() })
    }

    /// Follows exactly these partitions, and tells what comes, for about a tenth of a second.
    ///
    /// # Errors
    /// When the broker does not tell where to begin, or the log cannot be read on: then it begins afresh.
    pub fn turn(&mut self, partitions: &BTreeSet<i32>, mut tell: impl FnMut(Told)) -> Result<(), KafkaError> {
        if !self.positions.keys().eq(partitions) {
            self.assign(partitions)?;
            tell(Told::Afresh);
        }
        if partitions.is_empty() {
            std::thread::sleep(POLL);
            return Ok(());
        }
        let mut facts = Vec::new();
        let mut polled = self.consumer.poll(POLL);
        while let Some(message) = polled {
            match message {
                Ok(record) => {
                    self.positions.insert(record.partition(), record.offset() + 1);
                    // What is no fact we know changes no history.
                    facts.extend(decode(record.payload().unwrap_or_default()));
                }
                Err(error) => {
                    self.positions.clear();
                    return Err(error);
                }
            }
            if facts.len() >= BATCH {
                break;
            }
            polled = self.consumer.poll(Duration::ZERO);
        }
        if !facts.is_empty() {
            tell(Told::Facts(facts));
        }
        Ok(())
    }

    fn assign(&mut self, partitions: &BTreeSet<i32>) -> Result<(), KafkaError> {
        let mut positions = BTreeMap::new();
        let mut list = TopicPartitionList::new();
        for partition in partitions {
            let position = match self.positions.get(partition) {
                Some(position) => *position,
                None => self.consumer.fetch_watermarks(&self.topic, *partition, WAIT)?.1,
            };
            positions.insert(*partition, position);
            list.add_partition_offset(&self.topic, *partition, Offset::Offset(position))?;
        }
        self.consumer.assign(&list)?;
        self.positions = positions;
        Ok(())
    }
}
