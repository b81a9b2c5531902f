//! `vigie key`: keys of the decision API. A key is shown once; the table holds its digest.

use super::reach::ReachArgs;
use crate::api::key;
use crate::config::Config;
use crate::store::Store;
use crate::store::api_keys::{ApiKeyRow, NewApiKey};
use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use clap::{Subcommand, ValueEnum};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key and print it, once.
    Add(AddArgs),
    /// Every key, without its secret.
    List,
    /// Let a key open nothing any more; effective within two seconds.
    Revoke {
        /// The key's visible beginning, such as vk_0123abcd.
        id: String,
    },
}

#[derive(Debug, clap::Args)]
struct AddArgs {
    /// Whose key it is; shown in the list.
    name: String,
    #[command(flatten)]
    reach: ReachArgs,
    /// What it is told beyond the state.
    #[arg(long, value_enum)]
    scope: Vec<Scope>,
    /// Requests per second, 1 to 100000, per web node.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rate: u32,
    /// Requests at once after a pause, 1 to 100000; twice the rate if absent.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    burst: Option<u32>,
    /// Days after which it opens nothing any more; never if absent.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scope {
    /// Verdict and score of detection.
    Decisions,
}

pub async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let store = Store::connect(&config).await?;
    match args.action {
        Action::Add(wanted) => add(&store, wanted).await?,
        Action::List => {
            let keys = store.api_keys().await?;
            keys.iter().for_each(|key| println!("{}", line(key, Utc::now())));
            println!("{} keys", keys.len());
        }
        Action::Revoke { id } => {
            anyhow::ensure!(store.revoke_api_key(&id).await?, "there is no key {id}");
            println!("Revoked {id}; it opens nothing after two seconds.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(store: &Store, wanted: AddArgs) -> anyhow::Result<()> {
    let made = key::make();
    let secret_sha256 = key::digest(&made.text).context("a key was made that cannot be one")?;
    let new = NewApiKey {
        id: made.id,
        secret_sha256,
        name: wanted.name,
        reach: wanted.reach.reach(),
        decisions: wanted.scope.contains(&Scope::Decisions),
        rate: wanted.rate,
        burst: wanted.burst.unwrap_or(wanted.rate.saturating_mul(2)).min(100_000),
        expires_at: wanted.days.map(|days| Utc::now() + TimeDelta::days(i64::from(days))),
    };
    store.add_api_key(&new).await?;
    println!("Added {} for {}.", new.id, new.name);
    println!("Key, shown once: {}", made.text);
    Ok(())
}

fn line(key: &ApiKeyRow, now: DateTime<Utc>) -> String {
    let state = match (key.revoked_at, key.expires_at) {
        (Some(at), _) => format!("revoked {}", at.format("%F %R")),
        (None, Some(at)) if at <= now => format!("expired {}", at.format("%F %R")),
        (None, Some(at)) => format!("until {}", at.format("%F %R")),
        (None, None) => "standing".to_owned(),
    };
    let scope = if key.decisions { "  decisions" } else { "" };
    let reach = super::reach::words(&key.reach);
    format!("{}  {}  {}/s, {} at once  {reach}{scope}  {state}", key.id, key.name, key.rate, key.burst)
}
