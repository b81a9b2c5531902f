//! What a worker owes after something went wrong: facts that a predecessor left unsaid, and the records behind a halt.

use crate::worker::{WorkerBank, deposit, until};
use domain::command::Command;
use domain::fact::{DeadLetterReason, FactBody};
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use server::kafka::Topics;
use server::store::worker::WorkerStore;
use std::collections::BTreeSet;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_unannounced_is_said_by_the_next_owner_though_nothing_new_comes() {
    let bank = WorkerBank::new().await;
    let pool = bank.bank.store.pool();
    sqlx::raw_sql(
        "create table kept as select * from announcement;
         create function keep() returns trigger language plpgsql as
             $$ begin insert into kept select new.*; return new; end $$;
         create trigger keep before insert on announcement for each row execute function keep()",
    )
    .execute(pool)
    .await
    .unwrap();
    let worker = bank.start_worker();
    bank.open("CASH-EUR", 0).await;
    bank.open("C1", 0).await;
    worker.stop().await;
    let said = bank.facts().await;
    // As after a crash between commit and announcement. The facts are out already: they come twice, and are known by
    // their positions.
    sqlx::raw_sql("alter table announcement disable trigger keep; truncate announcement; insert into announcement select * from kept")
        .execute(pool)
        .await
        .unwrap();
    let worker = bank.start_worker();
    until("it was said", || async { bank.facts().await.len() == 2 * said.len() }).await;
    until("and is done with", || async {
        sqlx::query_scalar::<_, i64>("select count(*) from announcement").fetch_one(pool).await.unwrap() == 0
    })
    .await;
    worker.stop().await;
    let positions = |facts: &[domain::Fact]| facts.iter().map(|fact| fact.position).collect::<BTreeSet<_>>();
    assert_eq!(positions(&bank.facts().await), positions(&said));
}

/// The most bytes that the log takes in a record of bank.events: with one, it takes none.
async fn takes_records_of(bank: &WorkerBank, bytes: &str) {
    let admin: AdminClient<DefaultClientContext> = server::kafka::client(&bank.bank.config).create().unwrap();
    let topic = Topics::new(&bank.bank.config.topic_prefix).events;
    let change = AlterConfig::new(ResourceSpecifier::Topic(&topic)).set("max.message.bytes", bytes);
    let altered = admin.alter_configs([&change], &AdminOptions::new()).await.unwrap();
    assert!(altered.iter().all(Result::is_ok), "{altered:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_log_has_not_acknowledged_stays_to_be_said_while_booking_goes_on() {
    let bank = WorkerBank::new().await;
    let pool = bank.bank.store.pool();
    let worker = bank.start_worker();
    for account in ["CASH-EUR", "C1"] {
        bank.open(account, 0).await;
    }
    until("the accounts are announced", || async { bank.facts().await.len() == 2 }).await;
    takes_records_of(&bank, "1").await;
    let kept =
        || async { sqlx::query_scalar::<_, i64>("select count(*) from announcement").fetch_one(pool).await.unwrap() };
    // Each in a round of its own, and each round lets go what is acknowledged. The broker learns of its limit in a while.
    let mut booked = 0;
    while kept().await < 3 {
        booked += 1;
        assert!(booked <= 100, "rows went that were not acknowledged");
        bank.send(&Command::SubmitTransaction(deposit("C1", 1))).await;
        until("it is booked", || async { bank.balance("C1").await == Some(booked) }).await;
    }
    takes_records_of(&bank, "1048588").await;
    let all = 2 + usize::try_from(booked).unwrap();
    let positions = || async { bank.facts().await.iter().map(|fact| fact.position).collect::<BTreeSet<_>>().len() };
    until("all is said", || async { positions().await == all }).await;
    until("and done with", || async { kept().await == 0 }).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_skip_past_a_halt_gives_up_one_record_and_none_of_those_behind_it() {
    let bank = WorkerBank::new().await;
    let pool = bank.bank.store.pool();
    sqlx::raw_sql(
        "create function refuse() returns trigger language plpgsql as
             $$ begin raise exception 'cannot' using errcode = 'XX001'; end $$;
         create trigger refuse before insert on transaction for each row when (new.amount_minor = 666)
             execute function refuse()",
    )
    .execute(pool)
    .await
    .unwrap();
    let worker = bank.start_worker();
    for account in ["CASH-EUR", "C1"] {
        bank.open(account, 0).await;
    }
    let pay = async |amount_minor| bank.send(&Command::SubmitTransaction(deposit("C1", amount_minor))).await;
    let (partition, offset) = pay(666).await;
    let halted = || async {
        let halted: Vec<String> =
            sqlx::query_scalar("select halted from fence where halted is not null").fetch_all(pool).await.unwrap();
        halted.len() == 1
    };
    until("the partition stands still", halted).await;
    // Read and dropped while it stands still, and while it starts again.
    for _ in 0..50 {
        pay(1).await;
    }
    let store = WorkerStore::new(bank.bank.store.clone());
    store.request_skip(partition, offset, "cannot be stored").await.unwrap();
    for _ in 0..50 {
        pay(1).await;
    }
    until("everything behind it is booked", || async { bank.balance("C1").await == Some(100) }).await;
    worker.stop().await;
    assert_eq!((bank.transactions().await, bank.dead_letters().await), (100, 1));
    let skipped = bank.facts().await.into_iter().filter(
        |fact| matches!(&fact.body, FactBody::RecordDeadLettered(letter) if letter.reason == DeadLetterReason::Skipped),
    );
    let places: Vec<_> = skipped.map(|fact| (fact.position.partition, fact.position.offset)).collect();
    assert_eq!(places, [(partition, offset)]);
}

/// What a process leaves behind that was stopped within a batch: an open transaction on its fence, and nobody to end it.
#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_owner_does_not_keep_its_partitions() {
    let bank = WorkerBank::new().await;
    let worker = bank.start_worker();
    bank.open("CASH-EUR", 0).await;
    worker.stop().await;
    let mut stopped = bank.bank.store.pool().begin().await.unwrap();
    sqlx::query("update fence set updated_at = now()").execute(&mut *stopped).await.unwrap();
    let worker = bank.start_worker();
    bank.open("C1", 0).await;
    worker.stop().await;
    assert!(stopped.commit().await.is_err(), "its transaction was ended by the new owner");
}

/// Ten deposits of 100, 101, … that wait in the log for one worker, whose inserts pass a trigger first.
async fn book_past(trigger: &'static str) -> WorkerBank {
    let bank = WorkerBank::new().await;
    let worker = bank.start_worker();
    bank.open("CASH-EUR", 0).await;
    bank.open("C1", 0).await;
    worker.stop().await;
    sqlx::raw_sql(trigger).execute(bank.bank.store.pool()).await.unwrap();
    for amount_minor in 100..110 {
        bank.send(&Command::SubmitTransaction(deposit("C1", amount_minor))).await;
    }
    let worker = bank.start_worker();
    until("each is decided", || async { bank.transactions().await + bank.dead_letters().await == 10 }).await;
    worker.stop().await;
    bank
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_the_database_refuses_is_put_aside_alone() {
    let bank = book_past(
        "create function refuse() returns trigger language plpgsql as
             $$ begin if new.amount_minor = 107 then raise sqlstate '22003'; end if; return new; end $$;
         create trigger refuse before insert on transaction for each row execute function refuse()",
    )
    .await;
    assert_eq!((bank.dead_letters().await, bank.balance("C1").await), (1, Some(1_045 - 107)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_lost_a_race_is_tried_again() {
    let bank = book_past(
        "create sequence tries;
         create function lose() returns trigger language plpgsql as
             $$ begin if nextval('tries') < 3 then raise sqlstate '40P01'; end if; return new; end $$;
         create trigger lose before insert on transaction for each row execute function lose()",
    )
    .await;
    assert_eq!((bank.dead_letters().await, bank.balance("C1").await), (0, Some(1_045)));
}
