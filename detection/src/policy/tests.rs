//! Policies: what is refused, and how it is said.
#![allow(clippy::unwrap_used)]

use super::*;

fn with(change: impl FnOnce(&mut serde_json::Value)) -> Result<Policy, PolicyError> {
    let mut value = serde_json::Value::from(Policy::default());
    change(&mut value);
    Policy::from_json(&value.to_string())
}

fn complaint(change: impl FnOnce(&mut serde_json::Value)) -> String {
    with(change).map_or_else(|error| error.to_string(), |_| "accepted".to_owned())
}

#[test]
fn the_starting_policy_is_valid_and_survives_json() {
    assert_eq!(Policy::default().validate(), Ok(()));
    let text = serde_json::to_string(&Policy::default()).unwrap();
    assert_eq!(Policy::from_json(&text), Ok(Policy::default()));
    let read: Policy = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
}

#[test]
fn what_is_out_of_bounds_is_named_by_its_path() {
    let count = |value: &mut serde_json::Value| value["rules"]["velocity"]["parameters"]["count"] = 1.into();
    assert_eq!(complaint(count), "rules.velocity.parameters.count: must be 2 to 50");
    assert_eq!(complaint(|value| value["model_cap"] = 101.into()), "model_cap: must be 0 to 100");
    let weight = |value: &mut serde_json::Value| value["rules"]["fan-in"]["weight"] = 500.into();
    assert_eq!(complaint(weight), "rules.fan-in.weight: must be 0 to 100");
    let country = |value: &mut serde_json::Value| {
        value["rules"]["channel-risk"]["parameters"]["countries"] = vec!["IR", "France"].into();
    };
    assert_eq!(complaint(country), "rules.channel-risk.parameters.countries.1: must be two capital letters");
}

#[test]
fn what_is_unknown_or_missing_is_refused() {
    let rule = |value: &mut serde_json::Value| value["rules"]["astrology"] = serde_json::json!({});
    assert_eq!(complaint(rule), "rules.astrology: no such rule");
    let parameter = |value: &mut serde_json::Value| value["rules"]["velocity"]["parameters"]["cuont"] = 5.into();
    assert_eq!(complaint(parameter), "rules.velocity.parameters.cuont: no such parameter");
    assert_eq!(complaint(|value| value["colour"] = "red".into()), "colour: no such field");
    let missing = |value: &mut serde_json::Value| {
        value["rules"]["velocity"]["parameters"].as_object_mut().unwrap().remove("count");
    };
    assert_eq!(complaint(missing), "rules.velocity.parameters.count: is missing");
    assert!(complaint(|value| value["rules"] = 3.into()).starts_with("rules: must be an object"));
    assert!(complaint(|value| value["version"] = "one".into()).starts_with("version: "));
    assert!(Policy::from_json("{").is_err());
}

#[test]
fn thresholds_must_rise() {
    assert_eq!(
        complaint(|value| value["thresholds"]["hold"] = 29.into()),
        "thresholds.hold: must be at least thresholds.review, 30"
    );
    assert_eq!(
        complaint(|value| value["thresholds"]["refuse"] = 59.into()),
        "thresholds.refuse: must be at least thresholds.hold, 60"
    );
    assert_eq!(complaint(|value| value["thresholds"]["review"] = 0.into()), "thresholds.review: must be 1 to 101");
    assert!(with(|value| value["thresholds"]["refuse"] = NEVER.into()).is_ok());
}

#[test]
fn a_rule_that_a_stored_policy_does_not_know_is_off() {
    let policy = with(|value| {
        value["rules"].as_object_mut().unwrap().remove("round-trip");
    })
    .unwrap();
    assert!(!policy.rule(RuleId::RoundTrip).on);
    assert!(policy.rule(RuleId::Velocity).on);
}

#[test]
fn a_policy_that_was_accepted_once_stays_readable_when_rules_ask_for_more() {
    let mut value = serde_json::Value::from(Policy::default());
    value["rules"]["payee-reported"]["parameters"].as_object_mut().unwrap().remove("share_per_mille");
    value["rules"]["velocity"]["parameters"]["count"] = 700.into();
    let text = value.to_string();
    assert!(Policy::from_json(&text).is_err(), "a new one must say everything");
    let mut expected = Policy::default();
    expected.set(RuleId::Velocity, "count", 50).unwrap();
    assert_eq!(Policy::from_accepted_json(&text), Ok(expected));
    value["rules"]["velocity"]["parameters"]["count"] = "many".into();
    assert!(Policy::from_accepted_json(&value.to_string()).is_err());
}

#[test]
fn a_parameter_is_set_by_name_and_within_bounds() {
    let mut policy = Policy::default();
    assert_eq!(policy.set(RuleId::Velocity, "count", 7), Ok(()));
    assert_eq!(policy.parameters(RuleId::Velocity).values[crate::rules::velocity::COUNT], 7);
    let error = policy.set(RuleId::Velocity, "count", 1).unwrap_err();
    assert_eq!(error.to_string(), "rules.velocity.parameters.count: must be 2 to 50");
    assert_eq!(policy.set(RuleId::Velocity, "x", 1).unwrap_err().reason, "no such parameter");
}
