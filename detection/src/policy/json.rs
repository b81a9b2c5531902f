//! A policy as JSON, read by hand so that whatever is wrong is named by its path.
//!
//! Promises: an unknown field, rule or parameter is refused, and so is a missing one; only a whole rule may be missing,
//! which is then off. Writing and reading gives the same policy.

use super::{Policy, PolicyError, RulePolicy};
use crate::rules::{self, Parameters, Rule, RuleId};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

impl TryFrom<Value> for Policy {
    type Error = PolicyError;
    fn try_from(value: Value) -> Result<Self, PolicyError> {
        read(value)
    }
}

impl From<Policy> for Value {
    fn from(policy: Policy) -> Value {
        let rules: Map<String, Value> =
            rules::ALL.iter().map(|rule| (rule.id.to_string(), rule_json(rule, policy.rule(rule.id)))).collect();
        json!({
            "version": policy.version,
            "thresholds": policy.thresholds,
            "model_cap": policy.model_cap,
            "hold_timeout_ms": policy.hold_timeout_ms,
            "hold_expiry": policy.hold_expiry,
            "usual": policy.usual,
            "rules": rules,
        })
    }
}

fn rule_json(rule: &Rule, policy: &RulePolicy) -> Value {
    let mut parameters = Map::new();
    for (parameter, value) in rule.parameters.iter().zip(policy.parameters.values) {
        parameters.insert(parameter.name.to_owned(), value.into());
    }
    for (list, entries) in rule.lists.iter().zip(&policy.parameters.lists) {
        parameters.insert(list.name.to_owned(), entries.clone().into());
    }
    json!({ "on": policy.on, "weight": policy.weight, "parameters": parameters })
}

pub(super) fn parse(text: &str) -> Result<Value, PolicyError> {
    serde_json::from_str(text).map_err(|error| PolicyError::new("policy", error.to_string()))
}

pub(super) fn read(value: Value) -> Result<Policy, PolicyError> {
    let mut top = Object::of(value, String::new())?;
    let mut policy = Policy {
        version: top.take("version")?,
        thresholds: top.take("thresholds")?,
        model_cap: top.take("model_cap")?,
        hold_timeout_ms: top.take("hold_timeout_ms")?,
        hold_expiry: top.take("hold_expiry")?,
        usual: top.take("usual")?,
        rules: rules::ALL.each_ref().map(|rule| RulePolicy {
            on: false,
            weight: rule.weight,
            parameters: Parameters::defaults(rule.parameters, rule.lists),
        }),
    };
    let rules = top.object("rules")?;
    top.nothing_left("no such field")?;
    for (name, value) in rules.fields {
        let path = format!("rules.{name}");
        let id = RuleId::named(&name).ok_or_else(|| PolicyError::new(path.clone(), "no such rule"))?;
        *policy.rule_mut(id) = rule(id, Object::of(value, path)?)?;
    }
    policy.validate()?;
    Ok(policy)
}

/// Of the rules that the policy names.
pub(super) fn bring_up_to_date(policy: &mut Value) {
    for rule in &rules::ALL {
        let named = policy.get_mut("rules").and_then(|rules| rules.get_mut(rule.id.to_string()));
        let Some(Value::Object(given)) = named.and_then(|rule| rule.get_mut("parameters")) else { continue };
        for parameter in rule.parameters {
            let value = given.entry(parameter.name).or_insert(parameter.default.into());
            if let Some(number) = value.as_i64() {
                *value = number.clamp(parameter.least, parameter.most).into();
            }
        }
        for list in rule.lists {
            given.entry(list.name).or_insert(list.default.to_vec().into());
        }
    }
}

fn rule(id: RuleId, mut object: Object) -> Result<RulePolicy, PolicyError> {
    let rule = id.rule();
    let (on, weight) = (object.take("on")?, object.take("weight")?);
    let mut given = object.object("parameters")?;
    object.nothing_left("no such field")?;
    let mut parameters = Parameters::default();
    for (value, parameter) in parameters.values.iter_mut().zip(rule.parameters) {
        *value = given.take(parameter.name)?;
    }
    for (entries, list) in parameters.lists.iter_mut().zip(rule.lists) {
        *entries = given.take(list.name)?;
    }
    given.nothing_left("no such parameter")?;
    Ok(RulePolicy { on, weight, parameters })
}

/// A JSON object that is emptied field by field and knows where it stood.
struct Object {
    path: String,
    fields: Map<String, Value>,
}

impl Object {
    fn of(value: Value, path: String) -> Result<Self, PolicyError> {
        match value {
            Value::Object(fields) => Ok(Object { path, fields }),
            _ => Err(PolicyError::new(if path.is_empty() { "policy".to_owned() } else { path }, "must be an object")),
        }
    }

    fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn value(&mut self, name: &str) -> Result<Value, PolicyError> {
        self.fields.remove(name).ok_or_else(|| PolicyError::new(self.path_of(name), "is missing"))
    }

    fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, PolicyError> {
        let value = self.value(name)?;
        serde_json::from_value(value).map_err(|error| PolicyError::new(self.path_of(name), error.to_string()))
    }

    fn object(&mut self, name: &str) -> Result<Object, PolicyError> {
        let value = self.value(name)?;
        Object::of(value, self.path_of(name))
    }

    fn nothing_left(&self, reason: &str) -> Result<(), PolicyError> {
        match self.fields.keys().next() {
            Some(name) => Err(PolicyError::new(self.path_of(name), reason)),
            None => Ok(()),
        }
    }
}
