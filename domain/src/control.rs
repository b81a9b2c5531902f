//! Bank-wide changes: what all partitions decide by. Commands on `bank.control`, one partition, numbered in its order.
//!
//! A policy travels as the text it will be stored as: its numbers are detection's business, not this crate's.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a fact of `bank.control` says that it comes from: no partition of `bank.commands`.
pub const CONTROL_PARTITION: i32 = -1;
/// Key of every record on `bank.control`, and of its facts.
pub const CONTROL_KEY: &str = "control";
/// Characters of a reason at most.
pub const REASON_CHARS_MAX: usize = 500;

/// A request on `bank.control`. On the wire the variant is the record's `ce_type`, the value is the inner struct alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ControlCommand {
    ChangePolicy(ChangePolicy),
    PromoteModel(PromoteModel),
}

/// Makes this the policy of every decision from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangePolicy {
    /// JSON. The version in it is of no account: the log's order gives it.
    pub policy: String,
    pub reason: String,
    /// Who asks; none at the bank's own command line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Uuid>,
}

/// Makes this the model of every decision from then on. Its file was put into the bank's database before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromoteModel {
    /// Of the file, lower-case hex; none retires the model: the rules decide alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Uuid>,
}

/// A policy that is in force from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyChanged {
    pub version: i64,
    /// JSON, complete, with this version in it.
    pub policy: String,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Uuid>,
}

/// A model that is in force from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelPromoted {
    pub version: i64,
    /// Of its file; none: no model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    pub reason: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Uuid>,
}

/// A change that is not made: what was in force stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRefused {
    /// What is wrong, as a path: `rules.velocity.parameters.count`.
    pub field: String,
    /// Why, such as `must be 2 to 1000`.
    pub said: String,
}

impl ControlCommand {
    /// The record's `ce_type`.
    pub fn type_name(&self) -> &'static str {
        match self {
            ControlCommand::ChangePolicy(_) => "vigie.policy.change.v1",
            ControlCommand::PromoteModel(_) => "vigie.model.promote.v1",
        }
    }

    pub fn reason(&self) -> &str {
        match self {
            ControlCommand::ChangePolicy(change) => &change.reason,
            ControlCommand::PromoteModel(promote) => &promote.reason,
        }
    }

    /// What can be said without knowing policies or models.
    ///
    /// # Errors
    /// The first field that is not as described.
    pub fn check(&self) -> Result<(), ChangeRefused> {
        let reason = self.reason();
        if reason.trim().is_empty() || reason.chars().count() > REASON_CHARS_MAX || reason.contains('\0') {
            let said = format!("must be 1 to {REASON_CHARS_MAX} characters");
            return Err(ChangeRefused { field: "reason".to_owned(), said });
        }
        Ok(())
    }
}
