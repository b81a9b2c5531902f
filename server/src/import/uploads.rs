//! The import page's side: uploads, previews, and imports that run on after the page was left.
//!
//! Promises: one runner per upload, over all nodes; an import whose node was killed is taken over by the next that
//! starts or looks (what was sent is recognised by its ids, so only the rest is sent); the report names at most
//! [`PROBLEMS_MAX`] lines, bad ones first. Operators only.

use super::file::{FileError, Reading, Split};
use super::run::{Phase, Plan, Progress, run};
use crate::bulk::Bulk;
use crate::kafka::command_producer::Source;
use crate::store::Store;
use crate::store::imports::{KeptProgress, Upload};
use app::ports::{
    ImportMapping, ImportPreview, ImportProblem, ImportProgress, ImportRow, ImportState, Imports, Person, PortError,
    Role,
};
use async_trait::async_trait;
use domain::Currency;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// The most problems kept and shown.
pub const PROBLEMS_MAX: usize = 200;
const SAMPLE_LINES: usize = 5;
const PREVIEW_ROWS: usize = 10;
const LATEST: i64 = 20;
const KEEP_EVERY: Duration = Duration::from_millis(500);
const ADOPT_EVERY: Duration = Duration::from_secs(15);

/// The imports port.
#[derive(Clone)]
pub struct Uploads {
    store: Store,
    bulk: Bulk,
    currency: Currency,
    /// This node, as the one that runs an import.
    runner: Uuid,
}

impl Uploads {
    pub fn new(store: Store, bulk: Bulk, currency: Currency) -> Self {
        Uploads { store, bulk, currency, runner: Uuid::now_v7() }
    }

    /// Takes over imports of nodes that were killed, now and every quarter of a minute; ends only with its task.
    pub async fn adopt_orphans(self) {
        loop {
            match self.store.adopt_uploads(self.runner).await {
                Ok(orphans) => orphans.into_iter().for_each(|(id, mapping, kept)| {
                    let before = (kept.total > 0).then_some(kept.already_there);
                    self.spawn(id, mapping, before);
                }),
                Err(error) => tracing::warn!(%error, "cannot look for imports to take over"),
            }
            tokio::time::sleep(ADOPT_EVERY).await;
        }
    }

    fn spawn(&self, id: Uuid, mapping: Option<ImportMapping>, before: Option<u64>) {
        let uploads = self.clone();
        tokio::spawn(async move { uploads.import(id, mapping, before).await });
    }

    /// `before`: how many rows were there before the runner that this one takes over from began.
    async fn import(&self, id: Uuid, mapping: Option<ImportMapping>, before: Option<u64>) {
        let (told, heard) = watch::channel(Progress::default());
        let problems = watch::Sender::new(Vec::new());
        let keeping = self.keep_while_running(id, before, heard, problems.subscribe());
        let working = async {
            let Some(mapping) = mapping else {
                tracing::error!(upload = %id, "an import without a mapping cannot run");
                return false;
            };
            let reading = match self.read(id, Some(mapping)).await {
                Ok((_, reading)) => reading,
                Err(error) => {
                    tracing::warn!(upload = %id, %error, "the upload cannot be read");
                    return false;
                }
            };
            problems.send_replace(shown(&reading.problems));
            match run(&self.bulk, Source::Import, &Plan::of_reading(&reading), &told).await {
                Ok(_) => true,
                Err(error) => {
                    tracing::error!(upload = %id, %error, "the import stopped; starting it again sends only what is missing");
                    false
                }
            }
        };
        let done = tokio::select! {
            done = working => done,
            () = keeping => return,
        };
        let state = if done { ImportState::Done } else { ImportState::Failed };
        let last = kept(*told.borrow(), before, &problems.borrow());
        if let Err(error) = self.store.keep_progress(id, self.runner, state, &last).await {
            tracing::error!(upload = %id, %error, "the end of an import could not be written down");
        }
    }

    /// Writes the progress down twice a second; ends when another node has the import.
    async fn keep_while_running(
        &self,
        id: Uuid,
        before: Option<u64>,
        progress: watch::Receiver<Progress>,
        problems: watch::Receiver<Vec<ImportProblem>>,
    ) {
        loop {
            let now = kept(*progress.borrow(), before, &problems.borrow());
            match self.store.keep_progress(id, self.runner, ImportState::Running, &now).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => tracing::warn!(upload = %id, %error, "progress could not be written down"),
            }
            tokio::time::sleep(KEEP_EVERY).await;
        }
    }

    /// Splits and reads the file away from the runtime's threads.
    async fn read(&self, id: Uuid, mapping: Option<ImportMapping>) -> Result<(Split, Reading), ReadError> {
        let bytes = self.store.upload_bytes(id).await?.ok_or(ReadError::Gone)?;
        let (currency, zone) = (self.currency, self.store.time_zone());
        let read = move || {
            let split = Split::new(&bytes, mapping.as_ref().map(|mapping| mapping.delimiter))?;
            let mapping = mapping.unwrap_or_else(|| split.suggest(None, currency));
            let reading = split.read(&mapping, zone)?;
            Ok((split, reading))
        };
        tokio::task::spawn_blocking(read).await.map_err(|_| ReadError::Gone)?
    }
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("the upload is gone")]
    Gone,
}

impl From<ReadError> for PortError {
    fn from(error: ReadError) -> Self {
        match error {
            // A file that is none: the page says that it cannot be found as a table.
            ReadError::File(_) | ReadError::Gone => PortError::NotFound,
            ReadError::Database(error) => unavailable(error),
        }
    }
}

fn unavailable(error: sqlx::Error) -> PortError {
    tracing::error!(%error, "the database does not answer the import page");
    PortError::Unavailable
}

fn operator(person: &Person) -> Result<(), PortError> {
    if person.role == Role::Operator { Ok(()) } else { Err(PortError::Forbidden) }
}

/// Bad lines first, then warnings, as many as are shown.
fn shown(problems: &[ImportProblem]) -> Vec<ImportProblem> {
    let (warnings, bad): (Vec<_>, Vec<_>) = problems.iter().cloned().partition(|problem| problem.warning);
    bad.into_iter().chain(warnings).take(PROBLEMS_MAX).collect()
}

/// What the page shows as sent is what the worker has decided: the bar fills as rows are booked. What a runner before
/// this one added counts as added.
fn kept(progress: Progress, before: Option<u64>, problems: &[ImportProblem]) -> KeptProgress {
    let added = if progress.phase == Phase::Done { progress.added } else { progress.decided - progress.already_there };
    // Until this runner has looked, the earlier one's count stands, for whoever takes over next.
    let looked = progress.phase != Phase::Checking;
    let already_there = before
        .map_or(progress.already_there, |before| if looked { before.min(progress.already_there) } else { before });
    KeptProgress {
        total: progress.total,
        sent: progress.decided,
        added: added + progress.already_there.saturating_sub(already_there),
        already_there,
        refused: progress.refused,
        bad: progress.bad,
        overdrawn_accounts: progress.overdrawn_accounts,
        problems: problems.to_vec(),
    }
}

fn progress_of(upload: Upload) -> ImportProgress {
    let Upload { id, file_name, state, progress, started_at, .. } = upload;
    ImportProgress {
        upload: id,
        file_name,
        state,
        total: progress.total,
        sent: progress.sent,
        added: progress.added,
        already_there: progress.already_there,
        refused: progress.refused,
        bad: progress.bad,
        overdrawn_accounts: progress.overdrawn_accounts,
        problems: progress.problems,
        started_at,
    }
}

#[async_trait]
impl Imports for Uploads {
    async fn upload(&self, person: &Person, name: &str, bytes: Vec<u8>) -> Result<Uuid, PortError> {
        operator(person)?;
        let id = Uuid::now_v7();
        let name = super::file::shorten(name);
        self.store.keep_upload(id, person.id, &name, &bytes).await.map_err(unavailable)?;
        Ok(id)
    }

    async fn preview(
        &self,
        person: &Person,
        upload: Uuid,
        mapping: Option<&ImportMapping>,
    ) -> Result<ImportPreview, PortError> {
        operator(person)?;
        let kept = self.store.upload(upload).await.map_err(unavailable)?.ok_or(PortError::NotFound)?;
        let (split, reading) = self.read(upload, mapping.or(kept.mapping.as_ref()).cloned()).await?;
        let rows = reading.rows.iter().take(PREVIEW_ROWS).map(|row| ImportRow {
            line: row.line,
            account: row.account.to_string(),
            date: row.date,
            kind: row.kind,
            amount_minor: row.amount_minor,
        });
        Ok(ImportPreview {
            upload,
            file_name: kept.file_name,
            headers: reading.headers.clone(),
            sample: split.records.iter().take(SAMPLE_LINES + 1).skip(1).map(|(_, cells)| cells.clone()).collect(),
            rows: rows.collect(),
            good: reading.rows.len() as u64,
            bad: reading.bad,
            accounts: reading.rows.iter().map(|row| &row.account).collect::<BTreeSet<_>>().len() as u64,
            problems: shown(&reading.problems),
            date_order_unclear: reading.date_order_unclear,
            mapping: reading.mapping,
        })
    }

    async fn start(&self, person: &Person, upload: Uuid, mapping: &ImportMapping) -> Result<(), PortError> {
        operator(person)?;
        let (_, reading) = self.read(upload, Some(mapping.clone())).await?;
        if reading.date_order_unclear {
            // The page asks before; a form that skips the question starts nothing.
            return Err(PortError::Forbidden);
        }
        if self.store.claim_upload(upload, self.runner, &reading.mapping).await.map_err(unavailable)? {
            self.spawn(upload, Some(reading.mapping), None);
        }
        Ok(())
    }

    async fn progress(&self, person: &Person, upload: Uuid) -> Result<ImportProgress, PortError> {
        operator(person)?;
        self.store.upload(upload).await.map_err(unavailable)?.map(progress_of).ok_or(PortError::NotFound)
    }

    async fn latest(&self, person: &Person) -> Result<Vec<ImportProgress>, PortError> {
        operator(person)?;
        Ok(self.store.latest_uploads(LATEST).await.map_err(unavailable)?.into_iter().map(progress_of).collect())
    }
}
