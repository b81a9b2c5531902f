//! `vigie rebuild`.

use crate::config::Config;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {}

pub async fn run(_config: Config, _args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("being built")
}
