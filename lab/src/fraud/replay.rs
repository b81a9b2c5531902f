//! All payments through the product's histories, once, in time order, as the worker would meet them.
//!
//! Promises: a payment is seen before it enters any history and long before its label, which is said seven days after
//! it. Absent: any feature of the lab's own.

use super::data::{Data, Row};
use super::schedule::known_at_s;
use crate::pace::Pace;
use detection::facts::borrowed::Histories;
use detection::facts::{Facts, Reading, gather};
use detection::features::{Inputs, N};
use detection::history::{Outcome, TransactionKind};
use detection::model::Model;
use detection::payment::{Party, Payment};
use detection::policy::Policy;
use detection::replay::{Happened, Replay};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Features of some rows, by the row's index.
pub struct Kept {
    places: Vec<Option<u32>>,
    values: Vec<[f64; N]>,
}

impl Kept {
    pub fn of(&self, row: usize) -> Option<&[f64; N]> {
        self.values.get(self.places.get(row).copied()?? as usize)
    }
}

pub struct Bank {
    customers: Vec<Party>,
    terminals: Vec<Party>,
    replay: Replay,
    /// Balances below zero, as accounts opened with nothing come to have them by their history.
    spent_minor: Vec<i64>,
}

impl Bank {
    pub fn new(data: &Data) -> Self {
        Bank {
            customers: data.customers.iter().map(|id| Party::of(&customer_number(*id))).collect(),
            terminals: data.terminals.iter().map(|id| Party::of(&terminal_number(*id))).collect(),
            replay: Replay::default(),
            spent_minor: vec![0; data.customers.len()],
        }
    }

    pub fn happened(&self, row: &Row) -> Happened {
        let payment = Payment {
            id: uuid(row),
            kind: TransactionKind::Withdrawal,
            payer: self.customers[row.customer],
            counterparty: self.terminals[row.terminal],
            amount_minor: row.amount_minor,
            at_ms: row.at_s * 1000,
            local_offset_ms: 0,
            device: None,
            place: None,
            channel: None,
            country: None,
            session_risk: None,
        };
        Happened {
            payment,
            outcome: Outcome::Posted,
            unjudged: false,
            opened_at_ms: None,
            fraud_known_at_ms: row.fraud.then(|| known_at_s(row) * 1000),
        }
    }

    /// What rules are asked about. No device, no money that came in.
    pub fn facts(&mut self, row: &Row, payment: &Payment, policy: &Policy) -> Facts {
        let available_minor = Reading::Known(self.available_minor(row));
        let parties = self.replay.find(payment).look(payment);
        gather(policy, payment, &Histories { available_minor, ..parties.histories(payment) })
    }

    pub fn inputs(&mut self, payment: &Payment) -> Inputs {
        self.replay.find(payment).look(payment).inputs(payment)
    }

    pub fn take_in(&mut self, row: &Row, happened: &Happened, inputs: &Inputs) {
        self.spent_minor[row.customer] += row.amount_minor;
        self.replay.take_in(happened, inputs);
    }

    fn available_minor(&self, row: &Row) -> i64 {
        -self.spent_minor[row.customer]
    }
}

/// The row's transaction id in the bank.
pub fn uuid(row: &Row) -> Uuid {
    Uuid::from_u128(row.id.into())
}

pub fn customer_number(id: u64) -> String {
    format!("C{id}")
}

pub fn terminal_number(id: u64) -> String {
    format!("T{id}")
}

/// Features of every row of those days.
pub fn features(data: &Data, days: &BTreeSet<i64>) -> Kept {
    let mut kept = Kept { places: vec![None; data.rows.len()], values: Vec::new() };
    each(data, data.rows.len(), |index, row, inputs| {
        if days.contains(&row.day) {
            kept.places[index] = u32::try_from(kept.values.len()).ok();
            kept.values.push(inputs.features());
        }
    });
    kept
}

/// Tells of the first so many rows and what was known before each.
pub fn each(data: &Data, rows: usize, mut tell: impl FnMut(usize, &Row, &Inputs)) {
    let mut bank = Bank::new(data);
    for (index, row) in data.rows.iter().take(rows).enumerate() {
        tell(index, row, &bank.replay.meet(&bank.happened(row)));
    }
}

/// Decides the first so many rows by one model, one after the other; says how long it took, and the raw scores.
pub fn timed(data: &Data, rows: usize, model: &Model) -> (Pace, Vec<f64>) {
    let (mut bank, mut pace, policy) = (Bank::new(data), Pace::default(), Policy::default());
    let mut scores = Vec::with_capacity(rows);
    for row in data.rows.iter().take(rows) {
        let (happened, available_minor) = (bank.happened(row), bank.available_minor(row));
        let (score, inputs) = pace.decide(&mut bank.replay, &happened.payment, available_minor, &policy, model);
        bank.take_in(row, &happened, &inputs);
        scores.push(score.raw);
    }
    (pace, scores)
}
