//! `vigie rebuild`.

use crate::config::Config;
use crate::store::Store;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Fold the log on top of an older backup instead of into an empty database.
    #[arg(long)]
    from_backup: bool,
}

pub async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let terminal = std::io::stderr().is_terminal();
    let rebuilt = crate::rebuild::run(&config, args.from_backup, |so_far| {
        if terminal {
            eprint!("\r{} accounts, {} transactions", so_far.accounts, so_far.transactions);
            // A progress line that cannot be flushed is no reason to stop.
            let _ = std::io::stderr().flush();
        }
    })
    .await?;
    if terminal {
        eprintln!();
    }
    println!(
        "rebuilt from {} facts: {} accounts, {} transactions, {} dead letters; run `vigie verify` next",
        rebuilt.facts, rebuilt.accounts, rebuilt.transactions, rebuilt.dead_letters
    );
    // The log knows which model decides, not its bytes: a worker that needs them stops rather than decide otherwise.
    if let Some(sha256) = Store::connect(&config).await?.missing_model_file().await? {
        println!(
            "put the model's file back with `vigie model add FILE` before a worker starts: its sha256 is {sha256}"
        );
    }
    Ok(ExitCode::SUCCESS)
}
