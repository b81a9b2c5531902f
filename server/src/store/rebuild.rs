//! SQL of `vigie rebuild`: facts folded into tables. Every statement may be repeated: versions and ids decide.

use super::codes::{Code, flags};
use super::worker::{DeadLetterRow, WorkerStore};
use chrono::{DateTime, Utc};
use domain::fact::{AccountAfter, AccountFact, AlertFact, LinkFact, TransactionFact};
use domain::ledger::{LabelRow, event_time, out_of_bounds};
use domain::{AccountNumber, TransactionKind};
use std::collections::HashMap;

/// A transaction fact with its place in the log.
#[derive(Clone)]
pub struct FoldedTransaction {
    pub partition: i32,
    pub offset: i64,
    pub recorded_at: DateTime<Utc>,
    /// Of the fact that ended a hold, once it is joined to the hold's own.
    pub ended_at: Option<DateTime<Utc>>,
    pub fact: TransactionFact,
}

impl WorkerStore {
    /// Whether there is anything that a rebuild into an empty database would contradict.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn has_books(&self) -> sqlx::Result<bool> {
        sqlx::query_scalar(
            "select exists (select from account) or exists (select from transaction)
                 or exists (select from policy) or exists (select from model)",
        )
        .fetch_one(self.store().pool())
        .await
    }

    /// An account as a fact states it: created, or moved forward by version. The status follows the log's order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn fold_account(&self, fact: &AccountFact) -> sqlx::Result<()> {
        sqlx::query(
            "insert into account (number, kind, currency, status, booked_minor, held_minor, overdraft_minor, version, opened_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             on conflict (number) do update set status = excluded.status,
                 booked_minor = case when excluded.version > account.version then excluded.booked_minor else account.booked_minor end,
                 held_minor = case when excluded.version > account.version then excluded.held_minor else account.held_minor end,
                 overdraft_minor = case when excluded.version > account.version then excluded.overdraft_minor
                     else account.overdraft_minor end,
                 version = greatest(excluded.version, account.version)",
        )
        .bind(fact.account.as_str())
        .bind(fact.kind.code())
        .bind(fact.currency.as_str())
        .bind(fact.status.code())
        .bind(fact.after.booked_minor)
        .bind(fact.after.held_minor)
        .bind(fact.after.overdraft_minor)
        .bind(fact.after.version)
        .bind(fact.opened_at)
        .execute(self.store().pool())
        .await?;
        match fact.owner {
            Some(person) => self.fold_link(&LinkFact { account: fact.account.clone(), person }, true).await,
            None => Ok(()),
        }
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn fold_link(&self, fact: &LinkFact, linked: bool) -> sqlx::Result<()> {
        let statement = if linked {
            "insert into account_link (person_id, account_id) select $1, id from account where number = $2
             on conflict do nothing"
        } else {
            "delete from account_link using account
             where person_id = $1 and account_id = account.id and account.number = $2"
        };
        sqlx::query(statement).bind(fact.person).bind(fact.account.as_str()).execute(self.store().pool()).await?;
        Ok(())
    }

    /// Inserts transactions and moves both sides' accounts forward.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn fold_transactions(&self, folded: &[FoldedTransaction]) -> sqlx::Result<()> {
        let mut db = self.begin().await?;
        let folded = ends_of_holds_joined(folded);
        insert(&mut db, &folded).await?;
        fold_holds(&mut db, &folded).await?;
        fold_device_uses(&mut db, &folded).await?;
        let (customers, stripes) = latest(&folded);
        sqlx::query(
            "update account set booked_minor = now_is.booked_minor, held_minor = now_is.held_minor,
                 overdraft_minor = now_is.overdraft_minor, version = now_is.version
             from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
                 as now_is (number, booked_minor, held_minor, overdraft_minor, version)
             where account.number = now_is.number and account.version < now_is.version",
        )
        .bind(customers.iter().map(|(number, _)| number.as_str()).collect::<Vec<_>>())
        .bind(customers.iter().map(|(_, after)| after.booked_minor).collect::<Vec<_>>())
        .bind(customers.iter().map(|(_, after)| after.held_minor).collect::<Vec<_>>())
        .bind(customers.iter().map(|(_, after)| after.overdraft_minor).collect::<Vec<_>>())
        .bind(customers.iter().map(|(_, after)| after.version).collect::<Vec<_>>())
        .execute(&mut *db)
        .await?;
        sqlx::query(
            "insert into account_stripe (account_id, stripe, booked_minor, version)
             select account.id, now_is.stripe, now_is.booked_minor, now_is.version
             from unnest($1::text[], $2::smallint[], $3::bigint[], $4::bigint[]) as now_is (number, stripe, booked_minor, version)
             join account on account.number = now_is.number
             on conflict (account_id, stripe) do update set booked_minor = excluded.booked_minor, version = excluded.version
                 where account_stripe.version < excluded.version",
        )
        .bind(stripes.iter().map(|(number, _, _)| number.as_str()).collect::<Vec<_>>())
        .bind(stripes.iter().map(|(_, partition, _)| i16::try_from(*partition).unwrap_or(i16::MAX)).collect::<Vec<_>>())
        .bind(stripes.iter().map(|(_, _, after)| after.booked_minor).collect::<Vec<_>>())
        .bind(stripes.iter().map(|(_, _, after)| after.version).collect::<Vec<_>>())
        .execute(&mut *db)
        .await?;
        db.commit().await
    }

    /// An alert as it was raised; its end is told by facts that follow.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn fold_alert(&self, raised_at: DateTime<Utc>, fact: &AlertFact) -> sqlx::Result<()> {
        sqlx::query(
            "insert into alert (transaction_id, account_id, raised_at, verdict, score_e9, evidence)
             select $1, account.id, $3, $4, $5, $6 from account where account.number = $2
             on conflict (transaction_id) do nothing",
        )
        .bind(fact.transaction_id)
        .bind(fact.account.as_str())
        .bind(raised_at)
        .bind(fact.judgement.verdict.code())
        .bind(fact.judgement.score_e9)
        .bind(&fact.evidence)
        .execute(self.store().pool())
        .await?;
        Ok(())
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn fold_label(&self, row: &LabelRow) -> sqlx::Result<()> {
        let mut db = self.begin().await?;
        super::worker::save_labels(&mut db, std::slice::from_ref(row)).await?;
        db.commit().await
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn fold_dead_letter(&self, letter: &DeadLetterRow) -> sqlx::Result<()> {
        sqlx::query(
            "insert into dead_letter (partition, command_offset, recorded_at, reason, detail, length, sha256, head)
             values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (partition, command_offset) do nothing",
        )
        .bind(i16::try_from(letter.partition).unwrap_or(i16::MAX))
        .bind(letter.offset)
        .bind(letter.recorded_at)
        .bind(&letter.reason)
        .bind(&letter.detail)
        .bind(letter.length)
        .bind(&letter.sha256)
        .bind(&letter.head)
        .execute(self.store().pool())
        .await?;
        Ok(())
    }

    /// Sets a partition's fence to where its facts end; announcements of before are said already.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn fold_fence(&self, partition: i32, next_offset: i64, last_sha256: Option<&[u8]>) -> sqlx::Result<()> {
        let partition = i16::try_from(partition).unwrap_or(i16::MAX);
        let mut db = self.begin().await?;
        sqlx::query(
            "update fence set next_offset = $2, last_sha256 = $3, halted = null, updated_at = now() where partition = $1",
        )
        .bind(partition)
        .bind(next_offset)
        .bind(last_sha256)
        .execute(&mut *db)
        .await?;
        sqlx::query("delete from announcement where partition = $1 and last_offset < $2")
            .bind(partition)
            .bind(next_offset)
            .execute(&mut *db)
            .await?;
        db.commit().await
    }
}

async fn insert(db: &mut super::worker::Db, folded: &[FoldedTransaction]) -> sqlx::Result<()> {
    macro_rules! column {
        (|$row:ident| $value:expr) => {
            folded.iter().map(|$row| $value).collect::<Vec<_>>()
        };
    }
    let posted = |after: Option<AccountAfter>, row: &FoldedTransaction| {
        after.filter(|_| row.fact.state == domain::TransactionState::Posted)
    };
    let place = |row: &FoldedTransaction| row.fact.context.as_deref().and_then(|context| context.place);
    sqlx::query(
        "insert into transaction (id, recorded_at, occurred_at, amount_minor, debit_account, credit_account,
             debit_version, debit_balance_after, credit_version, credit_balance_after, command_offset, partition,
             kind, state, flags, reason, currency, debit_unknown, credit_unknown, reference,
             verdict, score_e9, policy_version, model_version, device, latitude_e6, longitude_e6)
         select said.id, said.recorded_at, said.occurred_at, said.amount_minor, debit.id, credit.id, said.debit_version,
             said.debit_balance_after, said.credit_version, said.credit_balance_after, said.command_offset, said.partition,
             said.kind, said.state, said.flags, said.reason, said.currency,
             case when said.debit_unknown then said.debit end, case when said.credit_unknown then said.credit end,
             said.reference, said.verdict, said.score_e9, said.policy_version, said.model_version, said.device,
             said.latitude_e6, said.longitude_e6
         from unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::text[], $6::text[],
             $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::smallint[],
             $13::smallint[], $14::smallint[], $15::smallint[], $16::smallint[], $17::text[], $18::boolean[],
             $19::boolean[], $20::text[], $21::smallint[], $22::bigint[], $23::bigint[], $24::bigint[], $25::text[],
             $26::integer[], $27::integer[])
             as said (id, recorded_at, occurred_at, amount_minor, debit, credit, debit_version, debit_balance_after,
                 credit_version, credit_balance_after, command_offset, partition, kind, state, flags, reason, currency,
                 debit_unknown, credit_unknown, reference, verdict, score_e9, policy_version, model_version, device,
                 latitude_e6, longitude_e6)
         left join account debit on debit.number = said.debit and not said.debit_unknown
         left join account credit on credit.number = said.credit and not said.credit_unknown
         -- A hold that ends: the row keeps when and where it was decided first.
         on conflict (id) do update set state = excluded.state, reason = excluded.reason,
             debit_version = excluded.debit_version, debit_balance_after = excluded.debit_balance_after,
             credit_version = excluded.credit_version, credit_balance_after = excluded.credit_balance_after
         where transaction.state = 2",
    )
    .bind(column!(|row| row.fact.id))
    .bind(column!(|row| row.recorded_at))
    .bind(column!(|row| row.fact.occurred_at))
    .bind(column!(|row| row.fact.amount_minor))
    .bind(column!(|row| row.fact.debit.account.as_str()))
    .bind(column!(|row| row.fact.credit.account.as_str()))
    .bind(column!(|row| posted(row.fact.debit.after, row).map(|after| after.version)))
    .bind(column!(|row| posted(row.fact.debit.after, row).map(|after| after.booked_minor)))
    .bind(column!(|row| posted(row.fact.credit.after, row).map(|after| after.version)))
    .bind(column!(|row| posted(row.fact.credit.after, row).map(|after| after.booked_minor)))
    .bind(column!(|row| row.offset))
    .bind(column!(|row| i16::try_from(row.partition).unwrap_or(i16::MAX)))
    .bind(column!(|row| row.fact.kind.code()))
    .bind(column!(|row| row.fact.state.code()))
    .bind(column!(|row| {
        let clock = out_of_bounds(row.fact.history, row.fact.occurred_at, row.recorded_at);
        flags(row.fact.history, clock, row.fact.judgement.as_ref())
    }))
    .bind(column!(|row| row.fact.reason.map(Code::code)))
    .bind(column!(|row| row.fact.currency.as_str()))
    .bind(column!(|row| row.fact.debit.unknown))
    .bind(column!(|row| row.fact.credit.unknown))
    .bind(column!(|row| row.fact.reference.as_deref()))
    .bind(column!(|row| row.fact.judgement.map(|judgement| judgement.verdict.code())))
    .bind(column!(|row| row.fact.judgement.map(|judgement| judgement.score_e9)))
    .bind(column!(|row| row.fact.judgement.map(|judgement| judgement.policy_version)))
    .bind(column!(|row| row.fact.judgement.and_then(|judgement| judgement.model_version)))
    .bind(folded.iter().map(|row| row.fact.context.as_deref()?.device.as_deref()).collect::<Vec<_>>())
    .bind(column!(|row| place(row).map(|place| place.latitude_e6)))
    .bind(column!(|row| place(row).map(|place| place.longitude_e6)))
    .execute(&mut **db)
    .await?;
    Ok(())
}

/// One row per transaction: where a batch holds both a hold and its end, the end with the place of the hold. An
/// account's newest state is in the end, too.
fn ends_of_holds_joined(folded: &[FoldedTransaction]) -> Vec<FoldedTransaction> {
    let mut joined: Vec<FoldedTransaction> = Vec::with_capacity(folded.len());
    let mut places: HashMap<uuid::Uuid, usize> = HashMap::with_capacity(folded.len());
    for row in folded {
        match places.get(&row.fact.id) {
            Some(place) => {
                let held = &mut joined[*place];
                let (context, judgement) = (held.fact.context.take(), held.fact.judgement);
                held.fact = TransactionFact { context, judgement, ..row.fact.clone() };
                held.ended_at = Some(row.recorded_at);
            }
            None => {
                places.insert(row.fact.id, joined.len());
                joined.push(row.clone());
            }
        }
    }
    joined
}

async fn fold_holds(db: &mut super::worker::Db, folded: &[FoldedTransaction]) -> sqlx::Result<()> {
    let (held, ended): (Vec<_>, Vec<_>) = folded.iter().partition(|row| row.fact.hold.is_some());
    let ended_at: Vec<_> = ended.iter().map(|row| row.ended_at.unwrap_or(row.recorded_at)).collect();
    let ended: Vec<_> = ended.iter().map(|row| row.fact.id).collect();
    sqlx::query("delete from hold where transaction_id = any($1)").bind(&ended).execute(&mut **db).await?;
    sqlx::query(
        "update alert set state = 2, closed_at = least(closed_at, ended.at)
         from unnest($1::uuid[], $2::timestamptz[]) as ended (id, at)
         -- Only a hold's alert is closed by a fact about the transaction itself.
         where alert.transaction_id = ended.id and alert.verdict = 3",
    )
    .bind(&ended)
    .bind(ended_at)
    .execute(&mut **db)
    .await?;
    let terms = |row: &FoldedTransaction| row.fact.hold.map(|terms| (terms.until, terms.on_expiry.code()));
    sqlx::query(
        "insert into hold (transaction_id, account_id, until, on_expiry)
         select said.id, account.id, said.until, said.on_expiry
         from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::smallint[]) as said (id, number, until, on_expiry)
         join account on account.number = said.number
         -- An older fact, folded again over a hold that has ended since, must not open it again.
         join transaction on transaction.id = said.id and transaction.state = 2
         on conflict (transaction_id) do nothing",
    )
    .bind(held.iter().map(|row| row.fact.id).collect::<Vec<_>>())
    .bind(held.iter().map(|row| row.account_at_risk().as_str()).collect::<Vec<_>>())
    .bind(held.iter().map(|row| terms(row).map(|(until, _)| until)).collect::<Vec<_>>())
    .bind(held.iter().map(|row| terms(row).map(|(_, on_expiry)| on_expiry)).collect::<Vec<_>>())
    .execute(&mut **db)
    .await?;
    Ok(())
}

async fn fold_device_uses(db: &mut super::worker::Db, folded: &[FoldedTransaction]) -> sqlx::Result<()> {
    let used: Vec<_> = folded
        .iter()
        .filter_map(|row| {
            Some((row.fact.context.as_deref()?.device.as_deref()?, row.account_at_risk(), row.event_time()))
        })
        .collect();
    if used.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "insert into device_use (device, account_id, first_at, last_at)
         select said.device, account.id, min(said.at), max(said.at)
         from unnest($1::text[], $2::text[], $3::timestamptz[]) as said (device, number, at)
         join account on account.number = said.number
         group by said.device, account.id
         on conflict (device, account_id) do update set first_at = least(device_use.first_at, excluded.first_at),
             last_at = greatest(device_use.last_at, excluded.last_at)",
    )
    .bind(used.iter().map(|(device, _, _)| *device).collect::<Vec<_>>())
    .bind(used.iter().map(|(_, account, _)| account.as_str()).collect::<Vec<_>>())
    .bind(used.iter().map(|(_, _, at)| *at).collect::<Vec<_>>())
    .execute(&mut **db)
    .await?;
    Ok(())
}

impl FoldedTransaction {
    fn account_at_risk(&self) -> &AccountNumber {
        match self.fact.kind {
            TransactionKind::Deposit => &self.fact.credit.account,
            TransactionKind::Withdrawal | TransactionKind::Transfer => &self.fact.debit.account,
        }
    }

    fn event_time(&self) -> DateTime<Utc> {
        event_time(self.fact.history, self.fact.occurred_at, self.recorded_at)
    }
}

type Customers = Vec<(AccountNumber, AccountAfter)>;
type Stripes = Vec<(AccountNumber, i32, AccountAfter)>;

/// The newest state of every account and stripe that the facts mention.
fn latest(folded: &[FoldedTransaction]) -> (Customers, Stripes) {
    let mut customers: HashMap<&AccountNumber, AccountAfter> = HashMap::new();
    let mut stripes: HashMap<(&AccountNumber, i32), AccountAfter> = HashMap::new();
    for row in folded {
        let sides = [
            (&row.fact.debit, row.fact.kind == TransactionKind::Deposit),
            (&row.fact.credit, row.fact.kind == TransactionKind::Withdrawal),
        ];
        for (side, external) in sides {
            let Some(after) = side.after else { continue };
            let newest = if external {
                stripes.entry((&side.account, row.partition)).or_insert(after)
            } else {
                customers.entry(&side.account).or_insert(after)
            };
            if after.version > newest.version {
                *newest = after;
            }
        }
    }
    (
        customers.into_iter().map(|(number, after)| (number.clone(), after)).collect(),
        stripes.into_iter().map(|((number, partition), after)| (number.clone(), partition, after)).collect(),
    )
}
