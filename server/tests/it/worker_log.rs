//! Whether the log is the one that the books were made from, and its records are ours.

use crate::producers::headers_of;
use crate::worker::{WorkerBank, deposit, until};
use domain::command::Command;
use domain::partition::partition_of;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use server::config::Secret;
use server::kafka::Topics;
use server::kafka::command_producer::Source;
use server::kafka::signature::Signer;
use std::collections::BTreeMap;
use std::time::Duration;
use uuid::Uuid;

/// Whether partitions of bank.commands stand still for that reason: all, or all that had a record applied.
async fn halted_as(bank: &WorkerBank, name: &str, applied: bool) -> bool {
    sqlx::query_scalar(
        "select coalesce(bool_and(starts_with(coalesce(halted, ''), $1)), false) from fence
         where partition >= 0 and (last_sha256 is not null or not $2)",
    )
    .bind(name)
    .bind(applied)
    .fetch_one(bank.bank.store.pool())
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_replaced_or_foreign_log_is_refused_by_name() {
    let bank = WorkerBank::new().await;
    let worker = bank.start_worker();
    bank.open("CASH-EUR", 0).await;
    bank.open("C1", 0).await;
    worker.stop().await;
    let pool = bank.bank.store.pool();
    // Harm, what mends it before the next, and the name it is given.
    let sabotage = [
        (
            "update fence set next_offset = next_offset + 1000",
            "update fence set next_offset = next_offset - 1000",
            "truncated-log",
        ),
        (
            "update fence set partition_count = partition_count + 1",
            "update fence set partition_count = partition_count - 1",
            "partition-count",
        ),
        ("update fence set last_sha256 = sha256('other') where last_sha256 is not null", "", "replaced-log"),
        ("update fence set cluster_id = 'another'", "", "foreign-log"),
    ];
    for (harm, mended, name) in sabotage {
        sqlx::query(harm).execute(pool).await.unwrap();
        let worker = bank.start_worker();
        // Where no record was applied, none can differ.
        until(name, || halted_as(&bank, name, name == "replaced-log")).await;
        worker.stop().await;
        sqlx::query(mended).execute(pool).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_begins_behind_the_books_is_refused_by_name() {
    let bank = WorkerBank::new().await;
    let worker = bank.start_worker();
    bank.open("CASH-EUR", 0).await;
    worker.stop().await;
    // Taken in, never decided, and gone from the log.
    let commands = Topics::new(&bank.bank.config.topic_prefix).commands;
    let mut last = BTreeMap::new();
    for account in 1..=40 {
        last.extend([bank.send(&Command::SubmitTransaction(deposit(&format!("C{account}"), 100))).await]);
    }
    assert_eq!(last.len(), usize::try_from(bank.bank.config.partitions).unwrap());
    let mut gone = TopicPartitionList::new();
    for (partition, offset) in last {
        gone.add_partition_offset(&commands, partition, Offset::Offset(offset + 1)).unwrap();
    }
    let admin: AdminClient<DefaultClientContext> = server::kafka::client(&bank.bank.config).create().unwrap();
    admin.delete_records(&gone, &AdminOptions::new()).await.unwrap();
    let worker = bank.start_worker();
    until("the loss is named", || halted_as(&bank, "expired-log", false)).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn books_older_than_the_published_facts_are_refused() {
    let bank = WorkerBank::new().await;
    let worker = bank.start_worker();
    bank.open("CASH-EUR", 0).await;
    bank.open("C1", 0).await;
    until("the fact is out", || async { bank.facts().await.len() == 2 }).await;
    worker.stop().await;
    let pool = bank.bank.store.pool();
    // As an old backup would look: nothing booked, no fence beyond its beginning.
    sqlx::query(
        "truncate account, account_stripe, account_link, transaction, hold, announcement, dead_letter, fence,
             device_use, alert, label",
    )
    .execute(pool)
    .await
    .unwrap();
    let worker = bank.start_worker();
    until("the old backup is named", || async {
        sqlx::query_scalar("select count(*) > 0 from fence where partition >= 0 and starts_with(halted, 'old-backup')")
            .fetch_one(pool)
            .await
            .unwrap()
    })
    .await;
    worker.stop().await;
    assert_eq!(bank.balance("C1").await, None, "nothing was decided again");
}

/// Sends a deposit of 1.00 to C1 as a node would sign it, under that key and to that partition.
async fn send_deposit(bank: &WorkerBank, secret: &Secret, key: &str, partition: i32) {
    let value = serde_json::to_vec(&deposit("C1", 100)).unwrap();
    let (id, kind, source) = (Uuid::now_v7().to_string(), "vigie.transaction.submit.v1", Source::Web.as_str());
    let signer = Signer::new(secret);
    let signature = signer.sign(key.as_bytes(), id.as_bytes(), kind.as_bytes(), source.as_bytes(), &value);
    let headers = headers_of(&id, kind, source, &signature);
    let commands = Topics::new(&bank.bank.config.topic_prefix).commands;
    let producer: FutureProducer = server::kafka::client(&bank.bank.config).create().unwrap();
    let record = FutureRecord::to(&commands).key(key).payload(&value).headers(headers).partition(partition);
    producer.send(record, Duration::from_secs(10)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_of_another_signature_key_or_partition_is_put_aside() {
    let bank = WorkerBank::new().await;
    let worker = bank.start_worker();
    bank.open("CASH-EUR", 0).await;
    bank.open("C1", 0).await;
    let ours = &bank.bank.config.command_secret;
    let partitions = bank.bank.config.partitions;
    let partition = partition_of(b"C1", partitions);
    send_deposit(&bank, &"another secret of more than 32 characters".into(), "C1", partition).await;
    send_deposit(&bank, ours, "C2", partition_of(b"C2", partitions)).await;
    send_deposit(&bank, ours, "C1", (partition + 1) % partitions).await;
    until("each is put aside", || async { bank.dead_letters().await == 3 }).await;
    send_deposit(&bank, ours, "C1", partition).await;
    until("the good one is booked", || async { bank.balance("C1").await == Some(100) }).await;
    worker.stop().await;
    let said: Vec<String> = sqlx::query_scalar("select reason || ': ' || detail from dead_letter order by 1")
        .fetch_all(bank.bank.store.pool())
        .await
        .unwrap();
    assert_eq!(
        said,
        [
            "bad_signature: no valid signature",
            "wrong_partition: the key belongs to another partition",
            "wrong_partition: the key is not the account at risk",
        ]
    );
}
