//! The simulated bank as detection sees it: payments, balances, and the product's own replay of histories.
//!
//! Promises: everybody starts with their overdraft and nothing else; a fraud becomes known after the simulator's delay.

use chrono::{Offset as _, TimeDelta, TimeZone as _};
use chrono_tz::Europe::Paris;
use detection::facts::{Facts, Reading, gather};
use detection::features::Inputs;
use detection::history::{Outcome, TransactionKind};
use detection::payment::{DAY_MS, Party, Payment, Place};
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

pub struct Life {
    replay: Replay,
    /// By account, the overdraft included.
    available_minor: HashMap<String, i64>,
    first_day: i64,
    label_delay: TimeDelta,
}

impl Life {
    pub fn new(bank: &Bank, first_day: i64, label_delay: TimeDelta) -> Self {
        let openings = bank.openings(0..bank.customers.len());
        let available_minor = openings
            .into_iter()
            .map(|account| (account.account.as_str().to_owned(), account.overdraft_minor))
            .collect();
        Life { replay: Replay::default(), available_minor, first_day, label_delay }
    }

    /// None for what is no payment.
    pub fn paying(&self, event: &Event) -> Option<Paying> {
        let What::Payment { command, fraud } = &event.what else { return None };
        let deposit = command.kind == TransactionKind::Deposit;
        let at = command.occurred_at;
        let offset_s = Paris.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc();
        let local_offset_ms = i64::from(offset_s) * 1_000;
        let context = command.context.as_deref();
        let payment = Payment {
            id: command.transaction_id,
            kind: command.kind,
            payer: Party::of(command.account_at_risk().as_str()),
            counterparty: Party::of(if deposit { command.debit.as_str() } else { command.credit.as_str() }),
            amount_minor: command.amount_minor,
            at_ms: at.timestamp_millis(),
            local_offset_ms,
            device: context.and_then(|context| context.device.as_deref()).map(Party::of),
            place: context
                .and_then(|context| context.place)
                .map(|place| Place { latitude_e6: place.latitude_e6, longitude_e6: place.longitude_e6 }),
            channel: context.and_then(|context| context.channel.clone()),
            country: context.and_then(|context| context.country.clone()),
            session_risk: context.and_then(|context| context.session_risk),
        };
        Some(Paying {
            day: (payment.at_ms + local_offset_ms).div_euclid(DAY_MS) - self.first_day,
            payment,
            fraud: *fraud,
            debit: command.debit.as_str().to_owned(),
            credit: command.credit.as_str().to_owned(),
        })
    }

    /// What a policy looks at, before the payment.
    pub fn facts(&mut self, policy: &Policy, paying: &Paying) -> Facts {
        let payer = if paying.payment.kind == TransactionKind::Deposit { &paying.credit } else { &paying.debit };
        let available_minor = self.available_minor.get(payer).copied().unwrap_or(0);
        let mut histories = self.replay.before(&paying.payment);
        histories.available_minor = Reading::Known(available_minor);
        gather(policy, &paying.payment, &histories)
    }

    /// What the model looks at; then the payment happens.
    pub fn pay(&mut self, paying: &Paying) -> Inputs {
        let payment = &paying.payment;
        *self.available_minor.entry(paying.debit.clone()).or_default() -= payment.amount_minor;
        *self.available_minor.entry(paying.credit.clone()).or_default() += payment.amount_minor;
        self.replay.meet(&Happened {
            payment: payment.clone(),
            outcome: Outcome::Posted,
            unjudged: false,
            opened_at_ms: None,
            fraud_known_at_ms: paying.fraud.map(|_| payment.at_ms + self.label_delay.num_milliseconds()),
        })
    }
}
