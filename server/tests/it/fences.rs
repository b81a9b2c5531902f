//! The fence in the tables: who may move it, and from where; and the locks that keep two workers' books apart.

use crate::ledger_rows::LedgerRows;
use crate::support::TestBank;
use domain::ledger::Books;
use server::store::worker::{Concurrency, FenceAdvance, Named, WorkerStore};
use std::collections::HashSet;
use std::time::Duration;

async fn moves(store: &WorkerStore, epoch: i64, first_offset: i64, next_offset: i64) -> bool {
    let mut db = store.begin().await.unwrap();
    let advance = FenceAdvance { partition: 3, epoch, first_offset, next_offset, last_sha256: vec![0; 32] };
    let moved = store.advance(&mut db, &[advance], &HashSet::new()).await.unwrap();
    db.commit().await.unwrap();
    moved.is_some()
}

#[tokio::test]
async fn only_the_newest_epoch_moves_the_fence_and_only_from_where_it_stands() {
    let bank = TestBank::new().await;
    let store = WorkerStore::new(bank.store.clone());
    let first = store.take_fence(3, "cluster", "topic", 12).await.unwrap();
    assert!(moves(&store, first.epoch, 0, 10).await);
    assert!(!moves(&store, first.epoch, 0, 10).await, "the same batch again");
    assert!(!moves(&store, first.epoch, 12, 20).await, "a batch after a gap");
    assert!(moves(&store, first.epoch, 10, 12).await);
    let second = store.take_fence(3, "cluster", "topic", 12).await.unwrap();
    assert_eq!((second.epoch, second.next_offset), (first.epoch + 1, 12));
    assert!(!moves(&store, first.epoch, 12, 13).await, "an owner of before");
    assert!(moves(&store, second.epoch, 12, 13).await);
}

#[tokio::test]
async fn whoever_loads_an_account_keeps_others_from_it_until_the_commit_and_they_see_what_was_committed() {
    let bank = TestBank::new().await;
    LedgerRows::new(&bank.store).account("C1").await;
    let store = WorkerStore::new(bank.store.clone());
    let mut named = Named::default();
    named.accounts.insert("C1".parse().unwrap());
    let mut first = store.begin().await.unwrap();
    store.load(&mut first, &mut Books::default(), &named, Concurrency::Pessimistic).await.unwrap();
    sqlx::query("update account set booked_minor = 5, version = version + 1").execute(&mut *first).await.unwrap();
    let mut second = store.begin().await.unwrap();
    let mut books = Books::default();
    {
        let mut waiting = std::pin::pin!(store.load(&mut second, &mut books, &named, Concurrency::Pessimistic));
        assert!(tokio::time::timeout(Duration::from_millis(300), &mut waiting).await.is_err(), "nobody waited");
        first.commit().await.unwrap();
        waiting.await.unwrap();
    }
    assert_eq!(books.accounts().map(|(_, account)| account.after.booked_minor).collect::<Vec<_>>(), [5]);
    second.rollback().await.unwrap();
}
