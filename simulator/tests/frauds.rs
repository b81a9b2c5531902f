//! Each fraud shows the pattern that it is known by.
#![allow(clippy::unwrap_used)]

use chrono::{NaiveDate, TimeDelta};
use chrono_tz::Europe::Paris;
use domain::command::{Place, SubmitTransaction};
use domain::{Currency, TransactionKind};
use simulator::{Bank, FraudType, History, Settings, Span, What};
use std::collections::{BTreeMap, HashMap, HashSet};

/// A bank in which much is stolen.
fn payments() -> (Bank, Vec<(SubmitTransaction, Option<FraudType>)>) {
    let bank = Bank::new(Settings::new(3, 240, 160, Currency::EUR));
    let last_day = NaiveDate::from_ymd_opt(2026, 4, 14).unwrap();
    let span = Span { fraud_per_million: 40_000, ..Span::of_days(&bank, 70, last_day) };
    let payments = History::new(&bank, span, Paris).filter_map(|event| match event.what {
        What::Payment { command, fraud } => Some((command, fraud)),
        What::Label(_) => None,
    });
    let payments = payments.collect();
    (bank, payments)
}

fn of(payments: &[(SubmitTransaction, Option<FraudType>)], fraud: FraudType) -> Vec<&SubmitTransaction> {
    payments.iter().filter(|(_, found)| *found == Some(fraud)).map(|(payment, _)| payment).collect()
}

fn by_account<'a>(frauds: &[&'a SubmitTransaction]) -> BTreeMap<&'a str, Vec<&'a SubmitTransaction>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for payment in frauds {
        found.entry(payment.account_at_risk().as_str()).or_default().push(*payment);
    }
    found
}

/// The most of them that fit into one window.
fn most_within(payments: &[&SubmitTransaction], window: TimeDelta) -> usize {
    let within = |first: &&SubmitTransaction| {
        let age = |payment: &&&SubmitTransaction| payment.occurred_at - first.occurred_at;
        payments.iter().filter(|payment| (TimeDelta::zero()..=window).contains(&age(payment))).count()
    };
    payments.iter().map(within).max().unwrap_or(0)
}

fn far(left: Place, right: Place) -> bool {
    let degrees = |left: i32, right: i32| left.abs_diff(right) / 1_000_000;
    degrees(left.latitude_e6, right.latitude_e6) + degrees(left.longitude_e6, right.longitude_e6) > 20
}

#[test]
fn a_leaked_card_pays_far_from_home_and_often_in_a_burst() {
    let (bank, payments) = payments();
    let homes: HashMap<_, _> = bank.customers.iter().map(|customer| (&customer.current, customer.home)).collect();
    let frauds = of(&payments, FraudType::CardLeaked);
    for payment in &frauds {
        assert!(far(payment.context.as_ref().unwrap().place.unwrap(), homes[&payment.debit]));
    }
    let accounts = by_account(&frauds);
    let bursts = accounts.values().filter(|all| most_within(all, TimeDelta::minutes(10)) >= 5).count();
    assert!(bursts >= 2 && bursts * 4 >= accounts.len(), "{bursts} of {}", accounts.len());
}

#[test]
fn a_compromised_terminal_charges_several_cards() {
    let (_, payments) = payments();
    let mut cards: HashMap<_, HashSet<_>> = HashMap::new();
    for payment in of(&payments, FraudType::TerminalCompromised) {
        cards.entry(&payment.credit).or_default().insert(&payment.debit);
    }
    assert!(
        cards.len() >= 2 && cards.values().filter(|cards| cards.len() >= 3).count() * 3 >= cards.len() * 2,
        "{cards:?}"
    );
}

#[test]
fn a_taken_over_account_shows_a_new_device_a_new_payee_and_is_emptied() {
    let (_, payments) = payments();
    let (mut devices, mut payees, mut drains, mut takeovers) = (HashSet::new(), HashSet::new(), 0, HashSet::new());
    let mut booked: HashMap<&str, i64> = HashMap::new();
    for (payment, fraud) in &payments {
        let device = (payment.debit.as_str(), payment.context.as_ref().unwrap().device.as_deref());
        let payee = (payment.debit.as_str(), payment.credit.as_str());
        let before = booked.get(payment.debit.as_str()).copied().unwrap_or(0);
        if *fraud == Some(FraudType::AccountTakeover) {
            assert!(device.1.is_some());
            if takeovers.insert(device) {
                assert!(!devices.contains(&device), "{device:?} was known");
            }
            if payment.amount_minor * 10 >= before.max(1) * 9 {
                drains += 1;
            }
            assert!(payment.amount_minor < 500 || !payees.contains(&payee) || takeovers.contains(&device));
        }
        devices.insert(device);
        payees.insert(payee);
        *booked.entry(payment.debit.as_str()).or_default() -= payment.amount_minor;
        *booked.entry(payment.credit.as_str()).or_default() += payment.amount_minor;
    }
    // An overdraft limit is taken too.
    assert!(takeovers.len() >= 4 && drains * 10 >= takeovers.len() * 8, "{drains} of {}", takeovers.len());
}

#[test]
fn a_scam_goes_from_the_own_device_to_somebody_new() {
    let (_, payments) = payments();
    let (mut devices, mut pairs) = (HashSet::new(), HashMap::new());
    let (mut known, mut new, mut count) = (0, 0, 0);
    for (payment, fraud) in &payments {
        let device = (&payment.debit, payment.context.as_ref().unwrap().device.as_deref());
        if *fraud == Some(FraudType::ScamNewPayee) {
            count += 1;
            assert!(payment.amount_minor >= 2_000);
            known += i32::from(devices.contains(&device));
            new += i32::from(!pairs.contains_key(&(&payment.debit, &payment.credit)));
        }
        devices.insert(device);
        pairs.insert((&payment.debit, &payment.credit), payment.amount_minor);
    }
    assert!(count >= 5 && known * 10 >= count * 7, "{known} of {count} from a known device");
    assert!(new * 10 >= count * 5, "{new} of {count} to a new payee");
}

#[test]
fn a_lent_account_passes_on_what_came_in_to_several() {
    let (_, payments) = payments();
    let frauds = of(&payments, FraudType::MuleChain);
    let (mut chains, mut split) = (0, 0);
    for income in frauds.iter().filter(|payment| payment.kind == TransactionKind::Deposit) {
        let within = |payment: &&&SubmitTransaction| {
            let age = payment.occurred_at - income.occurred_at;
            payment.debit == income.credit && (TimeDelta::zero()..=TimeDelta::hours(24)).contains(&age)
        };
        let out: Vec<_> = frauds.iter().filter(within).collect();
        chains += 1;
        let sum: i64 = out.iter().map(|payment| payment.amount_minor).sum();
        split += i32::from(out.len() >= 3 && sum * 10 >= income.amount_minor * 9);
    }
    assert!(chains >= 3 && split == chains, "{split} of {chains}");
}

#[test]
fn structuring_stays_just_under_ten_thousand_again_and_again() {
    let (_, payments) = payments();
    let frauds = of(&payments, FraudType::Structuring);
    assert!(frauds.iter().all(|payment| (800_000..1_000_000).contains(&payment.amount_minor)));
    let accounts = by_account(&frauds);
    assert!(
        accounts.values().filter(|all| most_within(all, TimeDelta::days(7)) >= 3).count() * 10 >= accounts.len() * 9
    );
}

#[test]
fn cards_are_tested_with_two_euros_at_most() {
    let (_, payments) = payments();
    let tiny: Vec<_> =
        of(&payments, FraudType::CardTesting).into_iter().filter(|payment| payment.amount_minor <= 200).collect();
    let again = by_account(&tiny).values().filter(|all| most_within(all, TimeDelta::hours(1)) >= 4).count();
    let mut shops: HashMap<_, Vec<_>> = HashMap::new();
    for payment in &tiny {
        shops.entry(&payment.credit).or_default().push(*payment);
    }
    let burst = |all: &&Vec<&SubmitTransaction>| {
        let cards: HashSet<_> = all.iter().map(|payment| &payment.debit).collect();
        cards.len() >= 10 && most_within(all, TimeDelta::minutes(10)) >= 10
    };
    assert!(again >= 3, "{again} cards tried again and again");
    assert!(shops.values().filter(burst).count() >= 1, "no shop where many cards were tried");
}
