//! The decision: facts, policy and the model's word in, a verdict with its reasons out.
//!
//! Promises: the same input gives the same bytes; the contributions add up to the score; whatever could not be known
//! leads to review at the least, in one place (`fail_closed`), and never to a silent allow nor, by itself, to a
//! refusal. Absent: prose (see `explain`), money's movement, the clock.

use crate::facts::{Facts, Reading};
use crate::policy::{POINTS_MAX, Policy, Thresholds};
use crate::rules::{self, Finding, RuleId};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

mod model;
#[cfg(test)]
pub(crate) mod tests;

pub use model::{MODEL_START, ModelScore};

/// In order of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Booked.
    Allow,
    /// Booked, with an alert.
    Review,
    /// Reserved, with an alert: an analyst releases or refuses.
    Hold,
    Refuse,
}

/// What a reader of the decision must know beside its reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Decided by rules alone.
    ModelMissing,
    /// The model's score was no number; decided by rules alone.
    ModelUnusable,
    /// A rule needed a fact that could not be read.
    FactUnknown,
    /// The verdict would have been milder but for what was not known.
    FailedClosed,
    /// The points add up to more than 100.
    Capped,
    /// The payment lies before others that were already decided.
    Late,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Rule(RuleId),
    /// Where the model starts before it looks at any feature, calibration included.
    ModelStart,
    ModelFeature(Cow<'static, str>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
    pub source: Source,
    pub points: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleFinding {
    pub rule: RuleId,
    pub finding: Finding,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// 0 to 100.
    pub score: f64,
    /// Before it was cut at 100.
    pub uncapped: f64,
    pub verdict: Verdict,
    /// Fired rules, then the model; they add up to the score.
    pub contributions: Vec<Contribution>,
    /// Rules that fired or could not be answered; all others that are on were silent.
    pub findings: Vec<RuleFinding>,
    pub flags: Vec<Flag>,
    pub policy_version: u64,
    pub thresholds: Thresholds,
    pub model_id: Option<String>,
    pub raw_probability: Option<f64>,
    pub calibrated_probability: Option<f64>,
}

impl Decision {
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }
}

pub fn decide(facts: &Facts, policy: &Policy, model_score: Option<&ModelScore>) -> Decision {
    let mut flags = Vec::new();
    let findings = find(facts, policy);
    if findings.iter().any(|finding| finding.finding == Finding::Unknown) {
        flags.push(Flag::FactUnknown);
    }
    let model = usable(model_score, &mut flags);
    let mut contributions = contributions(policy, &findings, model.as_ref());
    let uncapped = model::rounded(uncapped(policy, &findings, model.as_ref()));
    let most = f64::from(POINTS_MAX);
    let score = uncapped.clamp(0.0, most);
    if uncapped > most {
        flags.push(Flag::Capped);
        for contribution in &mut contributions {
            contribution.points *= most / uncapped;
        }
    }
    for contribution in &mut contributions {
        contribution.points = model::rounded(contribution.points);
    }
    if matches!(&facts.own, Reading::Known(own) if own.late_ms > 0) {
        flags.push(Flag::Late);
    }
    let verdict = fail_closed(by_thresholds(score, &policy.thresholds), score, &mut flags);
    flags.sort_unstable();
    Decision {
        score,
        uncapped,
        verdict,
        contributions,
        findings,
        flags,
        policy_version: policy.version,
        thresholds: policy.thresholds,
        raw_probability: model.as_ref().map(|model| model.raw),
        calibrated_probability: model.as_ref().map(|model| model.calibrated),
        model_id: model.map(|model| model.id),
    }
}

/// A stored decision's bytes once more, from what was stored with it.
///
/// # Errors
/// None that is known: a decision can always be written as JSON.
pub fn rederive(facts: &Facts, policy: &Policy, model: Option<&ModelScore>) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&decide(facts, policy, model))
}

/// The verdict alone, without the words: what the counterfactual asks again and again.
pub fn verdict_of(facts: &Facts, policy: &Policy, model_score: Option<&ModelScore>) -> Verdict {
    decide(facts, policy, model_score).verdict
}

fn find(facts: &Facts, policy: &Policy) -> Vec<RuleFinding> {
    rules::ALL
        .iter()
        .zip(&policy.rules)
        .filter(|(_, setting)| setting.on)
        .map(|(rule, setting)| RuleFinding { rule: rule.id, finding: rule.evaluate(facts, &setting.parameters) })
        .filter(|finding| finding.finding != Finding::Silent)
        .collect()
}

fn usable(model_score: Option<&ModelScore>, flags: &mut Vec<Flag>) -> Option<ModelScore> {
    let Some(model_score) = model_score else {
        flags.push(Flag::ModelMissing);
        return None;
    };
    let checked = model_score.checked();
    if checked.is_none() {
        flags.push(Flag::ModelUnusable);
    }
    checked
}

fn fired(findings: &[RuleFinding]) -> impl Iterator<Item = RuleId> {
    findings.iter().filter(|finding| matches!(finding.finding, Finding::Fired { .. })).map(|finding| finding.rule)
}

fn uncapped(policy: &Policy, findings: &[RuleFinding], model: Option<&ModelScore>) -> f64 {
    let of_rules: u32 = fired(findings).map(|id| policy.rule(id).weight).sum();
    f64::from(of_rules) + model.map_or(0.0, |model| model.calibrated * f64::from(policy.model_cap))
}

fn contributions(policy: &Policy, findings: &[RuleFinding], model: Option<&ModelScore>) -> Vec<Contribution> {
    let mut contributions: Vec<_> = fired(findings)
        .map(|id| Contribution { source: Source::Rule(id), points: f64::from(policy.rule(id).weight) })
        .collect();
    if let Some(model) = model {
        let (start, features) = model.split(f64::from(policy.model_cap));
        contributions.push(Contribution { source: Source::ModelStart, points: start });
        contributions.extend(
            features.into_iter().map(|(name, points)| Contribution { source: Source::ModelFeature(name), points }),
        );
    }
    contributions
}

fn by_thresholds(score: f64, thresholds: &Thresholds) -> Verdict {
    let reached = |threshold: u32| score >= f64::from(threshold);
    if reached(thresholds.refuse) {
        Verdict::Refuse
    } else if reached(thresholds.hold) {
        Verdict::Hold
    } else if reached(thresholds.review) {
        Verdict::Review
    } else {
        Verdict::Allow
    }
}

/// The only place where ignorance becomes a verdict: at least review, and nothing worse because of it.
fn fail_closed(verdict: Verdict, score: f64, flags: &mut Vec<Flag>) -> Verdict {
    let unknown =
        !score.is_finite() || flags.iter().any(|flag| matches!(flag, Flag::FactUnknown | Flag::ModelUnusable));
    if unknown && verdict < Verdict::Review {
        flags.push(Flag::FailedClosed);
        return Verdict::Review;
    }
    verdict
}
