//! Topics from outside: the lab's own ones, and how far the bank's have come.

use crate::sender::client;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use std::collections::BTreeMap;
use std::time::Duration;

/// Creates a topic of the lab's own; deletes an older one of that name.
pub async fn create(brokers: &str, name: &str, partitions: i32) -> anyhow::Result<()> {
    let admin: AdminClient<DefaultClientContext> = client(brokers).create()?;
    let topic =
        NewTopic::new(name, partitions, TopicReplication::Fixed(1)).set("message.timestamp.type", "LogAppendTime");
    for result in admin.create_topics([&topic], &AdminOptions::new()).await? {
        result.map_err(|(name, code)| anyhow::anyhow!("topic {name}: {code}"))?;
    }
    Ok(())
}

/// End offset of each partition.
pub fn ends(brokers: &str, topic: &str) -> anyhow::Result<BTreeMap<i32, i64>> {
    let consumer: BaseConsumer = client(brokers).create()?;
    ends_by(&consumer, topic)
}

/// The same with a consumer at hand.
pub fn ends_by(consumer: &BaseConsumer, topic: &str) -> anyhow::Result<BTreeMap<i32, i64>> {
    let wait = Duration::from_secs(10);
    let metadata = consumer.fetch_metadata(Some(topic), wait)?;
    let partitions = metadata.topics().first().map(|topic| topic.partitions()).unwrap_or_default();
    let mut ends = BTreeMap::new();
    for partition in partitions {
        ends.insert(partition.id(), consumer.fetch_watermarks(topic, partition.id(), wait)?.1);
    }
    Ok(ends)
}

pub fn total(offsets: &BTreeMap<i32, i64>) -> i64 {
    offsets.values().sum()
}
