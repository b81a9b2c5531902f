//! The simulated bank as detection sees it: payments, balances, and the product's own replay of histories.
//!
//! Promises: everybody starts with their overdraft and nothing else; a fraud becomes known after the simulator's delay.

use crate::pace::Pace;
use chrono::TimeDelta;
use chrono_tz::Europe::Paris;
use detection::facts::borrowed::Histories;
use detection::facts::{Facts, Reading, gather};
use detection::features::Inputs;
use detection::history::{Outcome, TransactionKind};
use detection::model::Model;
use detection::payment::{DAY_MS, Payment};
use detection::policy::Policy;
use detection::replay::{Happened, Replay};
use simulator::{Bank, Event, FraudType, What};
use std::collections::HashMap;

/// A payment, its truth, and whose money moves.
pub struct Paying {
    pub payment: Payment,
    pub fraud: Option<FraudType>,
    /// Of the history, counted from its first.
    pub day: i64,
    debit: String,
    credit: String,
}

impl Paying {
    /// None for what is no payment.
    pub fn of(event: &Event, first_day: i64) -> Option<Paying> {
        let What::Payment { command, fraud } = &event.what else { return None };
        let payment = Payment::of(command, command.occurred_at, &Paris);
        Some(Paying {
            day: (payment.at_ms + payment.local_offset_ms).div_euclid(DAY_MS) - first_day,
            payment,
            fraud: *fraud,
            debit: command.debit.as_str().to_owned(),
            credit: command.credit.as_str().to_owned(),
        })
    }
}

pub struct Life {
    replay: Replay,
    /// By account, the overdraft included.
    available_minor: HashMap<String, i64>,
    label_delay: TimeDelta,
}

impl Life {
    pub fn new(bank: &Bank, label_delay: TimeDelta) -> Self {
        let openings = bank.openings(0..bank.customers.len());
        let available_minor = openings
            .into_iter()
            .map(|account| (account.account.as_str().to_owned(), account.overdraft_minor))
            .collect();
        Life { replay: Replay::default(), available_minor, label_delay }
    }

    /// What the payer may spend.
    pub fn available_minor(&self, paying: &Paying) -> i64 {
        let payer = if paying.payment.kind == TransactionKind::Deposit { &paying.credit } else { &paying.debit };
        self.available_minor.get(payer).copied().unwrap_or(0)
    }

    /// What a policy looks at, before the payment.
    pub fn facts(&mut self, policy: &Policy, paying: &Paying) -> Facts {
        let available_minor = Reading::Known(self.available_minor(paying));
        let payment = &paying.payment;
        let parties = self.replay.find(payment).look(payment);
        gather(policy, payment, &Histories { available_minor, ..parties.histories(payment) })
    }

    /// Decides the payment against the clock; then it happens.
    pub fn pay_timed(&mut self, paying: &Paying, policy: &Policy, model: &Model, pace: &mut Pace) {
        let available_minor = self.available_minor(paying);
        let (_, inputs) = pace.decide(&mut self.replay, &paying.payment, available_minor, policy, model);
        self.replay.take_in(&self.happened(paying), &inputs);
        self.move_money(paying);
    }

    /// What the model looks at; then the payment happens.
    pub fn pay(&mut self, paying: &Paying) -> Inputs {
        self.move_money(paying);
        self.replay.meet(&self.happened(paying))
    }

    fn happened(&self, paying: &Paying) -> Happened {
        Happened {
            payment: paying.payment.clone(),
            outcome: Outcome::Posted,
            unjudged: false,
            opened_at_ms: None,
            fraud_known_at_ms: paying.fraud.map(|_| paying.payment.at_ms + self.label_delay.num_milliseconds()),
        }
    }

    fn move_money(&mut self, paying: &Paying) {
        let amount_minor = paying.payment.amount_minor;
        *self.available_minor.entry(paying.debit.clone()).or_default() -= amount_minor;
        *self.available_minor.entry(paying.credit.clone()).or_default() += amount_minor;
    }
}
