//! What an import asks of the tables, and the uploads with how far they came (unfinished work of web nodes).

use super::Store;
use app::ports::{ImportMapping, ImportProblem, ImportState};
use chrono::{DateTime, Utc};
use domain::{AccountKind, AccountNumber, AmountMinor, Currency, TransactionState};
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

use super::codes::Code as _;

/// An account that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownAccount {
    pub kind: AccountKind,
    pub currency: Currency,
}

/// A transaction that was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    pub id: Uuid,
    pub state: TransactionState,
    /// The customer's account, if the transaction left it below zero.
    pub overdrawn: Option<i32>,
}

/// How far a partition's commands are decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecidedUpTo {
    pub partition: i32,
    pub next_offset: i64,
    pub halted: Option<String>,
}

/// Business tables, read only.
impl Store {
    /// Those of the numbers that are accounts.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn known_accounts(
        &self,
        numbers: &[&AccountNumber],
    ) -> sqlx::Result<HashMap<AccountNumber, KnownAccount>> {
        let texts: Vec<&str> = numbers.iter().map(|number| number.as_str()).collect();
        let query = sqlx::query("select number, kind, currency from account where number = any($1)");
        let rows = query.bind(texts).fetch_all(self.pool()).await?;
        rows.iter()
            .map(|row| {
                let kind = AccountKind::from_code(row.try_get("kind")?)?;
                let currency = parsed(row.try_get::<&str, _>("currency")?)?;
                Ok((parsed(row.try_get::<&str, _>("number")?)?, KnownAccount { kind, currency }))
            })
            .collect()
    }

    /// Those of the transactions that were decided.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn decided(&self, ids: &[Uuid]) -> sqlx::Result<Vec<Decided>> {
        let query = sqlx::query(
            "select id, state, case
                when kind = 1 and credit_balance_after < 0 then credit_account
                when kind <> 1 and debit_balance_after < 0 then debit_account end as overdrawn
             from transaction where id = any($1)",
        );
        let rows = query.bind(ids).fetch_all(self.pool()).await?;
        rows.iter()
            .map(|row| {
                Ok(Decided {
                    id: row.try_get("id")?,
                    state: TransactionState::from_code(row.try_get("state")?)?,
                    overdrawn: row.try_get("overdrawn")?,
                })
            })
            .collect()
    }

    /// Those of the transactions of which somebody said what they were.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn labelled(&self, ids: &[Uuid]) -> sqlx::Result<HashSet<Uuid>> {
        let query = sqlx::query_scalar("select transaction_id from label where transaction_id = any($1)");
        Ok(query.bind(ids).fetch_all(self.pool()).await?.into_iter().collect())
    }

    /// What is available on customers' accounts.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn available(&self, numbers: &[&AccountNumber]) -> sqlx::Result<Vec<(AccountNumber, AmountMinor)>> {
        let texts: Vec<&str> = numbers.iter().map(|number| number.as_str()).collect();
        let query = sqlx::query_as(
            "select number, booked_minor - held_minor + overdraft_minor from account where kind = 1 and number = any($1)",
        );
        let rows: Vec<(String, AmountMinor)> = query.bind(texts).fetch_all(self.pool()).await?;
        rows.into_iter().map(|(number, available_minor)| Ok((parsed(&number)?, available_minor))).collect()
    }

    /// Every partition's fence, as readers need it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn decided_up_to(&self) -> sqlx::Result<Vec<DecidedUpTo>> {
        let rows = sqlx::query("select partition, next_offset, halted from fence where partition >= 0")
            .fetch_all(self.pool())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(DecidedUpTo {
                    partition: i32::from(row.try_get::<i16, _>("partition")?),
                    next_offset: row.try_get("next_offset")?,
                    halted: row.try_get("halted")?,
                })
            })
            .collect()
    }
}

/// The demo's clock.
impl Store {
    /// When the first demo person was added; now, if there is none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn demo_since(&self) -> sqlx::Result<DateTime<Utc>> {
        sqlx::query_scalar("select coalesce(min(created_at), now()) from person where demo")
            .fetch_one(self.pool())
            .await
    }
}

fn parsed<T: std::str::FromStr>(text: &str) -> sqlx::Result<T>
where
    T::Err: std::error::Error + Send + Sync + 'static,
{
    text.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// How far an import came, as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptProgress {
    pub total: u64,
    pub sent: u64,
    pub added: u64,
    pub already_there: u64,
    pub refused: u64,
    pub bad: u64,
    pub overdrawn_accounts: u64,
    pub problems: Vec<ImportProblem>,
}

/// An upload without its bytes.
#[derive(Debug, Clone)]
pub struct Upload {
    pub id: Uuid,
    pub file_name: String,
    pub state: ImportState,
    pub mapping: Option<ImportMapping>,
    pub progress: KeptProgress,
    pub started_at: DateTime<Utc>,
}

const UPLOAD: &str = "id, file_name, state, mapping, progress, coalesce(started_at, uploaded_at) as started_at";

/// Uploads.
impl Store {
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_upload(&self, id: Uuid, person: Uuid, file_name: &str, bytes: &[u8]) -> sqlx::Result<()> {
        let query = sqlx::query("insert into import_upload (id, person_id, file_name, bytes) values ($1, $2, $3, $4)");
        query.bind(id).bind(person).bind(file_name).bind(bytes).execute(self.pool()).await?;
        Ok(())
    }

    /// The file itself.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn upload_bytes(&self, id: Uuid) -> sqlx::Result<Option<Vec<u8>>> {
        let query = sqlx::query_scalar("select bytes from import_upload where id = $1");
        query.bind(id).fetch_optional(self.pool()).await
    }

    /// # Errors
    /// When the database does not answer.
    pub async fn upload(&self, id: Uuid) -> sqlx::Result<Option<Upload>> {
        let query = sqlx::AssertSqlSafe(format!("select {UPLOAD} from import_upload where id = $1"));
        sqlx::query(query).bind(id).fetch_optional(self.pool()).await?.as_ref().map(upload).transpose()
    }

    /// The latest uploads that were started, newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn latest_uploads(&self, limit: i64) -> sqlx::Result<Vec<Upload>> {
        let query = sqlx::AssertSqlSafe(format!(
            "select {UPLOAD} from import_upload where state <> 'uploaded' order by started_at desc nulls last, id limit $1"
        ));
        sqlx::query(query).bind(limit).fetch_all(self.pool()).await?.iter().map(upload).collect()
    }

    /// Makes this runner the one that imports the upload; false if another one is alive at it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn claim_upload(&self, id: Uuid, runner: Uuid, mapping: &ImportMapping) -> sqlx::Result<bool> {
        let query = sqlx::query(
            "update import_upload set state = 'running', mapping = $3, progress = '{}', runner = $2, alive_at = now(), started_at = now()
             where id = $1 and (state <> 'running' or alive_at is null or alive_at < now() - interval '15 seconds')",
        );
        Ok(query.bind(id).bind(runner).bind(Json(mapping)).execute(self.pool()).await?.rows_affected() == 1)
    }

    /// Takes over imports whose runner has fallen silent, such as those of a node that was killed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn adopt_uploads(&self, runner: Uuid) -> sqlx::Result<Vec<(Uuid, Option<ImportMapping>, KeptProgress)>> {
        let query = sqlx::query(
            "update import_upload set runner = $1, alive_at = now()
             where state = 'running' and (alive_at is null or alive_at < now() - interval '15 seconds') returning id, mapping, progress",
        );
        let rows = query.bind(runner).fetch_all(self.pool()).await?;
        rows.iter()
            .map(|row| Ok((row.try_get("id")?, mapping(row)?, row.try_get::<Json<_>, _>("progress")?.0)))
            .collect()
    }

    /// Writes down how far the import came and that its runner lives; false if another one has it now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn keep_progress(
        &self,
        id: Uuid,
        runner: Uuid,
        state: ImportState,
        progress: &KeptProgress,
    ) -> sqlx::Result<bool> {
        let query = sqlx::query(
            "update import_upload set state = $3, progress = $4, alive_at = now() where id = $1 and runner = $2 and state = 'running'",
        );
        let query = query.bind(id).bind(runner).bind(state_word(state)).bind(Json(progress));
        Ok(query.execute(self.pool()).await?.rows_affected() == 1)
    }
}

fn mapping(row: &PgRow) -> sqlx::Result<Option<ImportMapping>> {
    Ok(row.try_get::<Option<Json<ImportMapping>>, _>("mapping")?.map(|mapping| mapping.0))
}

fn upload(row: &PgRow) -> sqlx::Result<Upload> {
    Ok(Upload {
        id: row.try_get("id")?,
        file_name: row.try_get("file_name")?,
        state: state_of(row.try_get("state")?),
        mapping: mapping(row)?,
        progress: row.try_get::<Json<KeptProgress>, _>("progress")?.0,
        started_at: row.try_get("started_at")?,
    })
}

fn state_word(state: ImportState) -> &'static str {
    match state {
        ImportState::Uploaded => "uploaded",
        ImportState::Running => "running",
        ImportState::Done => "done",
        ImportState::Failed => "failed",
    }
}

fn state_of(word: &str) -> ImportState {
    match word {
        "uploaded" => ImportState::Uploaded,
        "running" => ImportState::Running,
        "done" => ImportState::Done,
        // The schema knows four.
        _ => ImportState::Failed,
    }
}
