//! `vigie verify`.

use crate::config::Config;
use crate::store::Store;
use crate::verify::{lines, verify};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print the report as JSON.
    #[arg(long)]
    pub json: bool,
}

/// # Errors
/// When the database does not answer.
pub async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let store = Store::connect(&config).await?;
    let report = verify(&store).await?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        lines(&report).iter().for_each(|line| println!("{line}"));
    }
    Ok(if report.clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
