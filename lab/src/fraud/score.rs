//! The score of every payment of the test weeks, in batch: what the worker's judge must say of it, by the same functions.
//!
//! Promises: the score is the uncapped sum of points, of fired rules and of the model, under the policy that says which
//! of them count. Absent: figures.

use super::data::Data;
use super::fold::Outcome;
use super::replay::Bank;
use anyhow::bail;
use detection::decision::{Decision, ModelScore, decide};
use detection::policy::Policy;
use detection::rules::{Finding, RuleId};
use serde::Serialize;
use std::collections::BTreeMap;

/// (row, score) of every row of one test week, customers with known fraud too.
pub type Scores = Vec<(usize, f64)>;

/// What makes the score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    RulesAndModel,
    ModelAlone,
    RulesAlone,
}

impl Parts {
    pub const ALL: [Parts; 3] = [Parts::RulesAndModel, Parts::ModelAlone, Parts::RulesAlone];

    pub fn name(self) -> &'static str {
        match self {
            Parts::RulesAndModel => "rules and model",
            Parts::ModelAlone => "model alone",
            Parts::RulesAlone => "rules alone",
        }
    }

    pub fn asks_model(self) -> bool {
        self != Parts::RulesAlone
    }

    /// The built-in policy, with every rule off where the model decides alone.
    pub fn policy(self) -> Policy {
        let mut policy = Policy::default();
        if self == Parts::ModelAlone {
            policy.rules.iter_mut().for_each(|rule| rule.on = false);
        }
        policy
    }
}

/// What a rule said of the test weeks.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Fired {
    pub payments: usize,
    pub frauds: usize,
}

/// The test weeks in batch.
pub struct Said {
    /// In the order of [`Parts::ALL`], each by outcome.
    pub scores: [Vec<Scores>; Parts::ALL.len()],
    pub rules: BTreeMap<RuleId, Fired>,
}

/// Scores every test week by all that may make a score.
///
/// # Errors
/// When a row's features are not those the outcome was scored by.
pub fn all(data: &Data, outcomes: &[Outcome]) -> anyhow::Result<Said> {
    let policies = Parts::ALL.map(Parts::policy);
    let mut scores = Parts::ALL.map(|_| vec![Scores::new(); outcomes.len()]);
    let end = outcomes.iter().map(|outcome| data.rows_of(outcome.fold.test()).end).max().unwrap_or(0);
    let mut rules = BTreeMap::new();
    let mut bank = Bank::new(data);
    for (index, row) in data.rows[..end].iter().enumerate() {
        let happened = bank.happened(row);
        let payment = &happened.payment;
        let inputs = bank.inputs(payment);
        for (place, outcome) in
            outcomes.iter().enumerate().filter(|(_, outcome)| outcome.fold.test().contains(&row.day))
        {
            let model = ModelScore::verdict_only(&outcome.model, &inputs);
            if outcome.probability_of(index).map(f64::to_bits) != Some(model.raw.to_bits()) {
                bail!("a second replay gives payment {} another score", row.id);
            }
            for ((parts, policy), scores) in Parts::ALL.iter().zip(&policies).zip(&mut scores) {
                let facts = bank.facts(row, payment, policy);
                let decision = decide(&facts, policy, parts.asks_model().then_some(&model));
                scores[place].push((index, decision.uncapped));
                if *parts == Parts::RulesAlone {
                    count(&mut rules, &decision, row.fraud);
                }
            }
        }
        bank.take_in(row, &happened, &inputs);
    }
    Ok(Said { scores, rules })
}

fn count(rules: &mut BTreeMap<RuleId, Fired>, decision: &Decision, fraud: bool) {
    for finding in decision.findings.iter().filter(|finding| matches!(finding.finding, Finding::Fired { .. })) {
        let fired = rules.entry(finding.rule).or_default();
        fired.payments += 1;
        fired.frauds += usize::from(fraud);
    }
}
