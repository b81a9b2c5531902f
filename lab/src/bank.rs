//! A bank of its own for one measurement: a fresh database, topics under a fresh prefix, accounts opened the real way.

use crate::load::{CASH, OVERDRAFT_MINOR};
use crate::product::{COMMAND_SECRET, Product};
use crate::sender::{Sender, client};
use crate::services::Services;
use crate::wire::{OPEN, Signer, open_account};
use crate::{db, topics};
use anyhow::Context as _;
use rdkafka::consumer::BaseConsumer;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Whether the bank judges payments for fraud. Measurements of the bare pipeline turn it off: tens of thousands of
/// payments a second over ten thousand accounts are fraud by any honest rule, and what is refused measures nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detection {
    On,
    Off,
}

pub struct Bank {
    pub product: Product,
    pub database_url: String,
    pub brokers: String,
    pub commands: String,
    pub control: String,
    /// The workers' consumer group.
    pub group: String,
    pub events: String,
    pub dead_letters: String,
    pub signer: Signer,
    services_url: String,
    database: String,
}

impl Bank {
    /// Migrated, with its topics, and empty. `name` becomes part of the database's and the topics' names.
    pub async fn create(
        binary: &Path,
        services: &Services,
        name: &str,
        partitions: i32,
        detection: Detection,
    ) -> anyhow::Result<Self> {
        let database = format!("lab_{name}");
        let prefix = format!("{name}-{}", &Uuid::new_v4().simple().to_string()[..8]);
        let database_url = db::fresh_database(&services.database_url, &database).await?;
        let judges = if detection == Detection::On { "true" } else { "false" };
        let product =
            Product::new(binary, services, &database_url, &prefix, partitions)?.with("VIGIE_DETECTION", judges);
        product.run(&["migrate"])?;
        product.run(&["topics"])?;
        Ok(Bank {
            product,
            database_url,
            brokers: services.kafka_brokers.clone(),
            commands: format!("{prefix}.commands"),
            control: format!("{prefix}.control"),
            group: format!("{prefix}-worker"),
            events: format!("{prefix}.events"),
            dead_letters: format!("{prefix}.dead-letters"),
            signer: Signer::new(COMMAND_SECRET)?,
            services_url: services.database_url.clone(),
            database,
        })
    }

    /// The same with one more setting.
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.product = self.product.with(key, value);
        self
    }

    /// Sends the commands that open the cash desk and these accounts; a worker has to decide them.
    pub fn open_accounts(&self, numbers: &[String], owner: Option<Uuid>) -> anyhow::Result<()> {
        let mut sender = Sender::new(&self.brokers, &self.commands)?;
        sender.send(&self.signer.record(CASH, OPEN, open_account(CASH, true, 0, None)))?;
        for number in numbers {
            sender.send(&self.signer.record(number, OPEN, open_account(number, false, OVERDRAFT_MINOR, owner)))?;
        }
        sender.flush()
    }

    /// Waits until every record of the log is decided and every fact announced.
    pub async fn decided(&self, limit: Duration) -> anyhow::Result<()> {
        let mut connection = db::connect(&self.database_url).await?;
        let consumer: BaseConsumer = client(&self.brokers).create()?;
        let begun = Instant::now();
        loop {
            let fences = db::fences(&mut connection).await?;
            let ends = topics::ends_by(&consumer, &self.commands)?;
            let behind: BTreeMap<i32, i64> = ends
                .iter()
                .map(|(partition, end)| (*partition, end - fences.get(partition).copied().unwrap_or(0)))
                .filter(|(_, behind)| *behind > 0)
                .collect();
            let unannounced = db::announcements(&mut connection).await?;
            if behind.is_empty() && unannounced == 0 {
                return Ok(());
            }
            if begun.elapsed() > limit {
                anyhow::bail!(
                    "after {limit:?} undecided records by partition: {behind:?}, unannounced batches: {unannounced}"
                );
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Whether the books sum to zero; the least that must hold after any measurement.
    pub async fn balanced(&self) -> anyhow::Result<bool> {
        let mut connection = db::connect(&self.database_url).await?;
        let sum: i64 = sqlx::query_scalar(
            "select ((select coalesce(sum(booked_minor), 0) from account)
                   + (select coalesce(sum(booked_minor), 0) from account_stripe))::bigint",
        )
        .fetch_one(&mut connection)
        .await
        .context("the books cannot be summed")?;
        Ok(sum == 0)
    }

    /// Frees the disk. Topics go with the private broker.
    pub async fn remove(self) -> anyhow::Result<()> {
        db::drop_database(&self.services_url, &self.database).await
    }
}
