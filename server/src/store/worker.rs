//! The worker's SQL: fences, the books of a batch, and what came of it, all inside one database transaction.

use super::Store;
use super::codes::{Code, FLAG_HISTORY, FLAG_OCCURRED_AT_OUT_OF_BOUNDS};
use chrono::{DateTime, Utc};
use domain::fact::AccountAfter;
use domain::ledger::{Account, AccountId, Body, Books, KnownTransaction, LinkChange, Stripe, TransactionRow};
use domain::{AccountKind, AccountNumber, AccountStatus, Currency, RefusalReason, TransactionKind, TransactionState};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{Postgres, Row as _, Transaction};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use uuid::Uuid;

/// A partition's fence as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    pub partition: i32,
    pub epoch: i64,
    pub next_offset: i64,
    pub last_sha256: Option<Vec<u8>>,
    pub cluster_id: String,
    pub topic: String,
    pub partition_count: i32,
    pub halted: Option<String>,
}

/// How far one partition's fence moves with a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FenceAdvance {
    pub partition: i32,
    pub epoch: i64,
    pub first_offset: i64,
    pub next_offset: i64,
    pub last_sha256: Vec<u8>,
}

/// A batch's facts of one partition, packed.
#[derive(Debug, Clone)]
pub struct AnnouncementRow {
    pub partition: i32,
    pub first_offset: i64,
    pub last_offset: i64,
    pub records: Vec<u8>,
}

#[derive(Debug, Clone)]
pub struct DeadLetterRow {
    pub partition: i32,
    pub offset: i64,
    pub recorded_at: DateTime<Utc>,
    pub reason: String,
    pub detail: String,
    pub length: i64,
    pub sha256: Vec<u8>,
    pub head: Vec<u8>,
}

/// What a batch names and must be loaded.
#[derive(Debug, Default)]
pub struct Named {
    pub accounts: HashSet<AccountNumber>,
    /// Accounts whose links matter.
    pub linked: HashSet<AccountNumber>,
    pub transactions: HashSet<Uuid>,
    pub partitions: BTreeSet<i32>,
}

const IDS_KEPT: usize = 1_000_000;

/// The worker's side of the store. Account ids never change and accounts are never deleted, so number → id is kept.
pub struct WorkerStore {
    store: Store,
    ids: Mutex<HashMap<AccountNumber, (AccountId, AccountKind)>>,
}

pub type Db = Transaction<'static, Postgres>;

impl WorkerStore {
    pub fn new(store: Store) -> Self {
        WorkerStore { store, ids: Mutex::default() }
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn begin(&self) -> sqlx::Result<Db> {
        self.store.pool().begin().await
    }

    /// Raises the partition's epoch, so that every earlier owner is fenced off; the first owner creates the fence.
    ///
    /// # Errors
    /// SQLSTATE 55P03 when an earlier owner still holds it.
    pub async fn take_fence(
        &self,
        partition: i32,
        cluster_id: &str,
        topic: &str,
        partition_count: i32,
    ) -> sqlx::Result<Fence> {
        let row = sqlx::query(
            "insert into fence (partition, epoch, next_offset, cluster_id, topic, partition_count)
             values ($1, 1, 0, $2, $3, $4)
             on conflict (partition) do update set epoch = fence.epoch + 1, updated_at = now()
             returning partition, epoch, next_offset, last_sha256, cluster_id, topic, partition_count, halted",
        )
        .bind(small(partition))
        .bind(cluster_id)
        .bind(topic)
        .bind(small(partition_count))
        .fetch_one(self.store.pool())
        .await?;
        fence(&row)
    }

    /// Ends backends of our own role that hold a fence without moving: owners that were stopped.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_stopped_owners(&self) -> sqlx::Result<u64> {
        let ended = sqlx::query(
            "select pg_terminate_backend(activity.pid) from pg_stat_activity activity
             where activity.usename = current_user and activity.datname = current_database()
               and activity.pid <> pg_backend_pid()
               and (activity.state like 'idle in transaction%' or activity.wait_event = 'ClientRead')
               and activity.state_change < now() - interval '1 second'
               and exists (select from pg_locks held where held.pid = activity.pid
                   and held.relation = 'fence'::regclass and held.mode = 'RowExclusiveLock' and held.granted)",
        )
        .execute(self.store.pool())
        .await?;
        Ok(ended.rows_affected())
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn fences(&self) -> sqlx::Result<Vec<Fence>> {
        sqlx::query(
            "select partition, epoch, next_offset, last_sha256, cluster_id, topic, partition_count, halted
             from fence order by partition",
        )
        .fetch_all(self.store.pool())
        .await?
        .iter()
        .map(fence)
        .collect()
    }

    /// Writes down why a partition stands still (or that it no longer does), if the epoch is still ours.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_halted(&self, partition: i32, epoch: i64, halted: Option<&str>) -> sqlx::Result<()> {
        sqlx::query("update fence set halted = $3, updated_at = now() where partition = $1 and epoch = $2")
            .bind(small(partition))
            .bind(epoch)
            .bind(halted)
            .execute(self.store.pool())
            .await?;
        Ok(())
    }

    /// Whether an operator asked for this record to be skipped, and why.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn skip_requested(&self, partition: i32, offset: i64) -> sqlx::Result<Option<String>> {
        sqlx::query_scalar("select reason from skip where partition = $1 and command_offset = $2")
            .bind(small(partition))
            .bind(offset)
            .fetch_optional(self.store.pool())
            .await
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn request_skip(&self, partition: i32, offset: i64, reason: &str) -> sqlx::Result<()> {
        sqlx::query(
            "insert into skip (partition, command_offset, reason) values ($1, $2, $3)
             on conflict (partition, command_offset) do update set reason = excluded.reason, requested_at = now()",
        )
        .bind(small(partition))
        .bind(offset)
        .bind(reason)
        .execute(self.store.pool())
        .await?;
        Ok(())
    }

    /// Announcements of a partition that may not have been sent, in order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn announcements(&self, partition: i32) -> sqlx::Result<Vec<AnnouncementRow>> {
        let rows = sqlx::query(
            "select partition, first_offset, last_offset, records from announcement where partition = $1 order by first_offset",
        )
        .bind(small(partition))
        .fetch_all(self.store.pool())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(AnnouncementRow {
                    partition: i32::from(row.try_get::<i16, _>("partition")?),
                    first_offset: row.try_get("first_offset")?,
                    last_offset: row.try_get("last_offset")?,
                    records: row.try_get("records")?,
                })
            })
            .collect()
    }

    /// Deletes announcements whose every record is acknowledged.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_announced(&self, announced: &[(i32, i64)]) -> sqlx::Result<()> {
        let mut db = self.store.pool().acquire().await?;
        delete_announced(&mut db, announced).await
    }

    /// Moves every fence of the batch, or says that at least one is no longer where this owner believes it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn advance(&self, db: &mut Db, advances: &[FenceAdvance]) -> sqlx::Result<bool> {
        let moved = sqlx::query(
            "update fence set next_offset = moved.next_offset, last_sha256 = moved.sha256, updated_at = now()
             from unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
                 as moved (partition, epoch, first_offset, next_offset, sha256)
             where fence.partition = moved.partition and fence.epoch = moved.epoch
               and fence.next_offset = moved.first_offset",
        )
        .bind(advances.iter().map(|advance| small(advance.partition)).collect::<Vec<_>>())
        .bind(advances.iter().map(|advance| advance.epoch).collect::<Vec<_>>())
        .bind(advances.iter().map(|advance| advance.first_offset).collect::<Vec<_>>())
        .bind(advances.iter().map(|advance| advance.next_offset).collect::<Vec<_>>())
        .bind(advances.iter().map(|advance| advance.last_sha256.clone()).collect::<Vec<_>>())
        .execute(&mut **db)
        .await?;
        Ok(moved.rows_affected() == advances.len() as u64)
    }

    /// Locks and loads what the batch names. Customer accounts are locked in id order, so that workers never deadlock;
    /// external ones are not, because each partition moves only its own stripe.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load(&self, db: &mut Db, named: &Named) -> sqlx::Result<Books> {
        let ids = self.resolve(db, &named.accounts).await?;
        let (mut customers, mut externals) = (Vec::new(), Vec::new());
        for (id, kind) in ids.values() {
            match kind {
                AccountKind::Customer => customers.push(*id),
                AccountKind::External => externals.push(*id),
            }
        }
        customers.sort_unstable();
        let mut books = Books::default();
        if !customers.is_empty() {
            let rows = sqlx::query(
                "select id, number, kind, currency, status, booked_minor, held_minor, overdraft_minor, version, opened_at
                 from account where id = any($1) order by id for no key update",
            )
            .bind(&customers)
            .fetch_all(&mut **db)
            .await?;
            for row in &rows {
                books.add_account(account(row)?);
            }
        }
        if !externals.is_empty() {
            load_externals(db, &mut books, &externals, &named.partitions).await?;
        }
        load_links(db, &mut books, named, &ids).await?;
        load_known(db, &mut books, &named.transactions).await?;
        Ok(books)
    }

    async fn resolve(
        &self,
        db: &mut Db,
        numbers: &HashSet<AccountNumber>,
    ) -> sqlx::Result<HashMap<AccountNumber, (AccountId, AccountKind)>> {
        let mut found = HashMap::with_capacity(numbers.len());
        let mut unknown = Vec::new();
        {
            let ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
            for number in numbers {
                match ids.get(number) {
                    Some(id) => _ = found.insert(number.clone(), *id),
                    None => unknown.push(number.as_str().to_owned()),
                }
            }
        }
        if !unknown.is_empty() {
            let rows = sqlx::query("select id, number, kind from account where number = any($1)")
                .bind(&unknown)
                .fetch_all(&mut **db)
                .await?;
            for row in &rows {
                let id = (row.try_get("id")?, AccountKind::from_code(row.try_get("kind")?)?);
                found.insert(text(row, "number")?, id);
            }
        }
        Ok(found)
    }

    /// Remembers ids once the batch that showed them is committed.
    pub fn remember(&self, books: &Books) {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.len() > IDS_KEPT {
            ids.clear();
        }
        for (_, account) in books.accounts() {
            if let Some(id) = account.id
                && !ids.contains_key(&account.number)
            {
                ids.insert(account.number.clone(), (id, account.kind));
            }
        }
    }

    /// Stores accounts, stripes, links and transactions of a batch.
    ///
    /// # Errors
    /// SQLSTATE classes 22 and 23 when a record's values do not fit.
    pub async fn save(
        &self,
        db: &mut Db,
        books: &Books,
        rows: &[TransactionRow],
        links: &[LinkChange],
    ) -> sqlx::Result<()> {
        let ids = save_accounts(db, books).await?;
        save_stripes(db, books, &ids).await?;
        save_links(db, links, &ids).await?;
        save_transactions(db, rows, &ids).await
    }

    /// Stores dead letters and announcements, and deletes announcements that were acknowledged meanwhile.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn save_messages(
        &self,
        db: &mut Db,
        letters: &[DeadLetterRow],
        announcements: &[AnnouncementRow],
        announced: &[(i32, i64)],
    ) -> sqlx::Result<()> {
        save_dead_letters(db, letters).await?;
        sqlx::query(
            "insert into announcement (partition, first_offset, last_offset, records)
             select * from unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bytea[])",
        )
        .bind(announcements.iter().map(|row| small(row.partition)).collect::<Vec<_>>())
        .bind(announcements.iter().map(|row| row.first_offset).collect::<Vec<_>>())
        .bind(announcements.iter().map(|row| row.last_offset).collect::<Vec<_>>())
        .bind(announcements.iter().map(|row| row.records.as_slice()).collect::<Vec<_>>())
        .execute(&mut **db)
        .await?;
        if announced.is_empty() {
            return Ok(());
        }
        delete_announced(db, announced).await
    }
}

/// Partition numbers stay below 1024.
fn small(partition: i32) -> i16 {
    i16::try_from(partition).unwrap_or(i16::MAX)
}

fn fence(row: &PgRow) -> sqlx::Result<Fence> {
    Ok(Fence {
        partition: i32::from(row.try_get::<i16, _>("partition")?),
        epoch: row.try_get("epoch")?,
        next_offset: row.try_get("next_offset")?,
        last_sha256: row.try_get("last_sha256")?,
        cluster_id: row.try_get("cluster_id")?,
        topic: row.try_get("topic")?,
        partition_count: i32::from(row.try_get::<i16, _>("partition_count")?),
        halted: row.try_get("halted")?,
    })
}

/// A column whose text our own rules wrote.
fn text<T: std::str::FromStr>(row: &PgRow, column: &str) -> sqlx::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    row.try_get::<&str, _>(column)?.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

fn account(row: &PgRow) -> sqlx::Result<Account> {
    Ok(Account {
        id: Some(row.try_get("id")?),
        number: text(row, "number")?,
        kind: AccountKind::from_code(row.try_get("kind")?)?,
        currency: text::<Currency>(row, "currency")?,
        status: AccountStatus::from_code(row.try_get("status")?)?,
        after: AccountAfter {
            version: row.try_get("version")?,
            booked_minor: row.try_get("booked_minor")?,
            held_minor: row.try_get("held_minor")?,
            overdraft_minor: row.try_get("overdraft_minor")?,
        },
        opened_at: row.try_get("opened_at")?,
        changed: false,
    })
}

async fn load_externals(
    db: &mut Db,
    books: &mut Books,
    ids: &[AccountId],
    partitions: &BTreeSet<i32>,
) -> sqlx::Result<()> {
    let rows = sqlx::query(
        "select id, number, kind, currency, status, booked_minor, held_minor, overdraft_minor, version, opened_at
         from account where id = any($1)",
    )
    .bind(ids)
    .fetch_all(&mut **db)
    .await?;
    let mut slots = HashMap::new();
    for row in &rows {
        let account = account(row)?;
        if let Some(id) = account.id {
            slots.insert(id, books.add_account(account));
        }
    }
    let stripes = sqlx::query(
        "select account_id, stripe, booked_minor, version from account_stripe where account_id = any($1) and stripe = any($2)",
    )
    .bind(ids)
    .bind(partitions.iter().map(|partition| small(*partition)).collect::<Vec<_>>())
    .fetch_all(&mut **db)
    .await?;
    for row in &stripes {
        let stripe =
            Stripe { version: row.try_get("version")?, booked_minor: row.try_get("booked_minor")?, changed: false };
        if let Some(slot) = slots.get(&row.try_get::<AccountId, _>("account_id")?) {
            books.add_stripe(*slot, i32::from(row.try_get::<i16, _>("stripe")?), stripe);
        }
    }
    Ok(())
}

async fn load_links(
    db: &mut Db,
    books: &mut Books,
    named: &Named,
    ids: &HashMap<AccountNumber, (AccountId, AccountKind)>,
) -> sqlx::Result<()> {
    let by_id: HashMap<AccountId, &AccountNumber> =
        named.linked.iter().filter_map(|number| ids.get(number).map(|(id, _)| (*id, number))).collect();
    if by_id.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query("select account_id, person_id from account_link where account_id = any($1)")
        .bind(by_id.keys().copied().collect::<Vec<_>>())
        .fetch_all(&mut **db)
        .await?;
    for row in &rows {
        let slot = by_id.get(&row.try_get::<AccountId, _>("account_id")?).and_then(|number| books.slot(number));
        if let Some(slot) = slot {
            books.add_link(slot, row.try_get("person_id")?);
        }
    }
    Ok(())
}

/// The duplicate probe: which of the batch's transaction ids were decided before.
async fn load_known(db: &mut Db, books: &mut Books, ids: &HashSet<Uuid>) -> sqlx::Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut sorted: Vec<Uuid> = ids.iter().copied().collect();
    sorted.sort_unstable();
    let rows = sqlx::query(
        "select known.id, known.kind, known.state, known.reason, known.amount_minor, known.currency,
                coalesce(debit.number, known.debit_unknown) as debit, coalesce(credit.number, known.credit_unknown) as credit
         from transaction known
         left join account debit on debit.id = known.debit_account
         left join account credit on credit.id = known.credit_account
         where known.id = any($1)",
    )
    .bind(&sorted)
    .fetch_all(&mut **db)
    .await?;
    for row in &rows {
        let reason: Option<i16> = row.try_get("reason")?;
        let known = KnownTransaction {
            body: Body {
                kind: TransactionKind::from_code(row.try_get("kind")?)?,
                debit: text(row, "debit")?,
                credit: text(row, "credit")?,
                amount_minor: row.try_get("amount_minor")?,
                currency: text(row, "currency")?,
            },
            state: TransactionState::from_code(row.try_get("state")?)?,
            reason: reason.map(RefusalReason::from_code).transpose()?,
        };
        books.add_known(row.try_get("id")?, known);
    }
    Ok(())
}

/// Inserts new accounts and updates changed ones; answers the id of every slot.
async fn save_accounts(db: &mut Db, books: &Books) -> sqlx::Result<Vec<AccountId>> {
    let new: Vec<&Account> =
        books.accounts().map(|(_, account)| account).filter(|account| account.id.is_none()).collect();
    let mut fresh: HashMap<String, AccountId> = HashMap::new();
    if !new.is_empty() {
        let rows = sqlx::query(
            "insert into account (number, kind, currency, status, booked_minor, held_minor, overdraft_minor, version, opened_at)
             select * from unnest($1::text[], $2::smallint[], $3::text[], $4::smallint[], $5::bigint[], $6::bigint[],
                 $7::bigint[], $8::bigint[], $9::timestamptz[])
             returning number, id",
        )
        .bind(new.iter().map(|account| account.number.as_str()).collect::<Vec<_>>())
        .bind(new.iter().map(|account| account.kind.code()).collect::<Vec<_>>())
        .bind(new.iter().map(|account| account.currency.as_str()).collect::<Vec<_>>())
        .bind(new.iter().map(|account| account.status.code()).collect::<Vec<_>>())
        .bind(new.iter().map(|account| account.after.booked_minor).collect::<Vec<_>>())
        .bind(new.iter().map(|account| account.after.held_minor).collect::<Vec<_>>())
        .bind(new.iter().map(|account| account.after.overdraft_minor).collect::<Vec<_>>())
        .bind(new.iter().map(|account| account.after.version).collect::<Vec<_>>())
        .bind(new.iter().map(|account| account.opened_at).collect::<Vec<_>>())
        .fetch_all(&mut **db)
        .await?;
        for row in &rows {
            fresh.insert(row.try_get("number")?, row.try_get("id")?);
        }
    }
    let changed: Vec<(AccountId, &Account)> = books
        .accounts()
        .filter(|(_, account)| account.changed)
        .filter_map(|(_, account)| account.id.map(|id| (id, account)))
        .collect();
    if !changed.is_empty() {
        sqlx::query(
            "update account set status = now_is.status, booked_minor = now_is.booked_minor, held_minor = now_is.held_minor,
                 overdraft_minor = now_is.overdraft_minor, version = now_is.version
             from unnest($1::integer[], $2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
                 as now_is (id, status, booked_minor, held_minor, overdraft_minor, version)
             where account.id = now_is.id",
        )
        .bind(changed.iter().map(|(id, _)| *id).collect::<Vec<_>>())
        .bind(changed.iter().map(|(_, account)| account.status.code()).collect::<Vec<_>>())
        .bind(changed.iter().map(|(_, account)| account.after.booked_minor).collect::<Vec<_>>())
        .bind(changed.iter().map(|(_, account)| account.after.held_minor).collect::<Vec<_>>())
        .bind(changed.iter().map(|(_, account)| account.after.overdraft_minor).collect::<Vec<_>>())
        .bind(changed.iter().map(|(_, account)| account.after.version).collect::<Vec<_>>())
        .execute(&mut **db)
        .await?;
    }
    let id_of =
        |account: &Account| account.id.or_else(|| fresh.get(account.number.as_str()).copied()).unwrap_or_default();
    Ok(books.accounts().map(|(_, account)| id_of(account)).collect())
}

async fn save_stripes(db: &mut Db, books: &Books, ids: &[AccountId]) -> sqlx::Result<()> {
    let mut changed: Vec<_> = books.stripes().filter(|(_, _, stripe)| stripe.changed).collect();
    if changed.is_empty() {
        return Ok(());
    }
    changed.sort_unstable_by_key(|(slot, partition, _)| (ids[*slot], *partition));
    sqlx::query(
        "insert into account_stripe (account_id, stripe, booked_minor, version)
         select * from unnest($1::integer[], $2::smallint[], $3::bigint[], $4::bigint[])
         on conflict (account_id, stripe) do update set booked_minor = excluded.booked_minor, version = excluded.version",
    )
    .bind(changed.iter().map(|(slot, _, _)| ids[*slot]).collect::<Vec<_>>())
    .bind(changed.iter().map(|(_, partition, _)| small(*partition)).collect::<Vec<_>>())
    .bind(changed.iter().map(|(_, _, stripe)| stripe.booked_minor).collect::<Vec<_>>())
    .bind(changed.iter().map(|(_, _, stripe)| stripe.version).collect::<Vec<_>>())
    .execute(&mut **db)
    .await?;
    Ok(())
}

async fn save_links(db: &mut Db, links: &[LinkChange], ids: &[AccountId]) -> sqlx::Result<()> {
    for link in links {
        let statement = if link.linked {
            "insert into account_link (person_id, account_id) values ($1, $2) on conflict do nothing"
        } else {
            "delete from account_link where person_id = $1 and account_id = $2"
        };
        sqlx::query(statement).bind(link.person).bind(ids[link.slot]).execute(&mut **db).await?;
    }
    Ok(())
}

/// Inserts in id order, so that two workers given the same ids wait for each other instead of deadlocking.
async fn save_transactions(db: &mut Db, rows: &[TransactionRow], ids: &[AccountId]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut rows: Vec<&TransactionRow> = rows.iter().collect();
    rows.sort_unstable_by_key(|row| row.submission.transaction_id);
    macro_rules! column {
        (|$row:ident| $value:expr) => {
            rows.iter().map(|$row| $value).collect::<Vec<_>>()
        };
    }
    let flags = |row: &TransactionRow| {
        let history = if row.submission.history { FLAG_HISTORY } else { 0 };
        let clock = if row.clock_out_of_bounds { FLAG_OCCURRED_AT_OUT_OF_BOUNDS } else { 0 };
        history | clock
    };
    sqlx::query(
        "insert into transaction (id, recorded_at, occurred_at, amount_minor, debit_account, credit_account,
             debit_version, debit_balance_after, credit_version, credit_balance_after, command_offset, partition,
             kind, state, flags, reason, currency, debit_unknown, credit_unknown, reference)
         select * from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::integer[], $6::integer[],
             $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::smallint[],
             $13::smallint[], $14::smallint[], $15::smallint[], $16::smallint[], $17::text[], $18::text[], $19::text[],
             $20::text[])",
    )
    .bind(column!(|row| row.submission.transaction_id))
    .bind(column!(|row| row.recorded_at))
    .bind(column!(|row| row.submission.occurred_at))
    .bind(column!(|row| row.submission.amount_minor))
    .bind(column!(|row| row.debit.slot.map(|slot| ids[slot])))
    .bind(column!(|row| row.credit.slot.map(|slot| ids[slot])))
    .bind(column!(|row| row.debit.posted.map(|posted| posted.0)))
    .bind(column!(|row| row.debit.posted.map(|posted| posted.1)))
    .bind(column!(|row| row.credit.posted.map(|posted| posted.0)))
    .bind(column!(|row| row.credit.posted.map(|posted| posted.1)))
    .bind(column!(|row| row.offset))
    .bind(column!(|row| small(row.partition)))
    .bind(column!(|row| row.submission.kind.code()))
    .bind(column!(|row| row.state.code()))
    .bind(column!(|row| flags(row)))
    .bind(column!(|row| row.reason.map(Code::code)))
    .bind(column!(|row| row.submission.currency.as_str()))
    .bind(column!(|row| row.debit.slot.is_none().then(|| row.submission.debit.as_str())))
    .bind(column!(|row| row.credit.slot.is_none().then(|| row.submission.credit.as_str())))
    .bind(column!(|row| row.submission.reference.as_deref()))
    .execute(&mut **db)
    .await?;
    Ok(())
}

async fn save_dead_letters(db: &mut Db, letters: &[DeadLetterRow]) -> sqlx::Result<()> {
    if letters.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into dead_letter (partition, command_offset, recorded_at, reason, detail, length, sha256, head)
         select * from unnest($1::smallint[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::bigint[],
             $7::bytea[], $8::bytea[])",
    )
    .bind(letters.iter().map(|letter| small(letter.partition)).collect::<Vec<_>>())
    .bind(letters.iter().map(|letter| letter.offset).collect::<Vec<_>>())
    .bind(letters.iter().map(|letter| letter.recorded_at).collect::<Vec<_>>())
    .bind(letters.iter().map(|letter| letter.reason.as_str()).collect::<Vec<_>>())
    .bind(letters.iter().map(|letter| letter.detail.as_str()).collect::<Vec<_>>())
    .bind(letters.iter().map(|letter| letter.length).collect::<Vec<_>>())
    .bind(letters.iter().map(|letter| letter.sha256.as_slice()).collect::<Vec<_>>())
    .bind(letters.iter().map(|letter| letter.head.as_slice()).collect::<Vec<_>>())
    .execute(&mut **db)
    .await?;
    Ok(())
}

async fn delete_announced(db: &mut PgConnection, announced: &[(i32, i64)]) -> sqlx::Result<()> {
    sqlx::query(
        "delete from announcement using unnest($1::smallint[], $2::bigint[]) as sent (partition, first_offset)
         where announcement.partition = sent.partition and announcement.first_offset = sent.first_offset",
    )
    .bind(announced.iter().map(|(partition, _)| small(*partition)).collect::<Vec<_>>())
    .bind(announced.iter().map(|(_, first_offset)| *first_offset).collect::<Vec<_>>())
    .execute(db)
    .await?;
    Ok(())
}
