//! The control log's rows: its fence, the policies and models that it numbered, and the files of models.
//!
//! Workers write here, from records of `bank.control` alone; files come before the record that names them. The next
//! version is counted in the transaction that moved the fence, so that it follows the log's order.

use super::Store;
use super::policy::{Versions, current_versions_sql, versions_of};
use super::row::row;
use super::worker::{AnnouncementRow, Db, DeadLetterRow, Fence, Said, WorkerStore};
use chrono::{DateTime, Utc};
use domain::control::{CONTROL_PARTITION, ModelPromoted, PolicyChanged};
use domain::hex::{hex, unhex};
use uuid::Uuid;

row! {
    /// One change in force from a version on, as it is listed.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct HistoryRow {
        pub version: i64,
        pub person_id: Option<Uuid>,
        pub reason: String,
        pub recorded_at: DateTime<Utc>,
        /// Of a model: its file, none where it was retired. Of a policy: none.
        pub sha256: Option<Vec<u8>>,
    }
}

impl WorkerStore {
    /// The control log's fence, made if this is the first to ask. Its epoch is nobody's: whoever applies a record first
    /// has applied it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn control_fence(&self, cluster_id: &str, topic: &str) -> sqlx::Result<Fence> {
        sqlx::query(
            "insert into fence (partition, epoch, next_offset, cluster_id, topic, partition_count)
             values (-1, 1, 0, $1, $2, 1) on conflict (partition) do nothing",
        )
        .bind(cluster_id)
        .bind(topic)
        .execute(self.store().pool())
        .await?;
        let fences = self.fences().await?;
        fences.into_iter().find(|fence| fence.partition == CONTROL_PARTITION).ok_or(sqlx::Error::RowNotFound)
    }

    /// Moves the fence past one record: the versions in force before it, or none if it is not where the caller
    /// believes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn advance_control(
        &self,
        db: &mut Db,
        first_offset: i64,
        next_offset: i64,
        sha256: &[u8],
    ) -> sqlx::Result<Option<Versions>> {
        let moved = sqlx::query(concat!(
            "update fence set next_offset = $2, last_sha256 = $3, halted = null, updated_at = now()
             where partition = -1 and next_offset = $1 returning ",
            current_versions_sql!()
        ))
        .bind(first_offset)
        .bind(next_offset)
        .bind(sha256)
        .fetch_optional(&mut **db)
        .await?;
        moved.as_ref().map(versions_of).transpose()
    }

    /// What the record leaves beside its change: a dead letter, if it is one, and the facts to be announced.
    ///
    /// # Errors
    /// SQLSTATE classes 22 and 23 when its values do not fit.
    pub async fn save_control_papers(
        &self,
        db: &mut Db,
        letter: Option<DeadLetterRow>,
        announcement: AnnouncementRow,
    ) -> sqlx::Result<()> {
        self.save_dead_letters(db, letter.as_slice()).await?;
        self.say(db, &Said { announcements: vec![&announcement], ..Said::default() }).await
    }

    /// # Errors
    /// SQLSTATE classes 22 and 23 when its values do not fit.
    pub async fn save_policy(&self, db: &mut Db, fact: &PolicyChanged, recorded_at: DateTime<Utc>) -> sqlx::Result<()> {
        insert_policy(&mut **db, fact, recorded_at).await
    }

    /// # Errors
    /// SQLSTATE classes 22 and 23 when its values do not fit.
    pub async fn save_model(&self, db: &mut Db, fact: &ModelPromoted, recorded_at: DateTime<Utc>) -> sqlx::Result<()> {
        insert_model(&mut **db, fact, recorded_at).await
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn fold_policy(&self, fact: &PolicyChanged, recorded_at: DateTime<Utc>) -> sqlx::Result<()> {
        insert_policy(self.store().pool(), fact, recorded_at).await
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn fold_model(&self, fact: &ModelPromoted, recorded_at: DateTime<Utc>) -> sqlx::Result<()> {
        insert_model(self.store().pool(), fact, recorded_at).await
    }

    /// Writes down why the control log stands still, or that it no longer does.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn halt_control(&self, said: Option<&str>) -> sqlx::Result<()> {
        sqlx::query("update fence set halted = $1, updated_at = now() where partition = -1")
            .bind(said)
            .execute(self.store().pool())
            .await?;
        Ok(())
    }
}

/// A version that is there already is what the fact says: facts are folded again and again.
async fn insert_policy(
    db: impl sqlx::PgExecutor<'_>,
    fact: &PolicyChanged,
    recorded_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into policy (version, body, person_id, reason, recorded_at) values ($1, $2, $3, $4, $5)
         on conflict (version) do nothing",
    )
    .bind(fact.version)
    .bind(&fact.policy)
    .bind(fact.person)
    .bind(&fact.reason)
    .bind(recorded_at)
    .execute(db)
    .await?;
    Ok(())
}

async fn insert_model(
    db: impl sqlx::PgExecutor<'_>,
    fact: &ModelPromoted,
    recorded_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into model (version, sha256, person_id, reason, recorded_at) values ($1, $2, $3, $4, $5)
         on conflict (version) do nothing",
    )
    .bind(fact.version)
    .bind(fact.sha256.as_deref().and_then(|text| unhex(text.as_bytes())))
    .bind(fact.person)
    .bind(&fact.reason)
    .bind(recorded_at)
    .execute(db)
    .await?;
    Ok(())
}

impl Store {
    /// Puts a model's file where a record may name it; the same file again is nothing new.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn add_model_file(&self, sha256: &[u8], bytes: &[u8]) -> sqlx::Result<()> {
        sqlx::query("insert into model_file (sha256, bytes) values ($1, $2) on conflict (sha256) do nothing")
            .bind(sha256)
            .bind(bytes)
            .execute(self.pool())
            .await?;
        Ok(())
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn model_file(&self, sha256: &[u8]) -> sqlx::Result<Option<Vec<u8>>> {
        let query = sqlx::query_scalar("select bytes from model_file where sha256 = $1");
        query.bind(sha256).fetch_optional(self.pool()).await
    }

    /// The file of the model in force, as hex, if it is not here.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn missing_model_file(&self) -> sqlx::Result<Option<String>> {
        let missing: Option<Vec<u8>> = sqlx::query_scalar(
            "select sha256 from model where version = (select max(version) from model)
                 and sha256 is not null and not exists (select from model_file f where f.sha256 = model.sha256)",
        )
        .fetch_optional(self.pool())
        .await?;
        Ok(missing.as_deref().map(hex))
    }

    /// Every policy but the built-in one, newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn policy_history(&self) -> sqlx::Result<Vec<HistoryRow>> {
        sqlx::query_as(
            "select version, person_id, reason, recorded_at, null::bytea as sha256 from policy order by version desc",
        )
        .fetch_all(self.pool())
        .await
    }

    /// Every model, newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn model_history(&self) -> sqlx::Result<Vec<HistoryRow>> {
        sqlx::query_as("select version, person_id, reason, recorded_at, sha256 from model order by version desc")
            .fetch_all(self.pool())
            .await
    }
}
