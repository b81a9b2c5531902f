//! Holds in the tables: reserved, ended once, and the same again when the facts are folded into an empty database.

use crate::support::TestBank;
use chrono::{DateTime, TimeDelta, Utc};
use domain::command::{Command, OpenAccount, SettleHold, SubmitTransaction};
use domain::fact::{Fact, FactBody};
use domain::ledger::{Account, Attempt, Decide, Input, Judged, Record, Verdict, step};
use domain::{AccountKind, AccountNumber, Currency, HoldTerms, OnExpiry, TransactionKind};
use server::store::rebuild::FoldedTransaction;
use server::store::worker::{Changes, Concurrency, Named, Said, WorkerStore};
use server::verify::verify;
use uuid::Uuid;

/// Holds what is worth 10.00 or more.
struct Careful;

impl Decide for Careful {
    fn decide(&mut self, attempt: &Attempt<'_>, _: &Account, _: &Account) -> Judged {
        let (submission, at) = (attempt.submission, attempt.recorded_at);
        if submission.amount_minor < 1_000 || submission.kind == TransactionKind::Deposit {
            return Verdict::Allow.into();
        }
        Verdict::Hold(HoldTerms { until: at + TimeDelta::hours(1), on_expiry: OnExpiry::Expire }).into()
    }
}

fn number(text: &str) -> AccountNumber {
    text.parse().unwrap()
}

fn submit(id: u128, kind: TransactionKind, debit: &str, credit: &str, amount_minor: i64) -> Command {
    Command::SubmitTransaction(SubmitTransaction {
        transaction_id: Uuid::from_u128(id),
        kind,
        debit: number(debit),
        credit: number(credit),
        amount_minor,
        currency: Currency::EUR,
        occurred_at: "2026-11-21T10:00:00Z".parse().unwrap(),
        history: false,
        reference: None,
        context: None,
    })
}

fn settle(id: u128) -> SettleHold {
    SettleHold { transaction_id: Uuid::from_u128(id), account: number("C1"), person: None }
}

/// One partition's worker without a log: every command is a batch of its own, `hours` after the first.
struct Desk {
    store: WorkerStore,
    offset: i64,
    facts: Vec<Fact>,
}

impl Desk {
    async fn book(&mut self, command: Command, hours: i64) {
        let mut named = Named::default();
        named.partitions.insert(0);
        named.accounts.insert(command.key().clone());
        match &command {
            Command::SubmitTransaction(submission) => {
                named.accounts.extend([submission.debit.clone(), submission.credit.clone()]);
                named.transactions.insert(submission.transaction_id);
            }
            Command::ReleaseHold(c) | Command::RefuseHold(c) | Command::ExpireHold(c) => {
                named.transactions.insert(c.transaction_id);
            }
            _ => {}
        }
        let first: DateTime<Utc> = "2026-11-21T10:00:00Z".parse().unwrap();
        let record = Record {
            partition: 0,
            offset: self.offset,
            recorded_at: first + TimeDelta::hours(hours),
            command_id: Some(Uuid::now_v7()),
            length: 1,
            sha256: [0; 32],
            input: Input::Command(command),
        };
        self.offset += 1;
        let mut db = self.store.begin().await.unwrap();
        let (_, mut books) = self.store.advance(&mut db, &[], &named.transactions).await.unwrap().unwrap();
        self.store.load(&mut db, &mut books, &named, Concurrency::Optimistic).await.unwrap();
        let mut outcome = step(&mut books, [&record], &mut Careful);
        let changes = Changes::take(&mut outcome);
        self.store.decided(&books);
        assert!(
            self.store.save(&mut db, &books, &changes, &Said::default()).await.unwrap(),
            "nobody else changes anything"
        );
        db.commit().await.unwrap();
        self.facts.extend(outcome.facts);
    }
}

async fn fence(bank: &TestBank) {
    let query = sqlx::query(
        "insert into fence (partition, epoch, next_offset, cluster_id, topic, partition_count) values (0, 1, 99, 'x', 'x', 1)",
    );
    query.execute(bank.store.pool()).await.unwrap();
}

/// Accounts, transactions and holds, without surrogate ids.
async fn books(bank: &TestBank) -> Vec<String> {
    let mut all = Vec::new();
    for table in [
        "select number, booked_minor, held_minor, version from account",
        "select number, stripe, s.booked_minor, s.version from account_stripe s join account a on a.id = account_id",
        "select t.id, state, reason, debit_version, debit_balance_after, credit_version, credit_balance_after,
             command_offset, recorded_at, occurred_at from transaction t",
        "select transaction_id, number, until, on_expiry from hold join account a on a.id = account_id",
    ] {
        let statement = sqlx::AssertSqlSafe(format!("select row_to_json(r)::text from ({table}) r order by 1"));
        let rows: Vec<String> = sqlx::query_scalar(statement).fetch_all(bank.store.pool()).await.unwrap();
        all.extend(rows);
    }
    all
}

#[tokio::test]
async fn a_hold_reserves_ends_once_and_is_the_same_after_a_rebuild() {
    let bank = TestBank::new().await;
    fence(&bank).await;
    let mut desk = Desk { store: WorkerStore::new(bank.store.clone()), offset: 0, facts: Vec::new() };
    for (account, kind) in
        [("CASH-EUR", AccountKind::External), ("C1", AccountKind::Customer), ("C2", AccountKind::Customer)]
    {
        let open =
            OpenAccount { account: number(account), kind, currency: Currency::EUR, overdraft_minor: 0, owner: None };
        desk.book(Command::OpenAccount(open), 0).await;
    }
    desk.book(submit(1, TransactionKind::Deposit, "CASH-EUR", "C1", 9_000), 0).await;
    for id in 2..=5 {
        desk.book(submit(id, TransactionKind::Transfer, "C1", "C2", 1_000 + id as i64), 0).await;
    }
    assert!(verify(&bank.store).await.unwrap().clean);
    desk.book(Command::ReleaseHold(settle(2)), 0).await;
    desk.book(Command::RefuseHold(settle(3)), 0).await;
    desk.book(Command::ExpireHold(settle(4)), 2).await;
    let report = verify(&bank.store).await.unwrap();
    assert_eq!(report.violations, []);
    assert_eq!((report.counts.posted, report.counts.held), (2, 1));
    let before = books(&bank).await;
    // Again, and the other way round: answered, and nothing moves.
    for command in [Command::ReleaseHold(settle(2)), Command::RefuseHold(settle(2)), Command::ExpireHold(settle(3))] {
        desk.book(command, 2).await;
        assert!(matches!(desk.facts.last().unwrap().body, FactBody::CommandAnswered(_)));
    }
    assert_eq!(books(&bank).await, before);

    // Folded in one batch, and one by one over it again: older facts change nothing.
    let empty = TestBank::new().await;
    fence(&empty).await;
    let store = WorkerStore::new(empty.store.clone());
    let mut folded = Vec::new();
    for fact in &desk.facts {
        match &fact.body {
            FactBody::AccountOpened(account) => store.fold_account(account).await.unwrap(),
            FactBody::TransactionPosted(said)
            | FactBody::TransactionHeld(said)
            | FactBody::TransactionRefused(said) => {
                let Fact { position, recorded_at, .. } = *fact;
                folded.push(FoldedTransaction {
                    partition: 0,
                    offset: position.offset,
                    recorded_at,
                    ended_at: None,
                    fact: said.clone(),
                });
            }
            _ => {}
        }
    }
    store.fold_transactions(&folded).await.unwrap();
    assert_eq!(books(&empty).await, before);
    for fact in folded {
        store.fold_transactions(&[fact]).await.unwrap();
    }
    assert_eq!(books(&empty).await, before);
}
