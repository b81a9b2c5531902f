//! Live traffic in the demo: once the demo data is there, a crowd of customers beside the demo people, and payments of
//! all of them, frauds among them, for as long as the process runs.
//!
//! Promises: nothing is sent before the demo people have their accounts; what goes wrong is logged and tried again,
//! and never ends the node. Off unless asked for.

use super::people::CUSTOMERS;
use super::{DemoError, bank, plan};
use crate::bulk::Bulk;
use crate::config::Config;
use crate::import::run::{Progress, run as carry_through};
use crate::kafka::command_producer::Source;
use crate::simulation::{Truth, live, purses};
use crate::store::Store;
use chrono::{TimeDelta, Utc};
use domain::Currency;
use simulator::bank::CIRCLE;
use simulator::{Live, LiveSettings};
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Customers beside the demo people: so many that at a few payments per second nobody seems to be in a hurry.
const CROWD: usize = 60 * CIRCLE;
/// Days of the crowd's past: enough for a habit and for devices that are known.
const CROWD_DAYS: u64 = 10;
/// Leaves whoever plays the analyst the time to decide first.
const KNOWN_AFTER: TimeDelta = TimeDelta::minutes(10);
const AGAIN: Duration = Duration::from_secs(2);

/// Runs until stopped.
pub async fn run(config: Config, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let traffic = traffic(&config, &stop);
        tokio::select! {
            () = stop.cancelled() => return,
            outcome = traffic => match outcome {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "the demo's live traffic pauses"),
            },
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Whether there was any: not before the demo data is loaded.
async fn traffic(config: &Config, stop: &CancellationToken) -> anyhow::Result<bool> {
    let store = Store::connect(config).await?;
    let bulk = Bulk::new(config, &store)?;
    if !is_loaded(&bulk, config.currency).await? {
        return Ok(false);
    }
    let bank = bank(CUSTOMERS.len() + CROWD, config.currency);
    let crowd = plan(&bulk, &bank, CUSTOMERS.len()..bank.customers.len(), CROWD_DAYS).await?;
    let loaded = carry_through(&bulk, Source::Operator, &crowd, &watch::Sender::<Progress>::default()).await?;
    tracing::info!(per_second = config.demo_traffic, crowd_rows = loaded.added, "the demo's live traffic begins");
    let purses = purses(&bulk, &bank).await?;
    let settings = LiveSettings { label_delay: KNOWN_AFTER, ..LiveSettings::default() };
    let run = Utc::now().timestamp_millis().unsigned_abs();
    let mut payments = Live::new(bank, settings, purses, run);
    let mut truth = Truth::new(None)?;
    live(&bulk, &mut payments, f64::from(config.demo_traffic), stop, &mut truth, |_| {}).await?;
    Ok(true)
}

/// Whether the last of the demo people's rows is decided.
async fn is_loaded(bulk: &Bulk, currency: Currency) -> Result<bool, DemoError> {
    let bank = bank(CUSTOMERS.len(), currency);
    let accounts: Vec<_> = bank.customers.iter().map(|customer| &customer.current).collect();
    if bulk.store().known_accounts(&accounts).await?.len() < accounts.len() {
        return Ok(false);
    }
    let plan = plan(bulk, &bank, 0..CUSTOMERS.len(), super::DAYS).await?;
    let last: Vec<_> = plan.transactions.iter().rev().take(1).map(|last| last.transaction_id).collect();
    Ok(bulk.store().decided(&last).await?.len() == last.len())
}
