//! The books of a batch: locked and loaded in an order in which workers never deadlock.

use super::{Db, FenceAdvance, WorkerStore, small};
use crate::store::codes::{Code as _, FLAG_HISTORY, event_time};
use crate::store::policy::{Versions, current_versions_sql, versions_of};
use domain::command::{FraudLabel, LabelSource};
use domain::fact::AccountAfter;
use domain::ledger::{Account, AccountId, Body, Books, Held, KnownLabel, KnownTransaction, Stripe};
use domain::{
    AccountKind, AccountNumber, AccountStatus, Currency, HoldTerms, OnExpiry, RefusalReason, TransactionKind,
    TransactionState,
};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::PoisonError;
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

const IDS_KEPT: usize = 1_000_000;

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

    /// Locks and loads what the batch names. Customer accounts are locked in id order, so that workers never deadlock;
    /// external ones are not, because each partition moves only its own stripe.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load(&self, db: &mut Db, books: &mut Books, named: &Named) -> sqlx::Result<()> {
        let mut accounts = Cow::Borrowed(&named.accounts);
        for body in books.held_bodies() {
            accounts.to_mut().extend([body.debit.clone(), body.credit.clone()]);
        }
        let ids = self.resolve(db, &accounts).await?;
        let (mut customers, mut externals) = (Vec::new(), Vec::new());
        for (id, kind) in ids.values() {
            match kind {
                AccountKind::Customer => customers.push(*id),
                AccountKind::External => externals.push(*id),
            }
        }
        customers.sort_unstable();
        if !ids.is_empty() {
            load_accounts(db, books, &customers, &externals, &named.partitions).await?;
        }
        load_links(db, books, named, &ids).await
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
        changed: false,
    })
}

async fn load_accounts(
    db: &mut Db,
    books: &mut Books,
    customers: &[AccountId],
    externals: &[AccountId],
    partitions: &BTreeSet<i32>,
) -> sqlx::Result<()> {
    let rows = sqlx::query(
        "with locked as (
             select id, number, kind, currency, status, booked_minor, held_minor, overdraft_minor, version, opened_at
             from account where id = any($1) order by id for no key update)
         select *, null::smallint as stripe, null::bigint as stripe_booked_minor, null::bigint as stripe_version
         from locked
         union all
         select id, number, kind, currency, status, account.booked_minor, held_minor, overdraft_minor, account.version,
             opened_at, stripe, striped.booked_minor, striped.version
         from account left join account_stripe striped on account_id = id and stripe = any($3)
         where id = any($2)",
    )
    .bind(customers)
    .bind(externals)
    .bind(partitions.iter().map(|partition| small(*partition)).collect::<Vec<_>>())
    .fetch_all(&mut **db)
    .await?;
    for row in &rows {
        let account = account(row)?;
        let slot = books.slot(&account.number).unwrap_or_else(|| books.add_account(account));
        if let Some(partition) = row.try_get::<Option<i16>, _>("stripe")? {
            let (booked_minor, version) = (row.try_get("stripe_booked_minor")?, row.try_get("stripe_version")?);
            books.add_stripe(slot, i32::from(partition), Stripe { version, booked_minor, changed: false });
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
