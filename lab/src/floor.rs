//! The floors: what the machine can do at best, measured in the same run as the product.
//!
//! Each is a program of its own (`cargo lab floor`), so that anyone can run a ratio's denominator again.

pub mod ledger;
pub mod pipe;

use crate::db;
use crate::report::{self, line};
use crate::services::{ServiceArgs, Services};
use serde_json::json;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Seconds per floor.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Events per second through the bare pipe.
    #[arg(long, default_value_t = 200)]
    per_second: u32,
}

pub async fn run(service_args: &ServiceArgs, args: &Args) -> anyhow::Result<ExitCode> {
    let services = Services::start(service_args, "floor")?;
    let circumstances = report::circumstances(None, &services.database_url).await;
    let lasting = Duration::from_secs(args.seconds);

    let url = db::fresh_database(&services.database_url, "lab_floor").await?;
    let mut connection = db::connect(&url).await?;
    db::migrate(&mut connection).await?;
    let mut ledger = ledger::Ledger::open(&mut connection, 10_000, 1).await?;
    let pace = ledger.run(&mut connection, lasting).await?;
    line("raw ledger step, rows/s", format!("{:.0}", pace.per_second()), "");

    let latencies = pipe::run(&services.kafka_brokers, &url, args.per_second, lasting).await?;
    let pipe = report::summary(&latencies);
    line("bare pipe p50, ms", &pipe["p50"], "");
    line("bare pipe p99, ms", &pipe["p99"], "");
    drop(connection);
    db::drop_database(&services.database_url, "lab_floor").await?;
    report::write(
        "floor",
        &json!({ "circumstances": circumstances, "ledger_rows_per_second": pace.per_second().round(), "pipe_ms": pipe }),
    )?;
    Ok(ExitCode::SUCCESS)
}
