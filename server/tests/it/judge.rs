//! The judge in the worker, with real log and tables: what is risky waits for a person; what is remembered equals what
//! the tables tell.

use crate::support::TestBank;
use crate::worker::{WorkerBank, books, deposit, number, transfer, until};
use chrono::{DateTime, TimeDelta, Utc};
use detection::evidence::Evidence;
use detection::policy::Policy;
use domain::command::{
    Command, FraudLabel, LabelSource, PaymentContext, Place, ReportFraud, SettleHold, SubmitTransaction,
};
use domain::{FactBody, TransactionKind};
use sqlx::Row as _;
use uuid::Uuid;

impl WorkerBank {
    /// A bank whose worker judges.
    async fn judging() -> Self {
        let mut bank = WorkerBank::new().await;
        bank.bank.config.detection = true;
        bank
    }

    async fn pay(&self, submission: &SubmitTransaction) {
        let id = submission.transaction_id;
        self.send(&Command::SubmitTransaction(submission.clone())).await;
        until("the payment is decided", || async { self.column::<i16>("state", id).await.is_some() }).await;
    }

    async fn column<T>(&self, column: &'static str, id: Uuid) -> Option<T>
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
    {
        let query = sqlx::AssertSqlSafe(format!("select {column} from transaction where id = $1"));
        sqlx::query_scalar(query).bind(id).fetch_optional(self.bank.store.pool()).await.unwrap()
    }

    /// C1 has had 500.00 for long, and a habit of 200.00 give or take 100.00.
    async fn with_a_habit(&self) {
        for account in ["CASH-EUR", "C1", "C2", "C3"] {
            self.open(account, 0).await;
        }
        let at = Utc::now() - TimeDelta::days(25);
        self.pay(&history(deposit("C1", 170_000), at)).await;
        for (day, amount_minor) in [(2, 10_000), (5, 30_000), (8, 10_000), (11, 30_000), (14, 10_000), (17, 30_000)] {
            self.pay(&history(transfer("C1", "C2", amount_minor), at + TimeDelta::days(day))).await;
        }
    }
}

fn history(submission: SubmitTransaction, occurred_at: DateTime<Utc>) -> SubmitTransaction {
    SubmitTransaction { history: true, occurred_at, ..submission }
}

fn settle(id: Uuid) -> SettleHold {
    SettleHold { transaction_id: id, account: number("C1"), person: Some(Uuid::from_u128(9)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_risky_transfer_waits_for_a_person_and_a_hundred_releases_move_it_once() {
    let bank = WorkerBank::judging().await;
    let worker = bank.start_worker();
    bank.with_a_habit().await;
    // A first payment to C3, more than twice the usual, of nine tenths of what there is.
    let risky = transfer("C1", "C3", 45_000);
    bank.pay(&risky).await;
    let id = risky.transaction_id;
    assert_eq!(bank.column::<i16>("state", id).await, Some(2), "held");
    assert_eq!(bank.balance("C1").await, Some(50_000), "nothing moved yet");

    let alert = sqlx::query("select verdict, state, score_e9, evidence from alert where transaction_id = $1");
    let alert = alert.bind(id).fetch_one(bank.bank.store.pool()).await.unwrap();
    assert_eq!((alert.get::<i16, _>("verdict"), alert.get::<i16, _>("state")), (3, 1));
    let evidence = Evidence::from_json(alert.get("evidence")).unwrap();
    assert_eq!(evidence.decided_again(&Policy::default()), evidence.decision);
    assert_eq!((evidence.decision.uncapped * 1e9).round() as i64, alert.get::<i64, _>("score_e9"));
    let smaller = evidence.counterfactual(&Policy::default(), None);
    assert!(smaller.is_some(), "a smaller amount would have been allowed: {evidence:#?}");

    let release = Command::ReleaseHold(settle(id));
    futures::future::join_all((0..100).map(|_| bank.send(&release))).await;
    until("it is released", || async { bank.balance("C3").await == Some(45_000) }).await;
    assert_eq!(bank.balance("C1").await, Some(5_000));
    until("the alert is closed", || async {
        let state: i16 = sqlx::query_scalar("select state from alert").fetch_one(bank.bank.store.pool()).await.unwrap();
        state == 2
    })
    .await;
    let commands = 4 + 7 + 1 + 100;
    until("every command is answered", || async { bank.facts().await.len() == commands + 1 }).await;
    worker.stop().await;
    let facts = bank.facts().await;
    let raised = facts.iter().filter(|fact| matches!(fact.body, FactBody::AlertRaised(_))).count();
    assert_eq!(raised, 1);
    let answered = facts.iter().filter(|fact| matches!(fact.body, FactBody::CommandAnswered(_))).count();
    assert_eq!(answered, 99);
    rebuilt_equals(&bank).await;
    let violations = server::verify::verify(&bank.bank.store).await.unwrap();
    assert!(violations.clean, "{violations:?}");
}

/// What the facts give into an empty database is what the tables have.
async fn rebuilt_equals(bank: &WorkerBank) {
    let pool = bank.bank.store.pool();
    sqlx::query("delete from announcement").execute(pool).await.unwrap();
    let empty = TestBank::new().await;
    let config = server::config::Config { database_url: empty.config.database_url.clone(), ..bank.bank.config.clone() };
    server::rebuild::run(&config, false, |_| {}).await.unwrap();
    assert_eq!(books(pool).await, books(empty.store.pool()).await);
}

/// Forty days of C1 to C4, in every shape the tables keep: cash, shops, devices, places, refusals, labels.
fn life() -> Vec<Command> {
    let begin: DateTime<Utc> = "2025-03-01T08:00:00Z".parse().unwrap();
    let mut commands = Vec::new();
    for step in 0..60_u32 {
        let at = begin + TimeDelta::hours(i64::from(step) * 16);
        let own = ["C1", "C2", "C3", "C4"][step as usize % 4];
        let other = ["C2", "C3", "C4", "C1", "C3"][step as usize % 5];
        let amount_minor = 1_000 + i64::from(step * step % 37) * 900;
        let submission = match step % 7 {
            0 => deposit(own, amount_minor * 10),
            1 | 2 => {
                SubmitTransaction { kind: TransactionKind::Withdrawal, ..transfer(own, "CASH-SHOP", amount_minor) }
            }
            3 => transfer(own, "NOBODY", amount_minor),
            _ if own == other => transfer(own, "C1", amount_minor),
            _ => transfer(own, other, amount_minor),
        };
        let context = PaymentContext {
            device: (step % 3 > 0).then(|| format!("device-{}", step % 5)),
            place: (step % 2 > 0).then_some(Place { latitude_e6: 48_000_000, longitude_e6: 2_000_000 + step as i32 }),
            channel: Some("app".to_owned()),
            ..PaymentContext::default()
        };
        let id = Uuid::from_u128(0x1000 + u128::from(step));
        let context = Some(Box::new(context));
        commands.push(Command::SubmitTransaction(SubmitTransaction {
            transaction_id: id,
            context,
            ..history(submission, at)
        }));
        if step % 8 == 5 {
            commands.push(Command::ReportFraud(ReportFraud {
                transaction_id: id,
                account: number(own),
                label: if step % 16 == 5 { FraudLabel::Fraud } else { FraudLabel::Genuine },
                source: LabelSource::Analyst,
                known_at: at + TimeDelta::days(3),
                history: true,
                person: None,
            }));
        }
    }
    commands
}

/// What was said of every payment: id, score, verdict, flags.
async fn judged(bank: &WorkerBank) -> Vec<(Uuid, Option<i64>, Option<i16>, i16)> {
    let rows = sqlx::query("select id, score_e9, verdict, flags from transaction order by id");
    let rows = rows.fetch_all(bank.bank.store.pool()).await.unwrap();
    rows.iter().map(|row| (row.get("id"), row.get("score_e9"), row.get("verdict"), row.get("flags"))).collect()
}

async fn lived(restarting: bool) -> Vec<(Uuid, Option<i64>, Option<i16>, i16)> {
    let bank = WorkerBank::judging().await;
    let mut worker = bank.start_worker();
    for account in ["CASH-EUR", "CASH-SHOP", "C1", "C2", "C3", "C4"] {
        bank.open(account, 0).await;
    }
    for (sent, command) in (7..).zip(life()) {
        if restarting && sent % 15 == 0 {
            worker.stop().await;
            worker = bank.start_worker();
        }
        bank.send(&command).await;
        until("the command is decided", || async {
            let next: i64 = sqlx::query_scalar("select sum(next_offset)::bigint from fence")
                .fetch_one(bank.bank.store.pool())
                .await
                .unwrap();
            next == sent
        })
        .await;
    }
    worker.stop().await;
    if restarting {
        rebuilt_equals(&bank).await;
    }
    judged(&bank).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_reads_its_memory_from_the_tables_says_what_one_that_lived_it_says() {
    let (eager, lazy) = tokio::join!(lived(false), lived(true));
    assert!(eager.iter().filter(|row| row.1.is_some_and(|score| score > 0)).count() > 5, "{eager:?}");
    for (one, other) in eager.iter().zip(&lazy) {
        assert_eq!(one, other);
    }
    assert_eq!(eager.len(), lazy.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_nobody_decides_about_ends_by_itself() {
    let bank = WorkerBank::judging().await;
    let worker = bank.start_worker();
    bank.with_a_habit().await;
    let risky = transfer("C1", "C3", 45_000);
    bank.pay(&risky).await;
    let pool = bank.bank.store.pool();
    // Two days in a moment: the deadline is data.
    sqlx::query("update hold set until = now() - interval '1 second'").execute(pool).await.unwrap();
    until("the hold has expired", || async { bank.column::<i16>("state", risky.transaction_id).await == Some(4) })
        .await;
    let held: i64 =
        sqlx::query_scalar("select held_minor from account where number = 'C1'").fetch_one(pool).await.unwrap();
    assert_eq!((held, bank.balance("C1").await), (0, Some(50_000)), "the money is available again");
    worker.stop().await;
}

/// An account number of each partition.
fn one_of_each_partition(partitions: i32) -> Vec<String> {
    (0..partitions)
        .map(|partition| {
            let mut numbers = (1..).map(|n| format!("P{n}"));
            let there = |number: &String| domain::partition::partition_of(number.as_bytes(), partitions) == partition;
            numbers.find(there).unwrap()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_worker_decides_about_a_payee_the_other_knows_within_a_second() {
    let bank = WorkerBank::judging().await;
    let workers = [bank.start_worker(), bank.start_worker()];
    let payers = one_of_each_partition(bank.bank.config.partitions);
    let mut accounts = vec!["CASH-EUR".to_owned(), "MULE".to_owned()];
    accounts.extend(payers.iter().cloned());
    accounts.extend(["Q1", "Q2"].map(str::to_owned));
    for account in &accounts {
        bank.open(account, 100_000).await;
    }
    for payer in accounts.iter().skip(2) {
        bank.pay(&transfer(payer, "MULE", 100)).await;
    }
    // Six have paid one account: whoever decides next must see at least five others.
    let begun = std::time::Instant::now();
    for payer in &payers {
        until("the fan-in is seen", || async {
            let again = transfer(payer, "MULE", 101);
            bank.pay(&again).await;
            bank.column::<i64>("score_e9", again.transaction_id).await >= Some(25_000_000_000)
        })
        .await;
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
    for worker in workers {
        worker.stop().await;
    }
}
