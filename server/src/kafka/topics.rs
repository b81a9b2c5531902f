//! Creates the bank's topics, or checks the existing ones against the configuration.

use super::{Topics, client};
use crate::config::Config;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::types::RDKafkaErrorCode;
use std::time::Duration;

/// A broker that is busy or just starting needs its time to elect leaders.
const LEADERS_WITHIN: Duration = Duration::from_secs(60);

/// What became of one topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TopicState {
    Created,
    Existing,
}

/// Creates what is missing and returns each topic's state.
///
/// # Errors
/// When the broker refuses, or an existing topic contradicts the configuration (partitions, retention).
pub async fn ensure(config: &Config) -> anyhow::Result<Vec<(String, TopicState)>> {
    let admin: AdminClient<DefaultClientContext> = client(config).create()?;
    let topics = Topics::new(&config.topic_prefix);
    let spec = |name, partitions, settings: &[(&'static str, &'static str)]| {
        settings.iter().fold(
            NewTopic::new(name, partitions, TopicReplication::Fixed(config.replication))
                .set("message.timestamp.type", "LogAppendTime"),
            |topic, (key, value)| topic.set(key, value),
        )
    };
    // Commands and events are the bank's memory: they never expire.
    let forever = [("retention.ms", "-1"), ("retention.bytes", "-1"), ("cleanup.policy", "delete")];
    let wanted = [
        spec(&topics.commands, config.partitions, &forever),
        spec(&topics.events, config.partitions, &forever),
        spec(&topics.accounts, config.partitions, &[("cleanup.policy", "compact")]),
        spec(&topics.notices, config.partitions, &[("retention.ms", "604800000")]),
        spec(&topics.dead_letters, config.partitions, &forever),
        spec(&topics.control, 1, &forever),
    ];
    let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(15)));
    let mut states = Vec::new();
    for result in admin.create_topics(&wanted, &options).await? {
        match result {
            Ok(name) => states.push((name, TopicState::Created)),
            Err((name, RDKafkaErrorCode::TopicAlreadyExists)) => states.push((name, TopicState::Existing)),
            Err((name, code)) => anyhow::bail!("topic {name} cannot be created: {code}"),
        }
    }
    check_retention(&admin, &[&topics.commands, &topics.events, &topics.control]).await?;
    let config = config.clone();
    tokio::task::spawn_blocking(move || await_leaders(&config, &topics)).await??;
    Ok(states)
}

/// Commands and events must not expire; where the bus does not show it, nothing is known and nothing is said.
async fn check_retention(admin: &AdminClient<DefaultClientContext>, names: &[&str]) -> anyhow::Result<()> {
    let resources: Vec<_> = names.iter().map(|name| ResourceSpecifier::Topic(name)).collect();
    let options = AdminOptions::new().request_timeout(Some(Duration::from_secs(10)));
    let Ok(described) = admin.describe_configs(&resources, &options).await else {
        return Ok(());
    };
    for (name, resource) in names.iter().zip(described) {
        let Ok(resource) = resource else { continue };
        for (setting, safe) in [("retention.ms", "-1"), ("retention.bytes", "-1")] {
            let value = resource.get(setting).and_then(|entry| entry.value.as_deref());
            if let Some(value) = value.filter(|value| *value != safe) {
                anyhow::bail!("topic {name} has {setting}={value}: the bank's log would forget; set it to {safe}");
            }
        }
    }
    Ok(())
}

/// Waits until every partition has a leader, and checks the partition counts.
fn await_leaders(config: &Config, topics: &Topics) -> anyhow::Result<()> {
    let consumer: BaseConsumer = client(config).create()?;
    let deadline = std::time::Instant::now() + LEADERS_WITHIN;
    for (name, count) in
        [(&topics.commands, config.partitions), (&topics.events, config.partitions), (&topics.control, 1)]
    {
        loop {
            let metadata = consumer.fetch_metadata(Some(name), Duration::from_secs(10))?;
            let partitions = metadata.topics().first().map(|topic| topic.partitions()).unwrap_or_default();
            let led = partitions.iter().filter(|partition| partition.leader() >= 0).count();
            if !partitions.is_empty() && led == partitions.len() {
                if partitions.len() != usize::try_from(count)? {
                    anyhow::bail!(
                        "topic {name} has {} partitions, it must have {count}: the count is fixed for life",
                        partitions.len(),
                    );
                }
                break;
            }
            if std::time::Instant::now() > deadline {
                anyhow::bail!("topic {name} has no leader for every partition after {} s", LEADERS_WITHIN.as_secs());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    Ok(())
}
