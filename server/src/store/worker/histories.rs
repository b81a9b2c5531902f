//! Histories as the tables tell them: what a judge reads on first touch of an account, a counterparty or a device.
//!
//! Promises: equal to what would have been remembered had every row been seen, as far back as [`CHANGES_READ`] of the
//! account's changes. Each question is answered from an index; none scans.

use super::{Db, WorkerStore};
use crate::store::codes::{Code as _, FLAG_FIRST_OF_PAIR, FLAG_LARGE, event_time};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use detection::history::account::{ASIDE_MAX, local_hour};
use detection::history::{AccountHistory, CounterpartyHistory, DeviceHistory, Outcome, Past, Received};
use detection::payment::{Party, Place, local_offset_ms};
use domain::ledger::AccountId;
use domain::{AccountKind, AccountNumber, TransactionKind, TransactionState};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use std::collections::{BTreeSet, HashMap};

/// Of an account, or of one stripe of an external one. A hundred days of anybody's life fit in.
const CHANGES_READ: i64 = 5_000;
/// Of what came in at an account whose own history this is: as many again as are remembered, because they come by the
/// time they were booked and are remembered by the time they were made.
const CREDITS_READ: i64 = 2 * ASIDE_MAX as i64;

/// What a batch asks about and its judge does not remember.
#[derive(Debug, Default)]
pub struct Needed {
    /// At risk.
    accounts: BTreeSet<AccountNumber>,
    counterparties: BTreeSet<AccountNumber>,
    devices: BTreeSet<String>,
}

/// One history, ready to be remembered.
pub enum Loaded {
    Account(Party, Box<AccountHistory>),
    Counterparty(Party, Box<CounterpartyHistory>),
    Device(Party, DeviceHistory),
}

/// An account as it stands while nobody holds it.
struct Standing {
    id: AccountId,
    kind: AccountKind,
    version: i64,
    party: Party,
    opened_at: DateTime<Utc>,
}

impl Needed {
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty() && self.counterparties.is_empty() && self.devices.is_empty()
    }

    pub fn add_account(&mut self, number: &AccountNumber) {
        self.accounts.insert(number.clone());
    }

    pub fn add_counterparty(&mut self, number: &AccountNumber) {
        self.counterparties.insert(number.clone());
    }

    pub fn add_device(&mut self, device: &str) {
        self.devices.insert(device.to_owned());
    }
}

impl WorkerStore {
    /// The histories of what is known here; an account that is not has none. No account is locked meanwhile: a takeover
    /// reads millions of rows, and whoever decides must not wait for them.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load_histories(&self, needed: &Needed, zone: Tz) -> sqlx::Result<Vec<Loaded>> {
        let mut db = self.begin().await?;
        // A worker's other statements look up a few rows by key, whatever the numbers; here a plan made without them cost
        // Postgres three times as much, and so does sorting on disk.
        sqlx::query(
            "select set_config('plan_cache_mode', 'force_custom_plan', true), set_config('work_mem', '64MB', true),
                 set_config('enable_seqscan', 'on', true), set_config('enable_hashjoin', 'on', true),
                 set_config('enable_mergejoin', 'on', true)",
        )
        .execute(&mut *db)
        .await?;
        let mut loaded = Vec::new();
        let accounts = standing(&mut db, &needed.accounts).await?;
        load_accounts(&mut db, &accounts, zone, &mut loaded).await?;
        let counterparties = standing(&mut db, &needed.counterparties).await?;
        load_counterparties(&mut db, &counterparties, &mut loaded).await?;
        load_devices(&mut db, needed, &mut loaded).await?;
        Ok(loaded)
    }
}

async fn standing(db: &mut Db, numbers: &BTreeSet<AccountNumber>) -> sqlx::Result<Vec<Standing>> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let rows =
        sqlx::query("select id, number, kind, version, opened_at from account where number = any($1) order by id")
            .bind(numbers.iter().map(AccountNumber::as_str).collect::<Vec<_>>())
            .fetch_all(&mut **db)
            .await?;
    rows.iter()
        .map(|row| {
            Ok(Standing {
                id: row.try_get("id")?,
                kind: AccountKind::from_code(row.try_get("kind")?)?,
                version: row.try_get("version")?,
                party: Party::of(row.try_get("number")?),
                opened_at: row.try_get("opened_at")?,
            })
        })
        .collect()
}

fn outcome(row: &PgRow) -> sqlx::Result<Outcome> {
    Ok(match TransactionState::from_code(row.try_get("state")?)? {
        TransactionState::Posted => Outcome::Posted,
        TransactionState::Held => Outcome::Held,
        TransactionState::Refused | TransactionState::Expired => Outcome::Refused,
    })
}

/// Of a row that is labelled as fraud.
fn known_at_ms(row: &PgRow) -> sqlx::Result<Option<i64>> {
    Ok(row.try_get::<Option<DateTime<Utc>>, _>("known_at")?.map(|at| at.timestamp_millis()))
}

async fn load_accounts(db: &mut Db, asked: &[Standing], zone: Tz, loaded: &mut Vec<Loaded>) -> sqlx::Result<()> {
    // An external account is nobody's: it has no habits, and too many rows to look for any.
    let asked: Vec<&Standing> = asked.iter().filter(|account| account.kind == AccountKind::Customer).collect();
    if asked.is_empty() {
        return Ok(());
    }
    // Rows that moved nothing have no version: they come last in each index, all of them.
    let rows = sqlx::query(
        "select asked.id as account_id, t.id, t.occurred_at, t.recorded_at, t.amount_minor, t.kind, t.state, t.flags,
                t.device, t.latitude_e6, t.longitude_e6, t.debit_account = asked.id as outgoing,
                coalesce(other.number, t.debit_unknown, t.credit_unknown) as other, label.known_at
         from unnest($1::integer[], $2::bigint[]) as asked (id, version)
         cross join lateral (
             select * from transaction where debit_account = asked.id and debit_version > asked.version - $3
             union all
             select * from transaction where debit_account = asked.id and debit_version is null
             union all
             (select * from transaction where credit_account = asked.id and credit_version > asked.version - $3
              order by credit_version desc limit $4)
             union all
             -- What was refused or is held of others' payments is none of this account's history.
             select * from transaction where credit_account = asked.id and credit_version is null and kind = 1) t
         left join account other
             on other.id = case when t.debit_account = asked.id then t.credit_account else t.debit_account end
         left join label on label.transaction_id = t.id and label.label = 1
         order by asked.id, case when t.flags & 2 = 0 then t.occurred_at else t.recorded_at end,
             t.recorded_at, t.partition, t.command_offset",
    )
    .bind(asked.iter().map(|account| account.id).collect::<Vec<_>>())
    .bind(asked.iter().map(|account| account.version).collect::<Vec<_>>())
    .bind(CHANGES_READ)
    .bind(CREDITS_READ)
    .fetch_all(&mut **db)
    .await?;
    let mut histories: HashMap<AccountId, AccountHistory> = HashMap::new();
    for row in &rows {
        let history = histories.entry(row.try_get("account_id")?).or_default();
        let past = past(row, zone)?;
        history.push(past);
        let own = past.outgoing || past.kind == TransactionKind::Deposit;
        if let Some(known_at_ms) = known_at_ms(row)?.filter(|_| own) {
            history.label(past.id, past.at_ms, known_at_ms);
        }
    }
    for account in asked {
        let mut history = histories.remove(&account.id).unwrap_or_default();
        history.opened_at_ms = Some(account.opened_at.timestamp_millis());
        loaded.push(Loaded::Account(account.party, Box::new(history)));
    }
    Ok(())
}

fn past(row: &PgRow, zone: Tz) -> sqlx::Result<Past> {
    let at = event_time(row)?;
    let place: (Option<i32>, Option<i32>) = (row.try_get("latitude_e6")?, row.try_get("longitude_e6")?);
    Ok(Past {
        id: row.try_get("id")?,
        at_ms: at.timestamp_millis(),
        amount_minor: row.try_get("amount_minor")?,
        party: Party::of(row.try_get::<Option<&str>, _>("other")?.unwrap_or_default()),
        outgoing: row.try_get::<Option<bool>, _>("outgoing")?.unwrap_or_default(),
        kind: TransactionKind::from_code(row.try_get("kind")?)?,
        outcome: outcome(row)?,
        local_hour: local_hour(at.timestamp_millis(), local_offset_ms(at, &zone)),
        first_of_pair: false,
        device: row.try_get::<Option<&str>, _>("device")?.map(Party::of),
        place: place.0.zip(place.1).map(|(latitude_e6, longitude_e6)| Place { latitude_e6, longitude_e6 }),
    })
}

async fn load_counterparties(db: &mut Db, asked: &[Standing], loaded: &mut Vec<Loaded>) -> sqlx::Result<()> {
    if asked.is_empty() {
        return Ok(());
    }
    let (customers, externals): (Vec<&Standing>, Vec<&Standing>) =
        asked.iter().partition(|account| account.kind == AccountKind::Customer);
    // An external account counts its changes per stripe: each stripe is read from its own newest.
    let rows = sqlx::query(
        "with asked as (
             select *, $4::bigint as changes from unnest($1::integer[], $2::bigint[]) as customer (id, version)
             union all
             -- Payers spread evenly over the stripes, so the newest rows of all lie in the newest of each.
             select account_id, version, greatest(600, $4 / count(*) over (partition by account_id))
             from account_stripe where account_id = any($3))
         , of_party as (
             select distinct on (t.id) t.* from asked cross join lateral (
                 select * from transaction where credit_account = asked.id
                     and credit_version > asked.version - asked.changes and credit_version <= asked.version) t
             union all
             select t.* from (select distinct id from asked) party cross join lateral (
                 select * from transaction where credit_account = party.id and credit_version is null) t)
         select t.credit_account, t.id, t.occurred_at, t.recorded_at, t.amount_minor, t.state, t.flags,
                coalesce(payer.number, t.debit_unknown) as payer, label.known_at
         from of_party t
         left join account payer on payer.id = t.debit_account
         left join label on label.transaction_id = t.id and label.label = 1
         where t.kind in (2, 3)
         order by case when t.flags & 2 = 0 then t.occurred_at else t.recorded_at end,
             t.recorded_at, t.partition, t.command_offset",
    )
    .bind(customers.iter().map(|account| account.id).collect::<Vec<_>>())
    .bind(customers.iter().map(|account| account.version).collect::<Vec<_>>())
    .bind(externals.iter().map(|account| account.id).collect::<Vec<_>>())
    .bind(CHANGES_READ)
    .fetch_all(&mut **db)
    .await?;
    let mut histories: HashMap<AccountId, CounterpartyHistory> = HashMap::new();
    for row in &rows {
        let history = histories.entry(row.try_get("credit_account")?).or_default();
        let flags: i16 = row.try_get("flags")?;
        let refused = outcome(row)? == Outcome::Refused;
        history.push(Received {
            id: row.try_get("id")?,
            at_ms: event_time(row)?.timestamp_millis(),
            amount_minor: row.try_get("amount_minor")?,
            payer: Party::of(row.try_get::<Option<&str>, _>("payer")?.unwrap_or_default()),
            first_of_pair: flags & FLAG_FIRST_OF_PAIR != 0 && !refused,
            large: flags & FLAG_LARGE != 0,
            refused,
            fraud_known_at_ms: known_at_ms(row)?,
        });
    }
    for account in asked {
        let history = histories.remove(&account.id).unwrap_or_default();
        loaded.push(Loaded::Counterparty(account.party, Box::new(history)));
    }
    Ok(())
}

async fn load_devices(db: &mut Db, needed: &Needed, loaded: &mut Vec<Loaded>) -> sqlx::Result<()> {
    if needed.devices.is_empty() {
        return Ok(());
    }
    let rows = sqlx::query(
        "select device_use.device, account.number, device_use.first_at, device_use.last_at
         from device_use join account on account.id = device_use.account_id
         where device_use.device = any($1) order by device_use.last_at, account.number",
    )
    .bind(needed.devices.iter().map(String::as_str).collect::<Vec<_>>())
    .fetch_all(&mut **db)
    .await?;
    let mut histories: HashMap<String, DeviceHistory> = HashMap::new();
    for row in &rows {
        let history = histories.entry(row.try_get("device")?).or_default();
        let account = Party::of(row.try_get("number")?);
        for at in ["first_at", "last_at"] {
            history.push(account, row.try_get::<DateTime<Utc>, _>(at)?.timestamp_millis());
        }
    }
    for device in &needed.devices {
        loaded.push(Loaded::Device(Party::of(device), histories.remove(device).unwrap_or_default()));
    }
    Ok(())
}
