//! One moment of the bank: a repeatable-read transaction that also reads the fences.
//!
//! What is read in it and the resume token it hands out belong together: a socket that continues from the token
//! misses nothing and repeats nothing.

use super::{Db, Store};
use domain::view::ResumeToken;

impl Store {
    /// Opens the moment. The transaction only reads; dropping it ends it.
    pub(super) async fn moment(&self) -> sqlx::Result<(Db, ResumeToken)> {
        let mut db = self.begin_with("begin isolation level repeatable read, read only").await?;
        let fences: Vec<(i16, i64)> =
            sqlx::query_as("select partition, next_offset from fence where partition >= 0").fetch_all(&mut *db).await?;
        let resume = fences.into_iter().map(|(partition, next_offset)| (i32::from(partition), next_offset)).collect();
        Ok((db, ResumeToken(resume)))
    }
}
