//! What is asked for: policies that differ in when they want a payment reviewed, one that is wrong, a small model.

use crate::bank::Bank;
use crate::product::Product;
use crate::sender::Sender;
use crate::services::root;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::path::PathBuf;

/// From how many points on the first of the lab's policies wants a review; each later one five more.
pub const FIRST_REVIEW: u32 = 15;
/// What a wrong policy says there, and must be refused for.
pub const WRONG_FIELD: &str = "rules.velocity.parameters.count";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// Reviewed from so many points on; nothing is held or refused.
    Policy(u32),
    /// Refused by the command line.
    Bad,
    /// The same without the command line's help: the workers must refuse it.
    BadOnTheLog,
    Model,
}

/// What was asked, when, and what was said.
#[derive(Debug, Clone)]
pub struct Change {
    pub what: What,
    pub answered: DateTime<Utc>,
    /// Version in force, if one is.
    pub version: Option<i64>,
    pub said: String,
}

pub struct Desk<'a> {
    bank: &'a Bank,
    folder: PathBuf,
    policy: Value,
}

impl<'a> Desk<'a> {
    pub fn new(bank: &'a Bank) -> anyhow::Result<Self> {
        let folder = root().join("target/lab");
        let policy = serde_json::from_str(&bank.product.run(&["policy", "show"])?)?;
        Ok(Desk { bank, folder, policy })
    }

    /// Asks and waits for the answer.
    pub fn ask(&self, what: What) -> anyhow::Result<Change> {
        let said = match what {
            What::Policy(review) => self.run("policy", "change", &self.reviewing_from(review)),
            What::Bad => match self.run("policy", "change", &self.wrong()) {
                Ok(said) => anyhow::bail!("a wrong policy was taken: {said}"),
                // What was run stands before it.
                Err(error) => Ok(error.to_string().split_once("failed: ").map_or("", |(_, said)| said).to_owned()),
            },
            What::BadOnTheLog => self.on_the_log(),
            What::Model => self.run("model", "promote", &small_model()),
        }?;
        let version = said.split_once(" version ").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
        Ok(Change { what, answered: Utc::now(), version, said: said.trim().to_owned() })
    }

    fn run(&self, noun: &str, verb: &str, file: &Value) -> anyhow::Result<String> {
        let path = self.folder.join(format!("policy-{noun}.json"));
        std::fs::write(&path, file.to_string())?;
        let product: &Product = &self.bank.product;
        product.run(&[noun, verb, &path.display().to_string(), "--reason", "a change under load"])
    }

    fn on_the_log(&self) -> anyhow::Result<String> {
        let mut sender = Sender::new(&self.bank.brokers, &self.bank.control)?;
        let value = json!({ "policy": self.wrong().to_string(), "reason": "a change under load" }).to_string();
        sender.send(&self.bank.signer.record("control", "vigie.policy.change.v1", value.into_bytes()))?;
        sender.flush()?;
        Ok(String::new())
    }

    fn reviewing_from(&self, review: u32) -> Value {
        let mut policy = self.policy.clone();
        policy["thresholds"] = json!({ "review": review, "hold": 101, "refuse": 101 });
        policy
    }

    fn wrong(&self) -> Value {
        let mut policy = self.reviewing_from(1);
        policy["rules"]["velocity"]["parameters"]["count"] = json!(1);
        policy
    }
}

/// One tree that asks for the amount alone, as the description of model files has it.
fn small_model() -> Value {
    let window = json!({ "data": "none", "from_ms": 0, "until_ms": 1, "rows": 2, "frauds": 1 });
    json!({
        "format": "vigie-fraud-model", "version": 1, "about": "says little; for a measurement", "trained_on": window,
        "calibrated_on": null, "figures": {}, "features": ["TX_AMOUNT"],
        "recipe": { "trees": 1, "rate": 0.1, "depth": 1, "min_gain": 0.0, "min_hessian": 1.0, "lambda": 1.0 },
        "calibration": { "slope": 1.0, "intercept": 0.0, "reliability": [] },
        "trees": [{ "feature": [0, null, null], "threshold": [250.0, 0.0, 0.0], "child": [1, 0, 0],
            "value": [-2.0, -3.0, -1.0], "rows": [2, 1, 1] }],
    })
}
