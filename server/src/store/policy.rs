//! Policies and models by version: which are current, and what each of them says.
//!
//! Promises: a version, once written, never changes; version 1 is the built-in policy, model version 0 is none. Reading
//! the current versions costs two index look-ups, so that each batch can ask in its own transaction. Absent: which
//! change is allowed, which the worker's control task decides.

use super::Store;
use detection::model::{Model, ModelError};
use detection::policy::{Policy, PolicyError};
use sqlx::{PgExecutor, Row as _};
use std::sync::Arc;

/// Two columns, `policy_version` and `model_version`, to stand in the list of any `select` or `returning`.
macro_rules! current_versions_sql {
    () => {
        "coalesce((select max(version) from policy), 1) as policy_version,
         coalesce((select max(version) from model), 0) as model_version"
    };
}
pub(crate) use current_versions_sql;

pub const CURRENT_VERSIONS_SQL: &str = current_versions_sql!();

/// The built-in policy.
pub const FIRST_POLICY: i64 = 1;
/// The rules decide alone.
pub const NO_MODEL: i64 = 0;

/// A policy, and the model beside it if there is one.
pub type PolicyAndModel = (Arc<Policy>, Option<Arc<Model>>);

/// What a batch is decided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Versions {
    pub policy: i64,
    pub model: i64,
}

/// Why what a version names cannot be used. A worker then stops deciding rather than use another.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("there is no policy version {0}")]
    NoPolicy(i64),
    #[error("policy version {version} cannot be read: {error}")]
    Policy { version: i64, error: PolicyError },
    #[error("there is no model version {0}")]
    NoModel(i64),
    #[error(
        "the file of model version {version} is not here: put it back with `vigie model add`; its sha256 is {sha256}"
    )]
    NoModelFile { version: i64, sha256: String },
    #[error("the file of model version {version} cannot be read: {error}")]
    Model { version: i64, error: ModelError },
}

/// # Errors
/// When the database does not answer.
pub async fn current_versions(db: impl PgExecutor<'_>) -> sqlx::Result<Versions> {
    versions_of(&sqlx::query(concat!("select ", current_versions_sql!())).fetch_one(db).await?)
}

/// Reads the columns of [`CURRENT_VERSIONS_SQL`] from a row.
///
/// # Errors
/// When the row does not have them.
pub fn versions_of(row: &sqlx::postgres::PgRow) -> sqlx::Result<Versions> {
    Ok(Versions { policy: row.try_get("policy_version")?, model: row.try_get("model_version")? })
}

impl Store {
    /// What decisions of these versions were made by.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub async fn policy_and_model(&self, versions: Versions) -> Result<PolicyAndModel, LoadError> {
        let load = || async {
            let policy = load_policy(self.pool(), versions.policy).await?;
            Ok((Arc::new(policy), load_model(self.pool(), versions.model).await?))
        };
        self.decided_by.get(versions, load).await
    }
}

/// The policy of a version.
///
/// # Errors
/// See [`LoadError`].
pub async fn load_policy(db: impl PgExecutor<'_>, version: i64) -> Result<Policy, LoadError> {
    if version == FIRST_POLICY {
        return Ok(Policy::default());
    }
    let body: Option<String> =
        sqlx::query_scalar("select body from policy where version = $1").bind(version).fetch_optional(db).await?;
    let body = body.ok_or(LoadError::NoPolicy(version))?;
    Policy::from_accepted_json(&body).map_err(|error| LoadError::Policy { version, error })
}

/// The model of a version; none where the rules decide alone.
///
/// # Errors
/// See [`LoadError`].
pub async fn load_model(db: impl PgExecutor<'_>, version: i64) -> Result<Option<Arc<Model>>, LoadError> {
    if version == NO_MODEL {
        return Ok(None);
    }
    let row = sqlx::query(
        "select model.sha256, model_file.bytes
         from model left join model_file on model_file.sha256 = model.sha256 where model.version = $1",
    )
    .bind(version)
    .fetch_optional(db)
    .await?;
    let row = row.ok_or(LoadError::NoModel(version))?;
    let Some(sha256) = row.try_get::<Option<&[u8]>, _>("sha256")? else { return Ok(None) };
    let Some(bytes) = row.try_get::<Option<&[u8]>, _>("bytes")? else {
        return Err(LoadError::NoModelFile { version, sha256: domain::hex::hex(sha256) });
    };
    match Model::parse(bytes) {
        Ok(model) => Ok(Some(Arc::new(model))),
        Err(error) => Err(LoadError::Model { version, error }),
    }
}
