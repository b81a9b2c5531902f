//! `vigie serve`, `vigie web`, `vigie worker`: the long-running processes.

use crate::config::Config;
use crate::demo::traffic;
use crate::shutdown;
use crate::web::health::Health;
use crate::web::node::Node;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio_util::sync::CancellationToken;

#[derive(Debug, clap::Args)]
pub struct Args {}

#[derive(Debug, clap::Args)]
pub struct WorkerArgs {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    Both,
    Web,
}

/// Runs until a signal, or until one part fails: then all stop, and whoever supervises starts them again.
pub async fn run(config: Config, _args: Args, parts: Parts) -> anyhow::Result<ExitCode> {
    let stop = shutdown::on_signal()?;
    let health = Health::default();
    let node = Node::start(&config, health.clone(), stop.clone()).await?;
    tracing::info!(address = %node.address()?, "the web node listens");
    match parts {
        Parts::Web => node.run().await?,
        Parts::Both => both(config, node, &health, stop).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn both(config: Config, node: Node, health: &Health, stop: CancellationToken) -> anyhow::Result<()> {
    let runs = Arc::new(AtomicBool::new(true));
    let still = Arc::clone(&runs);
    health.watch("worker", move || still.load(Ordering::Relaxed));
    let traffic = (config.demo_traffic > 0).then(|| tokio::spawn(traffic::run(config.clone(), stop.clone())));
    let worker = async {
        let _stops_the_rest = stop.clone().drop_guard();
        let outcome = crate::worker::run(config, stop.clone()).await;
        runs.store(false, Ordering::Relaxed);
        outcome
    };
    let web = async {
        let _stops_the_rest = stop.clone().drop_guard();
        node.run().await
    };
    // Both drain, whichever ends first.
    let (worker, web) = tokio::join!(worker, web);
    if let Some(traffic) = traffic {
        traffic.abort();
    }
    worker.and(web)
}

/// Runs until a signal.
pub async fn run_worker(config: Config, _args: WorkerArgs) -> anyhow::Result<ExitCode> {
    let stop = shutdown::on_signal()?;
    tracing::info!(brokers = config.kafka_brokers, "worker started");
    crate::worker::run(config, stop).await?;
    Ok(ExitCode::SUCCESS)
}
