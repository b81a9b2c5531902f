//! What detection's rule book, as it is delivered, makes of the simulated bank: honest customers are seldom disturbed,
//! every type of fraud is noticed. Rules alone, labels a week late, one event after another.
#![allow(clippy::unwrap_used)]

use chrono::{NaiveDate, Offset as _, TimeZone as _, Utc};
use chrono_tz::Europe::Paris;
use detection::decision::{Verdict, decide};
use detection::facts::borrowed::{Histories, Parties};
use detection::facts::{Reading, gather};
use detection::history::{AccountHistory, CounterpartyHistory, DeviceHistory, Outcome, Past, Received};
use detection::payment::{Party, Payment, Place};
use detection::policy::Policy;
use domain::command::{ReportFraud, SubmitTransaction};
use domain::{Currency, TransactionKind};
use simulator::{Bank, Event, FraudType, History, Live, LiveSettings, Settings, Span, What};
use std::collections::{BTreeMap, HashMap};

#[derive(Default)]
struct Judge {
    policy: Policy,
    accounts: HashMap<Party, AccountHistory>,
    counterparties: HashMap<Party, CounterpartyHistory>,
    devices: HashMap<Party, DeviceHistory>,
    available: HashMap<Party, i64>,
    payments: HashMap<uuid::Uuid, Payment>,
}

fn seen(command: &SubmitTransaction) -> Payment {
    let context = command.context.as_deref().unwrap();
    let deposit = command.kind == TransactionKind::Deposit;
    let offset = Paris.offset_from_utc_datetime(&command.occurred_at.naive_utc()).fix().local_minus_utc();
    Payment {
        id: command.transaction_id,
        kind: command.kind,
        payer: Party::from(command.account_at_risk()),
        counterparty: Party::from(if deposit { &command.debit } else { &command.credit }),
        amount_minor: command.amount_minor,
        at_ms: command.occurred_at.timestamp_millis(),
        local_offset_ms: i64::from(offset) * 1_000,
        device: context.device.as_deref().map(Party::of),
        place: context.place.map(|place| Place { latitude_e6: place.latitude_e6, longitude_e6: place.longitude_e6 }),
        channel: context.channel.clone(),
        country: context.country.clone(),
        session_risk: context.session_risk,
    }
}

impl Judge {
    fn judge(&mut self, command: &SubmitTransaction) -> (Verdict, String) {
        let payment = seen(command);
        let (account, counterparty) = (
            self.accounts.entry(payment.payer).or_default(),
            self.counterparties.entry(payment.counterparty).or_default(),
        );
        let device = payment.device.map(|device| &*self.devices.entry(device).or_default());
        let available = self.available.entry(payment.payer).or_default();
        let parties = Parties { account, counterparty, device };
        let histories = Histories { available_minor: Reading::Known(*available), ..parties.histories(&payment) };
        let decision = decide(&gather(&self.policy, &payment, &histories), &self.policy, None);
        let rules: Vec<String> = decision.findings.iter().map(|finding| finding.rule.to_string()).collect();
        self.book(command, payment);
        (decision.verdict, rules.join("+"))
    }

    fn book(&mut self, command: &SubmitTransaction, payment: Payment) {
        let past = Past::of(&payment, Outcome::Posted);
        let account = self.accounts.entry(payment.payer).or_default();
        let first_of_pair = account.pair_at(payment.counterparty, payment.at_ms).count == 0;
        account.push(past);
        if payment.kind == TransactionKind::Transfer {
            let credit = Past { party: payment.payer, outgoing: false, device: None, place: None, ..past };
            self.accounts.entry(payment.counterparty).or_default().push(credit);
        }
        if payment.kind != TransactionKind::Deposit {
            self.counterparties.entry(payment.counterparty).or_default().push(Received::of(
                &payment,
                Outcome::Posted,
                first_of_pair,
                false,
            ));
        }
        if let Some(device) = payment.device {
            self.devices.entry(device).or_default().push(payment.payer, payment.at_ms);
        }
        *self.available.entry(Party::from(&command.debit)).or_default() -= payment.amount_minor;
        *self.available.entry(Party::from(&command.credit)).or_default() += payment.amount_minor;
        self.payments.insert(payment.id, payment);
    }

    fn label(&mut self, report: &ReportFraud) {
        let payment = &self.payments[&report.transaction_id];
        let known_at_ms = report.known_at.timestamp_millis();
        self.accounts.entry(payment.payer).or_default().label(payment.id, payment.at_ms, known_at_ms);
        self.counterparties.entry(payment.counterparty).or_default().label(payment.id, payment.at_ms, known_at_ms);
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
        match &event.what {
            What::Label(report) => judge.label(report),
            What::Payment { command, fraud } => {
                let (verdict, rules) = judge.judge(command);
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
    let (mut judge, mut tally) = (Judge::default(), Tally::default());
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
    let (mut judge, mut tally) = (Judge::default(), Tally::default());
    let mut history = History::new(&bank, Span::of_days(&bank, 10, last_day), Paris);
    for event in history.by_ref() {
        tally.watch(&mut judge, &event, false);
    }
    let purses = history.purses().clone();
    let mut live = Live::new(bank.clone(), LiveSettings::default(), purses, 1);
    let (begun, mut first_alert) = (Utc.with_ymd_and_hms(2026, 4, 14, 9, 0, 0).unwrap(), None);
    // Six hours at two payments per second.
    for tick in 0..6 * 7_200 {
        let now = begun + chrono::TimeDelta::milliseconds(tick * 500);
        for event in live.payment(now).into_iter().chain(live.label(now)) {
            let before = tally.frauds.values().map(|(_, alerts)| alerts).sum::<u32>();
            tally.watch(&mut judge, &event, true);
            if first_alert.is_none() && tally.frauds.values().map(|(_, alerts)| alerts).sum::<u32>() > before {
                first_alert = Some(now - begun);
            }
        }
    }
    tally.print("live");
    assert!(first_alert.unwrap() <= chrono::TimeDelta::seconds(40), "{first_alert:?}");
    assert!(tally.genuine.1 * 20 < tally.genuine.0, "{:?} genuine", tally.genuine);
    for (fraud, (payments, alerts)) in &tally.frauds {
        assert!(alerts * 4 >= *payments, "{fraud}: {alerts} of {payments}");
    }
}
