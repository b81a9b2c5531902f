//! The schema itself: migrations run twice, and the tables refuse what may never be.

use crate::support::TestBank;

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    let bank = TestBank::new().await;
    bank.store.migrate().await.unwrap();
}

#[tokio::test]
async fn a_posted_row_without_balances_is_refused_by_the_schema() {
    let bank = TestBank::new().await;
    let insert = sqlx::query(
        "insert into transaction (id, recorded_at, occurred_at, amount_minor, debit_account, credit_account,
            command_offset, partition, kind, state, currency)
         values (gen_random_uuid(), now(), now(), 100, 1, 2, 0, 0, 3, 1, 'EUR')",
    );
    let error = insert.execute(bank.store.pool()).await.unwrap_err();
    let constraint = error.as_database_error().and_then(|error| error.constraint()).map(str::to_owned);
    assert_eq!(constraint.as_deref(), Some("transaction_posted_is_complete"));
}
