//! Histories: any order of arrival, any window, any flood.
#![allow(clippy::unwrap_used)]

use super::account::{ASIDE_MAX, ROWS_MAX};
use super::pair::PAIRS_MAX;
use super::timeline::{Row as _, Timeline};
use super::*;
use crate::payment::{HOUR_MS, MINUTE_MS, Party};
use proptest::prelude::*;
use uuid::Uuid;

fn past(id: u128, at_ms: i64, amount_minor: i64) -> Past {
    Past {
        id: Uuid::from_u128(id),
        at_ms,
        amount_minor,
        party: Party((id % 7) as u64),
        outgoing: true,
        kind: TransactionKind::Withdrawal,
        outcome: Outcome::Posted,
        local_hour: account::local_hour(at_ms, 0),
        first_of_pair: false,
        device: None,
        place: None,
    }
}

fn received(id: u128, at_ms: i64, amount_minor: i64) -> Received {
    Received {
        id: Uuid::from_u128(id),
        at_ms,
        amount_minor,
        payer: Party((id % 5) as u64),
        first_of_pair: id.is_multiple_of(3),
        large: id.is_multiple_of(4),
        refused: id.is_multiple_of(11),
        fraud_known_at_ms: None,
    }
}

fn account(rows: &[Past]) -> AccountHistory {
    let mut account = AccountHistory::default();
    rows.iter().for_each(|row| account.push(*row));
    account
}

/// Few times, so that ties are common; some rows refused, some credits.
fn any_rows() -> impl Strategy<Value = Vec<Past>> {
    let row = (0_i64..40, 0_i64..50_000, 0_u8..8);
    prop::collection::vec(row, 0..120).prop_map(|rows| {
        let rows = rows.into_iter().enumerate();
        rows.map(|(id, (at, amount_minor, kind))| {
            let mut row = past(id as u128, at * 5 * HOUR_MS, amount_minor);
            row.outcome = if kind == 0 { Outcome::Refused } else { Outcome::Posted };
            row.outgoing = kind != 1;
            row
        })
        .collect()
    })
}

proptest! {
    #[test]
    fn a_window_is_what_counting_by_hand_finds(rows in any_rows(), after in -5_i64..45, length in 0_i64..45) {
        let (after_ms, until_ms) = (after * 5 * HOUR_MS, (after + length) * 5 * HOUR_MS);
        let window = account(&rows).window(after_ms, until_ms);
        let inside = rows.iter().filter(|row| after_ms < row.at_ms && row.at_ms <= until_ms);
        let spent: Vec<&Past> = inside.clone().filter(|row| row.spent()).collect();
        prop_assert_eq!(window.count as usize, spent.len());
        prop_assert_eq!(window.amount_minor, spent.iter().map(|row| row.amount_minor).sum::<i64>());
        prop_assert_eq!(window.squares, spent.iter().map(|row| i128::from(row.amount_minor).pow(2)).sum::<i128>());
        prop_assert_eq!(window.refused as usize, inside.filter(|row| row.outcome == Outcome::Refused).count());
    }

    #[test]
    fn what_came_in_and_went_since_is_what_adding_by_hand_finds(
        rows in any_rows(), after in -5_i64..45, length in 0_i64..45
    ) {
        let (after_ms, until_ms) = (after * 5 * HOUR_MS, (after + length) * 5 * HOUR_MS);
        // Ties keep the order of arrival.
        let mut ordered = rows.clone();
        ordered.sort_by_key(|row| row.at_ms);
        ordered.retain(|row| after_ms < row.at_ms && row.at_ms <= until_ms && row.outcome != Outcome::Refused);
        let first = ordered.iter().position(|row| !row.outgoing && row.amount_minor > 0);
        let by_hand = first.map(|first| {
            let sum = |outgoing: bool| -> i64 {
                ordered[first..].iter().filter(|row| row.outgoing == outgoing).map(|row| row.amount_minor).sum()
            };
            (ordered[first].at_ms, sum(false), sum(true))
        });
        let found = account(&rows).since_first_credit(after_ms, until_ms);
        prop_assert_eq!(found.map(|(at_ms, sums)| (at_ms, sums.credits_minor, sums.amount_minor)), by_hand);
    }

    #[test]
    fn late_arrivals_make_the_history_that_order_would_have_made(rows in any_rows(), seed in 0_u64..1_000) {
        // One row per time: the order of ties is the order of arrival, which this shuffles.
        let mut ordered: Vec<Past> = rows;
        ordered.sort_by_key(|row| row.at_ms);
        ordered.dedup_by_key(|row| row.at_ms);
        let mut shuffled = ordered.clone();
        shuffled.sort_by_key(|row| (row.id.as_u128() as u64 + 1).wrapping_mul(2 * seed + 1) % 1_009);
        prop_assert_eq!(account(&shuffled), account(&ordered));
    }

    #[test]
    fn a_counterparty_counts_the_same_by_hand(rows in prop::collection::vec((0_i64..60, 0_i64..9_000), 0..90),
        after in -5_i64..65, length in 0_i64..65) {
        let rows: Vec<Received> =
            rows.into_iter().enumerate().map(|(id, (at, amount))| received(id as u128, at * HOUR_MS, amount)).collect();
        let mut history = CounterpartyHistory::default();
        rows.iter().for_each(|row| history.push(*row));
        let (after_ms, until_ms) = (after * HOUR_MS, (after + length) * HOUR_MS);
        let window = history.window(after_ms, until_ms);
        let inside = || rows.iter().filter(|row| after_ms < row.at_ms && row.at_ms <= until_ms && !row.refused);
        prop_assert_eq!(window.count as usize, inside().count());
        prop_assert_eq!(window.firsts as usize, inside().filter(|row| row.first_of_pair).count());
        prop_assert_eq!(window.large as usize, inside().filter(|row| row.large).count());
    }
}

proptest! {
    #[test]
    fn windows_stay_right_while_rows_come_late_change_and_go(
        steps in prop::collection::vec((0_u8..24, 0_i64..60, 0_usize..900), 0..400)
    ) {
        let mut rows = Timeline::default();
        let mut by_hand: Vec<Past> = Vec::new();
        for (id, (step, at, n)) in steps.into_iter().enumerate() {
            let index = n % by_hand.len().max(1);
            // Gaps have places too.
            let mut places: Vec<usize> = rows.places_until(i64::MAX).map(|(place, _)| place).collect();
            places.reverse();
            prop_assert_eq!((places.len(), rows.len()), (by_hand.len(), by_hand.len()));
            match step {
                0 | 6..=9 if !by_hand.is_empty() => {
                    let place = places[index];
                    prop_assert_eq!(rows.remove(place), Some(by_hand.remove(index)));
                    prop_assert!(rows.get(place).is_none_or(|row| by_hand.contains(&row)));
                }
                1 if !by_hand.is_empty() => {
                    by_hand[index].amount_minor += 7;
                    rows.change(places[index], |row| row.amount_minor += 7);
                }
                5 => rows.look((at + 1) * (n as i64 % 90) * HOUR_MS),
                2..=4 if !by_hand.is_empty() => prop_assert_eq!(rows.forget_oldest(), Some(by_hand.remove(0))),
                _ => {
                    let row = past(id as u128, at * 40 * HOUR_MS, n as i64);
                    let place = by_hand.partition_point(|known| known.at_ms <= row.at_ms);
                    by_hand.insert(place, row);
                    let place = rows.insert(row);
                    prop_assert_eq!(rows.get(place), Some(row));
                }
            }
            let until_ms = (at + 1) * (n as i64 % 90) * HOUR_MS;
            let others = [0, 1, 40, 900, 2_000].map(|hours| hours * HOUR_MS);
            let usual = Past::WINDOWS_MS.iter().copied().zip(rows.usual_windows::<7>(until_ms));
            let others = others.map(|length_ms| (length_ms, rows.window(until_ms - length_ms, until_ms)));
            for (length_ms, sums) in usual.chain(others) {
                let inside = by_hand.iter().filter(|row| until_ms - length_ms < row.at_ms && row.at_ms <= until_ms);
                prop_assert_eq!(sums.count as usize, inside.clone().count());
                prop_assert_eq!(sums.amount_minor, inside.map(|row| row.amount_minor).sum::<i64>());
            }
            prop_assert_eq!(rows.oldest(), by_hand.first().copied());
            prop_assert_eq!(rows.newest(), by_hand.last().copied());
        }
        prop_assert_eq!(rows.newest_first().collect::<Vec<_>>(), by_hand.into_iter().rev().collect::<Vec<_>>());
    }
}

#[test]
fn the_edge_of_a_window_is_outside_on_the_left_and_inside_on_the_right() {
    let history = account(&[past(1, 1_000, 10), past(2, 2_000, 20), past(3, 3_000, 40)]);
    assert_eq!(history.window(1_000, 3_000).amount_minor, 60);
    assert_eq!(history.window(999, 2_999).amount_minor, 30);
}

#[test]
fn rows_are_told_newest_first_and_of_a_tie_the_later_arrival() {
    let history = account(&[past(1, 1_000, 1), past(2, 2_000, 2), past(3, 2_000, 3), past(4, 1_000, 4)]);
    let order: Vec<i64> = history.rows().newest_first().map(|row| row.amount_minor).collect();
    assert_eq!(order, [3, 2, 4, 1]);
    let by_then: Vec<i64> = history.rows().newest_first_until(1_500).map(|row| row.amount_minor).collect();
    assert_eq!(by_then, [4, 1]);
}

fn paid_hours(history: &AccountHistory) -> u32 {
    let sum = (0..24).map(|hour| history.paid_at_hour(hour)).sum();
    assert_eq!(history.paid_at_all_hours(), sum);
    sum
}

#[test]
fn an_account_is_bounded_in_rows_and_in_days() {
    let mut history = AccountHistory::default();
    for n in 0..2_000 {
        history.push(past(n, n as i64 * MINUTE_MS, 100));
    }
    assert_eq!(history.rows().len(), ROWS_MAX);
    assert_eq!(paid_hours(&history) as usize, ROWS_MAX);
    history.push(past(9_999, 3_000 * MINUTE_MS + REMEMBERED_MS, 100));
    assert_eq!(history.rows().len(), 1);
    // A payment too late to be remembered leaves no row.
    history.push(past(10_000, 0, 100));
    assert_eq!(history.rows().len(), 1);
    assert!(history.bytes() < 400_000);
}

#[test]
fn a_flood_of_refused_attempts_does_not_wash_the_habit_away() {
    let mut history = account(&[past(1, 0, 5_000), past(2, 1_000, 7_000)]);
    for n in 0..5_000 {
        let refused = Past { outcome: Outcome::Refused, ..past(100 + n, 2_000 + n as i64, 1) };
        history.push(refused);
        let credit = Past { outgoing: false, ..past(10_000 + n, 2_000 + n as i64, 1) };
        history.push(credit);
    }
    assert_eq!(history.rows().len(), 2 + 2 * ASIDE_MAX);
    let window = history.window(-1, 10_000);
    assert_eq!((window.count, window.amount_minor, window.refused as usize), (2, 12_000, ASIDE_MAX));
}

#[test]
fn pairs_are_bounded_and_the_one_used_longest_ago_goes() {
    let mut history = AccountHistory::default();
    for n in 0..PAIRS_MAX as u64 + 1 {
        history.push(Past { party: Party(1_000 + n), ..past(n.into(), n as i64, 100) });
    }
    assert_eq!(history.pairs().len(), PAIRS_MAX);
    assert_eq!(history.pairs().get(Party(1_000)), None);
    assert_eq!(history.pairs().get(Party(1_001)).map(|pair| pair.count), Some(1));
}

#[test]
fn a_late_payment_takes_over_being_the_first_of_its_pair() {
    let party = Party(9);
    let history = account(&[Past { party, ..past(1, 5_000, 1) }, Past { party, ..past(2, 1_000, 2) }]);
    let firsts: Vec<bool> = history.rows().newest_first().map(|row| row.first_of_pair).collect();
    assert_eq!(firsts, [false, true]);
    assert_eq!(history.window(0, 4_000).firsts, 1);
    assert_eq!(history.window(4_000, 6_000).firsts, 0);
}

#[test]
fn a_late_payment_sees_its_pair_as_it_was() {
    let party = Party(9);
    let history = account(&[Past { party, ..past(1, 1_000, 11) }, Past { party, ..past(2, 5_000, 22) }]);
    let then = history.pair_at(party, 2_000);
    assert_eq!((then.count, then.last_at_ms, then.last_amount_minor), (1, 1_000, 11));
    assert_eq!(history.pair_at(party, 5_000).count, 2);
    assert_eq!(history.pair_at(party, 500), Pair::default());
}

#[test]
fn a_held_payment_that_is_refused_leaves_the_habit() {
    let held = Past { outcome: Outcome::Held, ..past(1, 1_000, 500) };
    let mut history = account(&[held]);
    history.settle(held.id, held.at_ms, Outcome::Refused);
    let window = history.window(0, 2_000);
    assert_eq!((window.count, window.refused, window.firsts), (0, 1, 0));
    let pair = history.pairs().get(held.party).copied().unwrap();
    assert_eq!((pair.count, pair.last_refused.map(|refused| refused.amount_minor)), (0, Some(500)));
    assert_eq!(paid_hours(&history), 0);
    history.push(past(8, 3_000, 100));
    assert_eq!(history.window(0, 4_000).firsts, 1);
}

#[test]
fn a_label_is_not_seen_before_it_became_known() {
    let mut history = CounterpartyHistory::default();
    let row = received(1, 1_000, 100);
    history.push(row);
    history.label(row.id, row.at_ms, 9_000);
    history.label(row.id, row.at_ms, 12_000);
    assert_eq!(history.labels().count(0, 2_000, 8_999), 0);
    assert_eq!(history.labels().count(0, 2_000, 9_000), 1);
    assert_eq!(history.rows().newest().and_then(|row| row.fraud_known_at_ms), Some(9_000));
    assert_eq!(history.labels().known_within(8_999, 9_000), 1);
    history.unlabel(row.id, row.at_ms);
    assert_eq!(history.labels().count(0, 2_000, 99_000), 0);
    assert_eq!(history.rows().newest().and_then(|row| row.fraud_known_at_ms), None);
}

#[test]
fn a_counterparty_keeps_its_newest_rows() {
    let mut history = CounterpartyHistory::default();
    for n in 0..5_000_u128 {
        history.push(Received { refused: false, ..received(n, n as i64, 1) });
    }
    assert_eq!(history.rows().len(), counterparty::ROWS_MAX);
    assert_eq!(history.window(-1, 5_000).count as usize, counterparty::ROWS_MAX);
    assert_eq!(history.rows().oldest().map(Received::at_ms), Some(5_000 - 4_096));
}

#[test]
fn a_device_knows_the_accounts_it_served_last() {
    let mut device = DeviceHistory::default();
    for n in 0..300 {
        device.push(Party(n), n as i64);
    }
    device.push(Party(299), 5);
    assert_eq!(device.newest_first().count(), device::ACCOUNTS_MAX);
    assert_eq!(device.of_account(Party(0)), None);
    assert_eq!(device.of_account(Party(299)).map(|known| (known.first_at_ms, known.last_at_ms)), Some((5, 299)));
    assert_eq!(device.others(Party(299), 289, 299), 9);
}

#[test]
fn sums_that_wrap_around_are_still_right_in_a_window() {
    let mut rows = Timeline::default();
    rows.insert(past(1, 0, i64::MAX));
    rows.insert(past(2, 1, i64::MAX));
    rows.insert(past(3, 2, 42));
    assert_eq!(rows.window(1, 2).amount_minor, 42);
}
