//! That no record is passed over. A fence may only move from a record to the one that follows it in the log; what was
//! dropped on the way (a halt, a partition that went and came back) must be read again first. Pure.

use super::decode::Decoded;
use std::collections::BTreeMap;

/// The records that are due, each following the one before or the fence; and the partitions where something is
/// missing before a record. `due` holds the next offset of every partition that may be booked.
pub fn unbroken(batch: Vec<Decoded>, mut due: BTreeMap<i32, i64>) -> (Vec<Decoded>, Vec<i32>) {
    let (mut kept, mut broken) = (Vec::with_capacity(batch.len()), Vec::new());
    for decoded in batch {
        let (partition, offset) = (decoded.record.partition, decoded.record.offset);
        let Some(next) = due.get_mut(&partition) else { continue };
        if offset < *next {
            continue;
        }
        if decoded.follows > *next {
            due.remove(&partition);
            broken.push(partition);
            continue;
        }
        *next = offset + 1;
        kept.push(decoded);
    }
    (kept, broken)
}

#[cfg(test)]
mod tests {
    use super::super::lane::Lane;
    use super::super::queue::Queue;
    use super::*;

    fn decoded(partition: i32, offset: i64) -> Decoded {
        Decoded::at(partition, offset, chrono::DateTime::UNIX_EPOCH)
    }

    /// A queue that read these offsets of partition 0 from `begin` on.
    fn read(begin: i64, offsets: &[i64]) -> Queue {
        let queue = Queue::new(100, 100_000);
        queue.begin(0, begin);
        offsets.iter().for_each(|offset| queue.put(decoded(0, *offset)));
        queue
    }

    fn offsets(batch: &[Decoded]) -> Vec<i64> {
        batch.iter().map(|decoded| decoded.record.offset).collect()
    }

    #[test]
    fn a_hole_in_the_numbers_of_the_log_is_no_missing_record() {
        let batch = read(5, &[6, 7, 10]).take(Lane::of(0), 100, 100_000);
        let (kept, broken) = unbroken(batch, [(0, 5)].into());
        assert_eq!((offsets(&kept), broken), (vec![6, 7, 10], vec![]));
    }

    #[test]
    fn what_was_booked_before_is_dropped_and_the_rest_follows() {
        let batch = read(5, &[5, 6, 7, 8]).take(Lane::of(0), 100, 100_000);
        let (kept, broken) = unbroken(batch, [(0, 7)].into());
        assert_eq!((offsets(&kept), broken), (vec![7, 8], vec![]));
    }

    #[test]
    fn records_behind_dropped_ones_are_not_booked() {
        let queue = read(5, &[5, 6, 7, 8]);
        // Taken while the partition stood still, and dropped.
        assert_eq!(offsets(&queue.take(Lane::of(0), 2, 100_000)), [5, 6]);
        let (kept, broken) = unbroken(queue.take(Lane::of(0), 2, 100_000), [(0, 5)].into());
        assert_eq!((offsets(&kept), broken), (vec![], vec![0]));
    }

    #[test]
    fn a_gap_in_one_partition_leaves_the_others_running() {
        let mut batch = read(0, &[0, 1]).take(Lane::of(0), 100, 100_000);
        batch.push(Decoded { follows: 9, ..decoded(1, 9) });
        batch.push(Decoded { follows: 10, ..decoded(1, 10) });
        let (kept, broken) = unbroken(batch, [(0, 0), (1, 3)].into());
        assert_eq!((offsets(&kept), broken), (vec![0, 1], vec![1]));
    }

    #[test]
    fn partitions_that_are_not_owned_are_dropped_without_a_word() {
        let (kept, broken) = unbroken(vec![decoded(4, 1)], [(0, 0)].into());
        assert_eq!((offsets(&kept), broken), (vec![], vec![]));
    }

    #[test]
    fn a_partition_that_went_is_not_read_until_it_begins_again() {
        let queue = read(0, &[0, 1]);
        queue.drop_partitions(&[0]);
        queue.put(decoded(0, 2));
        assert!(queue.take(Lane::of(0), 100, 100_000).is_empty());
        queue.begin(0, 1);
        queue.put(decoded(0, 1));
        let (kept, broken) = unbroken(queue.take(Lane::of(0), 100, 100_000), [(0, 1)].into());
        assert_eq!((offsets(&kept), broken), (vec![1], vec![]));
    }
}
