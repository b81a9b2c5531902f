//! The machine room as the tables know it: how far each partition is, what stands still, what was set aside.

use super::Store;
use super::row::row;
use super::views::unavailable;
use app::ports::{DeadLetterView, Person, PortError, Role};
use chrono::{DateTime, Utc};
use domain::fact::DeadLetterReason;

row! {
    /// One partition's fence and what it has not announced yet.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PartitionRow {
        pub partition: i16,
        pub epoch: i64,
        pub next_offset: i64,
        pub halted: Option<String>,
        /// Announcement rows still there.
        pub unannounced: i64,
    }
}

row! {
    struct DeadLetterRow {
        seq: i64,
        partition: i16,
        command_offset: i64,
        recorded_at: DateTime<Utc>,
        reason: String,
        detail: String,
        length: i64,
        sha256: Vec<u8>,
        head: Vec<u8>,
    }
}

impl DeadLetterRow {
    fn view(self) -> sqlx::Result<DeadLetterView> {
        // The column holds the word that facts carry.
        let reason = serde_json::from_value::<DeadLetterReason>(serde_json::Value::String(self.reason));
        Ok(DeadLetterView {
            seq: self.seq,
            partition: i32::from(self.partition),
            offset: self.command_offset,
            recorded_at: self.recorded_at,
            reason: reason.map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            detail: self.detail,
            length: self.length,
            sha256: domain::hex::hex(&self.sha256),
            head: self.head,
        })
    }
}

fn operators_only(person: &Person) -> Result<(), PortError> {
    match person.role {
        Role::Operator => Ok(()),
        Role::Analyst | Role::Customer => Err(PortError::Forbidden),
    }
}

impl Store {
    /// Every partition's fence, by partition. For our own use: pages ask through the port, which checks the role.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn partitions(&self) -> sqlx::Result<Vec<PartitionRow>> {
        let query = sqlx::query_as(
            "select f.partition, f.epoch, f.next_offset, f.halted,
                (select count(*) from announcement a where a.partition = f.partition) as unannounced
             from fence f order by f.partition",
        );
        query.fetch_all(self.pool()).await
    }

    /// Dead letters by arrival, newest first, without their bytes.
    ///
    /// # Errors
    /// [`PortError::Forbidden`] for all but operators.
    pub async fn dead_letters(
        &self,
        person: &Person,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<DeadLetterView>, PortError> {
        operators_only(person)?;
        let query = sqlx::query_as(
            "select seq, partition, command_offset, recorded_at, reason, detail, length, sha256, ''::bytea as head
             from dead_letter where $1::bigint is null or seq < $1 order by seq desc limit $2",
        );
        let rows: Vec<DeadLetterRow> =
            query.bind(before).bind(limit.clamp(1, 1_000)).fetch_all(self.pool()).await.map_err(unavailable)?;
        rows.into_iter().map(DeadLetterRow::view).collect::<sqlx::Result<_>>().map_err(unavailable)
    }

    /// One dead letter with its first bytes.
    ///
    /// # Errors
    /// [`PortError::Forbidden`] for all but operators; [`PortError::NotFound`].
    pub async fn dead_letter(&self, person: &Person, partition: i32, offset: i64) -> Result<DeadLetterView, PortError> {
        operators_only(person)?;
        let query = sqlx::query_as(
            "select seq, partition, command_offset, recorded_at, reason, detail, length, sha256, head
             from dead_letter where partition = $1 and command_offset = $2",
        );
        let row: Option<DeadLetterRow> =
            query.bind(partition).bind(offset).fetch_optional(self.pool()).await.map_err(unavailable)?;
        row.ok_or(PortError::NotFound)?.view().map_err(unavailable)
    }
}
