//! `vigie serve`, `vigie web`, `vigie worker`: the long-running processes.

use crate::config::Config;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {}

#[derive(Debug, clap::Args)]
pub struct WorkerArgs {}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    Both,
    Web,
}

pub async fn run(_config: Config, _args: Args, _parts: Parts) -> anyhow::Result<ExitCode> {
    anyhow::bail!("being built")
}

pub async fn run_worker(config: Config, _args: WorkerArgs) -> anyhow::Result<ExitCode> {
    let stop = crate::shutdown::on_signal()?;
    tracing::info!(brokers = config.kafka_brokers, "worker started");
    crate::worker::run(config, stop).await?;
    Ok(ExitCode::SUCCESS)
}
