//! Alerts, whole: the list and its pages from the real tables, what staff decide through the real log, and that none
//! of it is a customer's.

use crate::http::{Answer, Browser, TestNode};
use crate::ledger_rows::{LedgerRows, person};
use crate::live::node::{LiveBank, bank_without_broker, payment};
use crate::support::TestBank;
use crate::worker::{deposit, transfer, until};
use app::language::Language;
use app::ports::alerts::{AlertKey, AlertQuery, Alerts as _, Labelled, Settle, Settled};
use app::ports::{NewestQuery, Person, PortError, Role, Submission, Transactions as _};
use chrono::{TimeDelta, Utc};
use domain::command::{Command, FraudLabel, LabelSource, SubmitTransaction};
use domain::fact::RiskVerdict;
use domain::view::{Change, Frame};
use domain::{RefusalReason, TransactionKind, TransactionState};
use server::identity::hash_password;
use server::web::ports::Bank;
use uuid::Uuid;

/// An alert on a transaction of those accounts, raised `minute` minutes after the first; closed ones at once.
async fn alert(rows: &mut LedgerRows, bank: &TestBank, minute: i64, verdict: RiskVerdict, open: bool) -> Uuid {
    let id = rows.post("A1", "B1", 100 + minute).await;
    let at = rows.now;
    let verdict: i16 = match verdict {
        RiskVerdict::Allow => 1,
        RiskVerdict::Review => 2,
        RiskVerdict::Hold => 3,
        RiskVerdict::Refuse => 4,
    };
    let query = sqlx::query(
        "insert into alert (transaction_id, account_id, raised_at, verdict, score_e9, state, closed_at, evidence)
         select $1, id, $2, $3, 130000000000, $4, case when $4 = 2 then $2 end, '{}' from account where number = 'A1'",
    );
    let query = query.bind(id).bind(at).bind(verdict).bind(if open { 1_i16 } else { 2 });
    query.execute(bank.store.pool()).await.unwrap();
    id
}

struct Scene {
    bank: TestBank,
    eve: Person,
    alice: Person,
    /// In the order in which they were raised, and whether each is open.
    alerts: Vec<(Uuid, bool)>,
}

/// Nine alerts on alice's account, every third one closed, the verdicts in turn.
async fn scene() -> Scene {
    let bank = TestBank::new().await;
    let mut rows = LedgerRows::new(&bank.store);
    let alice = person(&bank.store, "alice", Role::Customer).await;
    let eve = person(&bank.store, "eve", Role::Analyst).await;
    for account in ["A1", "B1"] {
        rows.account(account).await;
    }
    rows.link(&alice, "A1").await;
    let mut alerts = Vec::new();
    let verdicts = [RiskVerdict::Review, RiskVerdict::Hold, RiskVerdict::Refuse, RiskVerdict::Review];
    for index in 0..9_usize {
        let open = index % 3 != 2;
        let id = alert(&mut rows, &bank, index as i64, verdicts[index % 4], open).await;
        alerts.push((id, open));
    }
    Scene { bank, eve, alice, alerts }
}

#[tokio::test]
async fn the_list_shows_open_alerts_first_then_the_newest_page_by_page() {
    let Scene { bank, eve, alerts, .. } = scene().await;
    let part = |open: bool| alerts.iter().rev().filter(move |alert| alert.1 == open).map(|alert| alert.0);
    let expected: Vec<Uuid> = part(true).chain(part(false)).collect();
    let mut found = Vec::new();
    let mut query = AlertQuery { limit: 2, ..AlertQuery::default() };
    loop {
        let page = bank.store.alerts(&eve, &query).await.unwrap();
        assert!(page.rows.len() <= 2);
        found.extend(page.rows.iter().map(|row| row.id));
        let Some(older) = page.older else { break };
        query.after = Some(older.to_string().parse::<AlertKey>().unwrap());
    }
    assert_eq!(found, expected);
    let first = bank.store.alerts(&eve, &AlertQuery { limit: 1, ..AlertQuery::default() }).await.unwrap();
    let row = &first.rows[0];
    assert_eq!((row.account.as_str(), row.counterparty.as_str(), row.score_e9), ("A1", "B1", 100_000_000_000));
    assert_eq!(first.resume.0.get(&0), Some(&9), "a socket goes on from here");
}

#[tokio::test]
async fn the_list_is_filtered_by_state_and_verdict() {
    let Scene { bank, eve, alerts, .. } = scene().await;
    let count = async |open: Option<bool>, verdict: Option<RiskVerdict>| {
        let query = AlertQuery { open, verdict, after: None, limit: 50 };
        bank.store.alerts(&eve, &query).await.unwrap().rows.len()
    };
    assert_eq!((count(None, None).await, count(Some(true), None).await, count(Some(false), None).await), (9, 6, 3));
    assert_eq!(count(None, Some(RiskVerdict::Review)).await, 5);
    assert_eq!(count(Some(true), Some(RiskVerdict::Hold)).await, 1);
    assert_eq!(bank.store.open_alerts(&eve).await, Ok(6));
    assert_eq!(alerts.len(), 9);
}

#[tokio::test]
async fn alerts_are_no_customers_business() {
    let Scene { bank, alice, eve, alerts } = scene().await;
    let (id, store) = (alerts[0].0, &bank.store);
    assert_eq!(store.alerts(&alice, &AlertQuery::default()).await.unwrap_err(), PortError::Forbidden);
    assert_eq!(store.alert(&alice, id).await.unwrap_err(), PortError::Forbidden);
    assert_eq!(store.open_alerts(&alice).await.unwrap_err(), PortError::Forbidden);
    assert_eq!(store.at_risk(&alice, id).await.unwrap_err(), PortError::Forbidden);
    let (detail, evidence) = store.alert(&eve, id).await.unwrap();
    assert_eq!((detail.alert.id, detail.transaction.id, evidence.as_str()), (id, id, "{}"));
    assert_eq!(store.alert(&eve, Uuid::nil()).await.unwrap_err(), PortError::NotFound);
}

#[tokio::test]
async fn evidence_of_another_version_leaves_the_alert_readable() {
    let Scene { bank, eve, alerts, .. } = scene().await;
    let (_other, gateway) = bank_without_broker().await;
    let desk = Bank { store: bank.store.clone(), gateway };
    let detail = desk.one(&eve, alerts[0].0, Language::Fr).await.unwrap();
    assert_eq!(detail.explanation, None);
    assert_eq!(desk.verdict(RiskVerdict::Hold, Language::Fr), "Suspendu");
}

fn history(submission: SubmitTransaction, days: i64) -> Command {
    let occurred_at = Utc::now() - TimeDelta::days(days);
    Command::SubmitTransaction(SubmitTransaction { history: true, occurred_at, ..submission })
}

/// A bank that judges: ann's C1 has 500.00 and a habit of 200.00, C3 is bob's; eve is an analyst.
async fn judging() -> LiveBank {
    let mut bank = LiveBank::judging().await;
    bank.open_account("CASH-EUR", None).await;
    for (name, account) in [("ann", "C1"), ("carl", "C2"), ("bob", "C3")] {
        let person = bank.customer(name).await;
        bank.open_account(account, Some(person)).await;
    }
    bank.analyst("eve").await;
    bank.send(&history(deposit("C1", 170_000), 25)).await;
    for (days, amount_minor) in [(23, 10_000), (20, 30_000), (17, 10_000), (14, 30_000), (11, 10_000), (8, 30_000)] {
        bank.send(&history(transfer("C1", "C2", amount_minor), days)).await;
    }
    until("the habit is booked", || async { bank.bank.balance("C2").await == Some(120_000) }).await;
    bank
}

/// ann's first payment to C3, of nine tenths of what there is: held.
async fn risky(bank: &LiveBank) -> Uuid {
    let payment = payment(TransactionKind::Transfer, "C1", Some("C3"), 45_000);
    let held = Ok(Submission::Decided { state: TransactionState::Held, reason: None });
    assert_eq!(bank.pay("ann", &payment).await, held);
    payment.transaction_id
}

async fn held_minor(bank: &LiveBank) -> i64 {
    let query = sqlx::query_scalar("select held_minor from account where number = 'C1'");
    query.fetch_one(bank.store().pool()).await.unwrap()
}

fn desk(bank: &LiveBank) -> Bank {
    Bank { store: bank.store().clone(), gateway: bank.gateway.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_releases_at_once_one_moves_the_money_and_all_are_told() {
    let bank = judging().await;
    let (id, eve) = (risky(&bank).await, bank.whole_person("eve"));
    assert_eq!((held_minor(&bank).await, bank.bank.balance("C1").await), (45_000, Some(50_000)));
    let theft = bank.gateway.settle(bank.whole_person("ann"), id, Settle::Release).await;
    assert_eq!(theft, Err(PortError::Forbidden));
    assert_eq!(bank.gateway.label(eve, id, FraudLabel::Fraud).await, Ok(Labelled::StillHeld));

    let answers = futures::future::join_all((0..100).map(|_| bank.gateway.settle(eve, id, Settle::Release))).await;
    let state = TransactionState::Posted;
    let count = |wanted: Settled| answers.iter().filter(|answer| **answer == Ok(wanted)).count();
    let (won, told) = (count(Settled::Done { state, reason: None }), count(Settled::Already { state }));
    assert_eq!((won, told), (1, 99), "{answers:?}");
    assert_eq!((bank.bank.balance("C1").await, bank.bank.balance("C3").await), (Some(5_000), Some(45_000)));
    assert_eq!(held_minor(&bank).await, 0);
    let late = bank.gateway.settle(eve, id, Settle::Refuse).await;
    assert_eq!(late, Ok(Settled::Already { state }), "who comes too late to refuse is told that it was released");

    assert_eq!(bank.gateway.label(eve, id, FraudLabel::Genuine).await, Ok(Labelled::Done));
    assert_eq!(bank.gateway.label(eve, id, FraudLabel::Genuine).await, Ok(Labelled::Already));
    assert_eq!(bank.gateway.label(eve, id, FraudLabel::Fraud).await, Ok(Labelled::Done), "a later word counts");
    let (detail, _) = bank.store().alert(eve, id).await.unwrap();
    assert_eq!((detail.alert.label, detail.labelled_by), (Some(FraudLabel::Fraud), Some(LabelSource::Analyst)));
    assert!(!detail.alert.open && detail.closed_at.is_some());
    assert_eq!(bank.gateway.settle(eve, Uuid::nil(), Settle::Release).await, Err(PortError::NotFound));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_told_with_its_reasons_in_both_languages_and_the_sum_is_the_score() {
    let bank = judging().await;
    let (id, eve, desk) = (risky(&bank).await, bank.whole_person("eve"), desk(&bank));
    for language in Language::ALL {
        let detail = desk.one(eve, id, language).await.unwrap();
        assert_eq!(detail.alert.verdict, RiskVerdict::Hold);
        assert!(detail.alert.open && detail.alert.held_until.is_some() && detail.on_expiry.is_some());
        assert!(detail.policy_version.is_some());
        let told = detail.explanation.unwrap();
        let sum: i64 = told.reasons.iter().filter_map(|reason| reason.points_e9).sum();
        assert!((sum - told.score_e9).abs() <= 1_000 && told.score_e9 == detail.alert.score_e9, "{told:#?}");
        assert!(told.reasons.iter().any(|reason| reason.text.contains("C3")), "the payee is named: {told:#?}");
        assert!(told.counterfactual.is_some() && told.facts.len() > 20, "{told:#?}");
        assert_eq!(told.thresholds.hold, 60);
    }
    let list = desk.list(eve, &AlertQuery { limit: 10, ..AlertQuery::default() }).await.unwrap();
    assert_eq!(list.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analyst_hears_of_an_alert_and_its_customer_only_of_the_review_and_the_outcome() {
    let bank = judging().await;
    let mut eve = bank.socket("eve", None, true).await;
    let mut ann = bank.socket("ann", None, false).await;
    eve.frame().await;
    ann.frame().await;
    let id = risky(&bank).await;
    let raised = |frame: &Frame| {
        let Frame::Update { changes, .. } = frame else { return false };
        changes.iter().any(|change| matches!(change, Change::Alert(alert) if alert.id == id && alert.open))
    };
    eve.until(raised).await;
    let eves = bank.whole_person("eve");
    let refused = bank.gateway.settle(eves, id, Settle::Refuse).await;
    let reason = Some(RefusalReason::NotApproved);
    assert_eq!(refused, Ok(Settled::Done { state: TransactionState::Refused, reason }));
    bank.gateway.label(eves, id, FraudLabel::Fraud).await.unwrap();
    let labelled = |frame: &Frame| {
        let Frame::Update { changes, .. } = frame else { return false };
        changes.iter().any(|change| matches!(change, Change::Alert(alert) if alert.id == id && !alert.open))
    };
    eve.until(labelled).await;

    let (rows, text) = ann.transactions_until(|rows| rows.iter().any(|row| row.reason.is_some())).await;
    let states: Vec<_> = rows.iter().map(|row| row.state).collect();
    assert_eq!(states, [TransactionState::Held, TransactionState::Refused]);
    let available = |index: usize| rows[index].debit.after.and_then(|after| after.available_minor);
    assert_eq!((available(0), available(1)), (Some(5_000), Some(50_000)), "reserved, then available again");
    for kept_from_customers in ["alert", "score", "verdict", "fraud", "rule", "policy"] {
        assert!(!text.contains(kept_from_customers), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn to_a_customer_an_expired_hold_is_one_that_was_not_approved() {
    let bank = judging().await;
    let mut ann = bank.socket("ann", None, false).await;
    ann.frame().await;
    let id = risky(&bank).await;
    sqlx::query("update hold set until = now() - interval '1 second'").execute(bank.store().pool()).await.unwrap();
    let (rows, _) = ann.transactions_until(|rows| rows.iter().any(|row| row.state != TransactionState::Held)).await;
    let not_approved = (TransactionState::Refused, Some(RefusalReason::NotApproved));
    let last = rows.last().unwrap();
    assert_eq!((last.state, last.reason), not_approved);

    let desk = desk(&bank);
    let (anns, eve) = (bank.whole_person("ann"), bank.whole_person("eve"));
    let (view, _) = desk.status(anns, id).await.unwrap();
    assert_eq!((view.state, view.reason), not_approved, "the page agrees with the socket");
    assert_eq!(desk.status(eve, id).await.unwrap().0.state, TransactionState::Expired);
    let state = Some(TransactionState::Refused);
    let (listed, _) = desk.newest(anns, &NewestQuery { state, limit: 9, ..NewestQuery::default() }).await.unwrap();
    assert_eq!(listed.iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
    assert!(desk.settled_at(anns, id).await.unwrap().is_some(), "its page tells when");
    assert_eq!(desk.settled_at(bank.whole_person("bob"), id).await, Ok(None), "nobody else's page");
    let late = bank.gateway.settle(eve, id, Settle::Release).await;
    assert_eq!(late, Ok(Settled::Already { state: TransactionState::Expired }));
    assert_eq!((held_minor(&bank).await, bank.bank.balance("C1").await), (0, Some(50_000)));
}

const PASSWORD: &str = "correct horse battery";

async fn signed_in(node: &TestNode, bank: &TestBank, name: &str, role: Role) -> Browser {
    let hash = hash_password(PASSWORD).unwrap();
    bank.store.add_person(name, name, role, &hash, false).await.unwrap();
    let mut browser = Browser::new(node);
    let form = format!("username={name}&password={}", PASSWORD.replace(' ', "+"));
    assert_eq!(browser.post("/do/sign_in", &form).await.status, 303);
    browser
}

fn lead(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.header("location").unwrap_or_default())
}

#[tokio::test]
async fn pages_and_posts_about_alerts_are_for_staff_from_our_own_pages() {
    let Scene { bank, alerts, .. } = scene().await;
    let node = TestNode::start(&bank, &["--kafka-brokers=127.0.0.1:1"]).await;
    let id = alerts[0].0;
    let one = format!("/alerts/{id}");
    let mut customer = signed_in(&node, &bank, "carla", Role::Customer).await;
    for page in ["/alerts", one.as_str(), "/alerts/open"] {
        assert_eq!(customer.get(page).await.status, 403, "{page}");
    }
    let posts = [
        ("/do/release-hold", format!("transaction_id={id}")),
        ("/do/refuse-hold", format!("transaction_id={id}")),
        ("/do/label-transaction", format!("transaction_id={id}&label=genuine")),
    ];
    for (path, form) in &posts {
        assert_eq!(customer.post(path, form).await.status, 403, "{path}");
    }
    let mut analyst = signed_in(&node, &bank, "ada", Role::Analyst).await;
    let list = analyst.get("/alerts").await;
    assert_eq!(list.status, 200);
    assert!(list.body.contains(&one) && list.body.contains("6 open"), "the list and the badge");
    assert!(!list.body.contains(" style="), "no inline style");
    let page = analyst.get(&one).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("/do/label-transaction") && !page.body.contains("/do/release-hold"), "not held");
    assert_eq!(analyst.get("/alerts/open").await.body, "6");
    assert_eq!(analyst.get(&format!("/alerts/{}", Uuid::nil())).await.status, 404);
    for (path, form) in &posts {
        let content = ("content-type", "application/x-www-form-urlencoded");
        assert_eq!(analyst.send("POST", path, &[content], form).await.status, 403, "{path} from nowhere");
    }
    // The broker does not answer: nothing is known to be taken, and the page says so.
    let (path, form) = &posts[2];
    assert_eq!(lead(&analyst.post(path, form).await), (303, format!("{one}?answer=not-taken").as_str()));
    let told = analyst.get(&format!("{one}?answer=not-taken")).await;
    assert!(told.body.contains("not known to be taken"));
}
