//! The fraud benchmark: the product's rules, features and model against labelled payments, by the published protocol.
//!
//! Two halves. In batch, rows go through the histories once, in time order, each scored before its own label is said;
//! then the same rows and labels go through Kafka, worker and Postgres, and the bank's own scores must be those of the
//! batch. Promises: the figures are of the bank's scores (with `--batch` of the others); metrics know nothing of how
//! scores are made. Here the lab calls the crate `detection`, because the question is how good it is; what it says about
//! it shares nothing with it. Absent: the data (`VIGIE_DATA`, never copied).

mod data;
mod fold;
mod pipeline;
mod replay;
mod sample;
mod schedule;
mod score;
mod table;

use crate::services::{self, ServiceArgs, Services};
use crate::{product, report};
use anyhow::{Context as _, bail};
use data::Data;
use detection::features::N;
use detection::model::metrics::Figures;
use detection::model::{Model, Recipe};
use fold::{Fold, Outcome};
use pipeline::Found;
use score::{Parts, Said, Scores};
use serde_json::{Map, Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;
use table::Column;

#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Folder with handbook_tx.csv.zst and handbook_labels.csv.zst; relative to the project.
    #[arg(long, env = "VIGIE_DATA", default_value = "../shared/data")]
    data: PathBuf,
    /// First training days of the folds; none takes the last four weeks that fit.
    #[arg(long, value_delimiter = ',', allow_hyphen_values = true)]
    folds: Vec<i64>,
    /// Writes TRANSACTION_ID,SCORE of every row of the test weeks: the uncapped sum of points, higher is worse.
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
    /// The batch half alone, without Kafka and Postgres.
    #[arg(long)]
    batch: bool,
    /// Every rule off: the score is the model's alone.
    #[arg(long)]
    no_rules: bool,
    /// No model: the score is the rules' alone.
    #[arg(long, conflicts_with = "no_rules")]
    rules_only: bool,
    /// Restarts the worker before each test week: it then judges by histories that it read from the tables.
    #[arg(long, conflicts_with = "batch")]
    restarts: bool,
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

impl Args {
    fn parts(&self) -> Parts {
        match (self.no_rules, self.rules_only) {
            (true, _) => Parts::ModelAlone,
            (false, true) => Parts::RulesAlone,
            (false, false) => Parts::RulesAndModel,
        }
    }
}

pub async fn run(service_args: &ServiceArgs, vigie: Option<&PathBuf>, args: &Args) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let judge = args.clone();
    if args.sample_check || args.speed_only {
        return tokio::task::spawn_blocking(move || look(&judge)).await?;
    }
    let binary = if args.batch { None } else { Some(product::binary(vigie.map(PathBuf::as_path))?) };
    let circumstances = report::circumstances(None, "").await;
    let batch = Arc::new(tokio::task::spawn_blocking(move || Batch::run(&judge)).await??);
    let found = match binary {
        Some(binary) => {
            let services = Services::start(service_args, "fraud")?;
            Some(pipeline::run(&services, &binary, &batch, args.parts(), args.restarts).await?)
        }
        None => None,
    };
    judge_scores(args, &batch, found, circumstances, begun)
}

/// What needs no training.
fn look(args: &Args) -> anyhow::Result<ExitCode> {
    let (folder, mut data) = read(args)?;
    if args.sample_check {
        return Ok(code(sample::check(&folder, &data, data.rows.len())?));
    }
    data.make_bookable();
    let path = args.model.as_ref().context("no --model")?;
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    let (pace, _) = replay::timed(&data, args.rows.unwrap_or(data.rows.len()), &Model::parse(&bytes)?);
    pace.report();
    Ok(ExitCode::SUCCESS)
}

fn code(fine: bool) -> ExitCode {
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(args: &Args) -> anyhow::Result<(PathBuf, Data)> {
    let folder = services::root().join(&args.data);
    let data = Data::read(&folder)?;
    eprintln!("{} payments over {} days, {} frauds", data.rows.len(), data.days(), data.frauds());
    Ok((folder, data))
}

/// The batch half: each fold's model, and every test week's scores by what may make them.
struct Batch {
    data: Data,
    recipe: Recipe,
    features: Vec<usize>,
    outcomes: Vec<Outcome>,
    said: Said,
    /// None where nobody asked.
    features_agree: Option<bool>,
    speed: Value,
}

impl Batch {
    fn run(args: &Args) -> anyhow::Result<Self> {
        let (folder, mut data) = read(args)?;
        let folds = folds(args, &data)?;
        let mut features_agree = None;
        if !args.batch {
            // What the pipeline could not do is said before minutes of training.
            schedule::sections(&data, &folds)?;
            features_agree = Some(sample::check(&folder, &data, data.rows.len())?);
        }
        let raised = data.make_bookable();
        if raised > 0 {
            println!("{raised} payments of 0.00 are taken as 0.01 in both halves: a ledger moves no zero");
        }
        let kept = replay::features(&data, &fold::days_needed(&folds));
        let recipe = args.recipe.recipe();
        let features = fold::features(args.handbook_only, &args.without);
        eprintln!("training {} folds on {} of {N} features, {recipe:?}", folds.len(), features.len());
        let outcomes = fold::run_all(&folds, &data, &kept, &recipe, &features)?;
        drop(kept);
        let test_ids = data::test_ids(&folder)?;
        for outcome in &outcomes {
            fold::compare_rows(outcome, &data, test_ids.get(&outcome.fold.start))?;
        }
        eprintln!("scoring the test weeks in batch");
        let said = score::all(&data, &outcomes)?;
        // The newest fold's model is the one to keep and to measure.
        let newest = outcomes.iter().max_by_key(|outcome| outcome.fold.start).context("no fold")?;
        if let Some(path) = &args.model {
            std::fs::write(path, &newest.bytes).with_context(|| path.display().to_string())?;
        }
        let speed = if args.no_speed { Value::Null } else { speed(&data, newest)? };
        Ok(Batch { data, recipe, features, outcomes, said, features_agree, speed })
    }

    fn scores_of(&self, parts: Parts) -> &[Scores] {
        let place = Parts::ALL.iter().position(|one| *one == parts).unwrap_or_default();
        &self.said.scores[place]
    }

    fn figures(&self, scores: &[Scores]) -> anyhow::Result<Vec<Figures>> {
        self.outcomes.iter().zip(scores).map(|(outcome, scores)| outcome.figures(&self.data, scores)).collect()
    }
}

/// Prints and writes what the scores are worth; the pipeline's where it ran.
fn judge_scores(
    args: &Args,
    batch: &Batch,
    found: Option<Found>,
    circumstances: Value,
    begun: Instant,
) -> anyhow::Result<ExitCode> {
    let parts = args.parts();
    let scores = found.as_ref().map_or(batch.scores_of(parts), |found| &found.scores);
    let place = if found.is_some() { "the pipeline" } else { "batch" };
    let judged = Column { name: format!("{}, in {place}", parts.name()), figures: batch.figures(scores)? };
    let of_batch = |(parts, scores): (Parts, &Vec<Scores>)| -> anyhow::Result<_> {
        Ok(Column { name: format!("{}, in batch", parts.name()), figures: batch.figures(scores)? })
    };
    let in_batch: Vec<_> = Parts::ALL.into_iter().zip(&batch.said.scores).map(of_batch).collect::<Result<_, _>>()?;
    table::print(&batch.outcomes, &judged, &in_batch, &batch.data, args.train_days);
    if parts != Parts::ModelAlone {
        table::print_rules(&batch.said.rules);
    }
    if let Some(path) = &args.scores {
        write_scores(path, scores, &batch.data)?;
    }
    if let Some(found) = &found {
        report::line("rows compared with batch", found.compared, "every row of the test weeks");
        report::line("greatest difference, points", format!("{:.1e}", found.greatest_difference), "<= 1e-9");
    }
    let fine = found.as_ref().is_none_or(|found| found.differ == 0) && batch.features_agree != Some(false);
    let outcomes = batch.outcomes.iter().zip(&judged.figures);
    report::write(
        "fraud",
        &json!({
            "circumstances": found.as_ref().map_or(&circumstances, |found| &found.circumstances),
            "recipe": batch.recipe,
            "train_days": args.train_days,
            "features": batch.features,
            "score": parts.name(),
            "scored_in": if found.is_some() { "pipeline" } else { "batch" },
            "folds": outcomes.map(|(outcome, figures)| outcome.json(figures)).collect::<Vec<_>>(),
            "mean": mean(&judged.figures),
            "means": in_batch.iter().map(|column| (column.name.clone(), mean(&column.figures))).collect::<Map<_, _>>(),
            "rules": batch.said.rules,
            "pipeline": found.as_ref().map(|found| &found.json),
            "published_features_agree": batch.features_agree,
            "speed": batch.speed,
            "seconds": begun.elapsed().as_secs_f64(),
        }),
    )?;
    Ok(code(fine))
}

fn mean(figures: &[Figures]) -> Value {
    let [auc, ap, cp] = table::means(figures).map(|(mean, deviation)| json!({ "mean": mean, "std": deviation }));
    json!({ "auc_roc": auc, "average_precision": ap, "card_precision_100": cp })
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

fn write_scores(path: &Path, scores: &[Scores], data: &Data) -> anyhow::Result<()> {
    let mut scores: Vec<(u64, f64)> =
        scores.iter().flatten().map(|(row, score)| (data.rows[*row].id, *score)).collect();
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
    if newest.probabilities.iter().any(|(row, score)| scores[*row].to_bits() != score.to_bits()) {
        bail!("the second pass gave another score than the first");
    }
    Ok(pace.report())
}
