//! The counterfactual: below which amount the same payment would have been allowed.
//!
//! Promises: only what re-scoring confirms. The score can change only where a rule starts or stops to fire or the
//! model splits the amount; between two such edges it is the same, and each stretch that is promised was scored at both
//! of its ends and in its middle. Absent: promises about anything but the amount.

use crate::decision::{ModelScore, Verdict, verdict_of};
use crate::facts::Facts;
use crate::policy::Policy;
use crate::rules;
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// No more stretches are tried than this, the nearest first: a payment is explained, not searched for.
const STRETCHES_MAX: usize = 256;

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
        verdict_of(&facts, policy, model(&facts).as_ref())
    };
    if facts.amount_minor <= 1 || verdict_at(facts.amount_minor) == Verdict::Allow {
        return None;
    }
    let allowed = |(from_minor, below_minor): (i64, i64)| {
        let last_minor = below_minor - 1;
        let middle_minor = from_minor + (last_minor - from_minor) / 2;
        [from_minor, middle_minor, last_minor]
            .into_iter()
            .all(|amount_minor| verdict_at(amount_minor) == Verdict::Allow)
    };
    let edges = edges(facts, policy, splits);
    let stretches = edges.windows(2).rev().take(STRETCHES_MAX).filter_map(|pair| match pair {
        [from_minor, below_minor] => Some((*from_minor, *below_minor)),
        _ => None,
    });
    let mut promise: Option<Counterfactual> = None;
    for (from_minor, below_minor) in stretches {
        match (&mut promise, allowed((from_minor, below_minor))) {
            (Some(promise), true) => promise.from_minor = from_minor,
            (None, true) => promise = Some(Counterfactual { from_minor, below_minor }),
            (Some(_), false) => break,
            (None, false) => {}
        }
    }
    promise
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
