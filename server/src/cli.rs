//! The subcommands of `vigie`: one file each. They parse, call one room, and say how it went.

pub mod demo;
pub mod import;
pub mod key;
pub mod migrate;
pub mod model;
pub mod policy;
pub mod producer;
pub mod progress;
mod reach;
pub mod rebuild;
pub mod serve;
pub mod simulate;
pub mod skip;
pub mod topics;
pub mod train;
pub mod user;
pub mod verify;

use crate::config::Config;
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A bank's event stream, watched.
#[derive(Debug, Parser)]
#[command(name = "vigie", version, about)]
pub struct Cli {
    #[command(flatten)]
    pub config: Config,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run web node and worker in one process.
    Serve(serve::Args),
    /// Run a web node alone.
    Web(serve::Args),
    /// Run a worker alone.
    Worker(serve::WorkerArgs),
    /// Import a CSV file of history through Kafka.
    Import(import::Args),
    /// Create the topics, or check the existing ones against the configuration.
    Topics(topics::Args),
    /// Add people, change roles, link accounts, disable, reset passwords.
    User(user::Args),
    /// Make, list and revoke keys of the decision API.
    Key(key::Args),
    /// Register, list and revoke direct producers to bank.commands.
    Producer(producer::Args),
    /// Recompute the books from the tables alone; exit 1 names each violation.
    Verify(verify::Args),
    /// Bring the database's schema up to date.
    Migrate(migrate::Args),
    /// Fold bank.events into the database.
    Rebuild(rebuild::Args),
    /// Let a halted partition pass one record, on record.
    Skip(skip::Args),
    /// Show, change and list the policy that detection goes by.
    Policy(policy::Args),
    /// Promote, retire and show the fraud model.
    Model(model::Args),
    /// Train a fraud model on the bank's own payments.
    Train(train::TrainArgs),
    /// Say how good a model file is on the bank's own payments.
    Evaluate(train::EvaluateArgs),
    /// Load the demo people and their history through the real pipeline, once.
    Demo(demo::Args),
    /// Make a bank up and send what goes on in it: history at full speed, or live traffic with frauds among it.
    Simulate(simulate::Args),
}

/// Runs one subcommand on a runtime of its own.
pub fn main(cli: Cli) -> ExitCode {
    let config = cli.config;
    if let Err(problem) = config.check() {
        eprintln!("vigie: {problem}");
        return ExitCode::from(2);
    }
    crate::telemetry::start(&config);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("vigie: cannot start: {error}");
            return ExitCode::from(2);
        }
    };
    let outcome = runtime.block_on(async {
        match cli.command {
            Command::Serve(args) => serve::run(config, args, serve::Parts::Both).await,
            Command::Web(args) => serve::run(config, args, serve::Parts::Web).await,
            Command::Worker(args) => serve::run_worker(config, args).await,
            Command::Import(args) => import::run(config, args).await,
            Command::Topics(args) => topics::run(config, args).await,
            Command::User(args) => user::run(config, args).await,
            Command::Key(args) => key::run(config, args).await,
            Command::Producer(args) => producer::run(config, args).await,
            Command::Verify(args) => verify::run(config, args).await,
            Command::Migrate(args) => migrate::run(config, args).await,
            Command::Rebuild(args) => rebuild::run(config, args).await,
            Command::Skip(args) => skip::run(config, args).await,
            Command::Policy(args) => policy::run(config, args).await,
            Command::Model(args) => model::run(config, args).await,
            Command::Train(args) => train::run(config, args).await,
            Command::Evaluate(args) => train::evaluate(config, args).await,
            Command::Demo(args) => demo::run(config, args).await,
            Command::Simulate(args) => simulate::run(config, args).await,
        }
    });
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("vigie: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory as _;

    #[test]
    fn every_subcommand_is_well_formed() {
        Cli::command().debug_assert();
    }
}
