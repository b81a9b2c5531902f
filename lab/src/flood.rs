//! `cargo lab flood`: what honest callers of the decision API feel while one core sends as many requests with a false
//! key as it can, beside what they feel while the same core sends as many to a bare axum route that answers 429.
//!
//! Three spans of equal length: no flood, flood on the bare route, flood on the API. The honest callers pay at a fixed
//! pace on kept connections throughout, so what differs between the last two is what the product does with a flood.

pub mod honest;
mod wave;

use crate::bank::{Bank, Detection};
use crate::bench::visible::until_ready;
use crate::product::{self, free_port};
use crate::report::{self, line};
use crate::services::{ServiceArgs, Services};
use anyhow::Context as _;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Times the honest callers' p99 under a flood of the bare route.
const GOAL: f64 = 3.0;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Seconds of each span.
    #[arg(long, default_value_t = 15)]
    seconds: u64,
    /// Honest callers, each on a connection of its own.
    #[arg(long, default_value_t = 8)]
    callers: usize,
    /// Payments per second of all of them.
    #[arg(long, default_value_t = 100)]
    rate: u32,
}

pub async fn run(service_args: &ServiceArgs, vigie: Option<&PathBuf>, args: &Args) -> anyhow::Result<ExitCode> {
    let binary = product::binary(vigie.map(PathBuf::as_path))?;
    let services = Services::start(service_args, "flood")?;
    let bank = Bank::create(&binary, &services, "flood", 12, Detection::Off).await?;
    let mut worker = bank.product.start("flood-worker", &["worker"])?;
    let accounts: Vec<String> = (0..=args.callers).map(|n| format!("F{n:04}")).collect();
    bank.open_accounts(&accounts, None)?;
    bank.decided(Duration::from_secs(60)).await?;
    let said = bank.product.run(&["key", "add", "honest", "--all-accounts", "--rate", "10000"])?;
    let key = said.split_once("shown once: ").map(|(_, rest)| rest.trim().to_owned()).context("no key was printed")?;
    let port = free_port()?;
    let mut web = bank.product.start("flood-web", &["web", &format!("--listen=127.0.0.1:{port}")])?;
    let host = format!("127.0.0.1:{port}");
    until_ready(&host).await?;
    let (bare, _serving) = wave::bare_route()?;

    let span = Duration::from_secs(args.seconds);
    let callers = honest::Callers { host: host.clone(), key, accounts, rate: args.rate };
    callers.pay(Duration::from_secs(3)).await?;
    let calm = callers.pay(span).await?;
    let (under_bare, bare_flood) = under(&callers, bare, span).await?;
    let (under_api, api_flood) = under(&callers, host.parse()?, span).await?;
    web.stop()?;
    worker.stop()?;

    let ratio = under_api.p99_ms / under_bare.p99_ms;
    line("honest p99, no flood, ms", format!("{:.2}", calm.p99_ms), "");
    line("honest p99, bare route flooded, ms", format!("{:.2}", under_bare.p99_ms), "");
    line("honest p99, API flooded, ms", format!("{:.2}", under_api.p99_ms), "");
    line("ratio of the last two", format!("{ratio:.2}"), "at most 3");
    line("requests/s of the flood, bare", bare_flood.per_second as u64, "");
    line("requests/s of the flood, API", api_flood.per_second as u64, "");
    let unanswered = under_api.unanswered + under_bare.unanswered + calm.unanswered;
    line("honest payments not posted", unanswered, "0");
    line("flood requests let in", api_flood.let_in, "0");
    let fine = ratio <= GOAL && unanswered == 0 && api_flood.let_in == 0;
    let circumstances = report::circumstances(Some(&bank.product), &bank.database_url).await;
    report::write(
        "flood",
        &json!({ "circumstances": circumstances, "seconds": args.seconds, "callers": args.callers, "rate": args.rate,
            "calm": calm, "bare": { "honest": under_bare, "flood": bare_flood },
            "api": { "honest": under_api, "flood": api_flood }, "p99_ratio": ratio, "passed": fine }),
    )?;
    bank.remove().await?;
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The honest callers' figures while that address is flooded.
async fn under(
    callers: &honest::Callers,
    flooded: std::net::SocketAddr,
    span: Duration,
) -> anyhow::Result<(honest::Figures, wave::Figures)> {
    let wave = wave::Wave::begin(flooded)?;
    let figures = callers.pay(span).await;
    Ok((figures?, wave.end()?))
}
