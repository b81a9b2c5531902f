//! Which worker has which partitions, as the broker tells anybody who asks about the group.

use crate::bank::Bank;
use crate::sender::client;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Partitions by member.
pub type Owners = BTreeMap<String, Vec<i32>>;

pub fn members(bank: &Bank) -> anyhow::Result<Owners> {
    let consumer: BaseConsumer = client(&bank.brokers).create()?;
    let list = consumer.fetch_group_list(Some(&bank.group), Duration::from_secs(10))?;
    let members = list.groups().iter().flat_map(|group| group.members());
    Ok(members.map(|member| (member.id().to_owned(), assigned(member.assignment().unwrap_or_default()))).collect())
}

/// Waits until so many members share all partitions.
pub async fn settled(bank: &Bank, count: usize, partitions: i32, limit: Duration) -> anyhow::Result<Owners> {
    let begun = Instant::now();
    loop {
        let owners = members(bank)?;
        let owned: usize = owners.values().map(Vec::len).sum();
        if owners.len() == count && owned == partitions as usize && owners.values().all(|mine| !mine.is_empty()) {
            return Ok(owners);
        }
        anyhow::ensure!(begun.elapsed() < limit, "after {limit:?} the group is {owners:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Kafka's assignment: version, then topics, each with its partitions; big-endian.
fn assigned(bytes: &[u8]) -> Vec<i32> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    let mut partitions = Vec::new();
    for _ in 0..number(&mut rest) {
        let Some((length, behind)) = rest.split_first_chunk::<2>() else { break };
        rest = behind.get(usize::from(u16::from_be_bytes(*length))..).unwrap_or_default();
        for _ in 0..number(&mut rest) {
            partitions.push(number(&mut rest));
        }
    }
    partitions
}

fn number(rest: &mut &[u8]) -> i32 {
    let Some((bytes, behind)) = rest.split_first_chunk::<4>() else { return 0 };
    *rest = behind;
    i32::from_be_bytes(*bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assignment_is_read_and_a_broken_one_ends() {
        let mut bytes = vec![0, 1, 0, 0, 0, 1, 0, 2, b'a', b'b', 0, 0, 0, 2];
        bytes.extend([0, 0, 0, 7, 0, 0, 0, 9, 255, 255, 255, 255]);
        assert_eq!(assigned(&bytes), [7, 9]);
        assert!(assigned(&[]).is_empty());
        assert!(assigned(&bytes[..9]).is_empty());
    }
}
