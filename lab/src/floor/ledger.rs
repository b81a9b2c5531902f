//! The raw ledger step: one connection, ready-made arrays, batches of 2,000, the product's own tables, indexes and
//! constraints. Fence, lock accounts in id order, insert with balance after, set balances, commit. No broker, no JSON,
//! no duplicate probe, no facts: nothing a real worker could leave out is in here.

use crate::load::{CASH, Mix, Spread, account_numbers};
use crate::wire::Kind;
use chrono::{DateTime, Utc};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::{Duration, Instant};
use uuid::Uuid;

pub const BATCH: usize = 2_000;

/// One batch, column by column.
#[derive(Default)]
struct Batch {
    first_offset: i64,
    locks: Vec<i32>,
    id: Vec<Uuid>,
    at: Vec<DateTime<Utc>>,
    amount: Vec<i64>,
    debit: Vec<i32>,
    credit: Vec<i32>,
    debit_version: Vec<i64>,
    debit_after: Vec<i64>,
    credit_version: Vec<i64>,
    credit_after: Vec<i64>,
    offset: Vec<i64>,
    kind: Vec<i16>,
    state: Vec<i16>,
    flags: Vec<i16>,
    currency: Vec<String>,
    changed: Vec<i32>,
    changed_booked: Vec<i64>,
    changed_version: Vec<i64>,
    cash: (i64, i64),
}

/// The books that the arrays are made from.
pub struct Ledger {
    mix: Mix,
    ids: Vec<i32>,
    cash_id: i32,
    books: HashMap<i32, (i64, i64)>,
    offset: i64,
    /// Made before the clock ran and not booked yet.
    ready: VecDeque<Batch>,
}

/// Rows and the time they took.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    pub rows: u64,
    pub seconds: f64,
}

impl Pace {
    pub fn per_second(self) -> f64 {
        self.rows as f64 / self.seconds
    }
}

impl Ledger {
    /// Fills a freshly migrated database with accounts and a fence.
    pub async fn open(db: &mut PgConnection, accounts: usize, seed: u64) -> anyhow::Result<Self> {
        let numbers = account_numbers(accounts);
        let rows = sqlx::query(
            "insert into account (number, kind, currency, opened_at, version)
             select number, 1, 'EUR', now(), 1 from unnest($1::text[]) as a (number) returning id, number",
        )
        .bind(&numbers)
        .fetch_all(&mut *db)
        .await?;
        let by_number: HashMap<String, i32> = rows.iter().map(|row| (row.get(1), row.get(0))).collect();
        let ids: Vec<i32> = numbers.iter().filter_map(|number| by_number.get(number).copied()).collect();
        let cash_id: i32 = sqlx::query_scalar(
            "insert into account (number, kind, currency, opened_at) values ($1, 2, 'EUR', now()) returning id",
        )
        .bind(CASH)
        .fetch_one(&mut *db)
        .await?;
        sqlx::query("insert into account_stripe (account_id, stripe) values ($1, 0)")
            .bind(cash_id)
            .execute(&mut *db)
            .await?;
        sqlx::query(
            "insert into fence (partition, epoch, next_offset, cluster_id, topic, partition_count)
             values (0, 1, 0, 'floor', 'floor', 1)",
        )
        .execute(&mut *db)
        .await?;
        let books = ids.iter().map(|id| (*id, (0, 1))).chain([(cash_id, (0, 0))]).collect();
        Ok(Ledger {
            mix: Mix::new(numbers, Spread::Zipf, seed),
            ids,
            cash_id,
            books,
            offset: 0,
            ready: VecDeque::new(),
        })
    }

    fn batch(&mut self) -> Batch {
        let mut batch = Batch { first_offset: self.offset, ..Batch::default() };
        let mut touched = BTreeMap::new();
        for _ in 0..BATCH {
            let (kind, debit, credit, amount) = self.mix.draw();
            let id = |side: Option<usize>| side.map_or(self.cash_id, |index| self.ids[index]);
            let (debit, credit) = (id(debit), id(credit));
            for (account, delta) in [(debit, -amount), (credit, amount)] {
                let book = self.books.entry(account).or_default();
                *book = (book.0 + delta, book.1 + 1);
                touched.insert(account, *book);
            }
            let now = Utc::now();
            batch.id.push(Uuid::now_v7());
            batch.at.push(now);
            batch.amount.push(amount);
            batch.debit.push(debit);
            batch.credit.push(credit);
            batch.debit_after.push(self.books[&debit].0);
            batch.debit_version.push(self.books[&debit].1);
            batch.credit_after.push(self.books[&credit].0);
            batch.credit_version.push(self.books[&credit].1);
            batch.offset.push(self.offset);
            batch.kind.push(match kind {
                Kind::Deposit => 1,
                Kind::Withdrawal => 2,
                Kind::Transfer => 3,
            });
            batch.state.push(1);
            batch.flags.push(0);
            batch.currency.push("EUR".to_owned());
            self.offset += 1;
        }
        batch.cash = touched.remove(&self.cash_id).unwrap_or_default();
        batch.locks = touched.keys().copied().collect();
        for (account, (booked, version)) in touched {
            batch.changed.push(account);
            batch.changed_booked.push(booked);
            batch.changed_version.push(version);
        }
        batch
    }

    /// Books for about `wanted`, in rounds whose arrays are made before the clock runs.
    pub async fn run(&mut self, db: &mut PgConnection, wanted: Duration) -> anyhow::Result<Pace> {
        let mut pace = Pace { rows: 0, seconds: 0.0 };
        while pace.seconds < wanted.as_secs_f64() {
            while self.ready.len() < 100 {
                let batch = self.batch();
                self.ready.push_back(batch);
            }
            let begun = Instant::now();
            while let Some(batch) = self.ready.pop_front() {
                book(db, &batch, self.cash_id).await?;
                pace.rows += BATCH as u64;
                if pace.seconds + begun.elapsed().as_secs_f64() >= wanted.as_secs_f64() {
                    break;
                }
            }
            pace.seconds += begun.elapsed().as_secs_f64();
        }
        Ok(pace)
    }
}

async fn book(db: &mut PgConnection, batch: &Batch, cash_id: i32) -> anyhow::Result<()> {
    let mut db = db.begin().await?;
    let fence = sqlx::query(
        "update fence set next_offset = $1, updated_at = now() where partition = 0 and epoch = 1 and next_offset = $2",
    )
    .bind(batch.first_offset + BATCH as i64)
    .bind(batch.first_offset)
    .execute(&mut *db)
    .await?;
    anyhow::ensure!(fence.rows_affected() == 1, "the fence stands elsewhere");
    let locked =
        sqlx::query("select id, booked_minor, version from account where id = any($1) order by id for no key update")
            .bind(&batch.locks)
            .fetch_all(&mut *db)
            .await?;
    anyhow::ensure!(locked.len() == batch.locks.len(), "an account is gone");
    sqlx::query(INSERT)
        .bind(&batch.id)
        .bind(&batch.at)
        .bind(&batch.amount)
        .bind(&batch.debit)
        .bind(&batch.credit)
        .bind(&batch.debit_version)
        .bind(&batch.debit_after)
        .bind(&batch.credit_version)
        .bind(&batch.credit_after)
        .bind(&batch.offset)
        .bind(&batch.kind)
        .bind(&batch.state)
        .bind(&batch.flags)
        .bind(&batch.currency)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "update account a set booked_minor = c.booked, version = c.version
         from unnest($1::int[], $2::bigint[], $3::bigint[]) as c (id, booked, version) where a.id = c.id",
    )
    .bind(&batch.changed)
    .bind(&batch.changed_booked)
    .bind(&batch.changed_version)
    .execute(&mut *db)
    .await?;
    sqlx::query("update account_stripe set booked_minor = $1, version = $2 where account_id = $3 and stripe = 0")
        .bind(batch.cash.0)
        .bind(batch.cash.1)
        .bind(cash_id)
        .execute(&mut *db)
        .await?;
    db.commit().await?;
    Ok(())
}

const INSERT: &str = "insert into transaction (id, recorded_at, occurred_at, amount_minor, debit_account, credit_account,
    debit_version, debit_balance_after, credit_version, credit_balance_after, command_offset, partition, kind, state, flags, currency)
 select id, at, at, amount, debit, credit, dv, db, cv, cb, command_offset, 0, kind, state, flags, currency
 from unnest($1::uuid[], $2::timestamptz[], $3::bigint[], $4::int[], $5::int[], $6::bigint[], $7::bigint[], $8::bigint[],
    $9::bigint[], $10::bigint[], $11::smallint[], $12::smallint[], $13::smallint[], $14::text[])
    as r (id, at, amount, debit, credit, dv, db, cv, cb, command_offset, kind, state, flags, currency)";
