//! What came of a batch, stored in the transaction that moved its fences.

use super::afterwards::{save_labels, save_settlements};
use super::{AnnouncementRow, Db, DeadLetterRow, WorkerStore, small};
use crate::store::codes::{Code, flags};
use chrono::{DateTime, Utc};
use domain::TransactionKind;
use domain::ledger::{
    Account, AccountId, AlertRow, Attempt, Books, LabelRow, LinkChange, Outcome, Settlement, Slot, TransactionRow,
};
use sqlx::Row as _;
use std::collections::{BTreeMap, HashMap};

/// What a batch changes in the tables, beside the books themselves.
pub struct Changes {
    rows: Vec<TransactionRow>,
    settlements: Vec<Settlement>,
    labels: Vec<LabelRow>,
    alerts: Vec<AlertRow>,
    links: Vec<LinkChange>,
}

impl Changes {
    /// Taken out of the outcome, whose facts and dead letters go another way.
    pub fn take(outcome: &mut Outcome) -> Self {
        Changes {
            rows: std::mem::take(&mut outcome.rows),
            settlements: std::mem::take(&mut outcome.settlements),
            labels: std::mem::take(&mut outcome.labels),
            alerts: std::mem::take(&mut outcome.alerts),
            links: std::mem::take(&mut outcome.links),
        }
    }
}

/// What is to be said of a batch, and what said earlier was acknowledged meanwhile, by partition and first offset.
#[derive(Default)]
pub struct Said<'a> {
    pub announcements: Vec<&'a AnnouncementRow>,
    pub acknowledged: &'a [(i32, i64)],
}

/// Binds $1 to $6, stores announcements and deletes those that were acknowledged.
macro_rules! say_sql {
    () => {
        "with forgotten as (
             delete from announcement using unnest($5::smallint[], $6::bigint[]) as sent (partition, first_offset)
             where announcement.partition = sent.partition and announcement.first_offset = sent.first_offset),
         said as (
             insert into announcement (partition, first_offset, last_offset, records)
             select * from unnest($1::smallint[], $2::bigint[], $3::bigint[], $4::bytea[]))"
    };
}

type Query<'a> = sqlx::query::Query<'a, sqlx::Postgres, sqlx::postgres::PgArguments>;

impl<'a> Said<'a> {
    fn is_empty(&self) -> bool {
        self.announcements.is_empty() && self.acknowledged.is_empty()
    }

    fn bind(&self, query: Query<'a>) -> Query<'a> {
        let rows = &self.announcements;
        query
            .bind(rows.iter().map(|row| small(row.partition)).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.first_offset).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.last_offset).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.records.as_slice()).collect::<Vec<_>>())
            .bind(self.acknowledged.iter().map(|(partition, _)| small(*partition)).collect::<Vec<_>>())
            .bind(self.acknowledged.iter().map(|(_, first_offset)| *first_offset).collect::<Vec<_>>())
    }
}

impl WorkerStore {
    /// Stores accounts, stripes, links, transactions and holds of a batch, and what is to be said of it, where that is
    /// known already. False, where an account is no longer as the batch read it: then nothing of it may be committed.
    ///
    /// # Errors
    /// SQLSTATE classes 22 and 23 when a record's values do not fit.
    pub async fn save(&self, db: &mut Db, books: &Books, changes: &Changes, said: &Said<'_>) -> sqlx::Result<bool> {
        let ids = save_new_accounts(db, books).await?;
        if !save_books(db, books, &changes.rows, &ids, said).await? {
            return Ok(false);
        }
        save_links(db, &changes.links, &ids).await?;
        save_holds(db, &changes.rows, &ids).await?;
        save_device_uses(db, &changes.rows, &ids).await?;
        save_alerts(db, &changes.alerts, &ids).await?;
        save_settlements(db, &changes.settlements).await?;
        save_labels(db, &changes.labels).await?;
        Ok(true)
    }

    /// Stores what is to be said of a batch, where it was not known when the batch was saved.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn say(&self, db: &mut Db, said: &Said<'_>) -> sqlx::Result<()> {
        said.bind(sqlx::query(concat!(say_sql!(), " select"))).execute(&mut **db).await?;
        Ok(())
    }

    /// # Errors
    /// SQLSTATE classes 22 and 23 when a record's values do not fit.
    pub async fn save_dead_letters(&self, db: &mut Db, letters: &[DeadLetterRow]) -> sqlx::Result<()> {
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
}

/// Answers the id of every slot.
async fn save_new_accounts(db: &mut Db, books: &Books) -> sqlx::Result<Vec<AccountId>> {
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
    let id_of =
        |account: &Account| account.id.or_else(|| fresh.get(account.number.as_str()).copied()).unwrap_or_default();
    Ok(books.accounts().map(|(_, account)| id_of(account)).collect())
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

/// Accounts, stripes, transactions and announcements in one statement: a quiet round is as slow as it has round trips.
/// Accounts are moved in id order and transactions inserted in theirs, so that two workers given the same ones wait for
/// each other instead of deadlocking. A stripe needs no more than a look: its partition's fence is locked.
async fn save_books(
    db: &mut Db,
    books: &Books,
    rows: &[TransactionRow],
    ids: &[AccountId],
    said: &Said<'_>,
) -> sqlx::Result<bool> {
    let read = books.accounts().filter_map(|(_, account)| account.id.map(|id| (id, account)));
    let (mut moved, unmoved): (Vec<_>, Vec<_>) = read.partition(|(_, account)| account.is_changed());
    moved.sort_unstable_by_key(|(id, _)| *id);
    let mut stripes: Vec<_> = books.stripes().filter(|(_, _, stripe)| stripe.is_changed()).collect();
    stripes.sort_unstable_by_key(|(slot, partition, _)| (ids[*slot], *partition));
    let mut rows: Vec<&TransactionRow> = rows.iter().collect();
    rows.sort_unstable_by_key(|row| row.submission.transaction_id);
    if moved.is_empty() && unmoved.is_empty() && stripes.is_empty() && rows.is_empty() && said.is_empty() {
        return Ok(true);
    }
    macro_rules! column {
        (|$row:pat_param| $value:expr, $rows:expr) => {
            $rows.iter().map(|$row| $value).collect::<Vec<_>>()
        };
        (|$row:ident| $value:expr) => {
            rows.iter().map(|$row| $value).collect::<Vec<_>>()
        };
    }
    let place = |row: &TransactionRow| row.submission.context.as_deref().and_then(|context| context.place);
    let statement = concat!(
        say_sql!(),
        ", moved as (
             update account set status = now_is.status, booked_minor = now_is.booked_minor, held_minor = now_is.held_minor,
                 overdraft_minor = now_is.overdraft_minor, version = now_is.version
             from unnest($7::integer[], $8::smallint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[],
                     $13::bigint[])
                 as now_is (id, status, booked_minor, held_minor, overdraft_minor, version, version_read)
             where account.id = now_is.id and account.version = now_is.version_read
             returning account.id),
         striped as (
             insert into account_stripe (account_id, stripe, booked_minor, version)
             select * from unnest($14::integer[], $15::smallint[], $16::bigint[], $17::bigint[])
             on conflict (account_id, stripe) do update set booked_minor = excluded.booked_minor, version = excluded.version),
         booked as (
             insert into transaction (id, recorded_at, occurred_at, amount_minor, debit_account, credit_account,
                 debit_version, debit_balance_after, credit_version, credit_balance_after, command_offset, partition,
                 kind, state, flags, reason, currency, debit_unknown, credit_unknown, reference,
                 verdict, score_e9, policy_version, model_version, device, latitude_e6, longitude_e6)
             select * from unnest($21::uuid[], $22::timestamptz[], $23::timestamptz[], $24::bigint[], $25::integer[],
                 $26::integer[], $27::bigint[], $28::bigint[], $29::bigint[], $30::bigint[], $31::bigint[],
                 $32::smallint[], $33::smallint[], $34::smallint[], $35::smallint[], $36::smallint[], $37::text[],
                 $38::text[], $39::text[], $40::text[], $41::smallint[], $42::bigint[], $43::bigint[], $44::bigint[],
                 $45::text[], $46::integer[], $47::integer[]))
         select (select count(*) from moved) as moved,
             (select count(*) from unnest($19::integer[], $20::bigint[]) as read (id, version)
              join account on account.id = read.id and account.version = read.version) as unmoved,
             (select count(*) from unnest($14::integer[], $15::smallint[], $18::bigint[]) as read (account_id, stripe, version)
              join account_stripe now_is on now_is.account_id = read.account_id and now_is.stripe = read.stripe
                  and now_is.version <> read.version) as restriped"
    );
    let found = said
        .bind(sqlx::query(statement))
        .bind(column!(|(id, _)| *id, moved))
        .bind(column!(|(_, account)| account.status.code(), moved))
        .bind(column!(|(_, account)| account.after.booked_minor, moved))
        .bind(column!(|(_, account)| account.after.held_minor, moved))
        .bind(column!(|(_, account)| account.after.overdraft_minor, moved))
        .bind(column!(|(_, account)| account.after.version, moved))
        .bind(column!(|(_, account)| account.version_read, moved))
        .bind(column!(|(slot, _, _)| ids[*slot], stripes))
        .bind(column!(|(_, partition, _)| small(*partition), stripes))
        .bind(column!(|(_, _, stripe)| stripe.booked_minor, stripes))
        .bind(column!(|(_, _, stripe)| stripe.version, stripes))
        .bind(column!(|(_, _, stripe)| stripe.version_read, stripes))
        .bind(column!(|(id, _)| *id, unmoved))
        .bind(column!(|(_, account)| account.version_read, unmoved))
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
        .bind(column!(|row| flags(row.submission.history, row.clock_out_of_bounds, row.judgement.as_ref())))
        .bind(column!(|row| row.reason.map(Code::code)))
        .bind(column!(|row| row.submission.currency.as_str()))
        .bind(column!(|row| row.debit.slot.is_none().then(|| row.submission.debit.as_str())))
        .bind(column!(|row| row.credit.slot.is_none().then(|| row.submission.credit.as_str())))
        .bind(column!(|row| row.submission.reference.as_deref()))
        .bind(column!(|row| row.judgement.map(|judgement| judgement.verdict.code())))
        .bind(column!(|row| row.judgement.map(|judgement| judgement.score_e9)))
        .bind(column!(|row| row.judgement.map(|judgement| judgement.policy_version)))
        .bind(column!(|row| row.judgement.and_then(|judgement| judgement.model_version)))
        .bind(rows.iter().map(|row| row.submission.context.as_deref()?.device.as_deref()).collect::<Vec<_>>())
        .bind(column!(|row| place(row).map(|place| place.latitude_e6)))
        .bind(column!(|row| place(row).map(|place| place.longitude_e6)))
        .fetch_one(&mut **db)
        .await?;
    let count = |column| found.try_get::<i64, _>(column);
    Ok(count("moved")? == moved.len() as i64 && count("unmoved")? == unmoved.len() as i64 && count("restriped")? == 0)
}

async fn save_holds(db: &mut Db, rows: &[TransactionRow], ids: &[AccountId]) -> sqlx::Result<()> {
    let held: Vec<_> = rows.iter().filter_map(|row| Some((row, row.hold?, at_risk(row)?))).collect();
    if held.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into hold (transaction_id, account_id, until, on_expiry)
         select * from unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::smallint[])",
    )
    .bind(held.iter().map(|(row, _, _)| row.submission.transaction_id).collect::<Vec<_>>())
    .bind(held.iter().map(|(_, _, slot)| ids[*slot]).collect::<Vec<_>>())
    .bind(held.iter().map(|(_, terms, _)| terms.until).collect::<Vec<_>>())
    .bind(held.iter().map(|(_, terms, _)| terms.on_expiry.code()).collect::<Vec<_>>())
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// The side whose partition decides.
fn at_risk(row: &TransactionRow) -> Option<Slot> {
    match row.submission.kind {
        TransactionKind::Deposit => row.credit.slot,
        TransactionKind::Withdrawal | TransactionKind::Transfer => row.debit.slot,
    }
}

type FirstAndLast = (DateTime<Utc>, DateTime<Utc>);

/// First and last use per device and account.
async fn save_device_uses(db: &mut Db, rows: &[TransactionRow], ids: &[AccountId]) -> sqlx::Result<()> {
    let mut uses: BTreeMap<(&str, AccountId), FirstAndLast> = BTreeMap::new();
    for row in rows {
        let device = row.submission.context.as_deref().and_then(|context| context.device.as_deref());
        let (Some(device), Some(slot)) = (device, at_risk(row)) else { continue };
        let attempt = Attempt {
            submission: &row.submission,
            partition: row.partition,
            offset: row.offset,
            recorded_at: row.recorded_at,
        };
        let at = attempt.event_time();
        let used = uses.entry((device, ids[slot])).or_insert((at, at));
        *used = (used.0.min(at), used.1.max(at));
    }
    if uses.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into device_use (device, account_id, first_at, last_at)
         select * from unnest($1::text[], $2::integer[], $3::timestamptz[], $4::timestamptz[])
         on conflict (device, account_id) do update set first_at = least(device_use.first_at, excluded.first_at),
             last_at = greatest(device_use.last_at, excluded.last_at)",
    )
    .bind(uses.keys().map(|(device, _)| *device).collect::<Vec<_>>())
    .bind(uses.keys().map(|(_, account)| *account).collect::<Vec<_>>())
    .bind(uses.values().map(|(first, _)| *first).collect::<Vec<_>>())
    .bind(uses.values().map(|(_, last)| *last).collect::<Vec<_>>())
    .execute(&mut **db)
    .await?;
    Ok(())
}

async fn save_alerts(db: &mut Db, alerts: &[AlertRow], ids: &[AccountId]) -> sqlx::Result<()> {
    if alerts.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into alert (transaction_id, account_id, raised_at, verdict, score_e9, evidence)
         select * from unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::smallint[], $5::bigint[], $6::text[])",
    )
    .bind(alerts.iter().map(|row| row.alert.transaction_id).collect::<Vec<_>>())
    .bind(alerts.iter().map(|row| ids[row.account]).collect::<Vec<_>>())
    .bind(alerts.iter().map(|row| row.raised_at).collect::<Vec<_>>())
    .bind(alerts.iter().map(|row| row.alert.judgement.verdict.code()).collect::<Vec<_>>())
    .bind(alerts.iter().map(|row| row.alert.judgement.score_e9).collect::<Vec<_>>())
    .bind(alerts.iter().map(|row| row.alert.evidence.as_str()).collect::<Vec<_>>())
    .execute(&mut **db)
    .await?;
    Ok(())
}
