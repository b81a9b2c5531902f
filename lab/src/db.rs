//! The lab's own view of Postgres: databases of a run and the few questions it asks. Shares no SQL with the product.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};
use std::collections::BTreeMap;
use std::str::FromStr as _;

pub async fn connect(url: &str) -> anyhow::Result<PgConnection> {
    let options = PgConnectOptions::from_str(url)?.application_name("vigie-lab");
    Ok(PgConnection::connect_with(&options).await?)
}

/// Creates (or creates afresh) a database beside the one of `url` and returns its address.
pub async fn fresh_database(url: &str, name: &str) -> anyhow::Result<String> {
    let mut connection = connect(url).await?;
    connection.execute(AssertSqlSafe(format!("drop database if exists {name} with (force)"))).await?;
    connection.execute(AssertSqlSafe(format!("create database {name}"))).await?;
    let (address, query) = url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
    let base = address.rsplit_once('/').map_or(address, |(base, _)| base);
    Ok(format!("{base}/{name}{}", query.map(|query| format!("?{query}")).unwrap_or_default()))
}

pub async fn drop_database(url: &str, name: &str) -> anyhow::Result<()> {
    let mut connection = connect(url).await?;
    connection.execute(AssertSqlSafe(format!("drop database if exists {name} with (force)"))).await?;
    Ok(())
}

/// Next offset per partition: everything below is decided.
pub async fn fences(connection: &mut PgConnection) -> anyhow::Result<BTreeMap<i32, i64>> {
    let rows = sqlx::query("select partition::int, next_offset from fence").fetch_all(connection).await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Transactions that were posted in the given offsets of each partition: from `before` up to, not including, `after`.
pub async fn posted_between(
    connection: &mut PgConnection,
    before: &BTreeMap<i32, i64>,
    after: &BTreeMap<i32, i64>,
) -> anyhow::Result<i64> {
    let partitions: Vec<i32> = after.keys().copied().collect();
    let from: Vec<i64> = partitions.iter().map(|partition| before.get(partition).copied().unwrap_or(0)).collect();
    let to: Vec<i64> = after.values().copied().collect();
    let count = sqlx::query_scalar::<_, i64>(
        "select count(*) from transaction t
         join unnest($1::int[], $2::bigint[], $3::bigint[]) as w (partition, low, high)
           on t.partition = w.partition and t.command_offset >= w.low and t.command_offset < w.high
         where t.state = 1",
    )
    .bind(partitions)
    .bind(from)
    .bind(to)
    .fetch_one(connection)
    .await?;
    Ok(count)
}

/// Announcement rows still there: batches whose facts may not be on the bus.
pub async fn announcements(connection: &mut PgConnection) -> anyhow::Result<i64> {
    Ok(sqlx::query_scalar("select count(*) from announcement").fetch_one(connection).await?)
}

pub async fn version(connection: &mut PgConnection) -> anyhow::Result<String> {
    Ok(sqlx::query_scalar("select current_setting('server_version')").fetch_one(connection).await?)
}

/// Applies the product's migrations as they stand in the clone, without the product.
pub async fn migrate(connection: &mut PgConnection) -> anyhow::Result<()> {
    let folder = crate::services::root().join("migrations");
    let mut files: Vec<_> = std::fs::read_dir(&folder)?.flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "sql")) {
        connection.execute(AssertSqlSafe(std::fs::read_to_string(file)?)).await?;
    }
    Ok(())
}
