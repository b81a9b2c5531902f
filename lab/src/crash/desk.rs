//! The desk of a crash run: it sees each open hold in the table and decides about most of them, some more than once.
//!
//! Promises: which hold is treated how follows from the seed and the hold's id; each command is in the journal before
//! it is sent. Some are asked many times at once, some for a release and a refusal at once, some too early by time; a
//! part is left alone. The database may be away: then the desk looks again later.

use super::journal::{Entry, Journal};
use super::submit::{IN_FLIGHT, Progress, finish, send};
use crate::db;
use crate::sender::producer_settings;
use crate::wire::{End, Settle, Signer};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use rdkafka::producer::FutureProducer;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use uuid::Uuid;

const LOOKS_EVERY: Duration = Duration::from_millis(200);
/// How often one hold is asked for at once, now and then.
const CROWD: usize = 100;

pub struct Desk {
    pub brokers: String,
    pub topic: String,
    pub database_url: String,
    pub signer: Signer,
    pub seed: u64,
}

impl Desk {
    /// Decides until told to stop, then waits for what is in flight.
    pub async fn run(self, journal: Arc<Journal>, progress: Arc<Progress>) -> anyhow::Result<()> {
        let producer: FutureProducer = producer_settings(&self.brokers).set("linger.ms", "1").create()?;
        let mut connection = None;
        let mut seen = HashSet::new();
        while !progress.stop.load(Ordering::Relaxed) {
            tokio::time::sleep(LOOKS_EVERY).await;
            if progress.in_flight() > IN_FLIGHT {
                continue;
            }
            for (transaction_id, account) in self.open_holds(&mut connection).await {
                if !seen.insert(transaction_id) {
                    continue;
                }
                for end in ends(self.seed, transaction_id) {
                    let settle = Settle { transaction_id, account: account.clone(), end };
                    let record = self.signer.settle(&settle);
                    journal.write(&Entry::Settled { command_id: record.id, settle })?;
                    send(&producer, &self.topic, &record, &journal, &progress, |progress| &progress.settles)?;
                }
            }
        }
        finish(producer, &journal, &progress).await
    }

    /// Transaction and account at risk; none while the database is away.
    async fn open_holds(&self, connection: &mut Option<PgConnection>) -> Vec<(Uuid, String)> {
        if connection.is_none() {
            *connection = db::connect(&self.database_url).await.ok();
        }
        let Some(open) = connection.as_mut() else { return Vec::new() };
        let holds = "select h.transaction_id, a.number from hold h join account a on a.id = h.account_id";
        match sqlx::query(holds).fetch_all(open).await {
            Ok(rows) => rows.iter().map(|row| (row.get(0), row.get(1))).collect(),
            Err(_) => {
                *connection = None;
                Vec::new()
            }
        }
    }
}

/// What is asked about one hold, in this order; nothing for one in five.
fn ends(seed: u64, transaction_id: Uuid) -> Vec<End> {
    let mut rng = StdRng::seed_from_u64(seed ^ transaction_id.as_u64_pair().1);
    let either = if rng.random() { End::Release } else { End::Refuse };
    match rng.random_range(0..200) {
        0..40 => Vec::new(),
        40..90 => vec![End::Release],
        90..125 => vec![End::Refuse],
        125..160 => vec![either; rng.random_range(2..6)],
        160..185 => {
            let mut mixed = vec![End::Release, End::Refuse, either];
            mixed.rotate_left(rng.random_range(0..3));
            mixed
        }
        185..199 => vec![End::Expire, either, End::Expire],
        _ => vec![either; CROWD],
    }
}
