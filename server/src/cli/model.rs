//! `vigie model`: which model weighs payments, and what its card says.

use super::policy::{line, tell};
use crate::config::Config;
use crate::control::{Control, add_model_file};
use crate::store::Store;
use crate::store::policy::{current_versions, load_model};
use anyhow::Context as _;
use clap::Subcommand;
use detection::model::{Model, Window};
use domain::hex::hex;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make this file the model, on all workers within a second. A broken file is refused and the old one stays.
    Promote {
        file: PathBuf,
        /// Why; kept with the version.
        #[arg(long)]
        reason: String,
    },
    /// Let the rules decide alone.
    Retire {
        #[arg(long)]
        reason: String,
    },
    /// Put a file back that the bank's database has lost, as after a rebuild. It decides nothing by itself.
    Add { file: PathBuf },
    /// Print the card: of the model in force, of another version, or of a file.
    Show {
        #[arg(long, conflicts_with = "file")]
        version: Option<i64>,
        #[arg(long)]
        file: Option<PathBuf>,
    },
    /// List every version, newest first.
    History,
}

/// # Errors
/// When database or log do not answer, or the model is refused.
pub async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    if let Action::Show { file: Some(file), .. } = &args.action {
        print_card(&Model::parse(&read(file)?)?);
        return Ok(ExitCode::SUCCESS);
    }
    let store = Store::connect(&config).await?;
    match args.action {
        Action::Promote { file, reason } => {
            let bytes = read(&file)?;
            Model::parse(&bytes)?;
            let (control, _tail) = Control::alone(&config, store).await?;
            return tell("model", &control.promote_model(&bytes, &reason, None).await?);
        }
        Action::Retire { reason } => {
            let (control, _tail) = Control::alone(&config, store).await?;
            return tell("model", &control.retire_model(&reason, None).await?);
        }
        Action::Add { file } => {
            println!("{} is here", add_model_file(&store, &read(&file)?).await?);
        }
        Action::Show { version, .. } => {
            let version = match version {
                Some(version) => version,
                None => current_versions(store.pool()).await?.model,
            };
            match load_model(store.pool(), version).await? {
                Some(model) => {
                    println!("version      {version}");
                    print_card(&model);
                }
                None => println!("version {version} is no model: the rules decide alone"),
            }
        }
        Action::History => {
            for row in store.model_history().await? {
                println!("{}  {}", line(&row), row.sha256.as_deref().map_or_else(|| "retired".to_owned(), hex));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

pub(super) fn print_card(model: &Model) {
    let file = model.file();
    println!("sha256       {}", model.id());
    println!("about        {}", file.about);
    println!("trained on   {}", window(&file.trained_on));
    println!("calibrated   {}", file.calibrated_on.as_ref().map_or_else(|| "no".to_owned(), window));
    let recipe = &file.recipe;
    println!("trees        {} of depth {} at rate {}", file.trees.len(), recipe.depth, recipe.rate);
    println!("features     {}", file.features.len());
    for (name, value) in &file.figures {
        println!("{name:<24} {value:.4}");
    }
}

fn window(window: &Window) -> String {
    let day = |ms: i64| chrono::DateTime::from_timestamp_millis(ms).map(|at| at.format("%Y-%m-%d").to_string());
    let (from, until) = (day(window.from_ms).unwrap_or_default(), day(window.until_ms).unwrap_or_default());
    format!("{from} to {until}: {} payments, {} of them fraud ({})", window.rows, window.frauds, window.data)
}
