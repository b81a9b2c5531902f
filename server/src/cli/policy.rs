//! `vigie policy`: what detection goes by, as JSON that can be read, changed and sent back.

use crate::config::Config;
use crate::control::{Answer, Control};
use crate::store::Store;
use crate::store::control::HistoryRow;
use crate::store::policy::{current_versions, load_policy};
use anyhow::Context as _;
use clap::Subcommand;
use detection::policy::Policy;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print a policy as JSON: the one in force, unless another is asked for.
    Show {
        #[arg(long)]
        version: Option<i64>,
    },
    /// Make this file the policy, on all workers within a second. What is wrong with it is named by its path.
    Change {
        file: PathBuf,
        /// Why; kept with the version.
        #[arg(long)]
        reason: String,
    },
    /// List every version, newest first.
    History,
}

/// # Errors
/// When database or log do not answer, or the policy is refused.
pub async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let store = Store::connect(&config).await?;
    match args.action {
        Action::Show { version } => {
            let version = match version {
                Some(version) => version,
                None => current_versions(store.pool()).await?.policy,
            };
            println!("{}", serde_json::to_string_pretty(&load_policy(store.pool(), version).await?)?);
        }
        Action::Change { file, reason } => {
            let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
            // The worker asks again; this answer needs no worker.
            Policy::from_json(&text)?;
            let (control, _tail) = Control::alone(&config, store).await?;
            return tell("policy", &control.change_policy(text, &reason, None).await?);
        }
        Action::History => {
            for row in store.policy_history().await? {
                println!("{}", line(&row));
            }
            println!("1  built in");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Says what became of a change.
pub(super) fn tell(what: &str, answer: &Answer) -> anyhow::Result<ExitCode> {
    match answer {
        Answer::InForce(version) => println!("{what} version {version} is in force"),
        Answer::Refused { field, said } => anyhow::bail!("{field}: {said}"),
        Answer::StillProcessing => {
            println!("The request is in the log, not decided yet: no worker runs, or it is far behind.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn line(row: &HistoryRow) -> String {
    let by = row.person_id.map_or_else(|| "the command line".to_owned(), |person| person.to_string());
    let at = row.recorded_at.format("%Y-%m-%d %H:%M:%S UTC");
    let reason: String = row.reason.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("{}  {at}  by {by}  {reason}", row.version)
}
