//! `vigie demo`.

use super::import::show_while;
use crate::bulk::Bulk;
use crate::config::Config;
use crate::demo::{load, people};
use crate::store::Store;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {}

/// # Errors
/// Outside demo mode, and when the bank cannot take the data.
pub async fn run(config: Config, _args: Args) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(config.demo, "demo people sign in without a password: load them only with VIGIE_DEMO=true");
    let store = Store::connect(&config).await?;
    let bulk = Bulk::new(&config, &store)?;
    let currency = config.currency;
    let progress = show_while("demo data", |told| async move { Ok(load(&bulk, currency, &told).await?) }).await?;
    println!("demo data: {} transactions, {} of them new", progress.total, progress.added);
    let names = |staff: bool| {
        let everybody: &[people::DemoPerson] = if staff { &people::STAFF } else { &people::CUSTOMERS };
        everybody.iter().filter(|person| person.offered).map(|person| person.username).collect::<Vec<_>>().join(", ")
    };
    println!("sign in by one click as {}, or as one of the customers {}", names(true), names(false));
    Ok(ExitCode::SUCCESS)
}
