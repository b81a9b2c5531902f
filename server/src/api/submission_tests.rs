//! What a body may say, and by which field and code it is refused.

#![allow(clippy::unwrap_used)]

use super::*;
use serde_json::{Value, json};

fn now() -> DateTime<Utc> {
    "2026-11-21T10:00:00Z".parse().unwrap()
}

fn whole() -> Value {
    json!({
        "kind": "transfer", "debit": "C1", "credit": "C2", "amount_minor": 1234, "currency": "EUR",
        "occurred_at": "2026-11-21T11:30:00.5+01:00",
        "context": {"device": "t-17", "channel": "terminal", "country": "FR", "session_risk": 3,
            "place": {"latitude_e6": 48_856_613, "longitude_e6": 2_352_222}}
    })
}

fn read_value(value: &Value) -> Result<SubmitTransaction, Problem> {
    read(Uuid::from_u128(7), &serde_json::to_vec(value).unwrap(), now())
}

fn faults(body: &str) -> Vec<(String, String)> {
    let problem = serde_json::to_value(read(Uuid::nil(), body.as_bytes(), now()).unwrap_err()).unwrap();
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    errors.iter().map(|error| (text(&error["field"]), text(&error["code"]))).collect()
}

/// The whole body with one member replaced, by JSON as it is written.
fn with(path: &[&str], text: &str) -> String {
    let mut value = whole();
    let mut place = &mut value;
    for name in path {
        place = &mut place[*name];
    }
    *place = json!("@");
    value.to_string().replace("\"@\"", text)
}

#[test]
fn a_whole_body_becomes_the_command() {
    let submission = read_value(&whole()).unwrap();
    assert_eq!(submission.transaction_id, Uuid::from_u128(7));
    assert_eq!((submission.amount_minor, submission.history, submission.reference), (1234, false, None));
    assert_eq!(submission.occurred_at.to_rfc3339(), "2026-11-21T10:30:00.500+00:00");
    let context = submission.context.unwrap();
    assert_eq!(context.place, Some(Place { latitude_e6: 48_856_613, longitude_e6: 2_352_222 }));
    assert_eq!((context.session_risk, context.channel.as_deref()), (Some(3), Some("terminal")));
}

#[test]
fn what_is_optional_may_be_left_out() {
    let mut body = whole();
    body.as_object_mut().unwrap().retain(|name, _| name != "occurred_at" && name != "context");
    let submission = read_value(&body).unwrap();
    assert_eq!(submission.occurred_at, now());
    assert_eq!(submission.context.unwrap().channel.as_deref(), Some("api"));
}

#[test]
fn each_fault_is_told_by_its_field_and_code() {
    for (path, text, code) in [
        (&["amount_minor"][..], "0", "out_of_range"),
        (&["amount_minor"], "-1", "out_of_range"),
        (&["amount_minor"], "1000000000001", "out_of_range"),
        (&["amount_minor"], "99999999999999999999999", "out_of_range"),
        (&["amount_minor"], "1e400", "out_of_range"),
        (&["amount_minor"], "12.5", "not_an_integer"),
        (&["amount_minor"], "\"12\"", "wrong_type"),
        (&["amount_minor"], "null", "wrong_type"),
        (&["kind"], "\"gift\"", "invalid"),
        (&["debit"], "\"c 1\"", "invalid"),
        (&["credit"], "{}", "wrong_type"),
        (&["currency"], "\"eur\"", "invalid"),
        (&["occurred_at"], "\"yesterday\"", "invalid"),
        (&["occurred_at"], "\"0000-01-01T00:00:00Z\"", "invalid"),
        (&["occurred_at"], "7", "wrong_type"),
        (&["context"], "[]", "wrong_type"),
        (&["context", "device"], "\"\"", "invalid"),
        (&["context", "country"], "\"France\"", "invalid"),
        (&["context", "session_risk"], "101", "out_of_range"),
        (&["context", "place", "latitude_e6"], "90000001", "out_of_range"),
        (&["context", "place", "longitude_e6"], "1e999", "out_of_range"),
        (&["context", "place"], "1", "wrong_type"),
    ] {
        assert_eq!(faults(&with(path, text)), [(path.join("."), code.to_owned())], "{path:?} {text}");
    }
}

#[test]
fn unknown_repeated_and_missing_members_are_all_named_at_once() {
    let mut told = faults(r#"{"kind":"transfer","kind":"deposit","history":true,"context":{"ip":"::1"}}"#);
    told.sort();
    let expected = [
        ("amount_minor", "required"),
        ("context.ip", "unknown"),
        ("credit", "required"),
        ("currency", "required"),
        ("debit", "required"),
        ("history", "unknown"),
        ("kind", "duplicate"),
    ];
    assert_eq!(told, expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    let many = (0..1_000).map(|n| format!("\"{}{n}\":1", "x".repeat(100))).collect::<Vec<_>>().join(",");
    let told = faults(&format!("{{{many}}}"));
    assert_eq!(told.len(), FAULTS);
    assert!(told.iter().all(|(field, _)| field.len() <= NAME));
}
