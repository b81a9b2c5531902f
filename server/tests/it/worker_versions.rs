//! A worker decides by what it remembers of an account: where that is no longer so, the batch is decided again by what
//! stands in the tables. Here somebody else is played by hand.

use crate::support;
use crate::worker::{LIMIT, WorkerBank, deposit, number, transfer, until};
use domain::account::cash_desk;
use domain::command::{Command, SubmitTransaction};
use domain::{Currency, TransactionKind, TransactionState};

fn withdrawal(from: &str, amount_minor: i64) -> SubmitTransaction {
    SubmitTransaction {
        kind: TransactionKind::Withdrawal,
        debit: number(from),
        credit: cash_desk(Currency::EUR),
        ..deposit(from, amount_minor)
    }
}

/// Sends it, and awaits what became of it.
async fn state(bank: &WorkerBank, submission: SubmitTransaction) -> TransactionState {
    let id = submission.transaction_id;
    bank.send(&Command::SubmitTransaction(submission)).await;
    let pool = bank.bank.store.pool();
    let decided = || async {
        let posted = sqlx::query_scalar("select reason is null from transaction where id = $1").bind(id);
        posted.fetch_optional(pool).await.unwrap()
    };
    let posted: bool = support::until("the decision", LIMIT, decided).await;
    if posted { TransactionState::Posted } else { TransactionState::Refused }
}

async fn by_hand(bank: &WorkerBank, sql: &'static str) {
    sqlx::raw_sql(sql).execute(bank.bank.store.pool()).await.unwrap();
}

async fn bank_with(accounts: &[&str]) -> WorkerBank {
    let bank = WorkerBank::new().await;
    let worker = bank.start_worker();
    for account in accounts {
        bank.open(account, 0).await;
    }
    worker.stop().await;
    bank
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_since_it_was_read_is_decided_by_as_it_stands() {
    let bank = bank_with(&["CASH-EUR", "C1"]).await;
    let worker = bank.start_worker();
    assert_eq!(state(&bank, deposit("C1", 100)).await, TransactionState::Posted);

    by_hand(&bank, "update account set booked_minor = 0, version = version + 1 where number = 'C1'").await;
    assert_eq!(state(&bank, withdrawal("C1", 50)).await, TransactionState::Refused, "the account would be moved");
    by_hand(&bank, "update account set booked_minor = 80, version = version + 1 where number = 'C1'").await;
    assert_eq!(state(&bank, withdrawal("C1", 70)).await, TransactionState::Posted, "the account would be only read");
    assert_eq!(bank.balance("C1").await, Some(10));

    by_hand(&bank, "update account_stripe set booked_minor = 1000, version = version + 1").await;
    assert_eq!(state(&bank, deposit("C1", 5)).await, TransactionState::Posted);
    let stripe: Vec<i64> =
        sqlx::query_scalar("select booked_minor from account_stripe").fetch_all(bank.bank.store.pool()).await.unwrap();
    assert_eq!(stripe, [995], "the partition's part of the cash desk");
    worker.stop().await;
}

/// Two accounts of partitions that different lanes book.
async fn in_two_lanes() -> (WorkerBank, &'static str) {
    let others = ["C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9"];
    let bank = bank_with(&[&["CASH-EUR", "C1"][..], &others].concat()).await;
    let (one, _) = bank.send(&Command::SubmitTransaction(deposit("C1", 1_000))).await;
    for other in others {
        let (partition, _) = bank.send(&Command::SubmitTransaction(deposit(other, 1_000))).await;
        if (partition + one) % 2 == 1 {
            return (bank, other);
        }
    }
    panic!("all in one lane");
}

/// The transfer of 666 fails a second after it was decided, with this SQLSTATE.
async fn fail_late(bank: &WorkerBank, sqlstate: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "create function fail() returns trigger language plpgsql as
             $$ begin perform pg_sleep(1); raise sqlstate '{sqlstate}'; end $$;
         create trigger fail before insert on transaction for each row when (new.amount_minor = 666)
             execute function fail()"
    )))
    .execute(bank.bank.store.pool())
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_by_a_batch_that_fails_is_decided_again() {
    let (bank, other) = in_two_lanes().await;
    fail_late(&bank, "22003").await;
    let worker = bank.start_worker();
    until("both have money", || async { bank.balance(other).await == Some(1_000) }).await;
    // Decided while the other lane waits for the database to refuse the money that it counts on.
    bank.send(&Command::SubmitTransaction(transfer("C1", other, 666))).await;
    until("it is about to fail", || async {
        let asleep = sqlx::query_scalar::<_, i64>(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'",
        );
        asleep.fetch_one(bank.bank.store.pool()).await.unwrap() > 0
    })
    .await;
    assert_eq!(state(&bank, withdrawal(other, 1_500)).await, TransactionState::Refused);
    until("the other is put aside", || async { bank.dead_letters().await == 1 }).await;
    assert_eq!((bank.balance("C1").await, bank.balance(other).await), (Some(1_000), Some(1_000)));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_batch_decided_that_was_never_kept_is_remembered_by_nobody() {
    let (bank, other) = in_two_lanes().await;
    fail_late(&bank, "XX001").await;
    let worker = bank.start_worker();
    until("both have money", || async { bank.balance(other).await == Some(1_000) }).await;
    bank.send(&Command::SubmitTransaction(transfer("C1", other, 666))).await;
    until("the partition stands still", || async {
        let halted = sqlx::query_scalar::<_, i64>("select count(*) from fence where halted is not null");
        halted.fetch_one(bank.bank.store.pool()).await.unwrap() == 1
    })
    .await;
    // The version that the transfer would have made, and another content.
    sqlx::query("update account set booked_minor = 50, version = version + 1 where number = $1")
        .bind(other)
        .execute(bank.bank.store.pool())
        .await
        .unwrap();
    assert_eq!(state(&bank, withdrawal(other, 200)).await, TransactionState::Refused);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_made_while_a_table_was_empty_does_not_read_it_whole_for_ever_after() {
    let rounds = 40;
    let bank = bank_with(&["CASH-EUR", "C1"]).await;
    by_hand(&bank, "vacuum analyze transaction").await;
    let worker = bank.start_worker();
    for round in 1..=rounds {
        bank.send(&Command::SubmitTransaction(deposit("C1", 1))).await;
        until("the deposit is booked", || async { bank.balance("C1").await == Some(round) }).await;
    }
    // Its connections tell the statistics before they close.
    worker.stop().await;
    let statistics = || async {
        sqlx::query_as::<_, (i64, i64)>(
            "select idx_scan, seq_tup_read from pg_stat_user_tables where relname = 'transaction'",
        )
        .fetch_one(bank.bank.store.pool())
        .await
        .unwrap()
    };
    until("each round looked up by the index", || async { statistics().await.0 >= rounds }).await;
    let (_, read) = statistics().await;
    assert!(read < rounds, "{read} rows were read without an index");
}
