//! One way to judge, and what came of it.

use detection::decision::{Decision, ModelScore, Source, Verdict, decide};
use detection::facts::Facts;
use detection::policy::Policy;
use detection::rules::RuleId;
use serde::Serialize;
use simulator::FraudType;
use std::collections::BTreeMap;

pub struct Mode {
    name: &'static str,
    pub policy: Policy,
    with_model: bool,
    tally: Tally,
    /// Score of each payment, and whether it was fraud.
    scores: Vec<(f64, bool)>,
}

#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct Count {
    pub payments: u32,
    /// Reviewed, held or refused.
    pub alerted: u32,
    pub held: u32,
    pub refused: u32,
}

/// What one rule did.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub struct Share {
    /// Alerted frauds, and alerted genuine payments, on which it fired.
    pub frauds: u32,
    pub genuine: u32,
    /// Those that would have passed without it.
    pub frauds_by_it: u32,
    pub genuine_by_it: u32,
}

#[derive(Debug, Default)]
struct Tally {
    genuine: Count,
    frauds: BTreeMap<FraudType, Count>,
    rules: BTreeMap<RuleId, Share>,
}

/// A mode's figures.
#[derive(Debug, Serialize)]
pub struct Judged {
    pub name: &'static str,
    pub recall: BTreeMap<&'static str, f64>,
    pub frauds: BTreeMap<&'static str, Count>,
    pub genuine: Count,
    pub recall_all: f64,
    pub precision: f64,
    pub precision_held_or_refused: f64,
    pub precision_of_highest: f64,
    pub alerts_per_day: f64,
    pub genuine_alerted_per_thousand: f64,
    pub rules: BTreeMap<String, Share>,
}

impl Mode {
    pub fn new(name: &'static str, policy: Policy, with_model: bool) -> Self {
        Mode { name, policy, with_model, tally: Tally::default(), scores: Vec::new() }
    }

    pub fn judge(&mut self, facts: &Facts, score: &ModelScore, fraud: Option<FraudType>) {
        let decision = decide(facts, &self.policy, self.with_model.then_some(score));
        let count = fraud.map_or(&mut self.tally.genuine, |fraud| self.tally.frauds.entry(fraud).or_default());
        count.payments += 1;
        count.alerted += u32::from(decision.verdict > Verdict::Allow);
        count.held += u32::from(decision.verdict == Verdict::Hold);
        count.refused += u32::from(decision.verdict == Verdict::Refuse);
        self.scores.push((decision.uncapped, fraud.is_some()));
        if decision.verdict > Verdict::Allow {
            self.blame(&decision, fraud.is_some());
        }
    }

    fn blame(&mut self, decision: &Decision, fraud: bool) {
        for contribution in &decision.contributions {
            let Source::Rule(id) = contribution.source else { continue };
            let weight = f64::from(self.policy.rule(id).weight);
            let by_it = decision.uncapped - weight < f64::from(self.policy.thresholds.review);
            let share = self.tally.rules.entry(id).or_default();
            let (fired, decided) = match fraud {
                true => (&mut share.frauds, &mut share.frauds_by_it),
                false => (&mut share.genuine, &mut share.genuine_by_it),
            };
            *fired += 1;
            *decided += u32::from(by_it);
        }
    }

    /// Of as many of the highest scores as there are frauds, how many are one: the order alone, whatever the thresholds.
    fn precision_of_highest(&self) -> f64 {
        let mut order: Vec<&(f64, bool)> = self.scores.iter().collect();
        order.sort_by(|one, other| other.0.total_cmp(&one.0));
        let frauds = order.iter().filter(|(_, fraud)| *fraud).count();
        let found = order.iter().take(frauds).filter(|(_, fraud)| *fraud).count();
        found as f64 / frauds.max(1) as f64
    }

    fn alerts(&self) -> u32 {
        self.tally.genuine.alerted + self.tally.frauds.values().map(|count| count.alerted).sum::<u32>()
    }

    pub fn judged(&self, days: f64) -> Judged {
        let Tally { genuine, frauds, rules } = &self.tally;
        let all = |get: fn(&Count) -> u32| frauds.values().map(get).sum::<u32>();
        let stopped = |count: &Count| count.held + count.refused;
        let share = |part: u32, whole: u32| f64::from(part) / f64::from(whole.max(1));
        let stopped_frauds = frauds.values().map(stopped).sum::<u32>();
        Judged {
            name: self.name,
            recall: frauds
                .iter()
                .map(|(fraud, count)| (fraud.as_str(), share(count.alerted, count.payments)))
                .collect(),
            frauds: frauds.iter().map(|(fraud, count)| (fraud.as_str(), *count)).collect(),
            genuine: *genuine,
            recall_all: share(all(|count| count.alerted), all(|count| count.payments)),
            precision: share(all(|count| count.alerted), self.alerts()),
            precision_held_or_refused: share(stopped_frauds, stopped_frauds + stopped(genuine)),
            precision_of_highest: self.precision_of_highest(),
            alerts_per_day: f64::from(self.alerts()) / days,
            genuine_alerted_per_thousand: 1_000.0 * share(genuine.alerted, genuine.payments),
            rules: rules.iter().map(|(id, share)| (id.to_string(), *share)).collect(),
        }
    }
}
