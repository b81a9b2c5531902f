//! Transactions as somebody may see them: one by its id, and the newest.

use super::accounts::account_views;
use super::views::{JOIN_SIDES, SELECT_TRANSACTION, Sight, TransactionRow, instants, sight, unavailable};
use super::{Db, Store};
use app::ports::{NewestQuery, Person, PortError, Role};
use chrono::{DateTime, TimeDelta, Utc};
use domain::TransactionState;
use domain::view::{AccountView, ResumeToken, TransactionView};
use sqlx::{Postgres, QueryBuilder};
use uuid::Uuid;

use super::codes::Code as _;

/// What a socket starts from: accounts and transactions of one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub accounts: Vec<AccountView>,
    pub transactions: Vec<TransactionView>,
    pub resume: ResumeToken,
}

impl Store {
    /// A transaction the person may see.
    ///
    /// # Errors
    /// [`PortError::NotFound`] for an unknown id and for somebody else's alike.
    pub async fn transaction(&self, person: &Person, id: Uuid) -> Result<(TransactionView, ResumeToken), PortError> {
        let read = async {
            let (mut db, resume) = self.moment().await?;
            let sight = sight(&mut db, person).await?;
            let mut query = select(&sight);
            query.push(" and t.id = ").push_bind(id);
            let rows = query.build_query_as().fetch_all(&mut *db).await?;
            Ok((self.transaction_views(&mut db, &sight, rows).await?.pop(), resume))
        };
        let (view, resume) = read.await.map_err(unavailable)?;
        Ok((view.ok_or(PortError::NotFound)?, resume))
    }

    /// When the hold of a transaction that the person may see ended; none if it was never held or still is.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the database does not answer.
    pub async fn settled_at(&self, person: &Person, id: Uuid) -> Result<Option<DateTime<Utc>>, PortError> {
        let read = async {
            let (mut db, _) = self.moment().await?;
            let sight = sight(&mut db, person).await?;
            // Verdict 3 is a hold, whose alert closes with it.
            let mut query = QueryBuilder::new(
                "select alert.closed_at from transaction t join alert on alert.transaction_id = t.id
                 where alert.verdict = 3 and t.state <> 2 and ",
            );
            push_sight(&mut query, &sight);
            query.push(" and t.id = ").push_bind(id);
            let found: Option<Option<DateTime<Utc>>> = query.build_query_scalar().fetch_optional(&mut *db).await?;
            Ok(found.flatten())
        };
        read.await.map_err(unavailable)
    }

    /// The newest transactions the person may see, newest first.
    ///
    /// # Errors
    /// [`PortError::NotFound`] when the query names an account that they may not see.
    pub async fn newest(
        &self,
        person: &Person,
        query: &NewestQuery,
    ) -> Result<(Vec<TransactionView>, ResumeToken), PortError> {
        let read = async {
            let (mut db, resume) = self.moment().await?;
            let views = self.newest_views(&mut db, person, query).await?;
            Ok((views, resume))
        };
        let (views, resume) = read.await.map_err(unavailable)?;
        Ok((views.ok_or(PortError::NotFound)?, resume))
    }

    /// Accounts and newest transactions of one moment, for a socket that begins or was too long away.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the database does not answer.
    pub async fn snapshot(&self, person: &Person, accounts: i64, transactions: i64) -> Result<Snapshot, PortError> {
        let read = async {
            let (mut db, resume) = self.moment().await?;
            let accounts = account_views(&mut db, person, accounts).await?;
            let query = NewestQuery { limit: transactions, ..NewestQuery::default() };
            let transactions = self.newest_views(&mut db, person, &query).await?.unwrap_or_default();
            Ok(Snapshot { accounts, transactions, resume })
        };
        read.await.map_err(unavailable)
    }

    async fn newest_views(
        &self,
        db: &mut Db,
        person: &Person,
        query: &NewestQuery,
    ) -> sqlx::Result<Option<Vec<TransactionView>>> {
        let sight = sight(db, person).await?;
        let account = match &query.account {
            None => None,
            Some(number) => {
                let found = sqlx::query_scalar("select id from account where number = $1").bind(number.as_str());
                match found.fetch_optional(&mut **db).await?.filter(|id: &i32| sight.covers(*id)) {
                    None => return Ok(None),
                    found => found,
                }
            }
        };
        let limit = query.limit.clamp(1, 1_000);
        let filter = Filter { account, query, instants: instants(query.range, self.time_zone()) };
        let rows = match (person.role, account) {
            // An account's rows, or a few accounts', have an index; all rows have only their time.
            (Role::Customer, _) | (_, Some(_)) => filter.rows(db, &sight, None, limit).await?,
            (_, None) => by_time(db, &sight, &filter, limit).await?,
        };
        self.transaction_views(db, &sight, rows).await.map(Some)
    }
}

/// `select` of what the reader may see; conditions follow.
fn select(sight: &Sight) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(SELECT_TRANSACTION);
    query.push("from transaction t").push(JOIN_SIDES).push("where ");
    push_sight(&mut query, sight);
    query
}

/// The condition on a transaction `t` that the reader may see it.
pub(super) fn push_sight(query: &mut QueryBuilder<Postgres>, sight: &Sight) {
    match sight {
        Sight::All => query.push("true"),
        Sight::Own(own) => {
            // At risk: what they pay or deposit, in any state. Otherwise: what they received.
            query.push("(t.debit_account = any(").push_bind(own.clone());
            query.push(") or (t.credit_account = any(").push_bind(own.clone());
            query.push(") and (t.state = 1 or t.kind = 1)))")
        }
    };
}

struct Filter<'a> {
    account: Option<i32>,
    query: &'a NewestQuery,
    instants: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
}

impl Filter<'_> {
    /// Rows that pass, newest first; with a window, only those recorded from its start until its end.
    async fn rows(
        &self,
        db: &mut Db,
        sight: &Sight,
        window: Option<&Recorded>,
        limit: i64,
    ) -> sqlx::Result<Vec<TransactionRow>> {
        let mut query = select(sight);
        if let Some(account) = self.account {
            query.push(" and (t.debit_account = ").push_bind(account);
            query.push(" or t.credit_account = ").push_bind(account).push(")");
        }
        if let Some(kind) = self.query.kind {
            query.push(" and t.kind = ").push_bind(kind.code());
        }
        match (self.query.state, sight) {
            (None, _) => {}
            // To a customer an expired one is one that was not approved.
            (Some(TransactionState::Refused | TransactionState::Expired), Sight::Own(_)) => {
                query.push(" and t.state in (3, 4)");
            }
            (Some(state), _) => {
                query.push(" and t.state = ").push_bind(state.code());
            }
        }
        if let Some(from) = self.instants.0 {
            query.push(" and t.occurred_at >= ").push_bind(from);
        }
        if let Some(until) = self.instants.1 {
            query.push(" and t.occurred_at < ").push_bind(until);
        }
        if let Some((at, id)) = self.before() {
            query.push(" and (t.recorded_at, t.id) < (").push_bind(at).push(", ").push_bind(id).push(")");
        }
        if let Some(from) = window.and_then(|window| window.from) {
            query.push(" and t.recorded_at >= ").push_bind(from);
        }
        if let Some(until) = window.and_then(|window| window.until) {
            query.push(" and t.recorded_at < ").push_bind(until);
        }
        query.push(" order by t.recorded_at desc, t.id desc limit ").push_bind(limit);
        query.build_query_as().fetch_all(&mut **db).await
    }

    fn before(&self) -> Option<(DateTime<Utc>, Uuid)> {
        self.query.before.and_then(|(ms, id)| Some((DateTime::from_timestamp_millis(ms)?, id)))
    }
}

struct Recorded {
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
}

/// The newest of all rows by way of the block-range index on `recorded_at`: it finds a span of time, not an order, so
/// growing spans are read backwards until there are enough. Exact: the spans touch, and the last has no start.
async fn by_time(db: &mut Db, sight: &Sight, filter: &Filter<'_>, limit: i64) -> sqlx::Result<Vec<TransactionRow>> {
    let Some(start) = start(db, filter).await? else { return Ok(Vec::new()) };
    let mut rows = Vec::new();
    let mut window = Recorded { from: None, until: None };
    for seconds in (0..10).map(|power| 8_i64.pow(power)).map(Some).chain([None]) {
        window.from = seconds.and_then(|seconds| start.checked_sub_signed(TimeDelta::seconds(seconds)));
        rows.append(&mut filter.rows(db, sight, Some(&window), limit - rows.len() as i64).await?);
        if rows.len() as i64 >= limit || window.from.is_none() {
            break;
        }
        window.until = window.from;
    }
    Ok(rows)
}

/// Where to begin looking: the page's place, or the newest time among the table's last blocks, which is where new rows
/// mostly go. Only a start: the first span has no end, so nothing newer is missed.
async fn start(db: &mut Db, filter: &Filter<'_>) -> sqlx::Result<Option<DateTime<Utc>>> {
    if let Some((at, _)) = filter.before() {
        return Ok(Some(at));
    }
    let size = "select greatest(pg_relation_size('transaction') / current_setting('block_size')::bigint - 32, 0)";
    let block: i64 = sqlx::query_scalar(size).fetch_one(&mut **db).await?;
    let newest = sqlx::query_scalar("select max(recorded_at) from transaction where ctid >= $1::text::tid");
    let newest: Option<DateTime<Utc>> = newest.bind(format!("({block},0)")).fetch_one(&mut **db).await?;
    if newest.is_some() {
        return Ok(newest);
    }
    // The last blocks may be empty after a vacuum.
    sqlx::query_scalar("select max(recorded_at) from transaction").fetch_one(&mut **db).await
}
