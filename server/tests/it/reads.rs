//! What pages read: balances, statements, curves, the newest, and above all whose.

use crate::ledger_rows::{LedgerRows, person};
use crate::support::TestBank;
use app::ports::{DateRange, NewestQuery, Person, PortError, Role, StatementQuery, Window};
use domain::view::TransactionView;
use domain::{AccountNumber, TransactionState};
use server::config::Config;
use server::store::Store;
use sqlx::Row as _;

struct Scene {
    bank: TestBank,
    rows: LedgerRows,
    alice: Person,
    bob: Person,
    analyst: Person,
}

fn number(text: &str) -> AccountNumber {
    text.parse().unwrap()
}

fn statement(account: &str) -> StatementQuery {
    StatementQuery { account: number(account), range: DateRange::default(), before: None, after: None, limit: 3 }
}

/// Alice has A1, Bob has B1; ten deposits of 1.00 to 10.00 on A1, then 20.00 from A1 to B1.
async fn scene() -> Scene {
    let bank = TestBank::new().await;
    let mut rows = LedgerRows::new(&bank.store);
    let alice = person(&bank.store, "alice", Role::Customer).await;
    let bob = person(&bank.store, "bob", Role::Customer).await;
    let analyst = person(&bank.store, "ann", Role::Analyst).await;
    for account in ["CASH-EUR", "A1", "B1"] {
        rows.account(account).await;
    }
    rows.link(&alice, "A1").await;
    rows.link(&bob, "B1").await;
    for euros in 1..=10 {
        rows.post("CASH-EUR", "A1", euros * 100).await;
    }
    rows.post("A1", "B1", 2_000).await;
    Scene { bank, rows, alice, bob, analyst }
}

fn versions(rows: &[TransactionView], account: &str) -> Vec<i64> {
    let side = |row: &TransactionView| if row.debit.account == account { row.debit.after } else { row.credit.after };
    rows.iter().map(|row| side(row).unwrap().version).collect()
}

#[tokio::test]
async fn balances_are_those_of_the_tables_and_the_token_names_the_fence() {
    let scene = scene().await;
    let (accounts, resume) = scene.bank.store.account_list(&scene.alice, 10).await.unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!((accounts[0].booked_minor, accounts[0].available_minor, accounts[0].version), (3_500, 8_500, 11));
    assert_eq!(resume.0.get(&0), Some(&11));
    let (all, _) = scene.bank.store.account_list(&scene.analyst, 10).await.unwrap();
    assert_eq!(all.iter().map(|view| view.account.as_str()).collect::<Vec<_>>(), ["A1", "B1"]);
    let (desk, _) = scene.bank.store.account(&scene.analyst, &number("CASH-EUR")).await.unwrap();
    assert_eq!((desk.booked_minor, desk.version), (-5_500, 10), "an external account is the sum of its stripes");
}

#[tokio::test]
async fn somebody_elses_account_and_an_unknown_one_look_the_same() {
    let scene = scene().await;
    let store = &scene.bank.store;
    for account in ["B1", "CASH-EUR", "NOBODY"] {
        assert_eq!(store.account(&scene.alice, &number(account)).await.unwrap_err(), PortError::NotFound);
        assert_eq!(store.statement(&scene.alice, &statement(account)).await.unwrap_err(), PortError::NotFound);
        let rows = store.statement_rows(&scene.alice, &number(account), DateRange::default(), None, 10).await;
        assert_eq!(rows.unwrap_err(), PortError::NotFound);
        let curve = store.balance_curve(&scene.alice, &number(account), DateRange::default(), 10).await;
        assert_eq!(curve.unwrap_err(), PortError::NotFound);
        let newest = NewestQuery { account: Some(number(account)), limit: 10, ..NewestQuery::default() };
        assert_eq!(store.newest(&scene.alice, &newest).await.unwrap_err(), PortError::NotFound);
        assert_eq!(store.paying_right(&scene.alice, &number(account)).await.unwrap(), None);
    }
    assert!(store.paying_right(&scene.alice, &number("A1")).await.unwrap().is_some());
    assert_eq!(
        store.paying_right(&scene.analyst, &number("A1")).await.unwrap(),
        None,
        "seeing everything is not owning it"
    );
    assert_eq!(store.totals(&scene.alice, Window::All).await.unwrap_err(), PortError::Forbidden);
    assert_eq!(store.per_minute(&scene.alice, 5).await.unwrap_err(), PortError::Forbidden);
    assert_eq!(store.dead_letters(&scene.analyst, None, 5).await.unwrap_err(), PortError::Forbidden);
}

#[tokio::test]
async fn a_statement_pages_both_ways_without_gap_or_repeat() {
    let scene = scene().await;
    let store = &scene.bank.store;
    let mut query = statement("A1");
    let mut down = Vec::new();
    let mut newer = None;
    loop {
        let page = store.statement(&scene.alice, &query).await.unwrap();
        assert_eq!(page.total, 11);
        assert_eq!(page.newer.is_some(), !down.is_empty());
        down.extend(versions(&page.rows, "A1"));
        match page.older {
            Some(older) => query.before = Some(older),
            None => {
                newer = page.newer.or(newer);
                break;
            }
        }
    }
    assert_eq!(down, (1..=11).rev().collect::<Vec<_>>());
    query = StatementQuery { after: newer, before: None, ..query };
    let page = store.statement(&scene.alice, &query).await.unwrap();
    assert_eq!(versions(&page.rows, "A1"), [5, 4, 3]);
    query.after = page.newer;
    let page = store.statement(&scene.alice, &query).await.unwrap();
    assert_eq!(versions(&page.rows, "A1"), [8, 7, 6]);
    query.after = page.newer;
    let page = store.statement(&scene.alice, &query).await.unwrap();
    assert_eq!(versions(&page.rows, "A1"), [11, 10, 9], "the last step up is the first page, whole");
    assert_eq!(page.newer, None);
}

#[tokio::test]
async fn an_external_accounts_statement_pages_over_its_stripes() {
    let scene = scene().await;
    let mut query = statement("CASH-EUR");
    let mut seen = Vec::new();
    loop {
        let page = scene.bank.store.statement(&scene.analyst, &query).await.unwrap();
        assert!(page.rows.iter().all(|row| row.debit.after.is_none()), "a stripe's balance is nobody's");
        seen.extend(page.rows.iter().map(|row| row.amount_minor));
        let Some(older) = page.older else { break };
        query.before = Some(older);
    }
    assert_eq!(seen, (1..=10).rev().map(|euros| euros * 100).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_customer_sees_only_their_own_side_of_a_transfer() {
    let scene = scene().await;
    for (viewer, own, other) in [(&scene.alice, "A1", "B1"), (&scene.bob, "B1", "A1")] {
        let (rows, _) =
            scene.bank.store.newest(viewer, &NewestQuery { limit: 1, ..NewestQuery::default() }).await.unwrap();
        for side in [&rows[0].debit, &rows[0].credit] {
            assert_eq!(side.after.is_some(), side.account == own, "{} of {}", side.account, viewer.username);
        }
        assert!(rows[0].debit.account == other || rows[0].credit.account == other);
    }
}

#[tokio::test]
async fn a_refused_transfer_is_not_shown_to_who_would_have_received_it() {
    let mut scene = scene().await;
    let id = scene.rows.refuse("A1", "B1", 999_999).await;
    let store = &scene.bank.store;
    let (view, _) = store.transaction(&scene.alice, id).await.unwrap();
    assert_eq!(view.state, TransactionState::Refused);
    assert_eq!(store.transaction(&scene.bob, id).await.unwrap_err(), PortError::NotFound);
    assert!(store.transaction(&scene.analyst, id).await.is_ok());
    let (rows, _) = store.newest(&scene.bob, &NewestQuery { limit: 50, ..NewestQuery::default() }).await.unwrap();
    assert!(rows.iter().all(|row| row.id != id));
    let page = store.statement(&scene.bob, &statement("B1")).await.unwrap();
    assert!(page.unbooked.is_empty());
    let page = store.statement(&scene.alice, &statement("A1")).await.unwrap();
    assert_eq!(page.unbooked.iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
    assert_eq!(page.total, 11, "what was refused is no posted row");
}

#[tokio::test]
async fn the_newest_of_all_page_by_time_to_the_very_first() {
    let mut scene = scene().await;
    // A gap of days between the rows, so that several spans are read.
    scene.rows.now += chrono::TimeDelta::days(400);
    let last = scene.rows.post("CASH-EUR", "B1", 1).await;
    let mut query = NewestQuery { limit: 5, ..NewestQuery::default() };
    let mut seen = Vec::new();
    loop {
        let (rows, _) = scene.bank.store.newest(&scene.analyst, &query).await.unwrap();
        let Some(oldest) = rows.last() else { break };
        query.before = Some((oldest.recorded_at.ms, oldest.id));
        seen.extend(rows.iter().map(|row| (row.recorded_at.ms, row.id)));
    }
    assert_eq!(seen.len(), 12);
    assert_eq!(seen[0].1, last);
    assert!(seen.windows(2).all(|pair| pair[0].0 > pair[1].0));
}

#[tokio::test]
async fn the_balance_curve_starts_from_what_was_before_and_ends_at_the_balance() {
    let mut scene = scene().await;
    scene.rows.now += chrono::TimeDelta::days(2);
    scene.rows.post("CASH-EUR", "A1", 700).await;
    let day = |text: &str| text.parse().ok();
    let range = DateRange { from: day("2025-03-11"), to: None };
    let curve = scene.bank.store.balance_curve(&scene.alice, &number("A1"), range, 100).await.unwrap();
    assert_eq!(curve.opening_minor, 3_500);
    assert_eq!(curve.points.iter().map(|point| point.1).collect::<Vec<_>>(), [4_200]);
    let all = scene.bank.store.balance_curve(&scene.alice, &number("A1"), DateRange::default(), 100).await.unwrap();
    assert_eq!((all.opening_minor, all.points.len()), (0, 12));
    let thin = scene.bank.store.balance_curve(&scene.alice, &number("A1"), DateRange::default(), 4).await.unwrap();
    assert!(thin.points.len() <= 4);
    assert_eq!(thin.points.last(), all.points.last());
}

#[tokio::test]
async fn figures_count_each_side_of_a_transfer_once() {
    use app::ports::SidedType::{Deposit, TransferIn, TransferOut};
    let scene = scene().await;
    let figures = scene.bank.store.by_account_and_type(&scene.analyst, Window::All).await.unwrap();
    let figures: Vec<_> =
        figures.iter().map(|row| (row.account.as_str(), row.sided_type, row.count, row.amount_minor)).collect();
    assert_eq!(figures, [("A1", Deposit, 10, 5_500), ("A1", TransferOut, 1, 2_000), ("B1", TransferIn, 1, 2_000)]);
    let totals = scene.bank.store.totals(&scene.analyst, Window::All).await.unwrap();
    assert_eq!((totals.transactions, totals.posted, totals.refused, totals.accounts), (11, 11, 0, 2));
    assert_eq!(totals.volume, [(domain::Currency::EUR, 7_500)]);
    let minutes = scene.bank.store.per_minute(&scene.analyst, 30).await.unwrap();
    assert_eq!(minutes.len(), 30, "every minute is present");
}

#[tokio::test]
async fn a_payments_text_is_open_to_payer_and_payee_until_the_key_is_dropped() {
    let mut scene = scene().await;
    let store = scene.bank.store.clone();
    let id = uuid::Uuid::now_v7();
    let sealed = store.seal_reference(scene.alice.id, id, "rent of March").await.unwrap();
    assert!(!sealed.contains("rent"));
    scene.rows.post_with("A1", "B1", 100, Some((id, sealed))).await;
    for viewer in [&scene.alice, &scene.bob] {
        let (view, _) = store.transaction(viewer, id).await.unwrap();
        assert_eq!(view.reference.as_deref(), Some("rent of March"));
    }
    sqlx::query("update person set data_key = null where id = $1")
        .bind(scene.alice.id)
        .execute(store.pool())
        .await
        .unwrap();
    let (view, _) = store.transaction(&scene.bob, id).await.unwrap();
    assert_eq!(view.reference, None);
}

#[tokio::test]
async fn a_reader_who_goes_away_at_any_moment_leaves_no_transaction_open() {
    let scene = scene().await;
    let store = Store::connect(&Config { database_connections: 1, ..scene.bank.config.clone() }).await.unwrap();
    let (mut steps, mut answered) = (0, 0);
    // From before the first step of a read to after its last: somewhere between, Postgres is beginning.
    while answered < 10 {
        let mut reading = Box::pin(store.transaction(&scene.alice, uuid::Uuid::now_v7()));
        let mut waited = 0;
        while waited < steps && futures::poll!(reading.as_mut()).is_pending() {
            waited += 1;
            tokio::task::yield_now().await;
        }
        drop(reading);
        answered += usize::from(waited < steps);
        steps += 20;
        // By itself a statement is as old as its transaction.
        let asked = sqlx::raw_sql("select now() = statement_timestamp()").fetch_one(store.pool()).await.unwrap();
        assert!(asked.get::<bool, _>(0), "left after {waited} steps, its transaction goes on");
    }
}
