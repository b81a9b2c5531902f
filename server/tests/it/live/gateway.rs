//! Acting and waiting for the fact.

use super::node::{LiveBank, bank_without_broker, payment};
use super::two_customers;
use crate::ledger_rows::{LedgerRows, person};
use app::ports::{Opened, PortError, Role, Submission};
use domain::{Currency, RefusalReason, TransactionKind, TransactionState};
use std::time::{Duration, Instant};
use uuid::Uuid;

const POSTED: Submission = Submission::Decided { state: TransactionState::Posted, reason: None };

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_answered_with_its_decision_and_so_is_each_repetition() {
    let bank = two_customers().await;
    let deposit = payment(TransactionKind::Deposit, "C1", None, 1_000);
    let answers = futures::future::join_all((0..20).map(|_| bank.pay("ann", &deposit))).await;
    assert!(answers.iter().all(|answer| *answer == Ok(POSTED)), "{answers:?}");
    let mut other = deposit.clone();
    other.amount_minor = 999;
    assert_eq!(bank.pay("ann", &other).await, Ok(Submission::Conflict));
    let too_much = payment(TransactionKind::Transfer, "C1", Some("C2"), 1_001);
    let refused = |reason| Ok(Submission::Decided { state: TransactionState::Refused, reason: Some(reason) });
    assert_eq!(bank.pay("ann", &too_much).await, refused(RefusalReason::InsufficientFunds));
    let nowhere = payment(TransactionKind::Transfer, "C1", Some("C404"), 1);
    assert_eq!(bank.pay("ann", &nowhere).await, refused(RefusalReason::UnknownCreditAccount));
    let withdrawal = payment(TransactionKind::Withdrawal, "C1", None, 1_000);
    assert_eq!(bank.pay("ann", &withdrawal).await, Ok(POSTED));
    assert_eq!(bank.bank.balance("C1").await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_pays_from_an_account_that_is_not_theirs() {
    let bank = two_customers().await;
    for name in ["bob", "eve"] {
        let theft = payment(TransactionKind::Transfer, "C1", Some("C2"), 1);
        assert_eq!(bank.pay(name, &theft).await, Err(PortError::Forbidden));
    }
    let right = bank.store().paying_right(bank.whole_person("bob"), &"C2".parse().unwrap()).await.unwrap().unwrap();
    let theft = payment(TransactionKind::Transfer, "C1", Some("C2"), 1);
    assert_eq!(bank.gateway.submit(&right, &theft).await, Err(PortError::Forbidden), "the right to another account");
    assert_eq!(bank.bank.transactions().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_free_text_is_sealed_on_the_log_and_open_on_its_payers_page() {
    let bank = two_customers().await;
    let mut eve = bank.socket("eve", None, true).await;
    eve.frame().await;
    let mut deposit = payment(TransactionKind::Deposit, "C1", None, 1_000);
    deposit.reference = Some("  for the boat ".to_owned());
    assert_eq!(bank.pay("ann", &deposit).await, Ok(POSTED));
    assert_eq!(bank.newest("ann").await[0].reference.as_deref(), Some("for the boat"));
    let (_, text) = eve.transactions(1).await;
    assert!(!text.contains("boat") && !text.contains("v1:"), "{text}");
    let facts = serde_json::to_string(&bank.bank.facts().await).unwrap();
    assert!(facts.contains("\"reference\":\"v1:") && !facts.contains("boat"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_wish_opens_one_account_and_another_wish_another() {
    let mut bank = LiveBank::new(&[]).await;
    bank.customer("ann").await;
    bank.analyst("eve").await;
    let (wish, ann) = (Uuid::now_v7(), bank.whole_person("ann"));
    let Ok(Opened::Opened(first)) = bank.gateway.open(ann, wish, Currency::EUR).await else { panic!() };
    assert_eq!(bank.gateway.open(ann, wish, Currency::EUR).await, Ok(Opened::Opened(first.clone())));
    let Ok(Opened::Opened(second)) = bank.gateway.open(ann, Uuid::now_v7(), Currency::EUR).await else { panic!() };
    assert_ne!(first, second);
    assert_eq!(bank.store().accounts_of(ann.id).await.unwrap().len(), 2);
    let eve = bank.whole_person("eve");
    assert_eq!(bank.gateway.open(eve, Uuid::now_v7(), Currency::EUR).await, Err(PortError::Forbidden));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_worker_a_payment_is_received_and_still_processing() {
    let mut bank = LiveBank::without_worker().await;
    bank.customer("ann").await;
    let mut rows = LedgerRows::new(bank.store());
    rows.account("C1").await;
    rows.link(bank.whole_person("ann"), "C1").await;
    let started = Instant::now();
    let deposit = payment(TransactionKind::Deposit, "C1", None, 1_000);
    assert_eq!(bank.pay("ann", &deposit).await, Ok(Submission::StillProcessing));
    assert!(started.elapsed() < Duration::from_secs(6));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_broker_nothing_is_known_to_be_taken_within_six_seconds() {
    let (bank, gateway) = bank_without_broker().await;
    let ann = person(&bank.store, "ann", Role::Customer).await;
    let mut rows = LedgerRows::new(&bank.store);
    rows.account("C1").await;
    rows.link(&ann, "C1").await;
    let started = Instant::now();
    let deposit = payment(TransactionKind::Deposit, "C1", None, 1_000);
    let right = bank.store.paying_right(&ann, &deposit.own).await.unwrap().unwrap();
    assert_eq!(gateway.submit(&right, &deposit).await, Err(PortError::NotTaken));
    assert!(started.elapsed() < Duration::from_secs(6));
}
