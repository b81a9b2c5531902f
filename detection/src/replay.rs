//! Payments of the past once more through the histories, in event-time order: what a model is trained and judged on.
//!
//! Promises: each payment is seen before it enters any history, and every label only once it was known; histories are
//! kept as the worker's judge keeps them. One difference stays: a payment that was held counts by what became of it, as
//! in histories read from the tables. Absent: where payments come from.

use crate::facts::borrowed::Parties;
use crate::features::Inputs;
use crate::history::{AccountHistory, CounterpartyHistory, DeviceHistory, Outcome, Past, Received, look};
use crate::payment::{Party, Payment};
use domain::TransactionKind;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use uuid::Uuid;

/// A payment and what became of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    pub payment: Payment,
    pub outcome: Outcome,
    /// The ledger's own rules refused it: nobody judged it.
    pub unjudged: bool,
    /// When its payer's account was opened.
    pub opened_at_ms: Option<i64>,
    /// When it became known to be fraud.
    pub fraud_known_at_ms: Option<i64>,
}

/// A fraud that is not known yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Unsaid {
    known_at_ms: i64,
    id: Uuid,
    at_ms: i64,
    payer: Party,
    counterparty: Party,
    paid_in: bool,
}

#[derive(Debug, Default)]
pub struct Replay {
    accounts: BTreeMap<Party, AccountHistory>,
    counterparties: BTreeMap<Party, CounterpartyHistory>,
    devices: BTreeMap<Party, DeviceHistory>,
    /// Who pays in.
    nobody: CounterpartyHistory,
    unsaid: BinaryHeap<Reverse<Unsaid>>,
}

/// The histories right before a payment, found but not looked at.
#[derive(Debug)]
pub struct Found<'a> {
    account: &'a mut AccountHistory,
    counterparty: Option<&'a mut CounterpartyHistory>,
    device: Option<&'a DeviceHistory>,
    nobody: &'a CounterpartyHistory,
}

impl<'a> Found<'a> {
    pub fn look(self, payment: &Payment) -> Parties<'a> {
        let Found { account, mut counterparty, device, nobody } = self;
        look(payment, account, counterparty.as_deref_mut());
        Parties::of(payment, account, counterparty.map_or(nobody, |counterparty| counterparty), device)
    }
}

impl Replay {
    /// Payments come in event-time order.
    pub fn find(&mut self, payment: &Payment) -> Found<'_> {
        self.say_what_is_known(payment.at_ms);
        let paid_in = payment.kind == TransactionKind::Deposit;
        Found {
            account: self.accounts.entry(payment.payer).or_default(),
            counterparty: (!paid_in).then(|| self.counterparties.entry(payment.counterparty).or_default()),
            device: payment.device.map(|device| &*self.devices.entry(device).or_default()),
            nobody: &self.nobody,
        }
    }

    /// What was known when the payment was made; then takes it in.
    pub fn meet(&mut self, happened: &Happened) -> Inputs {
        let payment = &happened.payment;
        let found = self.find(payment);
        found.account.opened_at_ms = happened.opened_at_ms;
        let inputs = found.look(payment).inputs(payment);
        self.take_in(happened, &inputs);
        inputs
    }

    fn say_what_is_known(&mut self, now_ms: i64) {
        while let Some(Reverse(fraud)) = self.unsaid.peek().copied().filter(|fraud| fraud.0.known_at_ms <= now_ms) {
            self.unsaid.pop();
            if let Some(account) = self.accounts.get_mut(&fraud.payer) {
                account.label(fraud.id, fraud.at_ms, fraud.known_at_ms);
            }
            if let Some(history) = self.counterparties.get_mut(&fraud.counterparty).filter(|_| !fraud.paid_in) {
                history.label(fraud.id, fraud.at_ms, fraud.known_at_ms);
            }
        }
    }

    /// What was found before it is the past from now on; `inputs` are those of the payment.
    pub fn take_in(&mut self, happened: &Happened, inputs: &Inputs) {
        let (payment, outcome) = (&happened.payment, happened.outcome);
        let paid_in = payment.kind == TransactionKind::Deposit;
        self.accounts.entry(payment.payer).or_default().push(Past::of(payment, outcome));
        if !paid_in {
            self.counterparties.entry(payment.counterparty).or_default().push(Received::of(
                payment,
                outcome,
                inputs.is_first_of_pair(),
                inputs.is_large() && !happened.unjudged,
            ));
        }
        if payment.kind == TransactionKind::Transfer && outcome == Outcome::Posted {
            let (id, at_ms, from) = (payment.id, payment.at_ms, payment.payer);
            let credit = Past::credit(id, at_ms, payment.local_offset_ms, payment.amount_minor, from);
            self.accounts.entry(payment.counterparty).or_default().push(credit);
        }
        if let Some(device) = payment.device {
            self.devices.entry(device).or_default().push(payment.payer, payment.at_ms);
        }
        if let Some(known_at_ms) = happened.fraud_known_at_ms {
            let (id, at_ms) = (payment.id, payment.at_ms);
            let (payer, counterparty) = (payment.payer, payment.counterparty);
            self.unsaid.push(Reverse(Unsaid { known_at_ms, id, at_ms, payer, counterparty, paid_in }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Reading, gather};
    use crate::payment::DAY_MS;
    use crate::policy::Policy;

    fn paid(id: u128, day: i64, fraud_known_on: Option<i64>) -> Happened {
        Happened {
            payment: Payment {
                id: Uuid::from_u128(id),
                kind: TransactionKind::Withdrawal,
                payer: Party(1),
                counterparty: Party(2),
                amount_minor: 1_000,
                at_ms: day * DAY_MS,
                local_offset_ms: 0,
                device: None,
                place: None,
                channel: None,
                country: None,
                session_risk: None,
            },
            outcome: Outcome::Posted,
            unjudged: false,
            opened_at_ms: None,
            fraud_known_at_ms: fraud_known_on.map(|day| day * DAY_MS),
        }
    }

    #[test]
    fn a_payment_is_seen_before_it_is_known_and_its_label_not_before_it_was_said() {
        let mut replay = Replay::default();
        let first = replay.meet(&paid(1, 10, Some(17)));
        assert_eq!((first.pair.count, first.own.frauds_30d), (0, 0));
        let before = replay.meet(&paid(2, 16, None));
        assert_eq!((before.pair.count, before.own.frauds_30d, before.payee.frauds_30d), (1, 0, 0));
        let after = replay.meet(&paid(3, 18, None));
        assert_eq!((after.pair.count, after.own.frauds_30d, after.payee.frauds_30d), (2, 1, 1));
    }

    #[test]
    fn the_rules_are_asked_about_the_same_past_as_the_model() {
        let mut replay = Replay::default();
        for (id, day, known) in [(1, 10, Some(17)), (2, 16, None)] {
            replay.meet(&paid(id, day, known));
        }
        let policy = Policy::default();
        for (id, day, reports) in [(3, 16, 0), (4, 18, 1)] {
            let now = paid(id, day, None);
            let parties = replay.find(&now.payment).look(&now.payment);
            let facts = gather(&policy, &now.payment, &parties.histories(&now.payment));
            let inputs = replay.meet(&now);
            let (Reading::Known(pair), Reading::Known(payee)) = (facts.pair, facts.payee) else { panic!("{facts:?}") };
            assert_eq!((pair.count, payee.reports), (i64::from(inputs.pair.count), reports));
        }
    }
}
