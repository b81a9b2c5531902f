//! `vigie topics`.

use crate::config::Config;
use crate::kafka::topics::{TopicState, ensure};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {}

pub async fn run(config: Config, _args: Args) -> anyhow::Result<ExitCode> {
    for (name, state) in ensure(&config).await? {
        let word = match state {
            TopicState::Created => "created",
            TopicState::Existing => "there",
        };
        println!("{name} {word}");
    }
    Ok(ExitCode::SUCCESS)
}
