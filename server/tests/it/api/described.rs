//! The documents of the API against what it does.

use super::caller::Caller;
use super::{Scene, transfer};
use crate::http::{Answer, TestNode};
use crate::support::TestBank;
use domain::command::SubmitTransaction;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

fn openapi() -> Value {
    serde_json::from_str(server::api::OPENAPI).unwrap()
}

/// A schema of the description, with what it refers to.
fn validator(document: &Value, schema: &Value) -> Validator {
    let mut whole = json!({"components": document["components"]});
    whole.as_object_mut().unwrap().extend(schema.as_object().unwrap().clone());
    jsonschema::options().should_validate_formats(true).build(&whole).unwrap()
}

/// What the description says of this answer: its schema, and that its headers are there.
fn check(document: &Value, route: (&str, &str), answer: &Answer) {
    let (path, method) = route;
    let mut response = &document["paths"][path][method]["responses"][answer.status.to_string()];
    if let Some(name) = response["$ref"].as_str() {
        response = document.pointer(&name[1..]).unwrap();
    }
    assert!(response.is_object(), "{method} {path} answers {} undescribed", answer.status);
    let kind = answer.header("content-type").unwrap();
    let schema = &response["content"][kind]["schema"];
    assert!(schema.is_object(), "{method} {path} {}: {kind} is undescribed", answer.status);
    let body = answer.json();
    let faults: Vec<String> = validator(document, schema).iter_errors(&body).map(|error| error.to_string()).collect();
    assert!(faults.is_empty(), "{method} {path} {}: {faults:?} in {body}", answer.status);
    for name in response["headers"].as_object().into_iter().flat_map(|headers| headers.keys()) {
        assert!(answer.header(&name.to_lowercase()).is_some(), "{method} {path} {} without {name}", answer.status);
    }
    if answer.status >= 400 {
        assert_eq!(body["status"], json!(answer.status));
    }
}

const POST: (&str, &str) = ("/api/v1/transactions", "post");
const GET: (&str, &str) = ("/api/v1/transactions/{id}", "get");

#[tokio::test(flavor = "multi_thread")]
async fn real_answers_are_what_the_description_says() {
    let (scene, document) = (Scene::new().await, openapi());
    let ann = scene.caller(&["C1"]).await;
    let slow = scene.caller_with(&["C1"], |key| (key.rate, key.burst) = (1, 1)).await;
    let id = Uuid::now_v7();
    let (key, json) = (id.to_string(), ("content-type", "application/json"));
    let post = |headers: Vec<(&'static str, String)>, body: String| {
        let ann = &ann;
        async move {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            ann.send("POST", POST.0, &headers, body.as_bytes()).await
        }
    };
    let headers = || vec![("idempotency-key", key.clone()), (json.0, json.1.to_owned())];
    let body = transfer(100).to_string();
    let mut seen = BTreeSet::new();
    for answer in [
        post(headers(), body.clone()).await,
        post(headers(), body.clone()).await,
        post(headers(), transfer(101).to_string()).await,
        post(vec![(json.0, json.1.to_owned())], body.clone()).await,
        post(vec![("idempotency-key", key.clone())], body.clone()).await,
        post(headers(), "{}".to_owned()).await,
        post(headers(), body.replace("C1", "C9")).await,
        ann.announce("POST", POST.0, &[json, ("idempotency-key", &key)], 1 << 20).await,
        Caller::new(&scene.node, "").pay(id, &transfer(1)).await,
        slow.pay(id, &transfer(1)).await,
        slow.pay(id, &transfer(1)).await,
    ] {
        check(&document, POST, &answer);
        seen.insert(answer.status);
    }
    let place = format!("{}/{id}", POST.0);
    for answer in [
        ann.get(&place).await,
        ann.get(&format!("{}/{}", POST.0, Uuid::now_v7())).await,
        Caller::new(&scene.node, "").get(&place).await,
    ] {
        check(&document, GET, &answer);
        seen.insert(answer.status);
    }
    assert_eq!(seen, BTreeSet::from([200, 201, 400, 401, 403, 404, 409, 413, 415, 422, 429]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_are_served_whole_and_describe_every_route() {
    let (bank, document) = (TestBank::new().await, openapi());
    let node = TestNode::start(&bank, &[]).await;
    let caller = Caller::new(&node, "");
    let served = caller.get("/api/v1/openapi.json").await;
    assert_eq!(served.json(), document);
    assert_eq!(document["openapi"], "3.1.0");
    check(&document, ("/api/v1/openapi.json", "get"), &served);
    let schema = "/api/v1/schemas/submit-transaction.json";
    check(&document, (schema, "get"), &caller.get(schema).await);
    // What is described is there, and what is there by the router's own words is described.
    for path in document["paths"].as_object().unwrap().keys() {
        let asked = path.replace("{id}", "x");
        assert_ne!(caller.send("PUT", &asked, &[], b"").await.status, 404, "{path}");
    }
    let router = include_str!("../../../src/api.rs");
    let routes = router.matches(".route(").count();
    assert_eq!(routes, document["paths"].as_object().unwrap().len(), "a route is not described");
    for reference in references(&document) {
        assert!(document.pointer(&reference[1..]).is_some(), "{reference} leads nowhere");
    }
}

fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| match value.as_str() {
                Some(text) if name == "$ref" => vec![text.to_owned()],
                _ => references(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn submission() -> Value {
    json!({"transaction_id": Uuid::now_v7(), "kind": "transfer", "debit": "C1", "credit": "C2", "amount_minor": 1,
        "currency": "EUR", "occurred_at": "2026-11-21T10:00:00.123Z"})
}

#[test]
fn the_schema_of_the_command_accepts_and_refuses_what_the_worker_does() {
    let schema: Value = serde_json::from_str(server::api::SUBMIT_TRANSACTION).unwrap();
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let both = |value: &Value| {
        let read = serde_json::from_value::<SubmitTransaction>(value.clone());
        let fits =
            |read: &SubmitTransaction| read.context.as_ref().is_none_or(|context| context.invalid_field().is_none());
        (validator.is_valid(value), read.as_ref().is_ok_and(fits))
    };
    assert_eq!(both(&submission()), (true, true));
    let changes = |value: Value| {
        let mut changed = submission();
        changed.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
        both(&changed)
    };
    for accepted in [
        json!({"context": {}}),
        json!({"context": null, "reference": null, "history": false, "later": "a field to come"}),
        json!({"context": {"device": "t-1", "channel": "atm", "country": "FR", "session_risk": 100,
            "place": {"latitude_e6": -90_000_000, "longitude_e6": 180_000_000}}}),
        json!({"context": {"device": null, "place": null}}),
        json!({"occurred_at": "2026-11-21T10:00:00+01:00", "kind": "deposit", "amount_minor": 1_000_000_000_000_i64}),
    ] {
        assert_eq!(changes(accepted.clone()), (true, true), "{accepted}");
    }
    for refused in [
        json!({"transaction_id": "7"}),
        json!({"kind": "gift"}),
        json!({"debit": "c1"}),
        json!({"credit": ""}),
        json!({"credit": "X".repeat(35)}),
        json!({"amount_minor": "1"}),
        json!({"amount_minor": 1.5}),
        json!({"currency": "euro"}),
        json!({"occurred_at": "yesterday"}),
        json!({"history": 1}),
        json!({"context": {"ip": "::1"}}),
        json!({"context": {"device": "a b"}}),
        json!({"context": {"country": "fr"}}),
        json!({"context": {"session_risk": 101}}),
        json!({"context": {"place": {"latitude_e6": 1}}}),
        json!({"context": {"place": {"latitude_e6": 90_000_001, "longitude_e6": 0}}}),
    ] {
        assert_eq!(changes(refused.clone()), (false, false), "{refused}");
    }
    // The schema is for producers, who may do less; the decoder refuses these by their names.
    for refused in [json!({"history": true}), json!({"reference": "x"}), json!({"amount_minor": 0})] {
        assert_eq!(changes(refused.clone()), (false, true), "{refused}");
    }
    for name in schema["required"].as_array().unwrap() {
        let mut less = submission();
        less.as_object_mut().unwrap().remove(name.as_str().unwrap());
        assert_eq!(both(&less), (false, false), "{name}");
    }
}
