//! `vigie verify`: sound books pass, and every way of breaking them is named by the question that is about it.

use crate::support::TestBank;
use server::store::verify::{CHECKS, ask};
use server::verify::verify;
use sqlx::{Connection as _, PgConnection};
use std::collections::BTreeSet;

/// Two customers, a cash desk with two stripes, three posted transactions (one allowed, one reviewed and found genuine),
/// one held, one refused, one dead letter and one unannounced batch: written by hand, so that nothing here depends on the worker.
const SOUND: &str = "
    insert into account (id, number, kind, currency, booked_minor, held_minor, version, opened_at) overriding system value values
        (1, 'CASH-EUR', 2, 'EUR', 0, 0, 1, now()), (2, 'C1', 1, 'EUR', 700, 50, 4, now()), (3, 'C2', 1, 'EUR', 800, 0, 3, now());
    insert into account_stripe (account_id, stripe, booked_minor, version) values (1, 0, -1000, 1), (1, 1, -500, 1);
    insert into fence (partition, epoch, next_offset, cluster_id, topic, partition_count) values
        (0, 1, 10, 'c', 't', 2), (1, 1, 5, 'c', 't', 2);
    insert into transaction (id, recorded_at, occurred_at, amount_minor, debit_account, credit_account, debit_version,
        debit_balance_after, credit_version, credit_balance_after, command_offset, partition, kind, state, reason, currency) values
        ('00000000-0000-0000-0000-000000000001', now(), now(), 1000, 1, 2, 1, -1000, 2, 1000, 3, 0, 1, 1, null, 'EUR'),
        ('00000000-0000-0000-0000-000000000002', now(), now(), 500, 1, 3, 1, -500, 2, 500, 1, 1, 1, 1, null, 'EUR'),
        ('00000000-0000-0000-0000-000000000003', now(), now(), 300, 2, 3, 3, 700, 3, 800, 4, 0, 3, 1, null, 'EUR'),
        ('00000000-0000-0000-0000-000000000004', now(), now(), 50, 2, 3, null, null, null, null, 5, 0, 3, 2, null, 'EUR'),
        ('00000000-0000-0000-0000-000000000005', now(), now(), 9000, 2, 3, null, null, null, null, 6, 0, 3, 3, 7, 'EUR');
    insert into hold (transaction_id, account_id, until, on_expiry) values ('00000000-0000-0000-0000-000000000004', 2, now(), 2);
    insert into dead_letter (partition, command_offset, recorded_at, reason, detail, length, sha256, head)
        values (0, 7, now(), 'undecodable', '', 0, '', '');
    insert into announcement (partition, first_offset, last_offset, records) values (0, 8, 9, '');
    update transaction set verdict = 1, score_e9 = 0, policy_version = 1 where id::text like '%1';
    update transaction set verdict = 2, score_e9 = 35000000000, policy_version = 1, device = 'd' where id::text like '%2';
    update transaction set verdict = 3, score_e9 = 70000000000, policy_version = 1 where id::text like '%4';
    insert into device_use (device, account_id, first_at, last_at)
        select 'd', 3, occurred_at, occurred_at from transaction where id::text like '%2';
    insert into alert (transaction_id, account_id, raised_at, verdict, score_e9, state, closed_at, evidence) values
        ('00000000-0000-0000-0000-000000000002', 3, now(), 2, 35000000000, 2, now(), '{}'),
        ('00000000-0000-0000-0000-000000000004', 2, now(), 3, 70000000000, 1, null, '{}');
    insert into label (transaction_id, label, source, known_at) values ('00000000-0000-0000-0000-000000000002', 2, 2, now());";

/// What somebody did to the tables, and all questions that must then find something.
const BREAKAGES: [(&str, &[&str]); 39] = [
    (
        "update account set booked_minor = booked_minor + 1 where number = 'C1'",
        &["balance-equals-transactions", "ledger-sums-to-zero"],
    ),
    (
        "update account set booked_minor = booked_minor + 1 where number = 'C1'; update account set booked_minor = booked_minor - 1 where number = 'C2'",
        &["balance-equals-transactions"],
    ),
    (
        "update account_stripe set booked_minor = -501 where stripe = 1",
        &["balance-equals-transactions", "ledger-sums-to-zero"],
    ),
    ("delete from account_stripe where stripe = 1", &["balance-equals-transactions", "ledger-sums-to-zero"]),
    ("update transaction set debit_balance_after = 701 where id::text like '%3'", &["chain-unbroken"]),
    ("update transaction set debit_balance_after = -501 where id::text like '%2'", &["chain-unbroken"]),
    (
        "update transaction set amount_minor = 301 where id::text like '%3'",
        &["balance-equals-transactions", "chain-unbroken"],
    ),
    ("update transaction set debit_version = 2 where id::text like '%3'", &["chain-unbroken"]),
    ("update transaction set debit_version = 2 where id::text like '%2'", &["chain-unbroken", "versions-counted"]),
    ("update account set version = 2 where number = 'C1'", &["versions-counted"]),
    ("update account set version = 3 where number = 'C1'", &["versions-counted"]),
    ("update account_stripe set version = 2 where stripe = 1", &["versions-counted"]),
    ("delete from transaction where id::text like '%3'", &["balance-equals-transactions"]),
    ("update account set held_minor = 0 where number = 'C1'", &["holds-equal-held-transactions"]),
    ("delete from hold", &["holds-have-terms"]),
    (
        "insert into hold (transaction_id, account_id, until, on_expiry) values ('00000000-0000-0000-0000-000000000003', 2, now(), 1)",
        &["holds-have-terms"],
    ),
    ("update account set held_minor = 10 where number = 'C2'", &["holds-equal-held-transactions"]),
    (
        "update fence set next_offset = 6 where partition = 0",
        &["announcements-below-fence", "dead-letters-below-fence", "transactions-below-fence"],
    ),
    ("delete from fence where partition = 1", &["stripes-are-external", "transactions-below-fence"]),
    (
        "insert into announcement (partition, first_offset, last_offset, records) values (0, 9, 9, '')",
        &["announcements-below-fence"],
    ),
    ("update transaction set command_offset = 7 where id::text like '%5'", &["one-outcome-per-command"]),
    (
        "alter table transaction drop constraint transaction_pkey; insert into transaction select * from transaction where id::text like '%5'",
        &["ids-unique", "one-outcome-per-command"],
    ),
    ("update transaction set currency = 'USD' where id::text like '%3'", &["currencies-agree"]),
    ("update transaction set kind = 2 where id::text like '%3'", &["kinds-agree"]),
    (
        "update transaction set verdict = 4 where id::text like '%2'; update alert set verdict = 4 where transaction_id::text like '%2'",
        &["verdicts-obeyed"],
    ),
    (
        "update transaction set verdict = 2 where id::text like '%4'; update alert set verdict = 2 where transaction_id::text like '%4'",
        &["verdicts-obeyed"],
    ),
    ("delete from alert where transaction_id::text like '%4'", &["alerts-equal-judgements"]),
    ("update alert set score_e9 = 1 where transaction_id::text like '%4'", &["alerts-equal-judgements"]),
    ("update alert set verdict = 2 where transaction_id::text like '%4'", &["alerts-equal-judgements"]),
    ("update alert set account_id = 3 where transaction_id::text like '%4'", &["alerts-equal-judgements"]),
    (
        "insert into alert (transaction_id, account_id, raised_at, verdict, score_e9, evidence)
            values ('00000000-0000-0000-0000-000000000001', 2, now(), 2, 0, '{}')",
        &["alerts-equal-judgements"],
    ),
    (
        "insert into alert (transaction_id, account_id, raised_at, verdict, score_e9, evidence) values (gen_random_uuid(), 2, now(), 2, 0, '{}')",
        &["alerts-equal-judgements"],
    ),
    (
        "update alert set state = 2, closed_at = now() where transaction_id::text like '%4'",
        &["alerts-follow-their-end"],
    ),
    ("update alert set state = 1, closed_at = null where transaction_id::text like '%2'", &["alerts-follow-their-end"]),
    (
        "update transaction set state = 4 where id::text like '%4'; delete from hold; update account set held_minor = 0 where number = 'C1'",
        &["alerts-follow-their-end"],
    ),
    (
        "insert into label (transaction_id, label, source, known_at) values (gen_random_uuid(), 1, 1, now())",
        &["labels-have-transactions"],
    ),
    ("update device_use set last_at = last_at + interval '1 second'", &["device-uses-equal-transactions"]),
    ("delete from device_use", &["device-uses-equal-transactions"]),
    (
        "insert into device_use (device, account_id, first_at, last_at) values ('d', 2, now(), now())",
        &["device-uses-equal-transactions"],
    ),
];

async fn found_after(connection: &mut PgConnection, breakage: &str) -> Vec<&'static str> {
    let mut db = connection.begin().await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(breakage.to_owned())).execute(&mut *db).await.unwrap();
    let (_, violations) = ask(&mut db).await.unwrap();
    assert!(violations.iter().all(|violation| !violation.subject.is_empty() && !violation.detail.is_empty()));
    db.rollback().await.unwrap();
    violations.iter().map(|violation| violation.check).collect::<BTreeSet<_>>().into_iter().collect()
}

#[tokio::test]
async fn sound_books_are_clean_and_every_broken_one_is_named() {
    let bank = TestBank::new().await;
    sqlx::raw_sql(SOUND).execute(bank.store.pool()).await.unwrap();
    let report = verify(&bank.store).await.unwrap();
    assert_eq!(report.violations, []);
    assert!(report.clean);
    assert_eq!((report.counts.transactions, report.counts.posted, report.counts.dead_letters), (5, 3, 1));

    let mut connection = bank.store.pool().acquire().await.unwrap();
    let mut asked = BTreeSet::new();
    for (breakage, expected) in BREAKAGES {
        assert_eq!(found_after(&mut connection, breakage).await, expected, "{breakage}");
        asked.extend(expected.iter().copied());
    }
    let elsewhere = ["accounts-exist"];
    asked.extend(elsewhere);
    assert_eq!(
        asked,
        CHECKS.iter().map(|check| check.name).collect(),
        "every question has a breakage that only it explains"
    );
}

#[tokio::test]
async fn a_transaction_of_an_account_that_does_not_exist_is_named() {
    let bank = TestBank::new().await;
    sqlx::raw_sql(SOUND).execute(bank.store.pool()).await.unwrap();
    let mut connection = bank.store.pool().acquire().await.unwrap();
    let breakage = "update transaction set credit_account = 99 where id::text like '%5'";
    assert_eq!(found_after(&mut connection, breakage).await, ["accounts-exist"]);
    let lost = "alter table account_link drop constraint account_link_account_fkey;
        insert into account_link (person_id, account_id) values (gen_random_uuid(), 99)";
    assert_eq!(found_after(&mut connection, lost).await, ["accounts-exist"]);
}

#[tokio::test]
async fn an_empty_bank_is_sound() {
    let bank = TestBank::new().await;
    assert!(verify(&bank.store).await.unwrap().clean);
}

/// Runs `vigie verify --json`: its exit code and its report.
fn vigie_verify(bank: &TestBank) -> (Option<i32>, serde_json::Value) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_vigie"))
        .args(["verify", "--json", "--database-url", bank.config.database_url.reveal()])
        .args(["--command-secret", bank.config.command_secret.reveal()])
        .output()
        .unwrap();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

#[tokio::test]
async fn the_command_ends_with_1_and_names_the_violation_or_with_0() {
    let bank = TestBank::new().await;
    sqlx::raw_sql(SOUND).execute(bank.store.pool()).await.unwrap();
    let (code, report) = vigie_verify(&bank);
    assert_eq!((code, report["clean"].as_bool(), report["counts"]["posted"].as_i64()), (Some(0), Some(true), Some(3)));
    sqlx::raw_sql("update account set held_minor = 0 where number = 'C1'").execute(bank.store.pool()).await.unwrap();
    let (code, report) = vigie_verify(&bank);
    assert_eq!((code, report["clean"].as_bool()), (Some(1), Some(false)));
    assert_eq!(report["violations"][0]["check"], "holds-equal-held-transactions");
    assert_eq!(report["violations"][0]["subject"], "C1");
}
