//! Ends what has had its time: sessions, sign-in failures, unfinished work. Never business rows.

use super::Store;
use super::identity::{IDLE, LONGEST};

impl Store {
    /// Deletes what is over. Several nodes may do it at once.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sweep(&self) -> sqlx::Result<()> {
        let sessions = sqlx::query(
            "delete from session where seen_at < now() - $1::interval or created_at < now() - $2::interval",
        );
        sessions.bind(IDLE).bind(LONGEST).execute(self.pool()).await?;
        sqlx::query("delete from sign_in_failure where failed_at < now() - interval '1 day'")
            .execute(self.pool())
            .await?;
        sqlx::query("delete from draft where kept_at < now() - interval '1 day'").execute(self.pool()).await?;
        let uploads = "delete from import_upload where uploaded_at < now() - interval '1 day' and state <> 'running'";
        sqlx::query(uploads).execute(self.pool()).await?;
        Ok(())
    }
}
