//! `vigie migrate`: brings the schema up to date and says so.

use crate::config::Config;
use crate::store::Store;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {}

pub async fn run(config: Config, _args: Args) -> anyhow::Result<ExitCode> {
    Store::connect(&config).await?.migrate().await?;
    println!("The schema is up to date.");
    Ok(ExitCode::SUCCESS)
}
