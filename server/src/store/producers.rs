//! Direct producers as rows: identity, owned by operators. Workers read them to check signatures and rights.

use super::Store;
use super::api_keys::Reach;
use chrono::{DateTime, Utc};

/// Somebody who writes to bank.commands without us. Revoked ones stay, so that a dead letter can say so.
#[derive(Debug, Clone)]
pub struct ProducerRow {
    pub id: String,
    pub name: String,
    /// ed25519.
    pub public_key: [u8; 32],
    pub reach: Reach,
    pub revoked_at: Option<DateTime<Utc>>,
}

#[derive(Debug, thiserror::Error)]
pub enum ProducerError {
    #[error("there is already a producer {0}")]
    Taken(String),
    #[error("a producer's id is 1 to 63 of a-z, 0-9, dot, dash and underscore, beginning with a letter or digit")]
    Form,
    #[error("the database cannot be used: {0}")]
    Database(sqlx::Error),
}

type Row = (String, String, Vec<u8>, Vec<String>, bool, Option<DateTime<Utc>>);

fn producer((id, name, public_key, accounts, all, revoked_at): Row) -> sqlx::Result<ProducerRow> {
    let public_key = public_key.try_into().map_err(|_| sqlx::Error::Decode("not an ed25519 key".into()))?;
    Ok(ProducerRow { id, name, public_key, reach: Reach::of(&accounts, all), revoked_at })
}

impl Store {
    /// Every producer by id, the revoked ones too.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn producers(&self) -> sqlx::Result<Vec<ProducerRow>> {
        let query =
            sqlx::query_as("select id, name, public_key, accounts, all_accounts, revoked_at from producer order by id");
        let rows: Vec<Row> = query.fetch_all(self.pool()).await?;
        rows.into_iter().map(producer).collect()
    }

    /// # Errors
    /// See [`ProducerError`].
    pub async fn add_producer(
        &self,
        id: &str,
        name: &str,
        public_key: &[u8; 32],
        reach: &Reach,
    ) -> Result<(), ProducerError> {
        let (accounts, all) = reach.columns();
        let query = sqlx::query(
            "insert into producer (id, name, public_key, accounts, all_accounts) values ($1, $2, $3, $4, $5)",
        );
        let query = query.bind(id).bind(name).bind(public_key.as_slice()).bind(accounts).bind(all);
        let named = |error: sqlx::Error| match error.as_database_error().and_then(|error| error.constraint()) {
            Some("producer_pkey") => ProducerError::Taken(id.to_owned()),
            Some("producer_id_form") => ProducerError::Form,
            _ => ProducerError::Database(error),
        };
        query.execute(self.pool()).await.map(|_| ()).map_err(named)
    }

    /// False if there is no such producer.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn revoke_producer(&self, id: &str) -> sqlx::Result<bool> {
        let query = sqlx::query("update producer set revoked_at = coalesce(revoked_at, now()) where id = $1");
        Ok(query.bind(id).execute(self.pool()).await?.rows_affected() > 0)
    }
}
