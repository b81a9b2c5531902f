//! An account's balance over time: by when things occurred, which is not the order in which they were booked.

use super::accounts::visible_account;
use super::views::{currency, instants, unavailable};
use super::{Db, Store};
use app::ports::{BalanceCurve, DateRange, Person, PortError};
use chrono::{DateTime, Utc};
use domain::AccountNumber;

type Instants = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

impl Store {
    /// See [`app::ports::Accounts::balance_curve`]. Where there are more changes than points, the time between the
    /// first and the last is cut into equal parts and each shows the balance at its last change.
    ///
    /// # Errors
    /// [`PortError::NotFound`] for an unknown account and for somebody else's alike.
    pub async fn balance_curve(
        &self,
        person: &Person,
        account: &AccountNumber,
        range: DateRange,
        points: usize,
    ) -> Result<BalanceCurve, PortError> {
        let read = async {
            let (mut db, _) = self.moment().await?;
            let Some((row, _)) = visible_account(&mut db, person, account).await? else {
                return Ok(None);
            };
            let instants = instants(range, self.time_zone());
            let opening_minor = opening(&mut db, row.id, instants.0).await?;
            let points = i32::try_from(points).unwrap_or(i32::MAX).clamp(2, 10_000);
            let points = changes(&mut db, row.id, instants, opening_minor, points).await?;
            Ok(Some(BalanceCurve { opening_minor, points, currency: currency(&row.currency)? }))
        };
        read.await.map_err(unavailable)?.ok_or(PortError::NotFound)
    }
}

async fn opening(db: &mut Db, account: i32, from: Option<DateTime<Utc>>) -> sqlx::Result<i64> {
    let Some(from) = from else { return Ok(0) };
    let query = sqlx::query_scalar(
        "select (coalesce((select sum(amount_minor) from transaction
                  where credit_account = $1 and credit_version is not null and occurred_at < $2), 0)
               - coalesce((select sum(amount_minor) from transaction
                  where debit_account = $1 and debit_version is not null and occurred_at < $2), 0))::bigint",
    );
    query.bind(account).bind(from).fetch_one(&mut **db).await
}

async fn changes(
    db: &mut Db,
    account: i32,
    range: Instants,
    opening: i64,
    points: i32,
) -> sqlx::Result<Vec<(DateTime<Utc>, i64)>> {
    let query = sqlx::query_as(
        "with change as (
            select occurred_at, credit_version as version, amount_minor as signed_minor from transaction
             where credit_account = $1 and credit_version is not null
               and ($2::timestamptz is null or occurred_at >= $2) and ($3::timestamptz is null or occurred_at < $3)
            union all
            select occurred_at, debit_version, -amount_minor from transaction
             where debit_account = $1 and debit_version is not null
               and ($2::timestamptz is null or occurred_at >= $2) and ($3::timestamptz is null or occurred_at < $3)),
         running as (
            select occurred_at, $4 + sum(signed_minor) over (order by occurred_at, version rows unbounded preceding) as balance_minor,
                row_number() over (order by occurred_at, version) as place, count(*) over () as total,
                extract(epoch from occurred_at) as at, extract(epoch from min(occurred_at) over ()) as first,
                extract(epoch from max(occurred_at) over ()) as last
            from change),
         bucketed as (
            select occurred_at, balance_minor, place,
                case when total <= $5 or first = last then place
                     else least(floor((at - first) * $5 / (last - first)), $5 - 1) end as bucket
            from running)
         select occurred_at, balance_minor::bigint from (
            select distinct on (bucket) bucket, place, occurred_at, balance_minor from bucketed order by bucket, place desc) kept
         order by place",
    );
    query.bind(account).bind(range.0).bind(range.1).bind(opening).bind(points).fetch_all(&mut **db).await
}
