//! The counterfactual: below which amount the same payment would have been allowed.
//!
//! Promises: only what re-scoring confirms. The score can change only where a rule starts or stops to fire, where the
//! model splits the amount, and between round amounts and others; each stretch between two such edges is scored at both
//! of its ends, in its middle and at its roundest amounts before it is promised. Absent: promises about anything but
//! the amount.

use crate::decision::{ModelScore, Verdict, judge};
use crate::facts::Facts;
use crate::features::Inputs;
use crate::model::Model;
use crate::policy::Policy;
use crate::rules;
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// No more stretches are tried than this, the nearest first: a payment is explained, not searched for.
const STRETCHES_MAX: usize = 512;
/// The model sees how round an amount is: whole units, tens, hundreds, thousands of them.
const ROUND_MINOR: [i64; 4] = [100, 1_000, 10_000, 100_000];

/// Any amount from the one to below the other would have been allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counterfactual {
    pub from_minor: i64,
    pub below_minor: i64,
}

/// The nearest amounts below the payment's own at which it would have been allowed.
///
/// `splits` are the amounts from which on the model may answer differently, sorted; `model` scores the payment as if it
/// were of another amount.
pub fn counterfactual(
    facts: &Facts,
    policy: &Policy,
    splits: &[i64],
    model: impl Fn(&Facts) -> Option<ModelScore>,
) -> Option<Counterfactual> {
    let verdict_at = |amount_minor: i64| {
        let facts = facts.with_amount(amount_minor);
        judge(&facts, policy, model(&facts).as_ref()).verdict
    };
    if facts.amount_minor <= 1 || verdict_at(facts.amount_minor) == Verdict::Allow {
        return None;
    }
    let allowed = |from_minor: i64, below_minor: i64| {
        witnesses(from_minor, below_minor).all(|amount_minor| verdict_at(amount_minor) == Verdict::Allow)
    };
    let edges = edges(facts, policy, splits);
    let stretches = edges.windows(2).rev().take(STRETCHES_MAX).filter_map(|pair| match pair {
        [from_minor, below_minor] => Some((*from_minor, *below_minor)),
        _ => None,
    });
    let mut promise: Option<Counterfactual> = None;
    for (from_minor, below_minor) in stretches {
        match (&mut promise, allowed(from_minor, below_minor)) {
            (Some(promise), true) => promise.from_minor = from_minor,
            (None, true) => promise = Some(Counterfactual { from_minor, below_minor }),
            (Some(_), false) => break,
            (None, false) => {}
        }
    }
    promise
}

/// With this crate's own model: the payment's inputs, stored with its decision, are scored again.
pub fn counterfactual_of(facts: &Facts, policy: &Policy, model: &Model, inputs: &Inputs) -> Option<Counterfactual> {
    let mut splits = model.amount_splits(inputs, facts.amount_minor);
    let last = inputs.own.last_amounts_minor.iter().chain(&inputs.payee.last_amounts_minor);
    splits.extend(last.flatten().flat_map(|last_minor| nearly_equal(*last_minor)));
    counterfactual(facts, policy, &splits, |facts| {
        Some(ModelScore::verdict_only(model, &inputs.with_amount(facts.amount_minor)))
    })
}

/// From which amount on, and from which on no more, this one is within a hundredth of it.
fn nearly_equal(last_minor: i64) -> [i64; 2] {
    let hundredfold = last_minor.saturating_mul(100);
    [hundredfold.saturating_add(100) / 101, (hundredfold / 99).saturating_add(1)]
}

/// Amounts of a stretch that stand for all of its amounts.
fn witnesses(from_minor: i64, below_minor: i64) -> impl Iterator<Item = i64> {
    let last_minor = below_minor - 1;
    let middle_minor = from_minor + (last_minor - from_minor) / 2;
    let rounded = ROUND_MINOR.into_iter().filter_map(move |unit| {
        // The first multiple that is not also one of the next unit, or else the first.
        let first = (from_minor + unit - 1) / unit * unit;
        let plain = if first % (10 * unit) == 0 && unit < 100_000 { first + unit } else { first };
        [plain, first].into_iter().find(|amount_minor| *amount_minor < below_minor)
    });
    // Its ends may be the only round ones: their neighbours are not.
    let neighbours =
        [from_minor + 1, last_minor - 1].map(move |amount_minor| amount_minor.clamp(from_minor, last_minor));
    [from_minor, last_minor, middle_minor].into_iter().chain(neighbours).chain(rounded)
}

/// Amounts from the smallest to the payment's own, between which nothing can change.
fn edges(facts: &Facts, policy: &Policy, splits: &[i64]) -> Vec<i64> {
    let mut edges = splits.to_vec();
    for (rule, setting) in rules::ALL.iter().zip(&policy.rules) {
        if setting.on {
            rule.firing(facts, &setting.parameters).edges(&mut edges);
        }
    }
    edges.retain(|edge| (2..facts.amount_minor).contains(edge));
    edges.extend([1, facts.amount_minor]);
    edges.sort_unstable();
    edges.dedup();
    edges
}
