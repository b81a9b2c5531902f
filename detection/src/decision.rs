//! The decision: facts, policy and the model's word in, a verdict with its reasons out.
//!
//! Promises: the same input gives the same bytes; the contributions add up to the score; whatever could not be known
//! leads to review at the least, in one place (`fail_closed`), and never to a silent allow nor, by itself, to a
//! refusal. Absent: prose (see `explain`), money's movement, the clock.

use crate::facts::{Facts, Reading};
use crate::policy::{POINTS_MAX, Policy, Thresholds};
use crate::rules::{self, Finding, Firing, RuleId};
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

/// What came of a payment without the words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outcome {
    pub verdict: Verdict,
    /// Before it is cut at 100.
    pub uncapped: f64,
    fact_unknown: bool,
    failed_closed: bool,
}

impl Outcome {
    /// 0 to 100.
    pub fn score(&self) -> f64 {
        self.uncapped.clamp(0.0, f64::from(POINTS_MAX))
    }
}

/// The verdict alone: what a busy stream asks of each payment, and the counterfactual again and again.
pub fn judge(facts: &Facts, policy: &Policy, model_score: Option<&ModelScore>) -> Outcome {
    let (mut of_rules, mut fact_unknown) = (0, false);
    for (rule, setting) in rules::ALL.iter().zip(&policy.rules).filter(|(_, setting)| setting.on) {
        match rule.firing(facts, &setting.parameters) {
            Firing::Unknown => fact_unknown = true,
            firing if firing.contains(facts.amount_minor) => of_rules += setting.weight,
            _ => {}
        }
    }
    let model = model_score.map(ModelScore::calibrated);
    let unusable = model.is_some_and(|calibrated| calibrated.is_none());
    let of_model = model.flatten().map_or(0.0, |calibrated| calibrated * f64::from(policy.model_cap));
    let uncapped = model::rounded(f64::from(of_rules) + of_model);
    let score = uncapped.clamp(0.0, f64::from(POINTS_MAX));
    let (verdict, failed_closed) =
        fail_closed(by_thresholds(score, &policy.thresholds), score, fact_unknown || unusable);
    Outcome { verdict, uncapped, fact_unknown, failed_closed }
}

/// The verdict, and all that explains it.
pub fn decide(facts: &Facts, policy: &Policy, model_score: Option<&ModelScore>) -> Decision {
    let outcome = judge(facts, policy, model_score);
    let Outcome { verdict, uncapped, .. } = outcome;
    let score = outcome.score();
    let mut flags = Vec::new();
    if outcome.fact_unknown {
        flags.push(Flag::FactUnknown);
    }
    if outcome.failed_closed {
        flags.push(Flag::FailedClosed);
    }
    let findings = find(facts, policy);
    let model = usable(model_score, &mut flags);
    let mut contributions = contributions(policy, &findings, model.as_ref());
    let most = f64::from(POINTS_MAX);
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
        model_id: model.map(|model| model.id.to_string()),
    }
}

/// A stored decision's bytes once more, from what was stored with it.
///
/// # Errors
/// None that is known: a decision can always be written as JSON.
pub fn rederive(facts: &Facts, policy: &Policy, model: Option<&ModelScore>) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(&decide(facts, policy, model))
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

/// The only place where ignorance becomes a verdict: at least review, and nothing worse because of it. Also answers
/// whether it did.
fn fail_closed(verdict: Verdict, score: f64, unknown: bool) -> (Verdict, bool) {
    let closed = (unknown || !score.is_finite()) && verdict < Verdict::Review;
    (if closed { Verdict::Review } else { verdict }, closed)
}
