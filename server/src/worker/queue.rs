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

    /// Takes what is there for the lane, up to the bounds, whole partitions in turn; empty if nothing is there.
    pub fn take(&self, lane: Lane, records_max: usize, bytes_max: usize) -> Vec<Decoded> {
        let mut lines = self.lines();
        let mut taken: Vec<Decoded> = Vec::with_capacity(lines.records.min(records_max));
        let mut bytes = 0;
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
            while taken.len() < records_max && bytes < bytes_max {
                let Some(decoded) = line.pop_front() else { break };
                bytes += decoded.bytes();
                count += 1;
                taken.push(decoded);
            }
            if line.is_empty() {
                lines.by_partition.remove(&partition);
            }
            lines.records -= count;
            lines.turns[lane.index()] = partition;
            if taken.len() >= records_max || bytes >= bytes_max {
                lines.turns[lane.index()] = partition + 1;
                break;
            }
        }
        lines.bytes -= bytes.min(lines.bytes);
        drop(lines);
        self.room.notify_all();
        taken
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
