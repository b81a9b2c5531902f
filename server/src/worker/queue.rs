//! Decoded records between the polling thread and the booking lanes: bounded, in order per partition, dropped whole
//! when a partition goes.

use super::decode::Decoded;
use super::lane::Lane;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

#[derive(Default)]
struct Lines {
    by_partition: BTreeMap<i32, VecDeque<Decoded>>,
    records: usize,
    bytes: usize,
    /// Where each lane's next take begins, so that no partition waits for ever behind a busy one.
    turns: [i32; Lane::COUNT],
    /// Per partition that is read, the offset after the last record put.
    read: BTreeMap<i32, i64>,
}

pub struct Queue {
    lines: Mutex<Lines>,
    room: Condvar,
    filled: [Notify; Lane::COUNT],
    records_max: usize,
    bytes_max: usize,
}

impl Queue {
    pub fn new(records_max: usize, bytes_max: usize) -> Self {
        Queue { lines: Mutex::default(), room: Condvar::new(), filled: Default::default(), records_max, bytes_max }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits on the calling thread until there is room, at most `wait`; false if there is still none.
    pub fn has_room(&self, wait: Duration) -> bool {
        let full = |lines: &mut Lines| lines.records >= self.records_max || lines.bytes >= self.bytes_max;
        let lines = self.lines();
        match self.room.wait_timeout_while(lines, wait, full) {
            Ok((_, outcome)) => !outcome.timed_out(),
            Err(_) => false,
        }
    }

    /// From now on the partition is read from here; what was there of it is forgotten.
    pub fn begin(&self, partition: i32, offset: i64) {
        self.drop_partitions(&[partition]);
        self.lines().read.insert(partition, offset);
    }

    /// Takes a record, and notes what it follows. A record of a partition that is not read (any more) is dropped.
    pub fn put(&self, mut decoded: Decoded) {
        let mut lines = self.lines();
        let partition = decoded.record.partition;
        let Some(read) = lines.read.get_mut(&partition) else { return };
        decoded.follows = std::mem::replace(read, decoded.record.offset + 1);
        lines.records += 1;
        lines.bytes += decoded.bytes();
        let line = lines.by_partition.entry(partition).or_default();
        line.push_back(decoded);
        let was_empty = line.len() == 1;
        drop(lines);
        if was_empty {
            self.filled[Lane::of(partition).index()].notify_one();
        }
    }

    /// Forgets everything of these partitions, and reads them no more.
    pub fn drop_partitions(&self, partitions: &[i32]) {
        let mut lines = self.lines();
        for partition in partitions {
            lines.read.remove(partition);
            if let Some(line) = lines.by_partition.remove(partition) {
                lines.records -= line.len();
                lines.bytes -= line.iter().map(Decoded::bytes).sum::<usize>();
            }
        }
        drop(lines);
        self.room.notify_all();
    }

    /// Takes what is there for the lane, up to the bounds, whole partitions in turn; empty if nothing is there. What was
    /// taken comes in the order of the append times, each partition's records in their own: whoever remembers rows by
    /// time appends them then, and need not make room for them among later ones.
    pub fn take(&self, lane: Lane, records_max: usize, bytes_max: usize) -> Vec<Decoded> {
        let mut lines = self.lines();
        let mut taken: Vec<VecDeque<Decoded>> = Vec::new();
        let (mut records, mut bytes) = (0, 0);
        let turn = lines.turns[lane.index()];
        let order: Vec<i32> = lines
            .by_partition
            .range(turn..)
            .chain(lines.by_partition.range(..turn))
            .map(|(partition, _)| *partition)
            .filter(|partition| lane.holds(*partition))
            .collect();
        for partition in order {
            let Some(line) = lines.by_partition.get_mut(&partition) else { continue };
            let mut count = 0;
            for decoded in line.iter() {
                if records + count >= records_max || bytes >= bytes_max {
                    break;
                }
                bytes += decoded.bytes();
                count += 1;
            }
            if count < line.len() {
                taken.push(line.drain(..count).collect());
            } else {
                taken.extend(lines.by_partition.remove(&partition));
            }
            records += count;
            lines.records -= count;
            lines.turns[lane.index()] = partition;
            if records >= records_max || bytes >= bytes_max {
                lines.turns[lane.index()] = partition + 1;
                break;
            }
        }
        lines.bytes -= bytes.min(lines.bytes);
        drop(lines);
        self.room.notify_all();
        merged(taken, records)
    }

    /// Waits until something may be there for the lane.
    pub async fn filled(&self, lane: Lane) {
        if self.lines().by_partition.keys().any(|partition| lane.holds(*partition)) {
            return;
        }
        self.filled[lane.index()].notified().await;
    }

    /// Append time of the oldest record waiting per partition, with how many wait.
    pub fn waiting(&self) -> Vec<(i32, usize, chrono::DateTime<chrono::Utc>)> {
        let lines = self.lines();
        lines
            .by_partition
            .iter()
            .filter_map(|(partition, line)| {
                line.front().map(|first| (*partition, line.len(), first.record.recorded_at))
            })
            .collect()
    }
}

fn merged(mut lines: Vec<VecDeque<Decoded>>, records: usize) -> Vec<Decoded> {
    let mut merged = Vec::with_capacity(records);
    let appended_at = |line: &VecDeque<Decoded>| line.front().map(|first| first.record.recorded_at);
    while let Some(line) = lines.iter_mut().filter(|line| !line.is_empty()).min_by_key(|line| appended_at(line)) {
        merged.extend(line.pop_front());
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};
    use proptest::prelude::*;

    fn decoded(partition: i32, offset: i64, appended_ms: i64) -> Decoded {
        Decoded::at(partition, offset, DateTime::UNIX_EPOCH + TimeDelta::milliseconds(appended_ms))
    }

    fn places(batch: &[Decoded]) -> Vec<(i32, i64)> {
        batch.iter().map(|decoded| (decoded.record.partition, decoded.record.offset)).collect()
    }

    #[test]
    fn a_batch_comes_in_the_order_in_which_the_log_took_it() {
        let queue = Queue::new(100, 100_000);
        let (one, other) = (0, Lane::COUNT as i32);
        for partition in [one, other] {
            queue.begin(partition, 0);
        }
        for (offset, appended_ms) in [10, 30, 50].into_iter().enumerate() {
            queue.put(decoded(one, offset as i64, appended_ms));
            queue.put(decoded(other, offset as i64, appended_ms + 10));
        }
        let batch = queue.take(Lane::of(one), 100, 100_000);
        assert_eq!(places(&batch), [(one, 0), (other, 0), (one, 1), (other, 1), (one, 2), (other, 2)]);
    }

    proptest! {
        /// Whatever the append times (a new leader's clock may be behind), and however small the bites.
        #[test]
        fn every_record_is_taken_once_and_in_the_order_of_its_partition(
            times in prop::collection::vec((0..6_i32, 0..9_i64), 0..60),
            bite in 1..20_usize,
        ) {
            let queue = Queue::new(100, 100_000);
            (0..6).for_each(|partition| queue.begin(partition, 0));
            let mut put: BTreeMap<i32, i64> = BTreeMap::new();
            for (partition, appended_ms) in &times {
                let next = put.entry(*partition).or_default();
                queue.put(decoded(*partition, *next, *appended_ms));
                *next += 1;
            }
            let mut taken: BTreeMap<i32, i64> = BTreeMap::new();
            for lane in Lane::all() {
                loop {
                    let batch = queue.take(lane, bite, 100_000);
                    prop_assert!(batch.len() <= bite);
                    for (partition, offset) in places(&batch) {
                        let next = taken.entry(partition).or_default();
                        prop_assert_eq!(offset, *next);
                        *next += 1;
                    }
                    if batch.is_empty() {
                        break;
                    }
                }
            }
            prop_assert_eq!(taken, put);
            prop_assert!(queue.waiting().is_empty());
        }
    }
}
