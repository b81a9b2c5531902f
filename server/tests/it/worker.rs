//! The worker against the real log and the real database: what is submitted is booked once, announced wholly, and
//! survives takeovers and damage.

use crate::support::{self, TestBank};
use domain::account::cash_desk;
use domain::command::{Command, OpenAccount, SubmitTransaction};
use domain::fact::{Fact, FactBody, Repeat};
use domain::{AccountKind, AccountNumber, Currency, TransactionKind, TransactionState};
use server::kafka::Topics;
use server::kafka::command_producer::{CommandProducer, Source};
use server::kafka::log::Log;
use sqlx::Row as _;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Long enough for a rebalance on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(60);

pub async fn until<F: Future<Output = bool>>(what: &str, mut ask: impl FnMut() -> F) {
    support::until(what, LIMIT, || {
        let asked = ask();
        async { asked.await.then_some(()) }
    })
    .await;
}

/// A bank with topics, a producer, and workers to start and stop.
pub struct WorkerBank {
    pub bank: TestBank,
    pub producer: CommandProducer,
}

pub struct RunningWorker {
    stop: CancellationToken,
    task: tokio::task::JoinHandle<anyhow::Result<()>>,
}

impl RunningWorker {
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

pub fn number(text: &str) -> AccountNumber {
    text.parse().unwrap()
}

impl WorkerBank {
    pub async fn new() -> Self {
        let bank = TestBank::with_kafka().await;
        server::kafka::topics::ensure(&bank.config).await.unwrap();
        let producer = CommandProducer::new(&bank.config).unwrap();
        WorkerBank { bank, producer }
    }

    pub fn start_worker(&self) -> RunningWorker {
        let stop = CancellationToken::new();
        RunningWorker { task: tokio::spawn(server::worker::run(self.bank.config.clone(), stop.clone())), stop }
    }

    pub async fn send(&self, command: &Command) -> (i32, i64) {
        self.producer.send(Uuid::now_v7(), Source::Web, command).await.unwrap()
    }

    pub async fn open(&self, account: &str, overdraft_minor: i64) {
        let external = account.starts_with("CASH");
        self.send(&Command::OpenAccount(OpenAccount {
            account: number(account),
            kind: if external { AccountKind::External } else { AccountKind::Customer },
            currency: Currency::EUR,
            overdraft_minor,
            owner: None,
        }))
        .await;
        until("the account is open", || async { self.balance(account).await.is_some() }).await;
    }

    pub async fn balance(&self, account: &str) -> Option<i64> {
        sqlx::query_scalar("select booked_minor from account where number = $1")
            .bind(account)
            .fetch_optional(self.bank.store.pool())
            .await
            .unwrap()
    }

    pub async fn transactions(&self) -> i64 {
        sqlx::query_scalar("select count(*) from transaction").fetch_one(self.bank.store.pool()).await.unwrap()
    }

    pub async fn dead_letters(&self) -> i64 {
        sqlx::query_scalar("select count(*) from dead_letter").fetch_one(self.bank.store.pool()).await.unwrap()
    }

    /// Every fact on bank.events, in order per partition.
    pub async fn facts(&self) -> Vec<Fact> {
        let config = self.bank.config.clone();
        tokio::task::spawn_blocking(move || {
            let log = Log::new(&config).unwrap();
            let topic = Topics::new(&config.topic_prefix).events;
            let mut facts = Vec::new();
            for partition in 0..config.partitions {
                let bounds = log.bounds(&topic, partition).unwrap();
                log.read(&topic, partition, bounds.start, bounds.end, |record| {
                    facts.push(serde_json::from_slice(&record.value).unwrap());
                })
                .unwrap();
            }
            facts
        })
        .await
        .unwrap()
    }
}

pub fn deposit(to: &str, amount_minor: i64) -> SubmitTransaction {
    SubmitTransaction {
        transaction_id: Uuid::now_v7(),
        kind: TransactionKind::Deposit,
        debit: cash_desk(Currency::EUR),
        credit: number(to),
        amount_minor,
        currency: Currency::EUR,
        occurred_at: chrono::Utc::now(),
        history: false,
        reference: None,
        context: None,
    }
}

pub fn transfer(from: &str, to: &str, amount_minor: i64) -> SubmitTransaction {
    SubmitTransaction {
        kind: TransactionKind::Transfer,
        debit: number(from),
        credit: number(to),
        ..deposit(to, amount_minor)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_and_a_transfer_are_booked_and_announced() {
    let bank = WorkerBank::new().await;
    let worker = bank.start_worker();
    for account in ["CASH-EUR", "C1", "C2"] {
        bank.open(account, 0).await;
    }
    bank.send(&Command::SubmitTransaction(deposit("C1", 10_000))).await;
    until("the deposit is booked", || async { bank.balance("C1").await == Some(10_000) }).await;
    bank.send(&Command::SubmitTransaction(transfer("C1", "C2", 2_500))).await;
    until("the transfer is booked", || async { bank.balance("C2").await == Some(2_500) }).await;
    assert_eq!(bank.balance("C1").await, Some(7_500));
    bank.send(&Command::SubmitTransaction(transfer("C1", "C2", 7_501))).await;
    until("the third is decided", || async { bank.transactions().await == 3 }).await;
    worker.stop().await;
    let facts = bank.facts().await;
    assert_eq!(facts.len(), 6, "one fact per command: {facts:#?}");
    let refused = facts.iter().find_map(|fact| match &fact.body {
        FactBody::TransactionRefused(refused) => Some(refused.reason),
        _ => None,
    });
    assert_eq!(refused, Some(Some(domain::RefusalReason::InsufficientFunds)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_id_sent_a_hundred_times_in_parallel_moves_money_once_and_a_conflict_is_answered() {
    let bank = WorkerBank::new().await;
    let worker = bank.start_worker();
    for account in ["CASH-EUR", "C1", "C2", "C3"] {
        bank.open(account, 0).await;
    }
    let once = deposit("C1", 500);
    let command = Command::SubmitTransaction(once.clone());
    futures::future::join_all((0..100).map(|_| bank.send(&command))).await;
    // Whichever partition comes first wins the id: it is this one before any other is asked.
    until("one of them is booked", || async { bank.transactions().await == 1 }).await;
    let other_amount = SubmitTransaction { amount_minor: 501, ..once.clone() };
    // Another account at risk, hence another partition.
    let elsewhere = SubmitTransaction { credit: number("C2"), ..once.clone() };
    let further = SubmitTransaction { credit: number("C3"), ..once.clone() };
    for conflicting in [other_amount, elsewhere, further] {
        bank.send(&Command::SubmitTransaction(conflicting)).await;
    }
    until("every command has its fact", || async { bank.facts().await.len() >= 107 }).await;
    worker.stop().await;
    assert_eq!(bank.transactions().await, 1);
    assert_eq!(bank.balance("C1").await, Some(500));
    let facts = bank.facts().await;
    let answered = |wanted: Repeat| {
        let answers = facts.iter().filter_map(|fact| match &fact.body {
            FactBody::CommandAnswered(answer) => Some(answer),
            _ => None,
        });
        answers.filter(|answer| answer.repeat == wanted && answer.state == Some(TransactionState::Posted)).count()
    };
    assert_eq!((answered(Repeat::Duplicate), answered(Repeat::Conflict)), (99, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_hand_over_without_losing_or_doubling() {
    let bank = WorkerBank::new().await;
    let first = bank.start_worker();
    bank.open("CASH-EUR", 0).await;
    for index in 0..8 {
        bank.open(&format!("C{index}"), 0).await;
    }
    let mut second = None;
    for round in 0..400 {
        let account = format!("C{}", round % 8);
        bank.send(&Command::SubmitTransaction(deposit(&account, 1))).await;
        if round == 150 {
            second = Some(bank.start_worker());
        }
    }
    first.stop().await;
    for round in 0..100 {
        bank.send(&Command::SubmitTransaction(deposit(&format!("C{}", round % 8), 1))).await;
    }
    until("everything is booked", || async { bank.transactions().await == 500 }).await;
    second.unwrap().stop().await;
    let total: i64 = sqlx::query("select sum(booked_minor)::bigint from account where kind = 1")
        .fetch_one(bank.bank.store.pool())
        .await
        .unwrap()
        .get(0);
    assert_eq!(total, 500);
    let posted = bank.facts().await.iter().filter(|fact| matches!(fact.body, FactBody::TransactionPosted(_))).count();
    assert!(posted >= 500, "every transaction has its fact, {posted}");
}

/// Every business table without surrogate ids and epochs, as text.
pub async fn books(pool: &sqlx::PgPool) -> Vec<String> {
    let tables = [
        "select number, kind, currency, status, booked_minor, held_minor, overdraft_minor, version, opened_at from account",
        "select number, stripe, account_stripe.booked_minor, account_stripe.version from account_stripe
         join account on account.id = account_id",
        "select person_id, number from account_link join account on account.id = account_id",
        "select transaction.id, recorded_at, occurred_at, amount_minor, debit.number as debit, credit.number as credit,
             debit_version, debit_balance_after, credit_version, credit_balance_after, command_offset, partition,
             transaction.kind, state, flags, reason, transaction.currency, debit_unknown, credit_unknown, reference,
             verdict, score_e9, policy_version, model_version, device, latitude_e6, longitude_e6
         from transaction left join account debit on debit.id = debit_account
         left join account credit on credit.id = credit_account",
        "select partition, next_offset, last_sha256, cluster_id, topic, partition_count, halted from fence",
        "select partition, command_offset, recorded_at, reason, detail, length, sha256, head from dead_letter",
        "select partition, first_offset from announcement",
        "select transaction_id, number, until, on_expiry from hold join account on account.id = account_id",
        "select transaction_id, number, raised_at, verdict, score_e9, state, closed_at, evidence
         from alert join account on account.id = account_id",
        "select transaction_id, label, source, known_at, person_id from label",
        "select device, number, first_at, last_at from device_use join account on account.id = account_id",
    ];
    let mut all = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let statement = sqlx::AssertSqlSafe(format!("select row_to_json(r)::text from ({table}) r order by 1"));
        let rows: Vec<String> = sqlx::query_scalar(statement).fetch_all(pool).await.unwrap();
        all.extend(rows.into_iter().map(|row| format!("{index} {row}")));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_database_rebuilt_from_the_facts_equals_the_live_one() {
    let bank = WorkerBank::new().await;
    let worker = bank.start_worker();
    for account in ["CASH-EUR", "C1", "C2", "C3"] {
        bank.open(account, 1_000).await;
    }
    for round in 0..60_i64 {
        bank.send(&Command::SubmitTransaction(deposit("C1", 10 + round))).await;
        bank.send(&Command::SubmitTransaction(transfer(
            "C1",
            ["C2", "C3", "NOBODY"][(round % 3) as usize],
            9 * round + 1,
        )))
        .await;
    }
    let person = Uuid::now_v7();
    bank.send(&Command::LinkAccount(domain::command::LinkAccount { account: number("C1"), person })).await;
    bank.send(&Command::LinkAccount(domain::command::LinkAccount { account: number("GONE"), person })).await;
    // Known only after a refusal named it: the rebuilt row must still say that it was unknown then.
    bank.open("NOBODY", 0).await;
    until("everything is decided", || async { bank.transactions().await == 120 && bank.dead_letters().await == 1 })
        .await;
    worker.stop().await;
    let live = bank.bank.store.pool();
    sqlx::query("delete from announcement").execute(live).await.unwrap();
    let expected = books(live).await;

    let empty = TestBank::new().await;
    let config = server::config::Config { database_url: empty.config.database_url.clone(), ..bank.bank.config.clone() };
    server::rebuild::run(&config, false, |_| {}).await.unwrap();
    let rebuilt = books(empty.store.pool()).await;
    assert_eq!(expected, rebuilt);

    let again = server::rebuild::run(&config, false, |_| {}).await;
    assert!(again.is_err(), "a database with books is not folded over unasked");

    // An older backup, refused by the worker, is brought up to date on top.
    sqlx::query("delete from transaction where command_offset > 5").execute(empty.store.pool()).await.unwrap();
    sqlx::query("update fence set next_offset = least(next_offset, 6)").execute(empty.store.pool()).await.unwrap();
    server::rebuild::run(&config, true, |_| {}).await.unwrap();
    assert_eq!(expected, books(empty.store.pool()).await);
}
