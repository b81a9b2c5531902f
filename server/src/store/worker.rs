//! The worker's SQL: fences, announcements, skips; the books of a batch and what came of it stand beside.

mod afterwards;
mod books;
mod histories;
mod recent;
mod save;

pub use afterwards::save_labels;
pub use books::{Concurrency, Named};
pub use histories::{Loaded, Needed};
pub use save::{Changes, Said};

use super::Store;
use chrono::{DateTime, Utc};
use domain::AccountNumber;
use recent::Recent;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

/// A partition's fence as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    pub partition: i32,
    pub epoch: i64,
    pub next_offset: i64,
    pub last_sha256: Option<Vec<u8>>,
    pub cluster_id: String,
    pub topic: String,
    pub partition_count: i32,
    pub halted: Option<String>,
}

/// How far one partition's fence moves with a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FenceAdvance {
    pub partition: i32,
    pub epoch: i64,
    pub first_offset: i64,
    pub next_offset: i64,
    pub last_sha256: Vec<u8>,
}

/// A batch's facts of one partition, packed.
#[derive(Debug, Clone)]
pub struct AnnouncementRow {
    pub partition: i32,
    pub first_offset: i64,
    pub last_offset: i64,
    pub records: Vec<u8>,
}

#[derive(Debug, Clone)]
pub struct DeadLetterRow {
    pub partition: i32,
    pub offset: i64,
    pub recorded_at: DateTime<Utc>,
    pub reason: String,
    pub detail: String,
    pub length: i64,
    pub sha256: Vec<u8>,
    pub head: Vec<u8>,
}

/// An open hold whose time is over.
#[derive(Debug, Clone)]
pub struct DueHold {
    pub transaction_id: Uuid,
    pub account: AccountNumber,
    pub until: DateTime<Utc>,
}

/// The worker's side of the store.
pub struct WorkerStore {
    store: Store,
    recent: Recent,
}

pub use super::Db;

impl WorkerStore {
    pub fn new(store: Store) -> Self {
        WorkerStore { store, recent: Recent::default() }
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn begin(&self) -> sqlx::Result<Db> {
        self.store.begin().await
    }

    /// Commits, and begins the next transaction in the same round trip. It holds no lock and no snapshot.
    ///
    /// # Errors
    /// When the database does not answer: it may be committed all the same.
    pub async fn commit_and_begin(&self, mut db: Db) -> sqlx::Result<Db> {
        sqlx::raw_sql("commit and chain").execute(&mut *db).await?;
        Ok(db)
    }

    /// Raises the partition's epoch, so that every earlier owner is fenced off; the first owner creates the fence.
    ///
    /// # Errors
    /// SQLSTATE 55P03 when an earlier owner still holds it.
    pub async fn take_fence(
        &self,
        partition: i32,
        cluster_id: &str,
        topic: &str,
        partition_count: i32,
    ) -> sqlx::Result<Fence> {
        let row = sqlx::query(
            "insert into fence (partition, epoch, next_offset, cluster_id, topic, partition_count)
             values ($1, 1, 0, $2, $3, $4)
             on conflict (partition) do update set epoch = fence.epoch + 1, updated_at = now()
             returning partition, epoch, next_offset, last_sha256, cluster_id, topic, partition_count, halted",
        )
        .bind(small(partition))
        .bind(cluster_id)
        .bind(topic)
        .bind(small(partition_count))
        .fetch_one(self.store.pool())
        .await?;
        fence(&row)
    }

    /// Ends backends of our own role that hold a fence without moving: owners that were stopped.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn end_stopped_owners(&self) -> sqlx::Result<u64> {
        let ended = sqlx::query(
            "select pg_terminate_backend(activity.pid) from pg_stat_activity activity
             where activity.usename = current_user and activity.datname = current_database()
               and activity.pid <> pg_backend_pid()
               and (activity.state like 'idle in transaction%' or activity.wait_event = 'ClientRead')
               and activity.state_change < now() - interval '1 second'
               and exists (select from pg_locks held where held.pid = activity.pid
                   and held.relation = 'fence'::regclass and held.mode = 'RowExclusiveLock' and held.granted)",
        )
        .execute(self.store.pool())
        .await?;
        Ok(ended.rows_affected())
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn fences(&self) -> sqlx::Result<Vec<Fence>> {
        sqlx::query(
            "select partition, epoch, next_offset, last_sha256, cluster_id, topic, partition_count, halted
             from fence order by partition",
        )
        .fetch_all(self.store.pool())
        .await?
        .iter()
        .map(fence)
        .collect()
    }

    /// Writes down why a partition stands still (or that it no longer does), if the epoch is still ours.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn set_halted(&self, partition: i32, epoch: i64, halted: Option<&str>) -> sqlx::Result<()> {
        sqlx::query("update fence set halted = $3, updated_at = now() where partition = $1 and epoch = $2")
            .bind(small(partition))
            .bind(epoch)
            .bind(halted)
            .execute(self.store.pool())
            .await?;
        Ok(())
    }

    /// Whether an operator asked for this record to be skipped, and why.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn skip_requested(&self, partition: i32, offset: i64) -> sqlx::Result<Option<String>> {
        sqlx::query_scalar("select reason from skip where partition = $1 and command_offset = $2")
            .bind(small(partition))
            .bind(offset)
            .fetch_optional(self.store.pool())
            .await
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn request_skip(&self, partition: i32, offset: i64, reason: &str) -> sqlx::Result<()> {
        sqlx::query(
            "insert into skip (partition, command_offset, reason) values ($1, $2, $3)
             on conflict (partition, command_offset) do update set reason = excluded.reason, requested_at = now()",
        )
        .bind(small(partition))
        .bind(offset)
        .bind(reason)
        .execute(self.store.pool())
        .await?;
        Ok(())
    }

    /// Open holds whose time is over, the longest overdue first; some of them, where there are many.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn due_holds(&self) -> sqlx::Result<Vec<DueHold>> {
        let rows = sqlx::query(
            "select hold.transaction_id, account.number, hold.until from hold join account on account.id = hold.account_id
             where hold.until <= now() order by hold.until limit 1000",
        )
        .fetch_all(self.store.pool())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(DueHold {
                    transaction_id: row.try_get("transaction_id")?,
                    account: books::text(row, "number")?,
                    until: row.try_get("until")?,
                })
            })
            .collect()
    }

    /// Announcements of a partition that may not have been sent, in order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn announcements(&self, partition: i32) -> sqlx::Result<Vec<AnnouncementRow>> {
        let rows = sqlx::query(
            "select partition, first_offset, last_offset, records from announcement where partition = $1 order by first_offset",
        )
        .bind(small(partition))
        .fetch_all(self.store.pool())
        .await?;
        rows.iter()
            .map(|row| {
                Ok(AnnouncementRow {
                    partition: i32::from(row.try_get::<i16, _>("partition")?),
                    first_offset: row.try_get("first_offset")?,
                    last_offset: row.try_get("last_offset")?,
                    records: row.try_get("records")?,
                })
            })
            .collect()
    }

    /// Deletes announcements whose every record is acknowledged.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn forget_announced(&self, announced: &[(i32, i64)]) -> sqlx::Result<()> {
        sqlx::query(
            "delete from announcement using unnest($1::smallint[], $2::bigint[]) as sent (partition, first_offset)
             where announcement.partition = sent.partition and announcement.first_offset = sent.first_offset",
        )
        .bind(announced.iter().map(|(partition, _)| small(*partition)).collect::<Vec<_>>())
        .bind(announced.iter().map(|(_, first_offset)| *first_offset).collect::<Vec<_>>())
        .execute(self.store.pool())
        .await?;
        Ok(())
    }
}

/// Partition numbers stay below 1024.
fn small(partition: i32) -> i16 {
    i16::try_from(partition).unwrap_or(i16::MAX)
}

fn fence(row: &PgRow) -> sqlx::Result<Fence> {
    Ok(Fence {
        partition: i32::from(row.try_get::<i16, _>("partition")?),
        epoch: row.try_get("epoch")?,
        next_offset: row.try_get("next_offset")?,
        last_sha256: row.try_get("last_sha256")?,
        cluster_id: row.try_get("cluster_id")?,
        topic: row.try_get("topic")?,
        partition_count: i32::from(row.try_get::<i16, _>("partition_count")?),
        halted: row.try_get("halted")?,
    })
}
