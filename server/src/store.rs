//! The only room with SQL: Postgres behind words of the bank.
//!
//! Web nodes read business tables here and write identity and unfinished work; the worker alone writes the business
//! tables. A read that hands out a resume token is one repeatable-read transaction that also reads the fences.

mod accounts;
mod alerts;
pub mod api_keys;
mod balance_curve;
mod cache;
pub mod codes;
pub mod control;
pub mod decisions;
mod drafts;
mod housekeeping;
pub mod identity;
pub mod imports;
pub mod live;
pub mod operations;
mod overview;
pub mod producers;
mod row;
mod seals;
mod snapshot;
mod statement;
mod training;
mod transactions;
pub mod verify;
mod views;

pub use identity::Touch;
pub use seals::SealReferenceError;
pub use transactions::Snapshot;
pub use views::{outcome_for_customers, stamp};
pub mod policy;
pub mod rebuild;
pub mod worker;

use crate::config::Config;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection as _, Postgres, SqlSafeStr as _, Transaction};
use std::str::FromStr as _;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

/// A connection that was used within this time is taken to be alive.
const ASKED_AFTER: Duration = Duration::from_secs(1);

/// The files of `migrations`, by name.
macro_rules! migrations {
    ($($name:literal)*) => { [$(($name, include_str!(concat!("../../migrations/", $name, ".sql")))),*] };
}
const FILES: [(&str, &str); 7] = migrations!(
    "0001_bank" "0002_identity" "0010_import_runner" "0011_hold" "0012_judgement" "0013_api" "0014_control"
);

static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let read = FILES.iter().filter_map(|(name, sql)| {
        let (version, description) = name.split_once('_')?;
        let description = description.replace('_', " ").into();
        let sql = sql.into_sql_str();
        Some(Migration::new(version.parse().ok()?, description, MigrationType::Simple, sql, false))
    });
    Migrator::with_migrations(read.collect())
});

/// A transaction; dropping it rolls it back.
pub type Db = Transaction<'static, Postgres>;

/// The bank's tables, and the time zone its days follow. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
    time_zone: chrono_tz::Tz,
    overview: Arc<overview::OverviewCache>,
    decided_by: Arc<cache::Cache<policy::Versions, policy::PolicyAndModel>>,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the schema cannot be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

impl Store {
    /// Connects with a pool of `database_connections`; checks one connection.
    ///
    /// # Errors
    /// When the address is malformed or the database does not answer.
    pub async fn connect(config: &Config) -> Result<Self, StoreError> {
        Self::connect_with(config, &[]).await
    }

    /// Like [`Store::connect`], with server settings for every connection, such as `("lock_timeout", "2s")`.
    ///
    /// # Errors
    /// When the address is malformed or the database does not answer.
    pub async fn connect_with(config: &Config, settings: &[(&str, &str)]) -> Result<Self, StoreError> {
        let options = connect_options(config)?.options(settings.iter().copied());
        let pool = PgPoolOptions::new()
            .max_connections(config.database_connections)
            .acquire_timeout(Duration::from_secs(5))
            .test_before_acquire(false)
            .before_acquire(|connection, met| {
                Box::pin(async move {
                    // Asking each time whether the server is still there doubled the way of every statement.
                    if met.idle_for > ASKED_AFTER {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_with(options)
            .await?;
        Ok(Store { pool, time_zone: config.time_zone, overview: Arc::default(), decided_by: Arc::default() })
    }

    /// Brings the schema up to date; several processes may try at once.
    ///
    /// # Errors
    /// When a migration fails, or the database was migrated by a newer version.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        Ok(MIGRATIONS.run(&self.pool).await?)
    }

    /// Whether every migration of this program was applied, without applying any.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn schema_is_current(&self) -> Result<bool, StoreError> {
        let known = sqlx::query_scalar("select to_regclass('_sqlx_migrations') is not null");
        if !known.fetch_one(&self.pool).await? {
            return Ok(false);
        }
        let query = sqlx::query_scalar("select version from _sqlx_migrations where success");
        let applied: Vec<i64> = query.fetch_all(&self.pool).await?;
        Ok(MIGRATIONS.iter().all(|migration| applied.contains(&migration.version)))
    }

    /// Whether the database answers at all.
    ///
    /// # Errors
    /// When it does not.
    pub async fn answers(&self) -> Result<(), StoreError> {
        sqlx::query("select 1").execute(&self.pool).await?;
        Ok(())
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn begin(&self) -> sqlx::Result<Db> {
        self.begin_with("begin").await
    }

    /// Begins a transaction by a statement of one's own. Whoever asks may go away meanwhile, as readers do: sqlx's
    /// `begin`, dropped while Postgres answers, gives the pool a connection that is still in a transaction, in which
    /// others would then read the past and write for nothing. A task of its own goes on to the end.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn begin_with(&self, statement: &'static str) -> sqlx::Result<Db> {
        let pool = self.pool.clone();
        let begun = tokio::spawn(async move { pool.begin_with(statement).await });
        begun.await.map_err(|_| sqlx::Error::WorkerCrashed)?
    }

    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub fn time_zone(&self) -> chrono_tz::Tz {
        self.time_zone
    }
}

/// Address and identity of our connections, for pools and for connections outside them.
///
/// # Errors
/// When the address is malformed.
pub fn connect_options(config: &Config) -> Result<PgConnectOptions, sqlx::Error> {
    Ok(PgConnectOptions::from_str(config.database_url.reveal())?.application_name("vigie"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_a_migration() {
        let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations")).expect("is a folder");
        let mut names: Vec<String> =
            folder.map(|file| file.expect("can be read").file_name().into_string().expect("is text")).collect();
        names.sort();
        assert_eq!(names, FILES.map(|(name, _)| format!("{name}.sql")));
        assert_eq!(MIGRATIONS.iter().count(), FILES.len(), "a name is VERSION_WORDS");
    }
}
