//! `vigie train` and `vigie evaluate`: a model from the bank's own tables, and how good one is on them.

use super::model::{print_card, read};
use super::progress::ProgressLine;
use crate::config::Config;
use crate::store::Store;
use crate::training::{Span, evaluate_model, train_model};
use anyhow::Context as _;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone as _, Utc};
use detection::model::{Model, Recipe};
use std::path::PathBuf;
use std::process::ExitCode;

/// Days of the bank's time zone.
#[derive(Debug, clap::Args)]
struct Dates {
    /// First day, such as 2026-03-01.
    #[arg(long)]
    from: NaiveDate,
    /// The day after the last.
    #[arg(long)]
    until: NaiveDate,
    /// Leave out what was said of payments after this day began; everything that is known now counts if absent.
    #[arg(long)]
    known_by: Option<NaiveDate>,
}

#[derive(Debug, clap::Args)]
pub struct TrainArgs {
    #[command(flatten)]
    dates: Dates,
    /// Where the model file goes. `vigie model promote` takes it from there.
    #[arg(long)]
    output: PathBuf,
    /// Trees at most.
    #[arg(long)]
    trees: Option<usize>,
}

#[derive(Debug, clap::Args)]
pub struct EvaluateArgs {
    /// A model file.
    file: PathBuf,
    /// Writes TRANSACTION_ID,SCORE of every payment judged (higher is worse).
    #[arg(long)]
    scores: Option<PathBuf>,
    #[command(flatten)]
    dates: Dates,
}

impl Dates {
    fn span(&self, config: &Config) -> anyhow::Result<Span> {
        anyhow::ensure!(self.from < self.until, "--until must be later than --from");
        let begin = |day: NaiveDate| begin_of(day, config.time_zone).context("a day that the time zone does not have");
        let known_by = self.known_by.map(begin).transpose()?;
        Ok(Span {
            window: begin(self.from)?.timestamp_millis()..begin(self.until)?.timestamp_millis(),
            known_by: known_by.unwrap_or_else(Utc::now),
        })
    }
}

/// The first moment of a day; where the clock skips midnight, the first after it.
fn begin_of(day: NaiveDate, zone: chrono_tz::Tz) -> Option<DateTime<Utc>> {
    let midnight = zone.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest();
    let next = || zone.from_local_datetime(&day.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN)).earliest();
    midnight.or_else(next).map(|at| at.with_timezone(&Utc))
}

/// # Errors
/// When the database does not answer, there is nothing to learn from, or the file cannot be written.
pub async fn run(config: Config, args: TrainArgs) -> anyhow::Result<ExitCode> {
    let span = args.dates.span(&config)?;
    let store = Store::connect(&config).await?;
    let shipped = Recipe::default();
    let recipe = Recipe { trees: args.trees.unwrap_or(shipped.trees), ..shipped };
    recipe.check()?;
    let (mut reading, mut growing) = (ProgressLine::default(), ProgressLine::default());
    let read = |done, total| {
        if done == total { reading.finish("payments", done, total) } else { reading.show("payments", done, total) }
    };
    let grow = move |progress: detection::model::Progress| {
        let (done, total) = (progress.trees_done as u64, progress.trees as u64);
        if done == total { growing.finish("trees", done, total) } else { growing.show("trees", done, total) }
    };
    let bytes = train_model(&store, span, recipe, read, grow).await?;
    std::fs::write(&args.output, &bytes).with_context(|| format!("cannot write {}", args.output.display()))?;
    print_card(&Model::parse(&bytes)?);
    println!("written to {}", args.output.display());
    Ok(ExitCode::SUCCESS)
}

/// # Errors
/// When the file is no model, the database does not answer, or the days hold one kind of payments only.
pub async fn evaluate(config: Config, args: EvaluateArgs) -> anyhow::Result<ExitCode> {
    let span = args.dates.span(&config)?;
    let model = Model::parse(&read(&args.file)?)?;
    let store = Store::connect(&config).await?;
    let mut reading = ProgressLine::default();
    let shown = |done, total| {
        if done == total { reading.finish("payments", done, total) } else { reading.show("payments", done, total) }
    };
    let found = evaluate_model(&store, model, span, shown).await?;
    if let Some(path) = &args.scores {
        let mut text = String::from("TRANSACTION_ID,SCORE\n");
        found.scores.iter().for_each(|(id, score)| text.push_str(&format!("{id},{score}\n")));
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    println!("payments             {} on {} days, {} of them fraud", found.rows, found.days, found.frauds);
    println!("AUC ROC              {:.4}", found.figures.auc_roc);
    println!("average precision    {:.4}", found.figures.average_precision);
    println!(
        "accounts found at 100 a day  {:.4} (at most {:.4})",
        found.figures.card_precision_100, found.figures.card_precision_100_perfect
    );
    println!("said up to   payments     frauds   said   found");
    for row in &found.reliability {
        println!("{:>10.3} {:>10} {:>10} {:>6.3} {:>7.3}", row.up_to, row.rows, row.frauds, row.said, row.found);
    }
    Ok(ExitCode::SUCCESS)
}
