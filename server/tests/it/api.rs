//! The decision API from outside: what a terminal is answered, and what an attacker is not.

mod caller;
mod described;
mod flood;

use crate::http::{Answer, TestNode};
use crate::support::{TestBank, until};
use crate::worker::{LIMIT, RunningWorker, WorkerBank};
use caller::Caller;
use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};
use server::api::key;
use server::store::api_keys::{NewApiKey, Reach};
use sqlx::Executor as _;
use uuid::Uuid;

/// A key's text.
async fn add_key(bank: &TestBank, accounts: &[&str], change: impl FnOnce(&mut NewApiKey)) -> String {
    let made = key::make();
    let reach = match accounts {
        [] => Reach::All,
        some => Reach::Accounts(some.iter().map(|text| text.parse().unwrap()).collect()),
    };
    let mut new = NewApiKey {
        id: made.id,
        secret_sha256: key::digest(&made.text).unwrap(),
        name: "test".to_owned(),
        reach,
        decisions: false,
        rate: 1_000,
        burst: 1_000,
        expires_at: None,
    };
    change(&mut new);
    bank.store.add_api_key(&new).await.unwrap();
    made.text
}

struct Scene {
    node: TestNode,
    bank: WorkerBank,
    _worker: RunningWorker,
}

impl Scene {
    /// Two customers' accounts, the first with 100.00.
    async fn new() -> Self {
        let bank = WorkerBank::new().await;
        let worker = bank.start_worker();
        let node = TestNode::start(&bank.bank, &[]).await;
        bank.open("CASH-EUR", 0).await;
        for account in ["C1", "C2"] {
            bank.open(account, 0).await;
        }
        bank.send(&domain::Command::SubmitTransaction(crate::worker::deposit("C1", 10_000))).await;
        until("the money is there", LIMIT, || async { bank.balance("C1").await.filter(|sum| *sum == 10_000) }).await;
        until("the feed is there", LIMIT, || async {
            (Caller::new(&node, "").get("/health/ready").await.status == 200).then_some(())
        })
        .await;
        Scene { node, bank, _worker: worker }
    }

    async fn caller(&self, accounts: &[&str]) -> Caller {
        self.caller_with(accounts, |_| {}).await
    }

    async fn caller_with(&self, accounts: &[&str], change: impl FnOnce(&mut NewApiKey)) -> Caller {
        standing(&self.node, &add_key(&self.bank.bank, accounts, change).await).await
    }
}

/// A caller whose key the node has learned of.
async fn standing(node: &TestNode, key: &str) -> Caller {
    let caller = Caller::new(node, key);
    let somewhere = format!("/api/v1/transactions/{}", Uuid::now_v7());
    until("the key stands", LIMIT, || async { (caller.get(&somewhere).await.status == 404).then_some(()) }).await;
    caller
}

fn transfer(amount_minor: i64) -> Value {
    json!({"kind": "transfer", "debit": "C1", "credit": "C2", "amount_minor": amount_minor, "currency": "EUR"})
}

fn faults(answer: &Answer) -> Value {
    answer.json()["errors"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_is_answered_with_the_decision_and_its_repetition_alike() {
    let scene = Scene::new().await;
    let caller = scene.caller(&["C1"]).await;
    let id = Uuid::now_v7();
    let answer = caller.pay(id, &transfer(1_250)).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    let place = format!("/api/v1/transactions/{id}");
    assert_eq!(answer.header("location"), Some(place.as_str()));
    assert_eq!(answer.json(), json!({"transaction_id": id, "state": "posted"}));
    assert!(answer.header("ratelimit").unwrap().starts_with("\"default\";r="));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let again = caller.pay(id, &transfer(1_250)).await;
    assert_eq!((again.status, again.json()), (200, answer.json()));
    let stands = caller.get(&place).await;
    assert_eq!((stands.status, stands.json()), (200, answer.json()));
    assert_eq!(scene.bank.balance("C2").await, Some(1_250));

    let other = caller.pay(id, &transfer(1_251)).await;
    assert_eq!((other.status, other.json()["state"].as_str()), (409, Some("posted")), "{other:?}");
    let refused = caller.pay(Uuid::now_v7(), &transfer(1_000_000)).await;
    assert_eq!(refused.status, 201);
    assert_eq!(
        (&refused.json()["state"], &refused.json()["reason"]),
        (&json!("refused"), &json!("insufficient_funds"))
    );
    let shop = json!({"kind": "withdrawal", "debit": "C1", "credit": "CASH-EUR", "amount_minor": 5, "currency": "EUR",
        "context": {"device": "t-1", "channel": "terminal", "country": "FR", "session_risk": 0}});
    assert_eq!(caller.pay(Uuid::now_v7(), &shop).await.json()["state"], "posted");
    assert_eq!(scene.bank.balance("C2").await, Some(1_250));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_parallel_posts_of_one_id_are_one_booking() {
    let scene = Scene::new().await;
    let (caller, id) = (scene.caller(&[]).await, Uuid::now_v7());
    let body = transfer(700);
    let answers = futures::future::join_all((0..100).map(|_| caller.pay(id, &body))).await;
    assert!(answers.iter().all(|answer| answer.json()["state"] == "posted"), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    assert_eq!(scene.bank.balance("C2").await, Some(700));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_acts_for_another_customers_account_or_learns_of_its_payments() {
    let scene = Scene::new().await;
    let (ann, bob) = (scene.caller(&["C1"]).await, scene.caller(&["C2"]).await);
    let id = Uuid::now_v7();
    assert_eq!(ann.pay(id, &transfer(100)).await.status, 201);
    let theft = bob.pay(Uuid::now_v7(), &transfer(100)).await;
    assert_eq!(theft.status, 403, "{theft:?}");
    let nobodys = json!({"kind": "transfer", "debit": "C404", "credit": "C2", "amount_minor": 1, "currency": "EUR"});
    let unknown = bob.pay(Uuid::now_v7(), &nobodys).await;
    assert_eq!(unknown.body, theft.body, "whether an account exists is not told");
    let (seen, never) = (
        bob.get(&format!("/api/v1/transactions/{id}")).await,
        bob.get(&format!("/api/v1/transactions/{}", Uuid::now_v7())).await,
    );
    assert_eq!((seen.status, &seen.body), (404, &never.body));
    // Its id cannot be used to look through the door either.
    let own = json!({"kind": "transfer", "debit": "C2", "credit": "C1", "amount_minor": 1, "currency": "EUR"});
    let conflict = bob.pay(id, &own).await;
    assert_eq!((conflict.status, conflict.json().get("state")), (409, None), "{conflict:?}");
    assert_eq!(scene.bank.balance("C2").await, Some(100));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_key_with_that_scope_is_told_verdict_and_score() {
    let scene = Scene::new().await;
    let plain = scene.caller(&[]).await;
    let told = scene.caller_with(&[], |key| key.decisions = true).await;
    let id = Uuid::now_v7();
    plain.pay(id, &transfer(100)).await;
    let judged = "update transaction set verdict = 2, score_e9 = 41500000000, policy_version = 1 where id = $1";
    sqlx::query(judged).bind(id).execute(scene.bank.bank.store.pool()).await.unwrap();
    let place = format!("/api/v1/transactions/{id}");
    assert_eq!(plain.get(&place).await.json(), json!({"transaction_id": id, "state": "posted"}));
    assert_eq!(told.get(&place).await.json()["decision"], json!({"verdict": "review", "score": 41.5}));
    assert_eq!(told.pay(id, &transfer(100)).await.json()["decision"]["verdict"], "review");
    for (state, reason, expected) in [
        (2_i16, None, json!({"transaction_id": id, "state": "under_review"})),
        (3, Some(13_i16), json!({"transaction_id": id, "state": "refused", "reason": "not_approved"})),
        (4, None, json!({"transaction_id": id, "state": "refused", "reason": "not_approved"})),
    ] {
        let held = "update transaction set state = $2, reason = $3, debit_version = null, debit_balance_after = null,
            credit_version = null, credit_balance_after = null where id = $1";
        let query = sqlx::query(held).bind(id).bind(state).bind(reason);
        query.execute(scene.bank.bank.store.pool()).await.unwrap();
        assert_eq!(plain.get(&place).await.json(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_worker_a_payment_is_received_and_its_place_says_processing() {
    let bank = WorkerBank::new().await;
    let node = TestNode::start(&bank.bank, &[]).await;
    let caller = standing(&node, &add_key(&bank.bank, &["C1"], |_| {}).await).await;
    let other = standing(&node, &add_key(&bank.bank, &["C1"], |_| {}).await).await;
    let id = Uuid::now_v7();
    let answer = caller.pay(id, &transfer(100)).await;
    assert_eq!((answer.status, answer.header("retry-after")), (202, Some("1")), "{answer:?}");
    let place = answer.header("location").unwrap();
    let stands = caller.get(place).await;
    assert_eq!((stands.status, &stands.json()["state"]), (200, &json!("processing")));
    assert_eq!(other.get(place).await.status, 404);
}

/// What the key opens is asked, and nothing else is done.
async fn opens(node: &TestNode, key: &str) -> u16 {
    Caller::new(node, key).get(&format!("/api/v1/transactions/{}", Uuid::now_v7())).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_does_not_stand_opens_nothing() {
    let bank = TestBank::new().await;
    let node = TestNode::start(&bank, &[]).await;
    let good = add_key(&bank, &["C1"], |_| {}).await;
    let expired = add_key(&bank, &["C1"], |key| key.expires_at = Some(Utc::now() - TimeDelta::seconds(1))).await;
    let soon = add_key(&bank, &["C1"], |key| key.expires_at = Some(Utc::now() + TimeDelta::seconds(3))).await;
    standing(&node, &good).await;
    let mut wrong = good.clone();
    wrong.pop();
    wrong.push(if good.ends_with('A') { 'B' } else { 'A' });
    for key in [&wrong, &expired, &good[..11], "vk_", "x", "' or 1=1 --"] {
        let answer = Caller::new(&node, key).pay(Uuid::now_v7(), &transfer(1)).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")), "{key}");
        assert_eq!(answer.json()["type"], "urn:vigie:problem:unauthorised");
    }
    until("the key expires", LIMIT, || async { (opens(&node, &soon).await == 401).then_some(()) }).await;
    assert_eq!(opens(&node, &good).await, 404);
    let revoked = std::time::Instant::now();
    assert!(bank.store.revoke_api_key(&good[..11]).await.unwrap());
    until("the key is revoked", LIMIT, || async { (opens(&node, &good).await == 401).then_some(()) }).await;
    assert!(revoked.elapsed() < std::time::Duration::from_secs(3), "{:?}", revoked.elapsed());
    // A cookie is no key, and a key in another scheme neither.
    let caller = Caller::new(&node, "");
    for header in [("authorization", format!("Basic {good}")), ("cookie", format!("session={good}"))] {
        let answer = caller.send("GET", "/api/v1/transactions/x", &[(header.0, &header.1)], b"").await;
        assert_eq!(answer.status, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_database_does_not_answer_nobody_is_let_in_on_old_rights() {
    let bank = TestBank::new().await;
    let node = TestNode::start(&bank, &[]).await;
    let key = add_key(&bank, &["C1"], |_| {}).await;
    standing(&node, &key).await;
    bank.store.pool().execute("alter table api_key rename to away").await.unwrap();
    let answer = until("old rights are not believed", LIMIT, || async {
        let answer = Caller::new(&node, &key).pay(Uuid::now_v7(), &json!({})).await;
        (answer.status != 422).then_some(answer)
    })
    .await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")));
    bank.store.pool().execute("alter table away rename to api_key").await.unwrap();
    standing(&node, &key).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_body_is_refused_by_what_is_wrong_with_it_and_books_nothing() {
    let bank = WorkerBank::new().await;
    let node = TestNode::start(&bank.bank, &[]).await;
    let caller = standing(&node, &add_key(&bank.bank, &[], |_| {}).await).await;
    let id = Uuid::now_v7().to_string();
    let json = ("content-type", "application/json");
    let key = ("idempotency-key", id.as_str());
    let good = transfer(100).to_string();
    for (headers, body, status, errors) in [
        (vec![json], good.as_str(), 400, json!([{"field": "Idempotency-Key", "code": "required"}])),
        (vec![json, ("idempotency-key", "7")], &good, 400, json!([{"field": "Idempotency-Key", "code": "invalid"}])),
        (vec![json, key, key], &good, 400, json!([{"field": "Idempotency-Key", "code": "duplicate"}])),
        (vec![key], &good, 415, Value::Null),
        (vec![("content-type", "text/plain"), key], &good, 415, Value::Null),
        (vec![json, key], "kind=transfer", 400, Value::Null),
        (vec![json, key], "", 400, Value::Null),
        (vec![json, key], "[]", 422, json!([{"field": "", "code": "wrong_type"}])),
        (
            vec![json, key],
            &good.replace("100", "1e999"),
            422,
            json!([{"field": "amount_minor", "code": "out_of_range"}]),
        ),
        (
            vec![json, key],
            &good.replace("100", "123456789012345678901234567890"),
            422,
            json!([{"field": "amount_minor", "code": "out_of_range"}]),
        ),
        (
            vec![json, key],
            &good.replace('}', ",\"history\":true}"),
            422,
            json!([{"field": "history", "code": "unknown"}]),
        ),
        (vec![json, key], &"[".repeat(60_000), 400, Value::Null),
        (vec![json, key], &"9".repeat(60_000), 422, json!([{"field": "", "code": "out_of_range"}])),
    ] {
        let answer = caller.send("POST", "/api/v1/transactions", &headers, body.as_bytes()).await;
        assert_eq!(answer.status, status, "{headers:?} {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        assert_eq!(faults(&answer), errors, "{headers:?}");
    }
    assert_eq!(caller.get("/api/v1/transactions/not-a-uuid").await.status, 404);
    assert_eq!(caller.get("/api/v1/nowhere").await.json()["type"], "urn:vigie:problem:not-found");
    let wrong = caller.send("DELETE", "/api/v1/transactions", &[], b"").await;
    assert_eq!((wrong.status, &wrong.json()["status"]), (405, &json!(405)));
    assert_eq!(bank.transactions().await + bank.dead_letters().await, 0);
    assert_eq!(bank.facts().await.len(), 0, "nothing came to the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_megabytes_are_not_even_read() {
    let bank = TestBank::new().await;
    let node = TestNode::start(&bank, &[]).await;
    let caller = standing(&node, &add_key(&bank, &[], |_| {}).await).await;
    let (id, large) = (Uuid::now_v7().to_string(), vec![b' '; 10_000_000]);
    let headers = [("content-type", "application/json"), ("idempotency-key", id.as_str())];
    let answer = caller.announce("POST", "/api/v1/transactions", &headers, large.len()).await;
    assert_eq!((answer.status, &answer.json()["type"]), (413, &json!("urn:vigie:problem:too-large")));
    // Without saying so first, a piece at a time.
    let answer = caller.send_chunked("/api/v1/transactions", &headers, &large).await;
    assert_eq!(answer.map(|answer| answer.status), Some(413));
    // Who has no key is told so before.
    let answer = Caller::new(&node, "").announce("POST", "/api/v1/transactions", &headers, large.len()).await;
    assert_eq!(answer.status, 401);
}
