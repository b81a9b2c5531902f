//! The books of a batch: locked and loaded in an order in which workers never deadlock.

use super::{Db, WorkerStore, small};
use crate::store::codes::{Code as _, FLAG_HISTORY, event_time};
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
    /// Locks and loads what the batch names. Customer accounts are locked in id order, so that workers never deadlock;
    /// external ones are not, because each partition moves only its own stripe.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load(&self, db: &mut Db, named: &Named) -> sqlx::Result<Books> {
        let mut books = Books::default();
        // Before the locks, to hold them no longer than needed: an id that another partition books meanwhile violates
        // the primary key, and the batch is tried again.
        load_known(db, &mut books, &named.transactions).await?;
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

/// The duplicate probe: which of the batch's transaction ids were decided before.
async fn load_known(db: &mut Db, books: &mut Books, ids: &HashSet<Uuid>) -> sqlx::Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut sorted: Vec<Uuid> = ids.iter().copied().collect();
    sorted.sort_unstable();
    let rows = sqlx::query(
        "select known.id, known.kind, known.state, known.reason, known.amount_minor, known.currency,
                known.occurred_at, known.recorded_at, known.flags, known.reference, hold.until, hold.on_expiry,
                label.label, label.source,
                coalesce(debit.number, known.debit_unknown) as debit, coalesce(credit.number, known.credit_unknown) as credit
         from transaction known
         left join account debit on debit.id = known.debit_account
         left join account credit on credit.id = known.credit_account
         left join hold on hold.transaction_id = known.id
         left join label on label.transaction_id = known.id
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
            held: held(row)?,
            event_time: event_time(row)?,
            label: known_label(row)?,
        };
        books.add_known(row.try_get("id")?, known);
    }
    Ok(())
}
