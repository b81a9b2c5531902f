//! The fraud benchmark: the product's features and model against labelled payments, by the published protocol.
//!
//! Promises: rows go through the histories once, in time order, each scored before its own label is said; metrics
//! know nothing of how scores are made. Here, and only here, the lab calls the crate `detection`, because the question is how good its
//! features and model are; what it says about them shares nothing with them. For now the batch half: the same rows
//! through Kafka, worker and Postgres must later give the same scores. Absent: the data (`VIGIE_DATA`, never copied).

mod data;
mod fold;
mod replay;
mod sample;
mod table;

use crate::report;
use crate::services;
use anyhow::{Context as _, bail};
use data::Data;
use detection::features::N;
use detection::model::{Model, Recipe};
use fold::{Fold, Outcome};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Folder with handbook_tx.csv.zst and handbook_labels.csv.zst; relative to the project.
    #[arg(long, env = "VIGIE_DATA", default_value = "../shared/data")]
    data: PathBuf,
    /// First training days of the folds; none takes the last four weeks that fit.
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true)]
    folds: Vec<i64>,
    /// Writes TRANSACTION_ID,SCORE of every row of the test weeks (higher is worse).
    #[arg(long)]
    scores: Option<PathBuf>,
    /// Writes the newest fold's model file; with --speed-only reads it.
    #[arg(long)]
    model: Option<PathBuf>,
    /// Trains nothing and measures speed alone, with the model read from --model.
    #[arg(long, requires = "model", conflicts_with = "no_speed")]
    speed_only: bool,
    /// With --speed-only: replays only the first so many payments, for a profiler.
    #[arg(long, requires = "speed_only")]
    rows: Option<usize>,
    /// Histories, features and model alone, without Kafka and Postgres. The only way so far.
    #[arg(long)]
    batch: bool,
    /// Days to train on, ending where the protocol's seven end. Other than 7 is not the published protocol.
    #[arg(long, default_value_t = 7)]
    train_days: i64,
    /// Compares the fifteen published features with the published sample, and does no more.
    #[arg(long)]
    sample_check: bool,
    /// Trains on the fifteen published features alone.
    #[arg(long)]
    handbook_only: bool,
    /// Leaves out the features whose names start so; to see what they are worth.
    #[arg(long, value_delimiter = ',')]
    without: Vec<String>,
    /// Skips the second pass, which measures speed.
    #[arg(long)]
    no_speed: bool,
    #[command(flatten)]
    recipe: RecipeArgs,
}

#[derive(Debug, Clone, Copy, clap::Args)]
struct RecipeArgs {
    #[arg(long)]
    trees: Option<usize>,
    #[arg(long)]
    rate: Option<f64>,
    #[arg(long)]
    depth: Option<usize>,
    #[arg(long)]
    min_gain: Option<f64>,
    #[arg(long)]
    min_hessian: Option<f64>,
    #[arg(long)]
    lambda: Option<f64>,
}

impl RecipeArgs {
    fn recipe(self) -> Recipe {
        let shipped = Recipe::default();
        Recipe {
            trees: self.trees.unwrap_or(shipped.trees),
            rate: self.rate.unwrap_or(shipped.rate),
            depth: self.depth.unwrap_or(shipped.depth),
            min_gain: self.min_gain.unwrap_or(shipped.min_gain),
            min_hessian: self.min_hessian.unwrap_or(shipped.min_hessian),
            lambda: self.lambda.unwrap_or(shipped.lambda),
        }
    }
}

pub async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let circumstances = report::circumstances(None, "").await;
    let args = args.clone();
    tokio::task::spawn_blocking(move || judge(&args, &circumstances)).await?
}

fn judge(args: &Args, circumstances: &Value) -> anyhow::Result<ExitCode> {
    let folder = services::root().join(&args.data);
    let data = Data::read(&folder)?;
    eprintln!("{} payments over {} days, {} frauds", data.rows.len(), data.days(), data.frauds());
    if args.sample_check {
        let agrees = sample::check(&folder, &data, data.rows.len())?;
        return Ok(if agrees { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if let Some(path) = args.model.as_ref().filter(|_| args.speed_only) {
        let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
        let (pace, _) = replay::timed(&data, args.rows.unwrap_or(data.rows.len()), &Model::parse(&bytes)?);
        print_pace(&pace);
        return Ok(ExitCode::SUCCESS);
    }
    let recipe = args.recipe.recipe();
    let folds = folds(args, &data)?;
    let kept = replay::features(&data, &fold::days_needed(&folds));
    let features = fold::features(args.handbook_only, &args.without);
    eprintln!("training {} folds on {} of {N} features, {recipe:?}", folds.len(), features.len());
    let outcomes = fold::run_all(&folds, &data, &kept, &recipe, &features)?;
    let test_ids = data::test_ids(&folder)?;
    for outcome in &outcomes {
        fold::compare_rows(outcome, &data, test_ids.get(&outcome.fold.start))?;
    }
    table::print(&outcomes, &data, args.train_days);
    if let Some(path) = &args.scores {
        write_scores(path, &outcomes, &data)?;
    }
    // The newest fold's model is the one to keep and to measure.
    let newest = outcomes.iter().max_by_key(|outcome| outcome.fold.start).context("no fold")?;
    if let Some(path) = &args.model {
        std::fs::write(path, &newest.bytes).with_context(|| path.display().to_string())?;
    }
    let speed = if args.no_speed { Value::Null } else { speed(&data, newest)? };
    report::write(
        "fraud",
        &json!({
            "circumstances": circumstances,
            "recipe": recipe,
            "train_days": args.train_days,
            "features": features,
            "folds": outcomes.iter().map(Outcome::json).collect::<Vec<_>>(),
            "speed": speed,
        }),
    )?;
    Ok(ExitCode::SUCCESS)
}

fn folds(args: &Args, data: &Data) -> anyhow::Result<Vec<Fold>> {
    let last = data.days() - 1;
    let starts = if args.folds.is_empty() {
        // 136, 129, 122 and 115 for the handbook's 157 days.
        (0..4).map(|week| last - 20 - 7 * week).filter(|start| *start >= 0).collect()
    } else {
        args.folds.clone()
    };
    if args.train_days < 1 || starts.is_empty() || starts.iter().any(|start| *start < 0 || start + 20 > last) {
        bail!("a fold needs its training days and day S+20 among the {} days of the data", last + 1);
    }
    Ok(starts.into_iter().map(|start| Fold { start, train_days: args.train_days }).collect())
}

fn write_scores(path: &Path, outcomes: &[Outcome], data: &Data) -> anyhow::Result<()> {
    let mut scores: Vec<(u64, f64)> =
        outcomes.iter().flat_map(|outcome| &outcome.scores).map(|(row, score)| (data.rows[*row].id, *score)).collect();
    scores.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
    if scores.windows(2).any(|pair| pair[0].0 == pair[1].0) {
        bail!("test weeks overlap: one score per transaction cannot be written");
    }
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).with_context(|| path.display().to_string())?);
    writeln!(file, "TRANSACTION_ID,SCORE")?;
    for (id, score) in &scores {
        writeln!(file, "{id},{score}")?;
    }
    file.flush()?;
    eprintln!("{} scores written", scores.len());
    Ok(())
}

fn speed(data: &Data, newest: &Outcome) -> anyhow::Result<Value> {
    let (pace, scores) = replay::timed(data, data.rows.len(), &newest.model);
    if newest.scores.iter().any(|(row, score)| scores[*row].to_bits() != score.to_bits()) {
        bail!("the second pass gave another score than the first");
    }
    print_pace(&pace);
    Ok(serde_json::to_value(pace)?)
}

fn print_pace(pace: &replay::Pace) {
    report::line("features + score, tx/s per core", format!("{:.0}", pace.per_second), ">= 200000");
    report::line("features + score p50, us", format!("{:.2}", pace.p50_us), "");
    report::line("features + score p99, us", format!("{:.2}", pace.p99_us), "<= 50");
    report::line("of it the score alone, us", format!("{:.2}", pace.score_us), "");
    report::line(
        "features, model, all rules: decisions/s per core",
        format!("{:.0}", pace.decisions_per_second),
        ">= 200000",
    );
    report::line("the same, p50, us", format!("{:.2}", pace.decision_p50_us), "");
    report::line("the same, p99, us", format!("{:.2}", pace.decision_p99_us), "<= 50");
    report::line("with the histories' upkeep, tx/s", format!("{:.0}", pace.per_second_kept), "");
    report::line("bytes per account", pace.bytes_per_account, "");
    report::line("bytes per counterparty", pace.bytes_per_counterparty, "");
}
