//! Features: their definitions on small histories, and what they must never be.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::history::{Outcome, Past, Received, TransactionKind};
use crate::payment::{MINUTE_MS, Party};
use proptest::prelude::*;
use uuid::Uuid;

/// 2018-06-06, a Wednesday, at noon.
const NOON_MS: i64 = 1_528_286_400_000;

fn payment(at_ms: i64, amount_minor: i64) -> Payment {
    Payment {
        id: Uuid::from_u128(at_ms.unsigned_abs().into()),
        kind: TransactionKind::Withdrawal,
        payer: Party(1),
        counterparty: Party(2),
        amount_minor,
        at_ms,
        local_offset_ms: 0,
        device: None,
        place: None,
        channel: None,
        country: None,
        session_risk: None,
    }
}

#[derive(Default)]
struct Bank {
    account: AccountHistory,
    counterparty: CounterpartyHistory,
}

impl Bank {
    fn parties(&self, payment: &Payment) -> Parties<'_> {
        Parties::of(payment, &self.account, &self.counterparty, None)
    }

    fn inputs(&self, payment: &Payment) -> Inputs {
        self.parties(payment).inputs(payment)
    }

    fn pay(&mut self, payment: &Payment) -> Inputs {
        let inputs = self.inputs(payment);
        self.account.push(Past::of(payment, Outcome::Posted));
        self.counterparty.push(Received::of(payment, Outcome::Posted, inputs.is_first_of_pair(), inputs.is_large()));
        inputs
    }
}

fn value(inputs: &Inputs, name: &str) -> f64 {
    inputs.feature(index(name)).unwrap()
}

fn index(name: &str) -> usize {
    NAMES.iter().position(|known| *known == name).unwrap_or_else(|| panic!("no feature {name}"))
}

proptest! {
    #[test]
    fn marks_alone_are_those_of_the_inputs(
        rows in proptest::collection::vec((0_i64..40, 1_i64..40, 0_u64..3, any::<bool>()), 0..120),
        amount_minor in 1_i64..120,
    ) {
        let mut bank = Bank::default();
        for (days, amount_minor, party, posted) in rows {
            let row = Payment { counterparty: Party(party), ..payment(NOON_MS - days * DAY_MS, amount_minor) };
            bank.account.push(Past::of(&row, if posted { Outcome::Posted } else { Outcome::Refused }));
        }
        let asked = payment(NOON_MS, amount_minor);
        prop_assert_eq!(Marks::gather(&asked, &bank.parties(&asked)), bank.inputs(&asked).marks());
    }
}

#[test]
fn every_name_stands_there_once() {
    let mut names = NAMES.to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), N);
}

#[test]
fn a_first_payment_has_no_habit_and_says_so_by_the_sentinels() {
    let first = Bank::default().inputs(&payment(NOON_MS, 5_000));
    assert_eq!(value(&first, "TX_AMOUNT"), 50.0);
    assert_eq!(value(&first, "CUSTOMER_ID_NB_TX_30DAY_WINDOW"), 1.0);
    assert_eq!(value(&first, "CUSTOMER_ID_AVG_AMOUNT_1DAY_WINDOW"), 50.0);
    assert_eq!(value(&first, "TERMINAL_ID_RISK_30DAY_WINDOW"), 0.0);
    assert_eq!(value(&first, "own_amount_over_mean_30d"), NO_RATIO);
    assert_eq!(value(&first, "own_last_age_hours"), NEVER_HOURS);
    assert_eq!(value(&first, "payee_fraud_newest_age_days"), NEVER_DAYS);
    assert_eq!(value(&first, "own_firsts_24h"), 1.0);
}

#[test]
fn a_window_holds_this_payment_and_leaves_out_the_one_exactly_its_length_ago() {
    let mut bank = Bank::default();
    bank.pay(&payment(NOON_MS - DAY_MS, 1_000));
    bank.pay(&payment(NOON_MS - DAY_MS + 1, 3_000));
    let now = bank.inputs(&payment(NOON_MS, 5_000));
    assert_eq!(value(&now, "CUSTOMER_ID_NB_TX_1DAY_WINDOW"), 2.0);
    assert_eq!(value(&now, "CUSTOMER_ID_AVG_AMOUNT_1DAY_WINDOW"), 40.0);
    assert_eq!(value(&now, "CUSTOMER_ID_AVG_AMOUNT_7DAY_WINDOW"), 30.0);
}

#[test]
fn a_terminals_risk_counts_rows_old_enough_and_labels_known_by_now() {
    let mut bank = Bank::default();
    let fraud = payment(NOON_MS - 8 * DAY_MS, 1_000);
    bank.pay(&fraud);
    bank.pay(&payment(NOON_MS - 7 * DAY_MS, 1_000));
    bank.pay(&payment(NOON_MS - 6 * DAY_MS, 1_000));
    bank.counterparty.label(fraud.id, fraud.at_ms, NOON_MS);
    let now = bank.inputs(&payment(NOON_MS, 1_000));
    assert_eq!(value(&now, "TERMINAL_ID_NB_TX_7DAY_WINDOW"), 2.0);
    assert_eq!(value(&now, "TERMINAL_ID_RISK_7DAY_WINDOW"), 0.5);
    assert_eq!(value(&now, "TERMINAL_ID_RISK_1DAY_WINDOW"), 0.0);
    assert_eq!(value(&now, "payee_frauds_of_last"), 1.0);
    assert_eq!(value(&now, "payee_fraud_newest_age_days"), 8.0);
    let before = bank.inputs(&payment(NOON_MS - 1, 1_000));
    assert_eq!(value(&before, "TERMINAL_ID_RISK_7DAY_WINDOW"), 0.0);
    assert_eq!(value(&before, "payee_fraud_newest_age_days"), NEVER_DAYS);
}

#[test]
fn night_ends_at_seven_and_the_weekend_is_saturday_and_sunday_by_the_local_clock() {
    let at = |at_ms: i64, offset_ms: i64| {
        let payment = Payment { local_offset_ms: offset_ms, ..payment(at_ms, 100) };
        let inputs = Bank::default().inputs(&payment);
        (value(&inputs, "TX_DURING_NIGHT"), value(&inputs, "TX_DURING_WEEKEND"))
    };
    let midnight = NOON_MS - 12 * HOUR_MS;
    assert_eq!(at(midnight + 7 * HOUR_MS - 1, 0), (1.0, 0.0));
    assert_eq!(at(midnight + 7 * HOUR_MS, 0), (0.0, 0.0));
    assert_eq!(at(midnight + 7 * HOUR_MS, -HOUR_MS), (1.0, 0.0));
    assert_eq!(at(midnight + 3 * DAY_MS, 0).1, 1.0);
    assert_eq!(at(midnight + 5 * DAY_MS - 1, 0).1, 1.0);
    assert_eq!(at(midnight + 5 * DAY_MS, 0).1, 0.0);
}

#[test]
fn an_amount_is_held_against_the_habit_before_it() {
    let mut bank = Bank::default();
    for day in 1..=10 {
        bank.pay(&payment(NOON_MS - day * DAY_MS, 1_000));
    }
    let now = bank.inputs(&payment(NOON_MS, 5_000));
    for name in
        ["own_amount_over_mean_7d", "own_amount_over_mean_30d", "own_amount_over_median", "own_amount_over_last"]
    {
        assert_eq!(value(&now, name), 5.0, "{name}");
    }
    assert!(now.is_large());
    assert!(!now.with_amount(3_000).is_large());
    assert_eq!(value(&now, "pair_count"), 10.0);
    assert_eq!(value(&now, "own_last_age_hours"), 24.0);
}

#[test]
fn a_burst_shows_in_the_short_counts() {
    let mut bank = Bank::default();
    for minute in [50, 9, 5, 1] {
        bank.pay(&Payment { counterparty: Party(100 + minute as u64), ..payment(NOON_MS - minute * MINUTE_MS, 100) });
    }
    let now = bank.inputs(&payment(NOON_MS, 100));
    assert_eq!(value(&now, "own_count_10min"), 4.0);
    assert_eq!(value(&now, "own_count_1h"), 5.0);
    assert_eq!(value(&now, "own_firsts_24h"), 5.0);
    assert_eq!(value(&now, "own_counterparties_24h"), 5.0);
    assert_eq!(value(&now, "own_near_equal_of_last"), 4.0);
}

#[test]
fn a_late_payment_sees_nothing_that_came_after_it() {
    let mut bank = Bank::default();
    bank.pay(&payment(NOON_MS - 3 * DAY_MS, 2_000));
    let late = payment(NOON_MS - 2 * DAY_MS, 3_000);
    let in_order = bank.inputs(&late);
    bank.pay(&payment(NOON_MS - DAY_MS, 9_000));
    let (mut found, mut expected) = (bank.inputs(&late), in_order);
    // Hours are a habit over all that is remembered.
    (found.own.hours_total, found.own.hour_count) = (0, 0);
    (expected.own.hours_total, expected.own.hour_count) = (0, 0);
    assert_eq!(found, expected);
}

#[test]
fn inputs_survive_a_journey_through_json_and_score_the_same() {
    let mut bank = Bank::default();
    for day in 1..=10 {
        bank.pay(&payment(NOON_MS - day * DAY_MS, 1_000 + day));
    }
    let now = bank.inputs(&payment(NOON_MS, 5_000));
    let back: Inputs = serde_json::from_str(&serde_json::to_string(&now).unwrap()).unwrap();
    assert_eq!(back.features(), now.features());
    assert_eq!(back.with_amount(70).features(), bank.inputs(&payment(NOON_MS, 70)).features());
}

#[test]
fn the_amount_where_a_feature_crosses_a_threshold_is_found_to_the_cent() {
    let mut bank = Bank::default();
    bank.pay(&payment(NOON_MS - DAY_MS, 1_000));
    let now = bank.inputs(&payment(NOON_MS, 5_000));
    assert_eq!(now.amount_at(index("own_amount_over_mean_30d"), 2.5, 100_000), Some(2_500));
    assert_eq!(now.amount_at(index("TX_AMOUNT"), 220.005, 100_000), Some(22_001));
    assert_eq!(now.amount_at(index("pair_count"), 0.5, 100_000), None);
}

proptest! {
    #[test]
    fn features_are_finite_whatever_the_amounts(amounts in prop::collection::vec(0_i64..=i64::MAX, 0..12), step in 0_i64..DAY_MS) {
        let mut bank = Bank::default();
        for (n, amount_minor) in amounts.iter().enumerate() {
            let payment = payment(NOON_MS + n as i64 * step, *amount_minor);
            let inputs = bank.pay(&payment);
            for (name, value) in NAMES.iter().zip(inputs.features()) {
                prop_assert!(value.is_finite(), "{} is {}", name, value);
            }
            bank.account.label(payment.id, payment.at_ms, payment.at_ms + step);
            bank.counterparty.label(payment.id, payment.at_ms, payment.at_ms + step);
        }
    }
}
