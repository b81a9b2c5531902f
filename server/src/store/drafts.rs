//! Unfinished work: what was typed into a form that was not accepted. No rule reads it; a day ends it.

use super::Store;
use super::views::unavailable;
use app::ports::{Draft, PortError};
use async_trait::async_trait;
use uuid::Uuid;

#[async_trait]
impl app::ports::Drafts for Store {
    async fn keep(&self, owner: &str, draft: &Draft) -> Result<Uuid, PortError> {
        // Random throughout: a visitor's form is found by nobody who was not given its id.
        let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
        let query = sqlx::query("insert into draft (id, owner, body) values ($1, $2, $3)");
        query.bind(id).bind(owner).bind(sqlx::types::Json(draft)).execute(self.pool()).await.map_err(unavailable)?;
        Ok(id)
    }

    async fn take(&self, owner: &str, id: Uuid) -> Result<Option<Draft>, PortError> {
        let query = sqlx::query_scalar("select body from draft where id = $1 and owner = $2");
        let body: Option<sqlx::types::Json<Draft>> =
            query.bind(id).bind(owner).fetch_optional(self.pool()).await.map_err(unavailable)?;
        Ok(body.map(|body| body.0))
    }
}
