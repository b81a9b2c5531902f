//! Time acts by a command, like everybody: the owner of a partition asks for the end of its holds that are due.
//!
//! Promises: each hold is asked for at least once while some worker owns its partition; the step alone compares the
//! deadline with the command's append time, and ends a hold once however often it is asked. Absent: any clock in the
//! decision itself.

use super::ownership::Ownership;
use crate::kafka::command_producer::{CommandProducer, Source};
use crate::store::worker::{DueHold, WorkerStore};
use domain::Command;
use domain::command::SettleHold;
use domain::partition::partition_of;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const EVERY: Duration = Duration::from_secs(1);
/// A partition may be behind: its answer is waited for before the same is asked again.
const ASKED_AGAIN: Duration = Duration::from_secs(10);

pub struct Expiry {
    pub store: Arc<WorkerStore>,
    pub ownership: Arc<Ownership>,
    pub producer: CommandProducer,
    pub partitions: i32,
}

impl Expiry {
    pub async fn run(self, stop: CancellationToken) {
        let mut asked: HashMap<Uuid, Instant> = HashMap::new();
        while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
            asked.retain(|_, at| at.elapsed() < ASKED_AGAIN);
            match self.store.due_holds().await {
                Ok(due) => self.ask(due, &mut asked).await,
                Err(error) => tracing::debug!(%error, "holds that are due cannot be read"),
            }
        }
    }

    async fn ask(&self, due: Vec<DueHold>, asked: &mut HashMap<Uuid, Instant>) {
        let mine = |hold: &DueHold| {
            let partition = partition_of(hold.account.as_str().as_bytes(), self.partitions);
            self.ownership.get(partition).is_some_and(|mine| mine.halted.is_none())
        };
        for hold in due.into_iter().filter(mine) {
            if asked.contains_key(&hold.transaction_id) {
                continue;
            }
            // The same end of the same hold is the same command, whoever asks for it.
            let name = format!("expire {} {}", hold.transaction_id, hold.until.timestamp_micros());
            let command_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes());
            let command = Command::ExpireHold(SettleHold {
                transaction_id: hold.transaction_id,
                account: hold.account,
                person: None,
            });
            match self.producer.send(command_id, Source::Worker, &command).await {
                Ok(_) => _ = asked.insert(hold.transaction_id, Instant::now()),
                Err(error) => {
                    tracing::warn!(%error, "the end of a hold could not be asked for");
                    return;
                }
            }
        }
    }
}
