//! What detection's rule book, as it is delivered, makes of the simulated bank: honest customers are seldom disturbed,
//! every type of fraud is noticed. Rules alone, labels a week late, one event after another.
#![allow(clippy::unwrap_used)]

use chrono::{NaiveDate, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Europe::Paris;
use detection::decision::{Verdict, decide};
use detection::facts::borrowed::Histories;
use detection::facts::{Reading, gather};
use detection::history::Outcome;
use detection::payment::Payment;
use detection::policy::Policy;
use detection::replay::{Happened, Replay};
use domain::command::SubmitTransaction;
use domain::{AccountNumber, Currency};
use simulator::{Bank, Event, FraudType, History, Live, LiveSettings, Settings, Span, What};
use std::collections::{BTreeMap, HashMap};

struct Judge {
    policy: Policy,
    replay: Replay,
    available: HashMap<AccountNumber, i64>,
    label_delay: TimeDelta,
}

impl Judge {
    fn new(label_delay: TimeDelta) -> Self {
        Judge { policy: Policy::default(), replay: Replay::default(), available: HashMap::new(), label_delay }
    }

    /// What the rules say; then it is booked, whatever they say.
    fn judge(&mut self, command: &SubmitTransaction, fraud: bool) -> (Verdict, String) {
        let payment = Payment::of(command, command.occurred_at, &Paris);
        let available_minor = self.available.get(command.account_at_risk()).copied().unwrap_or(0);
        let parties = self.replay.find(&payment).look(&payment);
        let histories = Histories { available_minor: Reading::Known(available_minor), ..parties.histories(&payment) };
        let decision = decide(&gather(&self.policy, &payment, &histories), &self.policy, None);
        let inputs = parties.inputs(&payment);
        let known_at_ms = payment.at_ms + self.label_delay.num_milliseconds();
        let happened = Happened {
            payment,
            outcome: Outcome::Posted,
            unjudged: false,
            opened_at_ms: None,
            fraud_known_at_ms: fraud.then_some(known_at_ms),
        };
        self.replay.take_in(&happened, &inputs);
        *self.available.entry(command.debit.clone()).or_default() -= command.amount_minor;
        *self.available.entry(command.credit.clone()).or_default() += command.amount_minor;
        let rules: Vec<String> = decision.findings.iter().map(|finding| finding.rule.to_string()).collect();
        (decision.verdict, rules.join("+"))
    }
}

/// Payments and alerts, by truth.
#[derive(Default)]
struct Tally {
    genuine: (u32, u32),
    frauds: BTreeMap<FraudType, (u32, u32)>,
    disturbed_by: BTreeMap<String, u32>,
}

impl Tally {
    fn watch(&mut self, judge: &mut Judge, event: &Event, counts: bool) {
        let What::Payment { command, fraud } = &event.what else { return };
        let (verdict, rules) = judge.judge(command, fraud.is_some());
        if !counts {
            return;
        }
        let alert = verdict >= Verdict::Review;
        let count = fraud.map_or(&mut self.genuine, |fraud| self.frauds.entry(fraud).or_default());
        count.0 += 1;
        count.1 += u32::from(alert);
        if alert && fraud.is_none() {
            *self.disturbed_by.entry(rules).or_default() += 1;
        }
    }

    fn print(&self, what: &str) {
        println!("{what}: {} of {} genuine payments alerted", self.genuine.1, self.genuine.0);
        for (fraud, (payments, alerts)) in &self.frauds {
            println!("  {fraud:<22} {alerts:>4} of {payments:>4}");
        }
        let mut rules: Vec<_> = self.disturbed_by.iter().collect();
        rules.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        for (rules, count) in rules.iter().take(8) {
            println!("  disturbed {count:>4} times by {rules}");
        }
    }
}

#[test]
fn the_rule_book_finds_every_type_and_disturbs_few() {
    let bank = Bank::new(Settings::new(11, 240, 160, Currency::EUR));
    let last_day = NaiveDate::from_ymd_opt(2026, 4, 14).unwrap();
    let span = Span { fraud_per_million: 10_000, ..Span::of_days(&bank, 90, last_day) };
    let (mut judge, mut tally) = (Judge::new(span.label_delay), Tally::default());
    let counted_from = Utc.with_ymd_and_hms(2026, 2, 14, 0, 0, 0).unwrap();
    for event in History::new(&bank, span, Paris) {
        tally.watch(&mut judge, &event, event.at >= counted_from);
    }
    tally.print("history");
    for (fraud, (payments, alerts)) in &tally.frauds {
        assert!(alerts * 4 >= *payments, "{fraud}: {alerts} of {payments}");
    }
    assert!(tally.genuine.1 * 8 < tally.genuine.0, "{:?} genuine", tally.genuine);
}

#[test]
fn live_traffic_of_a_crowd_is_calm_but_for_its_frauds() {
    let bank = Bank::new(Settings::new(11, 1_464, 160, Currency::EUR));
    let last_day = NaiveDate::from_ymd_opt(2026, 4, 13).unwrap();
    let (span, settings) = (Span::of_days(&bank, 10, last_day), LiveSettings::default());
    let (mut judge, mut tally) = (Judge::new(span.label_delay), Tally::default());
    let mut history = History::new(&bank, span, Paris);
    for event in history.by_ref() {
        tally.watch(&mut judge, &event, false);
    }
    let purses = history.purses().clone();
    judge.label_delay = settings.label_delay;
    let mut live = Live::new(bank.clone(), settings, purses, 1);
    let (begun, mut first_alert) = (Utc.with_ymd_and_hms(2026, 4, 14, 9, 0, 0).unwrap(), None);
    // Six hours at two payments per second.
    for tick in 0..6 * 7_200 {
        let now = begun + TimeDelta::milliseconds(tick * 500);
        for event in live.payment(now).into_iter().chain(live.label(now)) {
            let before = tally.frauds.values().map(|(_, alerts)| alerts).sum::<u32>();
            tally.watch(&mut judge, &event, true);
            if first_alert.is_none() && tally.frauds.values().map(|(_, alerts)| alerts).sum::<u32>() > before {
                first_alert = Some(now - begun);
            }
        }
    }
    tally.print("live");
    assert!(first_alert.unwrap() <= TimeDelta::seconds(40), "{first_alert:?}");
    assert!(tally.genuine.1 * 20 < tally.genuine.0, "{:?} genuine", tally.genuine);
    for (fraud, (payments, alerts)) in &tally.frauds {
        assert!(alerts * 4 >= *payments, "{fraud}: {alerts} of {payments}");
    }
}
