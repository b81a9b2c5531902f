//! Readers that fall behind: told the count they missed, and never a cost.

use super::node::{LIMIT, LiveBank};
use super::{snapshot_numbers, two_customers};
use crate::support::until;
use crate::worker::{deposit, transfer};
use domain::fact::{AccountAfter, SideFact, TransactionFact};
use domain::view::{Change, Frame, ResumeToken};
use domain::{Command, Currency, Fact, FactBody, Position, TransactionKind, TransactionState};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use uuid::Uuid;

async fn send_deposits(bank: &LiveBank, account: &str, count: usize) {
    let before = bank.bank.transactions().await;
    for _ in 0..count {
        bank.send_soon(Command::SubmitTransaction(deposit(account, 1)));
    }
    bank.sent().await;
    let all = before + count as i64;
    until("all are booked", LIMIT, || async { (bank.bank.transactions().await == all).then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_older_than_the_ring_gets_a_snapshot_with_the_count_of_what_the_viewer_missed() {
    let mut bank = LiveBank::new(&["--ring-facts=20"]).await;
    bank.open_account("CASH-EUR", None).await;
    for (name, account) in [("ann", "C1"), ("bob", "C2")] {
        let person = bank.customer(name).await;
        bank.open_account(account, Some(person)).await;
    }
    bank.analyst("eve").await;
    let mut eve = bank.socket("eve", None, true).await;
    let resume = snapshot_numbers(&eve.frame().await).2;
    drop(eve);
    send_deposits(&bank, "C1", 60).await;
    send_deposits(&bank, "C2", 7).await;
    bank.send(&Command::SubmitTransaction(transfer("C1", "C2", 5))).await;
    until("the transfer is booked", LIMIT, || async { (bank.bank.transactions().await == 68).then_some(()) }).await;
    until("the feed has seen all", LIMIT, || async { (bank.feed.seen() == decided(&bank).await).then_some(()) }).await;
    for (name, all, expected) in [("ann", false, 61), ("bob", false, 8), ("eve", true, 68)] {
        let mut socket = bank.socket(name, Some(&resume), all).await;
        let Frame::Snapshot { missed, transactions, .. } = socket.frame().await else { panic!("{name}") };
        assert_eq!(missed, Some(expected), "{name}");
        assert_eq!(transactions.len() as u64, expected, "{name}");
    }
}

/// A posted transfer, heavy enough that a few thousand fill what the kernel keeps of a connection.
fn fact(offset: i64) -> Arc<Fact> {
    let after = Some(AccountAfter { version: offset + 1, booked_minor: offset, held_minor: 0, overdraft_minor: 0 });
    let side = |number: String| SideFact { account: number.parse().unwrap(), unknown: false, after };
    let recorded_at = chrono::Utc::now();
    Arc::new(Fact {
        position: Position { partition: 0, offset, ordinal: 0, last: true },
        command_id: None,
        recorded_at,
        body: FactBody::TransactionPosted(TransactionFact {
            id: Uuid::from_u128(offset as u128),
            kind: TransactionKind::Transfer,
            state: TransactionState::Posted,
            amount_minor: 1,
            currency: Currency::EUR,
            debit: side(format!("SLOW-{offset:028}")),
            credit: side(format!("READER-{offset:026}")),
            occurred_at: recorded_at,
            history: false,
            reason: None,
            reference: None,
            hold: None,
            context: None,
            judgement: None,
        }),
    })
}

const FACTS: i64 = 120_000;

/// Where the feed must come: the fences of partitions that have decided anything.
async fn decided(bank: &LiveBank) -> ResumeToken {
    let mut fences = bank.store().fences().await.unwrap();
    fences.0.retain(|_, next_offset| *next_offset > 0);
    fences
}

async fn set_fence(bank: &LiveBank, next_offset: i64) {
    let query = sqlx::query(
        "insert into fence (partition, epoch, next_offset, cluster_id, topic, partition_count) values (0, 1, $1, 'x', 'x', 4)
         on conflict (partition) do update set next_offset = $1",
    );
    query.bind(next_offset).execute(bank.store().pool()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_is_told_the_exact_count_it_missed_and_goes_on() {
    let mut bank = LiveBank::without_worker().await;
    bank.analyst("eve").await;
    bank.feed.push(&[fact(0)]);
    // The tables are ahead of the feed, as ever.
    set_fence(&bank, FACTS).await;
    let mut eve = bank.socket("eve", Some(&ResumeToken([(0, 1)].into())), true).await;
    eve.beat().await;
    // More than the ring and the connection hold, while nothing is read. The pushes need no waiting: the socket's own
    // turn comes while the next ones are made.
    for first in (1..FACTS).step_by(500) {
        let facts: Vec<_> = (first..(first + 500).min(FACTS)).map(fact).collect();
        bank.feed.push(&facts);
        tokio::task::yield_now().await;
    }
    let (mut received, mut missed, mut snapshots, mut next) = (0, 0, 0, 1);
    while next < FACTS {
        match eve.frame().await {
            Frame::Update { changes, resume, .. } => {
                for change in changes {
                    let Change::Transaction(row) = change else { panic!() };
                    assert_eq!(row.id, Uuid::from_u128(next as u128), "in order, none skipped");
                    next += 1;
                    received += 1;
                }
                assert_eq!(resume.0[&0], next);
            }
            Frame::Snapshot { resume, missed: Some(count), .. } => {
                snapshots += 1;
                missed += count;
                next = resume.0[&0];
            }
            Frame::Heartbeat { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert!(snapshots > 0, "the reader was not slow enough to test anything");
    assert_eq!(received + missed, (FACTS - 1) as u64, "what was not received was counted");
    bank.feed.push(&[fact(FACTS)]);
    let (rows, _) = eve.transactions(1).await;
    assert_eq!(rows[0].id, Uuid::from_u128(FACTS as u128));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_takes_nothing_for_five_seconds_is_dropped() {
    let mut bank = LiveBank::without_worker().await;
    bank.analyst("eve").await;
    bank.feed.push(&[fact(0)]);
    set_fence(&bank, 1).await;
    let _deaf = bank.socket("eve", Some(&ResumeToken([(0, 1)].into())), true).await;
    until("it is open", LIMIT, || async { (bank.live.count() == 1).then_some(()) }).await;
    let next = AtomicI64::new(1);
    until("it is dropped", LIMIT, || async {
        let first = next.fetch_add(1_000, Ordering::Relaxed);
        bank.feed.push(&(first..first + 1_000).map(fact).collect::<Vec<_>>());
        (bank.live.count() == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_hole_in_the_log_open_sockets_take_a_snapshot() {
    let bank = two_customers().await;
    let mut eve = bank.socket("eve", None, true).await;
    let (_, _, resume) = snapshot_numbers(&eve.frame().await);
    let next = resume.0.get(&0).copied().unwrap_or(0);
    bank.feed.push(&[fact(next)]);
    eve.transactions(1).await;
    bank.feed.push(&[fact(next + 3)]);
    let frame = eve.until(|frame| matches!(frame, Frame::Snapshot { .. })).await;
    assert_eq!(snapshot_numbers(&frame).0, ["C1", "C2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_warms_up_from_the_log_and_says_how_old_it_is() {
    let mut bank = two_customers().await;
    send_deposits(&bank, "C1", 30).await;
    bank.stop_worker().await;
    let feed = server::feed::Feed::new(bank.config());
    assert_eq!(feed.age(), None);
    let _tail = server::kafka::tail::Tail::start(bank.config(), &feed).unwrap();
    let fences = decided(&bank).await;
    until("the ring is warm", LIMIT, || async { (feed.seen() == fences).then_some(()) }).await;
    let batch = feed.since(&ResumeToken::default(), 1_000, |_| true).unwrap();
    assert_eq!(batch.facts.len(), 33, "three accounts and thirty deposits");
    until("it knows that it is current", LIMIT, || async {
        feed.age().filter(|age| *age < std::time::Duration::from_secs(3))
    })
    .await;
}
