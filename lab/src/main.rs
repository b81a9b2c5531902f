//! The proof: programs that drive the product from outside and judge what it did.
//!
//! Promises: it shares no code with what it judges (its own wire types, SQL, Kafka clients and checks); every command
//! starts and stops its own private services, ends by itself, and leaves its figures as JSON under `target/`. Absent
//! on purpose: any use of the crates `domain`, `app` and `server`. Four commands call `detection`: `fraud` judges its
//! rules, features and model and holds the bank's scores against them, `typologies` judges it on what `simulator` makes
//! up, `bench` times it on the same, `crash` decides again with it what stored evidence must give.

mod bank;
mod bench;
mod conflict;
mod cpu;
mod crash;
mod db;
mod events;
mod flood;
mod floor;
mod fraud;
mod http;
mod live;
mod load;
mod pace;
mod people;
mod poison;
mod policy;
mod product;
mod report;
mod sender;
mod services;
mod simulated;
mod topics;
mod typologies;
mod wire;

use clap::{Parser, Subcommand};
use services::ServiceArgs;
use std::path::PathBuf;
use std::process::ExitCode;

/// As the product has: what is timed in process is timed as it is shipped, and the floor programs have it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Proof commands for Vigie: load, crashes, benchmarks.
#[derive(Debug, Parser)]
#[command(name = "lab")]
struct Cli {
    #[command(flatten)]
    services: ServiceArgs,
    /// The `vigie` to judge; none builds it as it is shipped.
    #[arg(long, global = true)]
    vigie: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The floor programs on their own: raw ledger step and bare pipe.
    Floor(floor::Args),
    /// Bad records among good ones: each in the dead letters, the partitions moving on.
    Poison(poison::Args),
    /// One transaction id many times at once, and with another body.
    Conflict(conflict::Args),
    /// Honest callers of the decision API while a core floods it, beside a bare route flooded alike.
    Flood(flood::Args),
    /// Policies and a model changed under load: when each is in force, and that no decision mixes them.
    Policy(policy::Args),
    /// Load, kills at random moments, and a verdict from journal, database and log.
    Crash(crash::Args),
    /// Rates, processor time, latency and bytes, each beside its goal.
    Bench(bench::Args),
    /// Labelled payments through Kafka, worker and Postgres and in batch, judged by the published protocol.
    Fraud(fraud::Args),
    /// Recall by type of fraud in the simulated bank: rules alone, a model alone, both.
    Typologies(typologies::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("lab: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        // Dropping the command stops its processes and services.
        tokio::select! {
            outcome = run(cli) => outcome,
            _ = interrupted() => Err(anyhow::anyhow!("interrupted")),
        }
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("lab: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Floor(args) => floor::run(&cli.services, &args).await,
        Command::Crash(args) => crash::run(&cli.services, cli.vigie.as_ref(), &args).await,
        Command::Poison(args) => poison::run(&cli.services, cli.vigie.as_ref(), &args).await,
        Command::Conflict(args) => conflict::run(&cli.services, cli.vigie.as_ref(), &args).await,
        Command::Flood(args) => flood::run(&cli.services, cli.vigie.as_ref(), &args).await,
        Command::Policy(args) => policy::run(&cli.services, cli.vigie.as_ref(), &args).await,
        Command::Bench(args) => bench::run(&cli.services, cli.vigie.as_ref(), &args).await,
        Command::Fraud(args) => fraud::run(&cli.services, cli.vigie.as_ref(), &args).await,
        Command::Typologies(args) => typologies::run(&args).await,
    }
}

async fn interrupted() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
}
