//! Who may open a socket, and how fast it ends when they may not any more.

use super::node::{LiveBank, Socket};
use super::two_customers;
use app::ports::{Identity as _, Role};
use domain::Command;
use domain::command::LinkAccount;
use domain::view::Frame;
use std::time::{Duration, Instant};

/// Subscribed and answered.
async fn open(bank: &LiveBank, name: &str) -> Socket {
    let mut socket = bank.socket(name, None, false).await;
    socket.frame().await;
    socket
}

/// The socket says goodbye and closes within five seconds.
async fn ends(socket: &mut Socket, since: Instant) {
    let frame = socket.until(|frame| !matches!(frame, Frame::Heartbeat { .. } | Frame::Update { .. })).await;
    assert_eq!(frame, Frame::Goodbye);
    assert!(socket.next().await.is_none());
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_closes_the_sockets_of_that_session_within_five_seconds() {
    let bank = two_customers().await;
    let (mut first, mut second, mut bob) =
        (open(&bank, "ann").await, open(&bank, "ann").await, open(&bank, "bob").await);
    bank.identities.sign_out(bank.session("ann")).await.unwrap();
    let since = Instant::now();
    ends(&mut first, since).await;
    ends(&mut second, since).await;
    bob.beat().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_person_and_one_with_another_role_lose_their_sockets_within_five_seconds() {
    let bank = two_customers().await;
    let (mut ann, mut bob) = (open(&bank, "ann").await, open(&bank, "bob").await);
    bank.store().set_disabled("ann", true).await.unwrap();
    bank.store().set_role("bob", Role::Analyst).await.unwrap();
    let since = Instant::now();
    ends(&mut ann, since).await;
    ends(&mut bob, since).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_is_taken_away_takes_the_account_from_the_open_socket() {
    let bank = two_customers().await;
    let mut ann = open(&bank, "ann").await;
    let link = LinkAccount { account: "C1".parse().unwrap(), person: bank.person("ann") };
    bank.send(&Command::UnlinkAccount(link.clone())).await;
    let accounts = |frame: &Frame| match frame {
        Frame::Snapshot { accounts, .. } => Some(accounts.len()),
        _ => None,
    };
    let frame = ann.until(|frame| accounts(frame).is_some()).await;
    assert_eq!(accounts(&frame), Some(0));
    bank.send(&Command::SubmitTransaction(crate::worker::deposit("C1", 5))).await;
    bank.send(&Command::LinkAccount(link)).await;
    let frame = ann.until(|frame| !matches!(frame, Frame::Heartbeat { .. })).await;
    let frame = match frame {
        Frame::Update { changes, .. } => {
            assert_eq!(changes, [], "nothing of an account that is not theirs");
            ann.until(|frame| accounts(frame).is_some()).await
        }
        other => other,
    };
    assert_eq!(accounts(&frame), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_there_is_no_socket() {
    let bank = two_customers().await;
    for session in [None, Some("guessed")] {
        let Err(error) = bank.connect(session).await else { panic!("let in") };
        assert!(error.to_string().contains("401"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_has_twenty_sockets_at_most() {
    let bank = two_customers().await;
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(bank.connect(Some(bank.session("ann"))).await.unwrap());
    }
    let Err(error) = bank.connect(Some(bank.session("ann"))).await else { panic!("let in") };
    assert!(error.to_string().contains("429"), "{error}");
    assert!(bank.connect(Some(bank.session("bob"))).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_page_of_ours_sends_closes_the_socket() {
    let bank = two_customers().await;
    for text in ["{", "{\"resume\":{\"x\":1}}", &format!("\"{}\"", "x".repeat(40_000))] {
        let mut socket = bank.connect(Some(bank.session("ann"))).await.unwrap();
        socket.say(text).await;
        assert!(socket.next().await.is_none());
    }
}
