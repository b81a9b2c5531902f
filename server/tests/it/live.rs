//! The live socket and the gateway, whole: a real worker decides, the tail reads its facts from the real log, a real
//! websocket receives them.

mod gateway;
mod lag;
pub mod node;
mod rights;

use crate::worker::{deposit, transfer};
use domain::Command;
use domain::view::{Change, Frame, ResumeToken, TransactionView};
use node::{LiveBank, Socket, account_versions};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Two customers with an account each, and an analyst.
async fn two_customers() -> LiveBank {
    let mut bank = LiveBank::new(&[]).await;
    bank.open_account("CASH-EUR", None).await;
    for (name, account) in [("ann", "C1"), ("bob", "C2")] {
        let person = bank.customer(name).await;
        bank.open_account(account, Some(person)).await;
    }
    bank.analyst("eve").await;
    bank
}

fn snapshot_numbers(frame: &Frame) -> (Vec<String>, usize, ResumeToken) {
    let Frame::Snapshot { accounts, transactions, resume, .. } = frame else { panic!("{frame:?}") };
    (accounts.iter().map(|account| account.account.clone()).collect(), transactions.len(), resume.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_reaches_both_customers_and_the_analyst_each_with_their_own_view() {
    let bank = two_customers().await;
    let mut ann = bank.socket("ann", None, false).await;
    let mut bob = bank.socket("bob", None, true).await;
    let mut eve = bank.socket("eve", None, true).await;
    assert_eq!(snapshot_numbers(&ann.frame().await).0, ["C1"]);
    assert_eq!(snapshot_numbers(&bob.frame().await).0, ["C2"], "a customer who asks for all gets the own ones");
    assert_eq!(snapshot_numbers(&eve.frame().await).0, ["C1", "C2"]);

    bank.send(&Command::SubmitTransaction(deposit("C1", 10_000))).await;
    bank.send(&Command::SubmitTransaction(transfer("C1", "C2", 2_500))).await;
    let (ann, anns_frames) = ann.transactions(2).await;
    let (bob, bobs_frames) = bob.transactions(1).await;
    let (eve, _) = eve.transactions(2).await;

    let after =
        |view: &TransactionView| (view.debit.after.map(|a| a.booked_minor), view.credit.after.map(|a| a.booked_minor));
    assert_eq!(ann.iter().map(after).collect::<Vec<_>>(), [(None, Some(10_000)), (Some(7_500), None)]);
    assert_eq!(bob.iter().map(after).collect::<Vec<_>>(), [(None, Some(2_500))]);
    assert_eq!(eve.iter().map(after).collect::<Vec<_>>(), [(None, Some(10_000)), (Some(7_500), Some(2_500))]);
    assert_eq!(bob[0].debit.account, "C1", "the other side keeps its number");
    // The frames whole, as text: nothing of the other side but its number.
    assert!(!bobs_frames.contains("7500") && !bobs_frames.contains("10000"), "{bobs_frames}");
    assert!(!anns_frames.contains("\"booked_minor\":2500"), "{anns_frames}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_was_cut_off_gets_exactly_what_it_missed_in_order_per_account() {
    let bank = two_customers().await;
    bank.send(&Command::SubmitTransaction(deposit("C1", 1_000_000))).await;
    bank.send(&Command::SubmitTransaction(deposit("C2", 1_000_000))).await;
    let mut eve = bank.socket("eve", None, true).await;
    let mut resume = snapshot_numbers(&eve.frame().await).2;
    let mut seen: BTreeSet<Uuid> = BTreeSet::new();
    while seen.len() < 2 {
        let rows = bank.newest("eve").await;
        seen = rows.iter().map(|row| row.id).collect();
    }
    // What the snapshot did not hold comes as updates; then the line is cut.
    let mut ann = bank.socket("ann", Some(&resume), false).await;
    if let Frame::Update { resume: later, .. } = eve.beat().await {
        resume = later;
    }
    drop(eve);
    let known: BTreeSet<Uuid> = seen.clone();
    let mut sent = BTreeSet::new();
    for index in 0..500 {
        let payment = if index % 2 == 0 { transfer("C1", "C2", 10) } else { transfer("C2", "C1", 7) };
        sent.insert(payment.transaction_id);
        bank.send_soon(Command::SubmitTransaction(payment));
    }
    bank.sent().await;
    let mut eve = bank.socket("eve", Some(&resume), true).await;
    let (rows, _) = eve.transactions_until(|rows| sent.iter().all(|id| rows.iter().any(|row| row.id == *id))).await;
    let got: Vec<Uuid> = rows.iter().map(|row| row.id).filter(|id| !known.contains(id)).collect();
    assert_eq!(got.len(), 500, "none twice");
    assert_eq!(got.iter().copied().collect::<BTreeSet<_>>(), sent, "exactly those");
    for account in ["C1", "C2"] {
        // Frames follow the log of each partition; within what was waiting, the account's versions.
        let versions = account_versions(&rows, account);
        let distinct: BTreeSet<i64> = versions.iter().copied().collect();
        assert_eq!(distinct.len(), versions.len());
        let (first, last) = (distinct.first().unwrap(), distinct.last().unwrap());
        assert_eq!(last - first + 1, distinct.len() as i64, "no version is missing");
    }
    // A customer's socket on the same token: own side only, as many.
    let (rows, text) = ann.transactions_until(|rows| sent.iter().all(|id| rows.iter().any(|row| row.id == *id))).await;
    assert_eq!(rows.iter().filter(|row| sent.contains(&row.id)).count(), 500);
    assert!(rows.iter().all(|row| row.debit.after.is_none() != row.credit.after.is_none()), "one side each");
    assert!(!text.contains("reference"));
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_that_are_announced_again_are_shown_once() {
    let bank = two_customers().await;
    let mut eve = bank.socket("eve", None, true).await;
    eve.frame().await;
    bank.send(&Command::SubmitTransaction(deposit("C1", 100))).await;
    eve.transactions(1).await;
    // A worker that died before it could delete the announcement: its successor sends all of it again.
    bank.announce_again().await;
    bank.send(&Command::SubmitTransaction(deposit("C1", 101))).await;
    let (rows, _) = eve.transactions(1).await;
    assert_eq!(rows[0].amount_minor, 101);
    assert!(rows[0].credit.after.is_some_and(|after| after.booked_minor == 201));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_account_appears_on_its_owners_open_socket_and_on_no_other() {
    let bank = two_customers().await;
    let mut ann = bank.socket("ann", None, false).await;
    let mut bob = bank.socket("bob", None, false).await;
    ann.frame().await;
    bob.frame().await;
    let person = bank.person("ann");
    bank.open_account("C9", Some(person)).await;
    let frame = ann.until(|frame| matches!(frame, Frame::Snapshot { .. })).await;
    assert_eq!(snapshot_numbers(&frame).0, ["C1", "C9"]);
    let Frame::Snapshot { missed, .. } = frame else { unreachable!() };
    assert_eq!(missed, Some(0));
    bank.send(&Command::SubmitTransaction(deposit("C9", 900))).await;
    bank.send(&Command::SubmitTransaction(deposit("C2", 200))).await;
    assert_eq!(ann.transactions(1).await.0[0].amount_minor, 900);
    assert_eq!(bob.transactions(1).await.0[0].amount_minor, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_socket_gets_a_heartbeat_and_a_token_that_moves() {
    let bank = two_customers().await;
    let mut ann = bank.socket("ann", None, false).await;
    let (_, _, first) = snapshot_numbers(&ann.frame().await);
    assert!(matches!(ann.beat().await, Frame::Heartbeat { now_ms } if now_ms > 0));
    bank.send(&Command::SubmitTransaction(deposit("C2", 200))).await;
    let Frame::Update { resume, changes, .. } = ann.until(|frame| matches!(frame, Frame::Update { .. })).await else {
        unreachable!()
    };
    assert_eq!(changes, Vec::<Change>::new(), "what others do is not shown");
    assert_ne!(resume, first);
    let mut again: Socket = bank.socket("ann", Some(&resume), false).await;
    assert!(matches!(again.frame().await, Frame::Update { changes, .. } if changes.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_log_gets_a_snapshot_instead_of_silence() {
    let bank = two_customers().await;
    let foreign = ResumeToken([(0, 1_000_000), (77, 5)].into());
    let mut ann = bank.socket("ann", Some(&foreign), false).await;
    let Frame::Snapshot { missed, .. } = ann.frame().await else { panic!() };
    assert_eq!(missed, None);
}
