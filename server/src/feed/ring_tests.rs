//! What the ring promises, on small examples and on random logs with repeats.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::feed::sample::{answered, with_position};
use proptest::prelude::*;

const WIDE: Limits = Limits { facts: 1_000, bytes: 10_000_000 };

fn fact(offset: i64, ordinal: u32, last: bool) -> Arc<Fact> {
    Arc::new(with_position(answered(), 0, offset, ordinal, last))
}

fn ring(limits: Limits, offsets: std::ops::Range<i64>) -> Ring {
    let mut ring = Ring::new(limits);
    for offset in offsets {
        ring.push(fact(offset, 0, true));
    }
    ring
}

fn offsets(slice: &Slice) -> Vec<i64> {
    slice.facts.iter().map(|fact| fact.position.offset).collect()
}

#[test]
fn a_reader_gets_exactly_what_came_after_its_place() {
    let ring = ring(WIDE, 5..10);
    let slice = ring.since(7, 100, |_| true).unwrap();
    assert_eq!((offsets(&slice), slice.next, slice.more), (vec![7, 8, 9], 10, false));
    let slice = ring.since(10, 100, |_| true).unwrap();
    assert_eq!((offsets(&slice), slice.next), (vec![], 10));
}

#[test]
fn a_place_before_the_rings_begin_is_too_old() {
    let ring = ring(WIDE, 5..10);
    assert_eq!(ring.since(4, 100, |_| true).unwrap_err(), TooOld);
    assert!(ring.since(5, 100, |_| true).is_ok());
}

#[test]
fn a_place_that_is_not_reached_yet_stays_and_yields_nothing() {
    let mut ring = ring(WIDE, 0..3);
    let slice = ring.since(8, 100, |_| true).unwrap();
    assert_eq!((offsets(&slice), slice.next), (vec![], 8));
    for offset in 3..10 {
        ring.push(fact(offset, 0, true));
    }
    assert_eq!(offsets(&ring.since(8, 100, |_| true).unwrap()), [8, 9]);
}

#[test]
fn before_the_first_fact_nothing_is_known_and_nothing_is_handed_out() {
    let ring = Ring::new(WIDE);
    assert_eq!(ring.seen(), None);
    assert_eq!(ring.since(3, 100, |_| true).unwrap().next, 3);
}

#[test]
fn facts_announced_again_are_dropped_by_their_position() {
    let mut ring = ring(WIDE, 0..5);
    assert_eq!(ring.push(fact(2, 0, true)), Pushed::Duplicate);
    assert_eq!(ring.push(fact(4, 0, true)), Pushed::Duplicate);
    assert_eq!(ring.push(fact(5, 0, true)), Pushed::New);
    assert_eq!(ring.count(), 6);
}

#[test]
fn a_command_is_handed_out_only_with_its_last_fact() {
    let mut ring = ring(WIDE, 0..2);
    ring.push(fact(2, 0, false));
    assert_eq!(offsets(&ring.since(0, 100, |_| true).unwrap()), [0, 1]);
    ring.push(fact(2, 1, true));
    assert_eq!(offsets(&ring.since(0, 100, |_| true).unwrap()), [0, 1, 2, 2]);
}

#[test]
fn beginning_in_the_middle_of_a_command_begins_with_the_next_one() {
    let mut ring = Ring::new(WIDE);
    ring.push(fact(7, 1, true));
    ring.push(fact(8, 0, true));
    assert_eq!(ring.since(7, 100, |_| true).unwrap_err(), TooOld);
    assert_eq!(offsets(&ring.since(8, 100, |_| true).unwrap()), [8]);
}

#[test]
fn after_a_hole_every_reader_before_it_is_too_old() {
    let mut ring = ring(WIDE, 0..5);
    assert_eq!(ring.push(fact(7, 0, true)), Pushed::AfterHole);
    assert_eq!(ring.since(5, 100, |_| true).unwrap_err(), TooOld);
    assert_eq!(offsets(&ring.since(7, 100, |_| true).unwrap()), [7]);
}

#[test]
fn a_full_ring_forgets_its_oldest_whole_commands() {
    let mut ring = Ring::new(Limits { facts: 3, bytes: 10_000_000 });
    ring.push(fact(0, 0, false));
    ring.push(fact(0, 1, true));
    ring.push(fact(1, 0, true));
    ring.push(fact(2, 0, true));
    assert_eq!(ring.count(), 2);
    assert_eq!(ring.since(0, 100, |_| true).unwrap_err(), TooOld);
    assert_eq!(offsets(&ring.since(1, 100, |_| true).unwrap()), [1, 2]);
}

#[test]
fn the_ring_is_bounded_in_bytes_too() {
    let one = weight(&fact(0, 0, true));
    let ring = ring(Limits { facts: 1_000, bytes: one * 10 }, 0..100);
    assert_eq!((ring.count(), ring.bytes()), (10, one * 10));
}

#[test]
fn a_reader_that_asks_for_few_goes_on_where_it_stopped() {
    let ring = ring(WIDE, 0..10);
    let first = ring.since(0, 4, |_| true).unwrap();
    assert_eq!((offsets(&first), first.next, first.more), (vec![0, 1, 2, 3], 4, true));
    let second = ring.since(first.next, 100, |_| true).unwrap();
    assert_eq!((offsets(&second), second.more), (vec![4, 5, 6, 7, 8, 9], false));
}

#[test]
fn unwanted_facts_are_passed_over_without_being_counted() {
    let ring = ring(WIDE, 0..10);
    let slice = ring.since(0, 2, |fact| fact.position.offset % 5 == 4).unwrap();
    assert_eq!((offsets(&slice), slice.next, slice.more), (vec![4, 9], 10, false));
}

proptest! {
    /// A log in which batches are announced again after crashes, read in small portions by a reader that sometimes
    /// lags: it gets each command once and in order, or is told.
    #[test]
    fn nothing_is_handed_out_twice_or_skipped(
        batches in prop::collection::vec((1..20_i64, 0..20_i64), 1..40), limit in 1..10_usize, lag in 1..6_usize,
    ) {
        let mut ring = Ring::new(Limits { facts: 30, bytes: usize::MAX });
        let (mut next, mut token, mut seen) = (0_i64, 0_i64, Vec::new());
        for (index, (length, again)) in batches.iter().enumerate() {
            for offset in (next - again).max(0)..next + length {
                ring.push(fact(offset, 0, true));
            }
            next += length;
            if index % lag != 0 {
                continue;
            }
            loop {
                match ring.since(token, limit, |_| true) {
                    Err(TooOld) => {
                        prop_assert!(next - token > 30);
                        token = next;
                        seen.clear();
                        break;
                    }
                    Ok(slice) => {
                        seen.extend(offsets(&slice));
                        token = slice.next;
                        if !slice.more {
                            break;
                        }
                    }
                }
            }
            prop_assert!(seen.windows(2).all(|pair| pair[1] == pair[0] + 1));
            prop_assert!(seen.last().is_none_or(|last| last + 1 == token));
        }
    }
}
