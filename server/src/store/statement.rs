//! An account's statement: its posted rows by version, page by page, each page a read of one moment.
//!
//! Either side has an index by account and version; both are read in order and merged, so a page costs its length
//! and not the account's. A cursor is a version. An external account counts versions per stripe: there a cursor also
//! holds the stripe, and rows stand in the order of their stripe's versions.

use super::accounts::visible_account;
use super::views::{AccountRow, JOIN_SIDES, SELECT_TRANSACTION, TransactionRow, instants, unavailable};
use super::{Db, Store};
use app::ports::{DateRange, Person, PortError, StatementPage, StatementQuery};
use chrono::{DateTime, Utc};
use domain::view::{AccountView, TransactionView};
use domain::{AccountKind, AccountNumber};
use sqlx::AssertSqlSafe;

use super::codes::Code as _;

/// Most held or refused rows a first page shows.
const UNBOOKED_LIMIT: i64 = 50;
/// Stripes are partitions, of which the configuration allows 1024.
const STRIPES: i64 = 1024;

/// A place in an account's order: rows compare as (version, stripe).
type Place = (i64, i16);

struct Slice {
    account: i32,
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy)]
enum Direction {
    /// Below the place, highest first.
    Down(Place),
    /// Above the place, lowest first.
    Up(Place),
}

impl Store {
    /// See [`app::ports::Accounts::statement`].
    ///
    /// # Errors
    /// [`PortError::NotFound`] for an unknown account and for somebody else's alike.
    pub async fn statement(&self, person: &Person, query: &StatementQuery) -> Result<StatementPage, PortError> {
        let read = async {
            let (mut db, resume) = self.moment().await?;
            let Some((account, sight)) = visible_account(&mut db, person, &query.account).await? else {
                return Ok(None);
            };
            let (from, until) = instants(query.range, self.time_zone());
            let slice = Slice { account: account.id, from, until };
            let page = page(&mut db, &slice, &account, query).await?;
            let unbooked = if page.first { unbooked(&mut db, &slice).await? } else { Vec::new() };
            let total = total(&mut db, &slice).await?;
            let view: AccountView = account.view()?;
            Ok(Some(StatementPage {
                account: view,
                unbooked: self.transaction_views(&mut db, &sight, unbooked).await?,
                rows: self.transaction_views(&mut db, &sight, page.rows).await?,
                older: page.older,
                newer: page.newer,
                total,
                resume,
            }))
        };
        read.await.map_err(unavailable)?.ok_or(PortError::NotFound)
    }
}

/// Part of a statement in the order of the account's versions, for files.
#[derive(Debug, Clone)]
pub struct StatementRows {
    pub rows: Vec<TransactionView>,
    /// Where the next part begins; none after the last.
    pub next: Option<i64>,
}

impl Store {
    /// Posted rows after a place (from the first: none), oldest first.
    ///
    /// # Errors
    /// [`PortError::NotFound`] for an unknown account and for somebody else's alike.
    pub async fn statement_rows(
        &self,
        person: &Person,
        account: &AccountNumber,
        range: DateRange,
        after: Option<i64>,
        limit: i64,
    ) -> Result<StatementRows, PortError> {
        let read = async {
            let (mut db, _) = self.moment().await?;
            let Some((row, sight)) = visible_account(&mut db, person, account).await? else {
                return Ok(None);
            };
            let external = row.kind == AccountKind::External.code();
            let (from, until) = instants(range, self.time_zone());
            let slice = Slice { account: row.id, from, until };
            let start = place(after.unwrap_or(-1), external, i16::MAX);
            let rows = rows(&mut db, &slice, Direction::Up(start), limit).await?;
            let full = rows.len() as i64 >= limit;
            let next = rows.last().filter(|_| full).map(|last| cursor(last, row.id, external));
            Ok(Some(StatementRows { rows: self.transaction_views(&mut db, &sight, rows).await?, next }))
        };
        read.await.map_err(unavailable)?.ok_or(PortError::NotFound)
    }
}

struct Page {
    rows: Vec<TransactionRow>,
    older: Option<i64>,
    newer: Option<i64>,
    /// Nothing newer exists: held and refused rows belong here too.
    first: bool,
}

async fn page(db: &mut Db, slice: &Slice, account: &AccountRow, query: &StatementQuery) -> sqlx::Result<Page> {
    let external = account.kind == AccountKind::External.code();
    let limit = query.limit.clamp(1, 1_000);
    let cursor = |row: Option<&TransactionRow>| row.map(|row| cursor(row, slice.account, external));
    if let Some(after) = query.after {
        let mut rows = rows(db, slice, Direction::Up(place(after, external, i16::MAX)), limit + 1).await?;
        if rows.len() as i64 > limit {
            rows.truncate(limit as usize);
            rows.reverse();
            return Ok(Page { older: cursor(rows.last()), newer: cursor(rows.first()), rows, first: false });
        }
        // Fewer than a page above: that is the first page, shown whole.
    }
    let below = query.before.filter(|_| query.after.is_none());
    let top = below.map_or((i64::MAX, i16::MAX), |before| place(before, external, -1));
    let mut rows = rows(db, slice, Direction::Down(top), limit + 1).await?;
    let more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    let older = cursor(rows.last()).filter(|_| more);
    let newer = cursor(rows.first()).filter(|_| below.is_some());
    Ok(Page { older, newer, rows, first: below.is_none() })
}

fn place(cursor: i64, external: bool, edge: i16) -> Place {
    if external { (cursor / STRIPES, (cursor % STRIPES) as i16) } else { (cursor, edge) }
}

fn cursor(row: &TransactionRow, account: i32, external: bool) -> i64 {
    let version = if row.debit_account == Some(account) { row.debit_version } else { row.credit_version };
    let version = version.unwrap_or_default();
    if external { version * STRIPES + i64::from(row.partition) } else { version }
}

/// Posted rows beyond a place, in the direction's order.
async fn rows(db: &mut Db, slice: &Slice, direction: Direction, limit: i64) -> sqlx::Result<Vec<TransactionRow>> {
    let (place, compare, order) = match direction {
        Direction::Down(place) => (place, "<", "desc"),
        Direction::Up(place) => (place, ">", "asc"),
    };
    let side = |side: &str| {
        format!(
            "(select b.id, b.{side}_version as version, b.partition from transaction b
              where b.{side}_account = $1 and b.{side}_version {compare}= $2 and (b.{side}_version, b.partition) {compare} ($2, $3)
                and ($4::timestamptz is null or b.occurred_at >= $4) and ($5::timestamptz is null or b.occurred_at < $5)
              order by b.{side}_version {order}, b.partition {order} limit $6)"
        )
    };
    let sql = format!(
        "with page as (select * from ({} union all {}) sides order by version {order}, partition {order} limit $6)
         {SELECT_TRANSACTION} from page join transaction t on t.id = page.id {JOIN_SIDES}
         order by page.version {order}, page.partition {order}",
        side("debit"),
        side("credit")
    );
    sqlx::query_as(AssertSqlSafe(sql))
        .bind(slice.account)
        .bind(place.0)
        .bind(place.1)
        .bind(slice.from)
        .bind(slice.until)
        .bind(limit)
        .fetch_all(&mut **db)
        .await
}

/// Held and refused rows: those where the account's own money was at risk.
async fn unbooked(db: &mut Db, slice: &Slice) -> sqlx::Result<Vec<TransactionRow>> {
    let sql = format!(
        "{SELECT_TRANSACTION} from transaction t {JOIN_SIDES}
         where t.state <> 1
           and ((t.debit_account = $1 and t.debit_version is null and t.kind <> 1)
             or (t.credit_account = $1 and t.credit_version is null and t.kind = 1))
           and ($2::timestamptz is null or t.occurred_at >= $2) and ($3::timestamptz is null or t.occurred_at < $3)
         order by t.recorded_at desc, t.id desc limit $4"
    );
    let query = sqlx::query_as(AssertSqlSafe(sql)).bind(slice.account).bind(slice.from).bind(slice.until);
    query.bind(UNBOOKED_LIMIT).fetch_all(&mut **db).await
}

async fn total(db: &mut Db, slice: &Slice) -> sqlx::Result<i64> {
    let query = sqlx::query_scalar(
        "select (select count(*) from transaction where debit_account = $1 and debit_version is not null
                   and ($2::timestamptz is null or occurred_at >= $2) and ($3::timestamptz is null or occurred_at < $3))
              + (select count(*) from transaction where credit_account = $1 and credit_version is not null
                   and ($2::timestamptz is null or occurred_at >= $2) and ($3::timestamptz is null or occurred_at < $3))",
    );
    query.bind(slice.account).bind(slice.from).bind(slice.until).fetch_one(&mut **db).await
}
