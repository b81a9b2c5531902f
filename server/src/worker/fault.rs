//! What a failed batch means: damaged data, a passing fault, or a broken invariant.

use crate::store::policy::LoadError;

/// Why a batch was rolled back, and hence what helps.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// SQL refused the values of some record: bisect until it is found.
    #[error("the database refused the data: {0}")]
    Poison(String),
    /// Somebody else was first (a unique id, a deadlock): try again at once, the probe will see it.
    #[error("raced: {0}")]
    Raced(String),
    /// Database or broker is away for a moment: try again later, advance nothing.
    #[error("for the moment: {0}")]
    Transient(String),
    /// A fence is not where this owner believes it.
    #[error("fenced off")]
    Fenced,
    /// Belongs to no single record: the partition stops.
    #[error("broken: {0}")]
    Broken(String),
}

impl From<LoadError> for Fault {
    /// What a version names may be put back: until then nothing is decided, rather than by another version.
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Database(error) => error.into(),
            missing => Fault::Transient(missing.to_string()),
        }
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        let sqlx::Error::Database(database) = &error else {
            return match error {
                sqlx::Error::ColumnNotFound(_)
                | sqlx::Error::ColumnDecode { .. }
                | sqlx::Error::Decode(_)
                | sqlx::Error::TypeNotFound { .. } => Fault::Broken(error.to_string()),
                _ => Fault::Transient(error.to_string()),
            };
        };
        let code = database.code().unwrap_or_default().into_owned();
        // Never the message's detail: it quotes values.
        let said = format!("SQLSTATE {code}: {}", database.message());
        match code.as_str() {
            // unique violation, serialization failure, deadlock
            "23505" | "40001" | "40P01" => Fault::Raced(said),
            // lock timeout, cancelled, idle in transaction, out of resources, shutting down, connection
            "55P03" | "57014" | "25P03" | "25P02" => Fault::Transient(said),
            _ => match code.get(..2).unwrap_or_default() {
                "22" | "23" => Fault::Poison(said),
                "08" | "53" | "57" | "58" => Fault::Transient(said),
                _ => Fault::Broken(said),
            },
        }
    }
}
