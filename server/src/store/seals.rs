//! The people's keys for the free text of payments: sealing on the way in, opening for those who may read the row.

use super::{Db, Store};
use crate::seal::{SealError, SealKey, sealed_by};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

#[derive(Debug, thiserror::Error)]
pub enum SealReferenceError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The person has no key (erased), or it is damaged.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// The keys that open a page's rows.
#[derive(Default)]
pub(super) struct Keys(HashMap<Uuid, SealKey>);

impl Keys {
    /// Reads, in one query, the keys under which these texts were sealed.
    pub async fn of<'a>(db: &mut Db, sealed: impl Iterator<Item = &'a str>) -> sqlx::Result<Self> {
        let people: Vec<Uuid> = sealed.filter_map(sealed_by).collect::<BTreeSet<_>>().into_iter().collect();
        if people.is_empty() {
            return Ok(Keys::default());
        }
        let query = sqlx::query_as("select id, data_key from person where id = any($1) and data_key is not null");
        let rows: Vec<(Uuid, Vec<u8>)> = query.bind(&people).fetch_all(&mut **db).await?;
        Ok(Keys(rows.into_iter().filter_map(|(id, key)| Some((id, SealKey::new(&key).ok()?))).collect()))
    }

    /// None where the key was dropped: the text is erased.
    pub fn open(&self, transaction: Uuid, sealed: &str) -> Option<String> {
        self.0.get(&sealed_by(sealed)?)?.open(transaction, sealed)
    }
}

impl Store {
    /// Seals a payment's free text with the payer's key.
    ///
    /// # Errors
    /// When the database does not answer, or the person's key was dropped.
    pub async fn seal_reference(
        &self,
        person: Uuid,
        transaction: Uuid,
        text: &str,
    ) -> Result<String, SealReferenceError> {
        let query = sqlx::query_scalar("select data_key from person where id = $1");
        let key: Option<Option<Vec<u8>>> = query.bind(person).fetch_optional(self.pool()).await?;
        Ok(SealKey::new(&key.flatten().unwrap_or_default())?.seal(person, transaction, text)?)
    }
}
