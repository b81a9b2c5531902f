//! The policy: thresholds, what the model may weigh, and for each rule whether it is on, its points, its parameters.
//!
//! Promises: a policy read from JSON or passed by [`Policy::validate`] is complete and within its bounds; whatever is
//! wrong is named by its path (`rules.velocity.parameters.count: must be 2 to 50`). A rule that a stored policy does
//! not know is off, so that old decisions stay what they were. Absent: who may change it and when it applies.

use crate::payment::{DAY_MS, HOUR_MS, MINUTE_MS};
use crate::rules::{self, ListKind, Parameters, RuleId};
use serde::{Deserialize, Serialize};

mod json;
#[cfg(test)]
mod tests;

pub const POINTS_MAX: u32 = 100;
/// A threshold that no score reaches.
pub const NEVER: u32 = POINTS_MAX + 1;
const LIST_ENTRIES_MAX: usize = 300;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "serde_json::Value", into = "serde_json::Value")]
pub struct Policy {
    pub version: u64,
    pub thresholds: Thresholds,
    /// Points of a payment that the model holds for certain fraud.
    pub model_cap: u32,
    /// How long a held payment waits for an analyst.
    pub hold_timeout_ms: i64,
    pub hold_expiry: HoldExpiry,
    pub usual: UsualWindow,
    /// In the order of [`RuleId`].
    pub rules: [RulePolicy; RuleId::COUNT],
}

/// Scores from which on a payment is reviewed, held, refused; 101 is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    pub review: u32,
    pub hold: u32,
    pub refuse: u32,
}

/// What becomes of a held payment that nobody looked at in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldExpiry {
    Release,
    Refuse,
}

/// What "usual" means: the mean of so many past milliseconds, if there are enough rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsualWindow {
    pub window_ms: i64,
    pub rows_min: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulePolicy {
    pub on: bool,
    pub weight: u32,
    pub parameters: Parameters,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct PolicyError {
    pub path: String,
    pub reason: String,
}

impl PolicyError {
    fn new(path: impl Into<String>, reason: impl Into<String>) -> Self {
        PolicyError { path: path.into(), reason: reason.into() }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            version: 1,
            thresholds: Thresholds { review: 30, hold: 60, refuse: 85 },
            // The model alone can hold a payment and never refuse one.
            model_cap: 80,
            hold_timeout_ms: 2 * DAY_MS,
            hold_expiry: HoldExpiry::Refuse,
            usual: UsualWindow { window_ms: 30 * DAY_MS, rows_min: 5 },
            rules: rules::ALL.each_ref().map(|rule| RulePolicy {
                on: true,
                weight: rule.weight,
                parameters: Parameters::defaults(rule.parameters, rule.lists),
            }),
        }
    }
}

impl Policy {
    pub fn rule(&self, id: RuleId) -> &RulePolicy {
        &self.rules[id.index()]
    }

    pub fn rule_mut(&mut self, id: RuleId) -> &mut RulePolicy {
        &mut self.rules[id.index()]
    }

    pub fn parameters(&self, id: RuleId) -> &Parameters {
        &self.rule(id).parameters
    }

    /// Sets one parameter by its name.
    ///
    /// # Errors
    /// The rule has no such parameter, or the value is out of its bounds.
    pub fn set(&mut self, id: RuleId, name: &str, value: i64) -> Result<(), PolicyError> {
        let path = format!("rules.{id}.parameters.{name}");
        let Some(index) = id.rule().parameters.iter().position(|parameter| parameter.name == name) else {
            return Err(PolicyError::new(path, "no such parameter"));
        };
        let parameter = &id.rule().parameters[index];
        in_bounds(path, value, parameter.least, parameter.most)?;
        self.rule_mut(id).parameters.values[index] = value;
        Ok(())
    }

    /// # Errors
    /// The first thing that is wrong, with its path.
    pub fn from_json(text: &str) -> Result<Self, PolicyError> {
        json::read(json::parse(text)?)
    }

    /// A policy that was accepted once, perhaps by an earlier version of this program: a parameter it does not name has
    /// its starting value, and one that is out of bounds today the nearest within.
    ///
    /// # Errors
    /// The first thing that is wrong, with its path.
    pub fn from_accepted_json(text: &str) -> Result<Self, PolicyError> {
        let mut value = json::parse(text)?;
        json::bring_up_to_date(&mut value);
        json::read(value)
    }

    /// Whether every value lies within its bounds.
    ///
    /// # Errors
    /// The first thing that is wrong, with its path.
    pub fn validate(&self) -> Result<(), PolicyError> {
        let Thresholds { review, hold, refuse } = self.thresholds;
        for (name, threshold) in [("review", review), ("hold", hold), ("refuse", refuse)] {
            in_bounds(format!("thresholds.{name}"), i64::from(threshold), 1, i64::from(NEVER))?;
        }
        if hold < review {
            return Err(PolicyError::new("thresholds.hold", format!("must be at least thresholds.review, {review}")));
        }
        if refuse < hold {
            return Err(PolicyError::new("thresholds.refuse", format!("must be at least thresholds.hold, {hold}")));
        }
        in_bounds("model_cap", i64::from(self.model_cap), 0, i64::from(POINTS_MAX))?;
        in_bounds("hold_timeout_ms", self.hold_timeout_ms, MINUTE_MS, 90 * DAY_MS)?;
        in_bounds("usual.window_ms", self.usual.window_ms, HOUR_MS, 365 * DAY_MS)?;
        in_bounds("usual.rows_min", self.usual.rows_min, 1, 1_000)?;
        for rule in &rules::ALL {
            validate_rule(rule, self.rule(rule.id))?;
        }
        Ok(())
    }
}

fn validate_rule(rule: &rules::Rule, policy: &RulePolicy) -> Result<(), PolicyError> {
    in_bounds(format!("rules.{}.weight", rule.id), i64::from(policy.weight), 0, i64::from(POINTS_MAX))?;
    for (parameter, value) in rule.parameters.iter().zip(policy.parameters.values) {
        let path = format!("rules.{}.parameters.{}", rule.id, parameter.name);
        in_bounds(path, value, parameter.least, parameter.most)?;
    }
    for (list, entries) in rule.lists.iter().zip(&policy.parameters.lists) {
        let path = format!("rules.{}.parameters.{}", rule.id, list.name);
        if entries.len() > LIST_ENTRIES_MAX {
            return Err(PolicyError::new(path, format!("must have at most {LIST_ENTRIES_MAX} entries")));
        }
        if let Some(index) = entries.iter().position(|entry| !fits(list.kind, entry)) {
            let form = match list.kind {
                ListKind::Countries => "must be two capital letters",
                ListKind::Channels => "must be 1 to 32 lower-case letters, digits or hyphens",
            };
            return Err(PolicyError::new(format!("{path}.{index}"), form));
        }
    }
    Ok(())
}

fn fits(kind: ListKind, entry: &str) -> bool {
    let name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match kind {
        ListKind::Countries => entry.len() == 2 && entry.bytes().all(|byte| byte.is_ascii_uppercase()),
        ListKind::Channels => (1..=32).contains(&entry.len()) && entry.bytes().all(name),
    }
}

fn in_bounds(path: impl Into<String>, value: i64, least: i64, most: i64) -> Result<(), PolicyError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(PolicyError::new(path, format!("must be {least} to {most}")))
}
