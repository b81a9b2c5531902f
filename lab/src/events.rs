//! Reads `bank.events` whole, as a careful reader would: each partition in order, each position once, no hole.

use crate::crash::check::Events;
use crate::sender::client;
use crate::topics;
use crate::wire::Fact;
use anyhow::Context as _;
use rdkafka::Message as _;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::message::BorrowedMessage;
use rdkafka::{Offset, TopicPartitionList};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant};

/// Hands every record of a topic to `take`, partition by partition in order; ends where the topic ended at the start.
pub fn read_topic(brokers: &str, topic: &str, mut take: impl FnMut(&BorrowedMessage<'_>)) -> anyhow::Result<()> {
    let consumer: BaseConsumer = client(brokers)
        .set("group.id", "vigie-lab-reader")
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "false")
        .create()?;
    let ends = topics::ends_by(&consumer, topic)?;
    for (partition, end) in ends {
        let mut assignment = TopicPartitionList::new();
        assignment.add_partition_offset(topic, partition, Offset::Beginning)?;
        consumer.assign(&assignment)?;
        let mut next = 0;
        let mut heard = Instant::now();
        while next < end {
            match consumer.poll(Duration::from_millis(500)) {
                Some(Ok(message)) if message.partition() == partition => {
                    next = message.offset() + 1;
                    heard = Instant::now();
                    take(&message);
                }
                Some(Err(error)) if heard.elapsed() > Duration::from_secs(20) => return Err(error.into()),
                _ => anyhow::ensure!(
                    heard.elapsed() < Duration::from_secs(30),
                    "{topic}/{partition} cannot be read beyond {next}"
                ),
            }
        }
    }
    Ok(())
}

/// The facts of a topic, with every fault of the feed in words.
pub fn read_facts(brokers: &str, topic: &str) -> anyhow::Result<Events> {
    let mut events = Events { facts: Vec::new(), sent_again: 0, faults: Vec::new() };
    // By partition: the position that must come next, and what each position held.
    let mut next: HashMap<i32, (i64, u32)> = HashMap::new();
    let mut seen: HashMap<(i32, i64, u32), u64> = HashMap::new();
    let mut broken = None;
    read_topic(brokers, topic, |message| {
        let bytes = message.payload().unwrap_or_default();
        let fact: Fact = match serde_json::from_slice(bytes) {
            Ok(fact) => fact,
            Err(error) => {
                broken.get_or_insert(format!("{}/{} holds no fact: {error}", message.partition(), message.offset()));
                return;
            }
        };
        let position = fact.position;
        // What bank.control ordered travels with the first partition, in an order of its own.
        let of_control = position.partition == -1 && message.partition() == 0;
        if position.partition != message.partition() && !of_control {
            events.faults.push(format!("a fact of partition {} stands on {}", position.partition, message.partition()));
        }
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let hash = hasher.finish();
        let place = (position.partition, position.offset, position.ordinal);
        if let Some(before) = seen.get(&place) {
            events.sent_again += 1;
            if *before != hash {
                events.faults.push(format!("the fact at {place:?} was sent again with another content"));
            }
            return;
        }
        let expected = next.entry(position.partition).or_insert((0, 0));
        if (position.offset, position.ordinal) != *expected {
            events.faults.push(format!(
                "partition {}: {:?} expected, {:?} found",
                position.partition,
                expected,
                (position.offset, position.ordinal)
            ));
        }
        *expected = if position.last { (position.offset + 1, 0) } else { (position.offset, position.ordinal + 1) };
        seen.insert(place, hash);
        events.facts.push(fact);
    })?;
    match broken {
        Some(broken) => Err(anyhow::anyhow!(broken)).context(topic.to_owned()),
        None => Ok(events),
    }
}
