//! Alerts as bank staff see them: the list, page by page, one with its evidence, how many are open.
//!
//! Open ones come first, each part newest first; either part is one stretch of the index `alert_queue_idx`, so a page
//! costs its length and not the list's.

use super::codes::Code as _;
use super::row::row;
use super::views::{currency, unavailable};
use super::{Db, Store};
use app::ports::alerts::{AlertDetail, AlertKey, AlertPage, AlertQuery, AlertRow, OPEN_COUNTED};
use app::ports::{Person, PortError, Role};
use chrono::{DateTime, Utc};
use domain::command::{FraudLabel, LabelSource};
use domain::fact::RiskVerdict;
use domain::{AccountNumber, OnExpiry, TransactionKind, TransactionState};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

const OPEN: i16 = 1;
const CLOSED: i16 = 2;
/// The score that is shown ends here.
const SCORE_MAX_E9: i64 = 100_000_000_000;

row! {
    struct Row {
        id: Uuid,
        raised_at: DateTime<Utc>,
        verdict: i16,
        score_e9: i64,
        alert_state: i16,
        closed_at: Option<DateTime<Utc>>,
        account: String,
        counterparty: Option<String>,
        kind: i16,
        state: i16,
        amount_minor: i64,
        currency: String,
        policy_version: Option<i64>,
        model_version: Option<i64>,
        until: Option<DateTime<Utc>>,
        on_expiry: Option<i16>,
        label: Option<i16>,
        source: Option<i16>,
    }
}

/// The columns of [`Row`], for alerts `page`.
const SELECT: &str = "select page.transaction_id as id, page.raised_at, page.verdict, page.score_e9,
    page.state as alert_state, page.closed_at, a.number as account,
    coalesce(o.number, case when t.kind = 1 then t.debit_unknown else t.credit_unknown end) as counterparty,
    t.kind, t.state, t.amount_minor, t.currency, t.policy_version, t.model_version,
    h.until, h.on_expiry, l.label, l.source
from page join transaction t on t.id = page.transaction_id join account a on a.id = page.account_id
    left join account o on o.id = case when t.kind = 1 then t.debit_account else t.credit_account end
    left join hold h on h.transaction_id = t.id left join label l on l.transaction_id = t.id";

impl Row {
    fn view(&self) -> sqlx::Result<AlertRow> {
        Ok(AlertRow {
            id: self.id,
            raised_at: self.raised_at,
            account: self.account.clone(),
            counterparty: self.counterparty.clone().unwrap_or_default(),
            kind: TransactionKind::from_code(self.kind)?,
            amount_minor: self.amount_minor,
            currency: currency(&self.currency)?,
            score_e9: self.score_e9.clamp(0, SCORE_MAX_E9),
            verdict: RiskVerdict::from_code(self.verdict)?,
            state: TransactionState::from_code(self.state)?,
            open: self.alert_state == OPEN,
            held_until: self.until,
            label: self.label.map(FraudLabel::from_code).transpose()?,
        })
    }
}

/// What the worker needs to know to end a hold or to label a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtRisk {
    /// Whose partition decides.
    pub account: AccountNumber,
    pub state: TransactionState,
}

fn staff_only(person: &Person) -> Result<(), PortError> {
    match person.role {
        Role::Analyst | Role::Operator => Ok(()),
        Role::Customer => Err(PortError::Forbidden),
    }
}

impl Store {
    /// See [`app::ports::alerts::Alerts::list`].
    ///
    /// # Errors
    /// [`PortError::Forbidden`] for customers.
    pub async fn alerts(&self, person: &Person, query: &AlertQuery) -> Result<AlertPage, PortError> {
        staff_only(person)?;
        let read = async {
            let (mut db, resume) = self.moment().await?;
            let limit = query.limit.clamp(1, 200);
            let mut rows = Vec::new();
            for (state, open) in [(OPEN, true), (CLOSED, false)] {
                let passed = query.after.is_some_and(|after| open && !after.open);
                let missing = limit + 1 - rows.len() as i64;
                if passed || query.open.is_some_and(|wanted| wanted != open) || missing <= 0 {
                    continue;
                }
                let after = query.after.filter(|after| after.open == open);
                rows.append(&mut part(&mut db, state, query.verdict, after, missing).await?);
            }
            let more = rows.len() as i64 > limit;
            rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            let rows = rows.iter().map(Row::view).collect::<sqlx::Result<Vec<_>>>()?;
            let older = rows.last().filter(|_| more).map(AlertRow::key);
            Ok(AlertPage { rows, older, resume })
        };
        read.await.map_err(unavailable)
    }

    /// One alert without its explanation, and the evidence to make that from.
    ///
    /// # Errors
    /// [`PortError::Forbidden`] for customers; [`PortError::NotFound`] where nobody was alerted.
    pub async fn alert(&self, person: &Person, id: Uuid) -> Result<(AlertDetail, String), PortError> {
        staff_only(person)?;
        let (transaction, resume) = self.transaction(person, id).await?;
        let read = async {
            let (mut db, _) = self.moment().await?;
            let evidence = sqlx::query_scalar("select evidence from alert where transaction_id = $1");
            let Some(evidence) = evidence.bind(id).fetch_optional(&mut *db).await? else { return Ok(None) };
            let sql = format!("with page as (select * from alert where transaction_id = $1) {SELECT}");
            let row: Row = sqlx::query_as(AssertSqlSafe(sql)).bind(id).fetch_one(&mut *db).await?;
            let alert = row.view()?;
            // Both readings were of moments a blink apart: the older one's token, the newer one's state.
            let transaction = domain::view::TransactionView { state: alert.state, ..transaction };
            let detail = AlertDetail {
                alert,
                transaction,
                closed_at: row.closed_at,
                on_expiry: row.on_expiry.map(OnExpiry::from_code).transpose()?,
                labelled_by: row.source.map(LabelSource::from_code).transpose()?,
                policy_version: row.policy_version,
                model_version: row.model_version,
                explanation: None,
                resume,
            };
            Ok(Some((detail, evidence)))
        };
        read.await.map_err(unavailable)?.ok_or(PortError::NotFound)
    }

    /// How many alerts are open, counted a little beyond [`OPEN_COUNTED`].
    ///
    /// # Errors
    /// [`PortError::Forbidden`] for customers.
    pub async fn open_alerts(&self, person: &Person) -> Result<i64, PortError> {
        staff_only(person)?;
        let query = sqlx::query_scalar("select count(*) from (select from alert where state = 1 limit $1) open");
        query.bind(OPEN_COUNTED + 1).fetch_one(self.pool()).await.map_err(unavailable)
    }

    /// The account at risk and the state of a transaction.
    ///
    /// # Errors
    /// [`PortError::Forbidden`] for customers; [`PortError::NotFound`].
    pub async fn at_risk(&self, person: &Person, id: Uuid) -> Result<AtRisk, PortError> {
        staff_only(person)?;
        let query = sqlx::query_as(
            "select a.number, t.state from transaction t
             join account a on a.id = case when t.kind = 1 then t.credit_account else t.debit_account end
             where t.id = $1",
        );
        let found: Option<(String, i16)> = query.bind(id).fetch_optional(self.pool()).await.map_err(unavailable)?;
        let (number, state) = found.ok_or(PortError::NotFound)?;
        let account = number.parse().map_err(|_| PortError::NotFound)?;
        let state = TransactionState::from_code(state).map_err(|error| unavailable(error.into()))?;
        Ok(AtRisk { account, state })
    }
}

/// Alerts of one state from a place on, newest first.
async fn part(
    db: &mut Db,
    state: i16,
    verdict: Option<RiskVerdict>,
    after: Option<AlertKey>,
    limit: i64,
) -> sqlx::Result<Vec<Row>> {
    let sql = format!(
        "with page as (
             select * from alert where state = $1 and ($2::smallint is null or verdict = $2)
                 and ($3::timestamptz is null or (raised_at <= $3 and (raised_at < $3 or transaction_id > $4)))
             order by raised_at desc, transaction_id limit $5)
         {SELECT} order by page.raised_at desc, page.transaction_id"
    );
    let at = after.and_then(|after| DateTime::from_timestamp_millis(after.raised_at_ms));
    sqlx::query_as(AssertSqlSafe(sql))
        .bind(state)
        .bind(verdict.map(|verdict| verdict.code()))
        .bind(at)
        .bind(after.map(|after| after.id))
        .bind(limit)
        .fetch_all(&mut **db)
        .await
}
