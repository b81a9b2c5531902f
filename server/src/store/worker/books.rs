//! The books of a batch: what it is decided by.

use super::recent::Known;
use super::{Db, FenceAdvance, WorkerStore, small};
use crate::store::codes::{Code as _, FLAG_HISTORY, event_time};
use crate::store::policy::{Versions, current_versions_sql, versions_of};
use domain::command::{FraudLabel, LabelSource};
use domain::fact::AccountAfter;
use domain::ledger::{Account, AccountId, Body, Books, Held, KnownLabel, KnownTransaction, Slot, Stripe};
use domain::partition::partition_of;
use domain::{
    AccountKind, AccountNumber, AccountStatus, Currency, HoldTerms, OnExpiry, RefusalReason, TransactionKind,
    TransactionState,
};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// What a batch names and must be loaded.
#[derive(Debug, Default)]
pub struct Named {
    pub accounts: HashSet<AccountNumber>,
    /// Accounts whose links matter.
    pub linked: HashSet<AccountNumber>,
    pub transactions: HashSet<Uuid>,
    pub partitions: BTreeSet<i32>,
}

/// How a batch is kept from deciding by what somebody else changes meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concurrency {
    /// By versions, compared when it is saved: nobody waits for it to decide, and if somebody was first it is decided
    /// again. For whoever is alone.
    Optimistic,
    /// By taking turns with whoever names the same accounts, from before it is decided until it is committed. Versions
    /// are compared all the same.
    Pessimistic,
}

/// How many locks all accounts share. A batch takes at most these, of the several thousand a server has room for.
const ACCOUNT_LOCKS: i32 = 1024;
/// Ours among the advisory locks of the database.
const ACCOUNT_LOCKS_CLASS: i32 = 0x7669_6769;

impl WorkerStore {
    /// Moves every fence of the batch, and answers which of its transactions were decided before and by which policy and
    /// model to decide the others; none: at least one fence is no longer where this owner believes it. One statement: a
    /// quiet round is as slow as it has round trips. An id that another partition books meanwhile violates the primary
    /// key, and the batch is tried again.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn advance(
        &self,
        db: &mut Db,
        advances: &[FenceAdvance],
        transactions: &HashSet<Uuid>,
    ) -> sqlx::Result<Option<(Versions, Books)>> {
        let mut ids: Vec<Uuid> = transactions.iter().copied().collect();
        ids.sort_unstable();
        let rows = sqlx::query(concat!(
            "with moved as (
                 update fence set next_offset = moved.next_offset, last_sha256 = moved.sha256,
                     updated_at = clock_timestamp()
                 from unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bytea[])
                     as moved (partition, epoch, first_offset, next_offset, sha256)
                 where fence.partition = moved.partition and fence.epoch = moved.epoch
                   and fence.next_offset = moved.first_offset
                 returning fence.partition)
             select (select count(*) from moved) as moved, ",
            current_versions_sql!(),
            ", known.id, known.kind, known.state, known.reason, known.amount_minor, known.currency,
                 known.occurred_at, known.recorded_at, known.flags, known.reference, hold.until, hold.on_expiry,
                 label.label, label.source,
                 coalesce(debit.number, known.debit_unknown) as debit,
                 coalesce(credit.number, known.credit_unknown) as credit
             from (select) as round
             left join transaction known on known.id = any($6)
             left join account debit on debit.id = known.debit_account
             left join account credit on credit.id = known.credit_account
             left join hold on hold.transaction_id = known.id
             left join label on label.transaction_id = known.id"
        ))
        .bind(advances.iter().map(|advance| small(advance.partition)).collect::<Vec<_>>())
        .bind(advances.iter().map(|advance| advance.epoch).collect::<Vec<_>>())
        .bind(advances.iter().map(|advance| advance.first_offset).collect::<Vec<_>>())
        .bind(advances.iter().map(|advance| advance.next_offset).collect::<Vec<_>>())
        .bind(advances.iter().map(|advance| advance.last_sha256.as_slice()).collect::<Vec<_>>())
        .bind(&ids)
        .fetch_all(&mut **db)
        .await?;
        let first = rows.first().ok_or(sqlx::Error::RowNotFound)?;
        if first.try_get::<i64, _>("moved")? != advances.len() as i64 {
            return Ok(None);
        }
        let mut books = Books::default();
        for row in &rows {
            if let Some(id) = row.try_get("id")? {
                books.add_known(id, known(row)?);
            }
        }
        Ok(Some((versions_of(first)?, books)))
    }

    /// Loads what the batch names: as this process last saw or decided it, or behind locks and as it stands.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load(
        &self,
        db: &mut Db,
        books: &mut Books,
        named: &Named,
        concurrency: Concurrency,
    ) -> sqlx::Result<()> {
        let mut accounts = Cow::Borrowed(&named.accounts);
        for body in books.held_bodies() {
            accounts.to_mut().extend([body.debit.clone(), body.credit.clone()]);
        }
        let numbers: Vec<&AccountNumber> = accounts.iter().collect();
        if concurrency == Concurrency::Pessimistic {
            let known = self.recent.known(&numbers);
            lock_accounts(db, numbers.iter().copied().filter(|number| !known.is_external(number))).await?;
            // A statement of its own: one that waited for a lock does not see what was committed meanwhile.
            self.recent.read(read_changed(db, &known, &named.partitions).await?, &named.partitions);
        }
        let missing = self.recent.copy(books, numbers.into_iter(), &named.partitions);
        if !missing.is_empty() {
            self.recent.read(read_accounts(db, &missing, &named.partitions).await?, &named.partitions);
            self.recent.copy(books, missing.into_iter(), &named.partitions);
        }
        load_links(db, books, named).await
    }

    /// From here on others of this process decide by what the batch decided. Whoever calls it sees to it that what they
    /// decide falls with the batch.
    pub fn decided(&self, books: &Books) {
        self.recent.decided(books);
    }

    /// The batch is not kept: nobody may decide by it.
    pub fn forget(&self, books: &Books) {
        self.recent.forget(books);
    }
}

/// A column whose text our own rules wrote.
pub(super) fn text<T: std::str::FromStr>(row: &PgRow, column: &str) -> sqlx::Result<T>
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
        version_read: row.try_get("version")?,
    })
}

/// An account, and the stripe of one partition where it has any.
pub struct AccountRow {
    pub account: Account,
    pub stripe: Option<(i32, Stripe)>,
}

impl AccountRow {
    fn of(row: &PgRow) -> sqlx::Result<Self> {
        let stripe = match row.try_get::<Option<i16>, _>("stripe")? {
            None => None,
            Some(partition) => {
                let (booked_minor, version) = (row.try_get("stripe_booked_minor")?, row.try_get("stripe_version")?);
                Some((i32::from(partition), Stripe { version, booked_minor, version_read: version }))
            }
        };
        Ok(AccountRow { account: account(row)?, stripe })
    }
}

fn small_all(partitions: &BTreeSet<i32>) -> Vec<i16> {
    partitions.iter().map(|partition| small(*partition)).collect()
}

/// As they stand, locked by nobody in particular.
async fn read_accounts(
    db: &mut Db,
    numbers: &[&AccountNumber],
    partitions: &BTreeSet<i32>,
) -> sqlx::Result<Vec<AccountRow>> {
    let rows = sqlx::query(
        "select id, number, kind, currency, status, account.booked_minor, held_minor, overdraft_minor, account.version,
             opened_at, stripe, striped.booked_minor as stripe_booked_minor, striped.version as stripe_version
         from account left join account_stripe striped on account_id = id and stripe = any($2)
         where number = any($1)",
    )
    .bind(numbers.iter().map(|number| number.as_str()).collect::<Vec<_>>())
    .bind(small_all(partitions))
    .fetch_all(&mut **db)
    .await?;
    rows.iter().map(AccountRow::of).collect()
}

/// Waits until nobody else decides by these accounts, and keeps others from it until the commit. The locks are on
/// hashes of the numbers and not on rows: a row's lock is written to the write-ahead log and to its page. Batches whose
/// accounts only share a hash take turns too, briefly. Taken in order, so that workers never deadlock. External accounts
/// have none, because each partition moves only its own stripe, and that is locked with its fence.
async fn lock_accounts(db: &mut Db, numbers: impl Iterator<Item = &AccountNumber>) -> sqlx::Result<()> {
    let locks: BTreeSet<i32> = numbers.map(|number| partition_of(number.as_str().as_bytes(), ACCOUNT_LOCKS)).collect();
    sqlx::query("select count(pg_advisory_xact_lock($1, lock)) from unnest($2::integer[]) as lock")
        .bind(ACCOUNT_LOCKS_CLASS)
        .bind(locks.into_iter().collect::<Vec<_>>())
        .execute(&mut **db)
        .await?;
    Ok(())
}

/// Those that are no longer as this process knows them. Stripes are always read: they are few.
async fn read_changed(db: &mut Db, known: &Known, partitions: &BTreeSet<i32>) -> sqlx::Result<Vec<AccountRow>> {
    let rows = sqlx::query(
        "select id, number, kind, currency, status, booked_minor, held_minor, overdraft_minor, version, opened_at,
             null::smallint as stripe, null::bigint as stripe_booked_minor, null::bigint as stripe_version
         from unnest($1::integer[], $2::bigint[]) as known (known_id, known_version)
         join account on id = known_id and version <> known_version
         union all
         select id, number, kind, currency, status, account.booked_minor, held_minor, overdraft_minor, account.version,
             opened_at, stripe, striped.booked_minor, striped.version
         from account left join account_stripe striped on account_id = id and stripe = any($4)
         where id = any($3)",
    )
    .bind(known.customers.iter().map(|(id, _)| *id).collect::<Vec<_>>())
    .bind(known.customers.iter().map(|(_, version)| *version).collect::<Vec<_>>())
    .bind(known.externals.values().copied().collect::<Vec<_>>())
    .bind(small_all(partitions))
    .fetch_all(&mut **db)
    .await?;
    rows.iter().map(AccountRow::of).collect()
}

async fn load_links(db: &mut Db, books: &mut Books, named: &Named) -> sqlx::Result<()> {
    let slots: HashMap<AccountId, Slot> = named
        .linked
        .iter()
        .filter_map(|number| books.slot(number))
        .filter_map(|slot| Some((books.account(slot).id?, slot)))
        .collect();
    if slots.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query("select account_id, person_id from account_link where account_id = any($1)")
        .bind(slots.keys().copied().collect::<Vec<_>>())
        .fetch_all(&mut **db)
        .await?;
    for row in &rows {
        if let Some(slot) = slots.get(&row.try_get::<AccountId, _>("account_id")?) {
            books.add_link(*slot, row.try_get("person_id")?);
        }
    }
    Ok(())
}

fn held(row: &PgRow) -> sqlx::Result<Option<Held>> {
    let Some(until) = row.try_get("until")? else { return Ok(None) };
    let terms = HoldTerms { until, on_expiry: OnExpiry::from_code(row.try_get("on_expiry")?)? };
    let history = row.try_get::<i16, _>("flags")? & FLAG_HISTORY != 0;
    let (occurred_at, reference) = (row.try_get("occurred_at")?, row.try_get("reference")?);
    Ok(Some(Held { terms, occurred_at, history, reference }))
}

fn known_label(row: &PgRow) -> sqlx::Result<Option<KnownLabel>> {
    let Some(label) = row.try_get("label")? else { return Ok(None) };
    Ok(Some(KnownLabel {
        label: FraudLabel::from_code(label)?,
        source: LabelSource::from_code(row.try_get("source")?)?,
    }))
}

/// A transaction that was decided before.
fn known(row: &PgRow) -> sqlx::Result<KnownTransaction> {
    let reason: Option<i16> = row.try_get("reason")?;
    Ok(KnownTransaction {
        body: Body {
            kind: TransactionKind::from_code(row.try_get("kind")?)?,
            debit: text(row, "debit")?,
            credit: text(row, "credit")?,
            amount_minor: row.try_get("amount_minor")?,
            currency: text(row, "currency")?,
        },
        state: TransactionState::from_code(row.try_get("state")?)?,
        reason: reason.map(RefusalReason::from_code).transpose()?,
        held: held(row)?,
        event_time: event_time(row)?,
        label: known_label(row)?,
    })
}
