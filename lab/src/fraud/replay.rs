//! All payments through the product's histories, once, in time order, as the worker would meet them.
//!
//! Promises: a payment is seen before it enters any history and long before its label, which is said seven days after
//! it. Absent: any feature of the lab's own.

use super::data::{Data, Row};
use super::schedule::{Labels, known_at_s};
use crate::report::percentile;
use detection::decision::{ModelScore, judge};
use detection::facts::borrowed::Histories;
use detection::facts::{Facts, Reading, gather};
use detection::features::{Inputs, N};
use detection::history::{AccountHistory, CounterpartyHistory, Outcome, Past, Received, TransactionKind, look};
use detection::model::Model;
use detection::payment::{Party, Payment};
use detection::policy::Policy;
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Instant;
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

pub struct Bank<'a> {
    data: &'a Data,
    customers: Vec<Party>,
    terminals: Vec<Party>,
    accounts: Vec<AccountHistory>,
    counterparties: Vec<CounterpartyHistory>,
    /// Balances below zero, as accounts opened with nothing come to have them by their history.
    spent_minor: Vec<i64>,
    labels: Labels,
}

impl<'a> Bank<'a> {
    pub fn new(data: &'a Data) -> Self {
        Bank {
            data,
            customers: data.customers.iter().map(|id| Party::of(&customer_number(*id))).collect(),
            terminals: data.terminals.iter().map(|id| Party::of(&terminal_number(*id))).collect(),
            accounts: vec![AccountHistory::default(); data.customers.len()],
            counterparties: vec![CounterpartyHistory::default(); data.terminals.len()],
            spent_minor: vec![0; data.customers.len()],
            labels: Labels::default(),
        }
    }

    /// Says every label that is known by the time of this row.
    pub fn say_labels(&mut self, now: &Row) {
        for fraud in self.labels.due(self.data, now) {
            let row = &self.data.rows[fraud];
            let (id, at_ms, known_at_ms) = (uuid(row), row.at_s * 1000, known_at_s(row) * 1000);
            self.accounts[row.customer].label(id, at_ms, known_at_ms);
            self.counterparties[row.terminal].label(id, at_ms, known_at_ms);
        }
    }

    pub fn payment(&self, row: &Row) -> Payment {
        Payment {
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
        }
    }

    /// What rules are asked about. No device, no money that came in.
    pub fn facts(&self, row: &Row, payment: &Payment, policy: &Policy) -> Facts {
        let known = Histories::of(payment, &self.accounts[row.customer], &self.counterparties[row.terminal]);
        let available_minor = Reading::Known(-self.spent_minor[row.customer]);
        gather(policy, payment, &Histories { available_minor, ..known })
    }

    /// As the worker does before it judges.
    pub fn look(&mut self, row: &Row, payment: &Payment) {
        look(payment, &mut self.accounts[row.customer], Some(&mut self.counterparties[row.terminal]));
    }

    pub fn inputs(&self, row: &Row, payment: &Payment) -> Inputs {
        Inputs::gather(payment, &self.accounts[row.customer], &self.counterparties[row.terminal], None)
    }

    pub fn push(&mut self, row: &Row, payment: &Payment, inputs: &Inputs) {
        self.spent_minor[row.customer] += row.amount_minor;
        self.accounts[row.customer].push(Past::of(payment, Outcome::Posted));
        self.counterparties[row.terminal].push(Received::of(
            payment,
            Outcome::Posted,
            inputs.is_first_of_pair(),
            inputs.is_large(),
        ));
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
        bank.say_labels(row);
        let payment = bank.payment(row);
        bank.look(row, &payment);
        let inputs = bank.inputs(row, &payment);
        tell(index, row, &inputs);
        bank.push(row, &payment, &inputs);
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct Pace {
    /// Features and score on one core.
    pub per_second: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    /// Mean of the model alone.
    pub score_us: f64,
    /// Facts, all rules and the decision on top of it: what the worker does with each payment.
    pub decisions_per_second: f64,
    pub decision_p50_us: f64,
    pub decision_p99_us: f64,
    /// The same with labels and rows taken into the histories.
    pub per_second_kept: f64,
    pub bytes_per_account: usize,
    pub bytes_per_counterparty: usize,
}

/// Scores the first so many rows with one model, one after the other, and says how long it took. The histories are cold
/// to the processor, as they are in the worker.
pub fn timed(data: &Data, rows: usize, model: &Model) -> (Pace, Vec<f64>) {
    let rows = &data.rows[..rows.min(data.rows.len())];
    let mut bank = Bank::new(data);
    let mut took_us = Vec::with_capacity(rows.len());
    let mut scores = Vec::with_capacity(rows.len());
    let mut scoring_us = 0.0;
    let mut decided_us = Vec::with_capacity(rows.len());
    let policy = Policy::default();
    let begun = Instant::now();
    for (index, row) in rows.iter().enumerate() {
        bank.say_labels(row);
        let payment = bank.payment(row);
        let inputs;
        // Every other row is decided whole, so that neither way finds warm what the other touched.
        if index % 2 == 0 {
            let before = Instant::now();
            bank.look(row, &payment);
            inputs = bank.inputs(row, &payment);
            let values = inputs.features();
            let between = Instant::now();
            let score = model.score(&values);
            let after = Instant::now();
            scores.push(score.probability);
            took_us.push(after.duration_since(before).as_secs_f64() * 1e6);
            scoring_us += after.duration_since(between).as_secs_f64() * 1e6;
        } else {
            let before = Instant::now();
            bank.look(row, &payment);
            inputs = bank.inputs(row, &payment);
            let facts = bank.facts(row, &payment, &policy);
            let score = ModelScore::verdict_only(model, &inputs);
            std::hint::black_box(judge(&facts, &policy, Some(&score)));
            decided_us.push(before.elapsed().as_secs_f64() * 1e6);
            scores.push(score.raw);
        }
        bank.push(row, &payment, &inputs);
    }
    let whole_s = begun.elapsed().as_secs_f64();
    let whole = rows.len() as f64;
    let count = took_us.len() as f64;
    let per_second = count / took_us.iter().sum::<f64>() * 1e6;
    took_us.sort_by(f64::total_cmp);
    let accounts: usize = bank.accounts.iter().map(AccountHistory::bytes).sum();
    let counterparties: usize = bank.counterparties.iter().map(CounterpartyHistory::bytes).sum();
    let decisions_per_second = decided_us.len() as f64 / decided_us.iter().sum::<f64>() * 1e6;
    decided_us.sort_by(f64::total_cmp);
    let pace = Pace {
        decisions_per_second,
        decision_p50_us: percentile(&decided_us, 0.50),
        decision_p99_us: percentile(&decided_us, 0.99),
        per_second,
        p50_us: percentile(&took_us, 0.50),
        p99_us: percentile(&took_us, 0.99),
        score_us: scoring_us / count,
        per_second_kept: whole / whole_s,
        bytes_per_account: accounts / bank.accounts.len().max(1),
        bytes_per_counterparty: counterparties / bank.counterparties.len().max(1),
    };
    (pace, scores)
}
