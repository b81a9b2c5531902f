//! Aggregates for the analysts' dashboard, by recorded time, each kept for a moment.

use super::Store;
use super::cache::Cache;
use super::row::row;
use super::views::{currency, unavailable};
use app::ports::{AccountTypeTotal, MinuteTotal, OverviewTotals, Person, PortError, Role, SidedType, Window};
use chrono::{DateTime, Utc};

/// Accounts that the figures by account show.
const ACCOUNTS: i64 = 40;
const MINUTES_MAX: i64 = 24 * 60;

/// Kept answers; shared by all clones of a [`Store`].
#[derive(Debug, Default)]
pub(super) struct OverviewCache {
    per_minute: Cache<i64, Vec<MinuteTotal>>,
    by_account_and_type: Cache<Option<i64>, Vec<AccountTypeTotal>>,
    totals: Cache<Option<i64>, OverviewTotals>,
}

fn analysts_only(person: &Person) -> Result<(), PortError> {
    match person.role {
        Role::Analyst | Role::Operator => Ok(()),
        Role::Customer => Err(PortError::Forbidden),
    }
}

/// Hours back from now; none is everything.
fn hours(window: Window) -> Option<i64> {
    match window {
        Window::Hour => Some(1),
        Window::Day => Some(24),
        Window::Week => Some(7 * 24),
        Window::All => None,
    }
}

row! {
    struct SidedRow {
        account: String,
        currency: String,
        sided: i32,
        count: i64,
        amount_minor: i64,
    }
}

impl SidedRow {
    fn total(self) -> sqlx::Result<AccountTypeTotal> {
        let sided_type = match self.sided {
            1 => SidedType::Deposit,
            2 => SidedType::Withdrawal,
            3 => SidedType::TransferOut,
            _ => SidedType::TransferIn,
        };
        Ok(AccountTypeTotal {
            currency: currency(&self.currency)?,
            account: self.account,
            sided_type,
            count: self.count,
            amount_minor: self.amount_minor,
        })
    }
}

impl Store {
    /// Posted and refused per minute over the last `minutes` (a day at most), oldest first, every minute present.
    ///
    /// # Errors
    /// [`PortError::Forbidden`] for customers.
    pub async fn per_minute(&self, person: &Person, minutes: i64) -> Result<Vec<MinuteTotal>, PortError> {
        analysts_only(person)?;
        let minutes = minutes.clamp(1, MINUTES_MAX);
        let answer = self.overview.per_minute.get(minutes, || self.read_per_minute(minutes));
        answer.await.map_err(unavailable)
    }

    async fn read_per_minute(&self, minutes: i64) -> sqlx::Result<Vec<MinuteTotal>> {
        let query = sqlx::query_as(
            "with counted as (
                select date_trunc('minute', recorded_at) as minute,
                    count(*) filter (where state = 1) as posted, count(*) filter (where state = 3) as refused
                from transaction
                where recorded_at >= date_trunc('minute', now()) - make_interval(mins => $1::int - 1)
                group by 1)
             select minute, coalesce(posted, 0), coalesce(refused, 0)
             from generate_series(date_trunc('minute', now()) - make_interval(mins => $1::int - 1),
                 date_trunc('minute', now()), interval '1 minute') as series (minute)
             left join counted using (minute) order by minute",
        );
        let rows: Vec<(DateTime<Utc>, i64, i64)> = query.bind(minutes).fetch_all(self.pool()).await?;
        Ok(rows.into_iter().map(|(minute, posted, refused)| MinuteTotal { minute, posted, refused }).collect())
    }

    /// Count and amount of what was posted, by customer account and type, for the accounts with the largest totals.
    ///
    /// # Errors
    /// [`PortError::Forbidden`] for customers.
    pub async fn by_account_and_type(
        &self,
        person: &Person,
        window: Window,
    ) -> Result<Vec<AccountTypeTotal>, PortError> {
        analysts_only(person)?;
        let hours = hours(window);
        let answer = self.overview.by_account_and_type.get(hours, || self.read_by_account_and_type(hours));
        answer.await.map_err(unavailable)
    }

    async fn read_by_account_and_type(&self, hours: Option<i64>) -> sqlx::Result<Vec<AccountTypeTotal>> {
        let query = sqlx::query_as(
            "with posted as (
                select kind, debit_account, credit_account, count(*) as count, sum(amount_minor) as amount_minor
                from transaction
                where state = 1 and ($1::bigint is null or recorded_at >= now() - make_interval(hours => $1::int))
                group by kind, debit_account, credit_account),
             sided as (
                select case when kind = 1 then credit_account else debit_account end as account_id, kind::int as sided,
                    count, amount_minor
                from posted
                union all
                select credit_account, 4, count, amount_minor from posted where kind = 3),
             summed as (
                select account_id, sided, sum(count)::bigint as count, sum(amount_minor)::bigint as amount_minor
                from sided group by account_id, sided),
             largest as (
                select account_id, sum(amount_minor) as total from summed group by account_id
                order by total desc, account_id limit $2)
             select a.number as account, a.currency, s.sided, s.count, s.amount_minor
             from largest l join summed s using (account_id) join account a on a.id = l.account_id
             order by l.total desc, l.account_id, s.sided",
        );
        let rows: Vec<SidedRow> = query.bind(hours).bind(ACCOUNTS).fetch_all(self.pool()).await?;
        rows.into_iter().map(SidedRow::total).collect()
    }

    /// Figures for the tiles.
    ///
    /// # Errors
    /// [`PortError::Forbidden`] for customers.
    pub async fn totals(&self, person: &Person, window: Window) -> Result<OverviewTotals, PortError> {
        analysts_only(person)?;
        let hours = hours(window);
        let answer = self.overview.totals.get(hours, || self.read_totals(hours));
        answer.await.map_err(unavailable)
    }

    async fn read_totals(&self, hours: Option<i64>) -> sqlx::Result<OverviewTotals> {
        let query = sqlx::query_as(
            "select currency, state, count(*), sum(amount_minor)::bigint from transaction
             where $1::bigint is null or recorded_at >= now() - make_interval(hours => $1::int)
             group by currency, state order by currency, state",
        );
        let rows: Vec<(String, i16, i64, i64)> = query.bind(hours).fetch_all(self.pool()).await?;
        let accounts = sqlx::query_scalar("select count(*) from account where kind = 1").fetch_one(self.pool()).await?;
        let mut totals =
            OverviewTotals { transactions: 0, posted: 0, refused: 0, held: 0, accounts, volume: Vec::new() };
        for (code, state, count, amount_minor) in rows {
            totals.transactions += count;
            match state {
                1 => {
                    totals.posted += count;
                    totals.volume.push((currency(&code)?, amount_minor));
                }
                2 => totals.held += count,
                3 => totals.refused += count,
                _ => {}
            }
        }
        Ok(totals)
    }
}
