//! Keys of the decision API as rows: identity, owned by web nodes. What a key may do stands in [`crate::api`].
//!
//! Only the sha256 of a key is kept. Revoked keys stay, so that a list can name them.

use super::Store;
use super::row::row;
use chrono::{DateTime, Utc};
use domain::AccountNumber;
use std::collections::BTreeSet;

/// Whose money somebody may put at risk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    All,
    Accounts(BTreeSet<AccountNumber>),
}

impl Reach {
    pub fn covers(&self, account: &AccountNumber) -> bool {
        match self {
            Reach::All => true,
            Reach::Accounts(accounts) => accounts.contains(account),
        }
    }

    /// As the tables hold it: the numbers, and whether it is all.
    pub(super) fn columns(&self) -> (Vec<String>, bool) {
        match self {
            Reach::All => (Vec::new(), true),
            Reach::Accounts(accounts) => (accounts.iter().map(ToString::to_string).collect(), false),
        }
    }

    pub(super) fn of(accounts: &[String], all: bool) -> Self {
        if all { Reach::All } else { Reach::Accounts(accounts.iter().filter_map(|text| text.parse().ok()).collect()) }
    }
}

/// A key to be added, without its secret.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    pub id: String,
    pub secret_sha256: [u8; 32],
    pub name: String,
    pub reach: Reach,
    pub decisions: bool,
    /// Requests per second.
    pub rate: u32,
    pub burst: u32,
    pub expires_at: Option<DateTime<Utc>>,
}

/// A key as an operator may see it.
#[derive(Debug, Clone)]
pub struct ApiKeyRow {
    pub id: String,
    pub secret_sha256: [u8; 32],
    pub name: String,
    pub reach: Reach,
    pub decisions: bool,
    pub rate: u32,
    pub burst: u32,
    pub expires_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

row! {
    struct Row {
        id: String,
        secret_sha256: Vec<u8>,
        name: String,
        accounts: Vec<String>,
        all_accounts: bool,
        decisions: bool,
        rate: i32,
        burst: i32,
        expires_at: Option<DateTime<Utc>>,
        revoked_at: Option<DateTime<Utc>>,
    }
}

impl Row {
    fn key(self) -> sqlx::Result<ApiKeyRow> {
        let sha256 = self.secret_sha256.try_into().map_err(|_| sqlx::Error::Decode("not a sha256".into()))?;
        Ok(ApiKeyRow {
            reach: Reach::of(&self.accounts, self.all_accounts),
            id: self.id,
            secret_sha256: sha256,
            name: self.name,
            decisions: self.decisions,
            rate: self.rate.unsigned_abs(),
            burst: self.burst.unsigned_abs(),
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
        })
    }
}

impl Store {
    /// # Errors
    /// When the database does not answer or holds a key of that id.
    pub async fn add_api_key(&self, key: &NewApiKey) -> sqlx::Result<()> {
        let (accounts, all) = key.reach.columns();
        let query = sqlx::query(
            "insert into api_key (id, secret_sha256, name, accounts, all_accounts, decisions, rate, burst, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        );
        let query = query.bind(&key.id).bind(key.secret_sha256.as_slice()).bind(&key.name).bind(accounts).bind(all);
        let query = query.bind(key.decisions).bind(i32::try_from(key.rate).unwrap_or(i32::MAX));
        let query = query.bind(i32::try_from(key.burst).unwrap_or(i32::MAX)).bind(key.expires_at);
        query.execute(self.pool()).await.map(|_| ())
    }

    /// Every key, oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn api_keys(&self) -> sqlx::Result<Vec<ApiKeyRow>> {
        let query = sqlx::query_as(
            "select id, secret_sha256, name, accounts, all_accounts, decisions, rate, burst, expires_at, revoked_at
             from api_key order by created_at, id",
        );
        let rows: Vec<Row> = query.fetch_all(self.pool()).await?;
        rows.into_iter().map(Row::key).collect()
    }

    /// The keys that open something now or, not yet expired, did a moment ago.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn standing_api_keys(&self) -> sqlx::Result<Vec<ApiKeyRow>> {
        let query = sqlx::query_as(
            "select id, secret_sha256, name, accounts, all_accounts, decisions, rate, burst, expires_at, revoked_at
             from api_key where revoked_at is null and (expires_at is null or expires_at > now())",
        );
        let rows: Vec<Row> = query.fetch_all(self.pool()).await?;
        rows.into_iter().map(Row::key).collect()
    }

    /// False if there is no such key; a key revoked before stays as it is.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn revoke_api_key(&self, id: &str) -> sqlx::Result<bool> {
        let query = sqlx::query("update api_key set revoked_at = coalesce(revoked_at, now()) where id = $1");
        Ok(query.bind(id).execute(self.pool()).await?.rows_affected() > 0)
    }
}
