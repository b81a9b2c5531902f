//! Simulated live traffic, with a clock that the test holds.
#![allow(clippy::unwrap_used)]

use chrono::{DateTime, TimeDelta, TimeZone as _, Utc};
use domain::{AccountKind, Currency};
use simulator::purse::Purses;
use simulator::{Bank, Event, FraudType, Live, LiveSettings, Settings, What};
use std::collections::{HashMap, HashSet};

fn start() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 4, 14, 9, 0, 0).unwrap()
}

/// Two payments per second for so many minutes, with labels.
fn minutes(minutes: i64, customers: usize, rich: bool) -> Vec<Event> {
    let bank = Bank::new(Settings::new(5, customers, 160, Currency::EUR));
    let mut purses = Purses::default();
    for open in bank.openings(0..customers).into_iter().filter(|open| open.kind == AccountKind::Customer) {
        purses.set(open.account, if rich { 150_000 } else { 0 });
    }
    let mut live = Live::new(bank, LiveSettings::default(), purses, 1);
    let mut events = Vec::new();
    for tick in 0..minutes * 120 {
        let now = start() + TimeDelta::milliseconds(tick * 500);
        events.extend(live.payment(now));
        events.extend(std::iter::from_fn(|| live.label(now)));
    }
    events
}

#[test]
fn the_same_run_asked_at_the_same_moments_gives_the_same_payments() {
    assert_eq!(minutes(5, 240, true), minutes(5, 240, true));
}

#[test]
fn every_payment_happens_now_and_fits_and_hardly_a_turn_is_lost() {
    let events = minutes(30, 480, true);
    let payments: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.what {
            What::Payment { command, .. } => Some((event.at, command)),
            What::Label(_) => None,
        })
        .collect();
    for (at, payment) in &payments {
        assert_eq!((payment.occurred_at, payment.history), (*at, false));
        assert!(payment.amount_minor > 0 && payment.context.as_ref().unwrap().invalid_field().is_none());
    }
    assert!(payments.len() > 30 * 120 * 95 / 100, "{}", payments.len());
    let ids: HashSet<_> = payments.iter().map(|(_, payment)| payment.transaction_id).collect();
    assert_eq!(ids.len(), payments.len());
}

#[test]
fn the_first_fraud_comes_within_twenty_seconds_even_where_nobody_has_money_yet_and_then_they_go_on() {
    for rich in [true, false] {
        let events = minutes(30, 480, rich);
        let frauds: Vec<_> = events.iter().filter(|event| event.truth().is_some()).map(|event| event.at).collect();
        assert!(frauds[0] - start() <= TimeDelta::seconds(20), "{}", frauds[0]);
        let longest = frauds.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
        assert!(longest < TimeDelta::minutes(10), "{longest}");
        let share = frauds.len() * 1_000 / events.len();
        assert!((12..=35).contains(&share), "{share} per mille");
    }
}

#[test]
fn every_type_of_fraud_shows_itself_within_the_hour_and_is_told_a_minute_later() {
    let events = minutes(90, 480, true);
    let truth: HashMap<_, _> =
        events.iter().filter_map(|event| Some((event.truth()?.0, (event.truth()?.1, event.at)))).collect();
    let types: HashSet<FraudType> = truth.values().map(|(fraud, _)| *fraud).collect();
    assert_eq!(types.len(), FraudType::ALL.len(), "{types:?}");
    let mut told = 0;
    for event in &events {
        let What::Label(report) = &event.what else { continue };
        let (_, at) = truth[&report.transaction_id];
        assert!((TimeDelta::seconds(60)..TimeDelta::seconds(62)).contains(&(event.at - at)));
        assert!(!report.history);
        told += 1;
    }
    assert!(told * 10 > truth.len() * 9, "{told} of {}", truth.len());
}
