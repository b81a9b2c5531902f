//! Evidence: everything one decision was made from, and what came out, as it is stored with an alert.
//!
//! Promises: with the policy of that version, the stored facts give the stored decision again, byte for byte; with the
//! model's file, the stored inputs give the stored model score again, and the counterfactual. Absent: prose, names of
//! people, and what can be computed when somebody looks.

use crate::counterfactual::{Counterfactual, counterfactual, counterfactual_of};
use crate::decision::{Decision, ModelScore, decide};
use crate::facts::Facts;
use crate::features::Inputs;
use crate::model::Model;
use crate::policy::Policy;
use serde::{Deserialize, Serialize};

/// Evidence of earlier versions may carry more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    pub facts: Facts,
    /// What the model's features were computed from.
    pub inputs: Inputs,
    /// None: decided by rules alone.
    pub model: Option<ModelScore>,
    pub decision: Decision,
}

impl Evidence {
    /// Decides, and keeps what it was decided from.
    pub fn of(facts: Facts, inputs: Inputs, policy: &Policy, model: Option<&Model>) -> Self {
        let score = model.map(|model| ModelScore::of(model, &inputs));
        let decision = decide(&facts, policy, score.as_ref());
        Evidence { facts, inputs, model: score, decision }
    }

    /// Below which amount the same payment would have been allowed, if re-scoring confirms any: with the policy and the
    /// model that it was decided by. Takes milliseconds: searched for where somebody looks, not where money waits.
    pub fn counterfactual(&self, policy: &Policy, model: Option<&Model>) -> Option<Counterfactual> {
        match model {
            Some(model) => counterfactual_of(&self.facts, policy, model, &self.inputs),
            None if self.model.is_none() => counterfactual(&self.facts, policy, &[], |_| None),
            None => None,
        }
    }

    /// The decision once more, from the stored facts and the policy of the stored version.
    pub fn decided_again(&self, policy: &Policy) -> Decision {
        decide(&self.facts, policy, self.model.as_ref())
    }

    /// # Errors
    /// None that is known: all of it can be written as JSON.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// # Errors
    /// When the text is no evidence of this version.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }
}
