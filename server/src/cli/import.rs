//! `vigie import`.

use super::progress::ProgressLine;
use crate::bulk::Bulk;
use crate::config::Config;
use crate::import::file::{Reading, Split};
use crate::import::run::{Phase, Plan, Progress, run as carry_through};
use crate::kafka::command_producer::Source;
use crate::store::Store;
use anyhow::Context as _;
use app::ports::{DateOrder, ImportMapping, ImportPreset, ImportProblem};
use domain::Currency;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::sync::watch;

/// How many bad lines are printed one by one.
const PRINTED_PROBLEMS: usize = 20;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file: CSV in UTF-8, windows-1252 or windows-1250, plain or gzip.
    pub file: PathBuf,
    /// What file it is; auto looks at the header.
    #[arg(long, value_enum, default_value = "auto")]
    pub preset: Preset,
    /// Short name of the bank the file comes from. Part of every row's id; account numbers of any bank but "home" are kept
    /// behind it (BERKA-576). Default: the preset's, else home. Amounts are in --currency; Berka's in CZK.
    #[arg(long)]
    pub bank: Option<String>,
    /// Which of day, month and year comes first (preset columns). Needed when no day in the file exceeds 12.
    #[arg(long, value_enum)]
    pub date_order: Option<Order>,
    /// Cells are separated by this (preset columns).
    #[arg(long)]
    pub delimiter: Option<char>,
    /// Column of the date: its name in the header, or its number from 1 (preset columns).
    #[arg(long)]
    pub date_column: Option<String>,
    /// Column of the account; likewise.
    #[arg(long)]
    pub account_column: Option<String>,
    /// Column of the signed amount; likewise.
    #[arg(long)]
    pub amount_column: Option<String>,
    /// Column of the running balance, where there is one: it warns, never rejects; likewise.
    #[arg(long)]
    pub balance_column: Option<String>,
    /// Read and report, send nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Print the result as JSON.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Preset {
    Auto,
    Student,
    Berka,
    Columns,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Order {
    Dmy,
    Mdy,
    Ymd,
}

/// What was read and what became of it.
#[derive(Debug, Serialize)]
struct Report<'a> {
    mapping: &'a ImportMapping,
    encoding: &'static str,
    dry_run: bool,
    accounts: usize,
    #[serde(flatten)]
    progress: Progress,
    problems: &'a [ImportProblem],
}

/// # Errors
/// When the file cannot be read, its dates are unclear, or the bank cannot take it.
pub async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    let bytes = std::fs::read(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let split = Split::new(&bytes, args.delimiter)?;
    let mapping = mapping(&split, &args, config.currency)?;
    let reading = split.read(&mapping, config.time_zone)?;
    if reading.date_order_unclear {
        anyhow::bail!("no day in the file exceeds 12: say with --date-order dmy, mdy or ymd how its dates are written");
    }
    let plan = Plan::of_reading(&reading);
    let nothing_sent = Progress { total: reading.rows.len() as u64, bad: reading.bad, ..Progress::default() };
    let progress = if args.dry_run { nothing_sent } else { send(&config, &args.file, &plan).await? };
    let accounts = plan.accounts.len().saturating_sub(1);
    if args.json {
        let report = Report {
            mapping: &reading.mapping,
            encoding: split.encoding,
            dry_run: args.dry_run,
            accounts,
            progress,
            problems: &reading.problems,
        };
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&reading, accounts, progress, args.dry_run);
    }
    Ok(ExitCode::SUCCESS)
}

/// What was found in the file, and over it what was said.
fn mapping(split: &Split, args: &Args, currency: Currency) -> anyhow::Result<ImportMapping> {
    let preset = match args.preset {
        Preset::Auto => None,
        Preset::Student => Some(ImportPreset::StudentBank),
        Preset::Berka => Some(ImportPreset::Berka),
        Preset::Columns => Some(ImportPreset::Columns),
    };
    let mut mapping = split.suggest(preset, currency);
    let header = split.records.first().map_or(&[][..], |(_, cells)| cells);
    let column = |said: &Option<String>, found: usize| match said {
        Some(name) => column_of(name, header),
        None => Ok(found),
    };
    mapping.date_column = column(&args.date_column, mapping.date_column)?;
    mapping.account_column = column(&args.account_column, mapping.account_column)?;
    mapping.amount_column = column(&args.amount_column, mapping.amount_column)?;
    if let Some(name) = &args.balance_column {
        mapping.balance_column = Some(column_of(name, header)?);
    }
    if args.date_column.is_some() {
        // The order was guessed from another column.
        mapping.date_order = None;
    }
    if let Some(order) = args.date_order {
        mapping.date_order = Some(match order {
            Order::Dmy => DateOrder::DayMonthYear,
            Order::Mdy => DateOrder::MonthDayYear,
            Order::Ymd => DateOrder::YearMonthDay,
        });
    }
    if let Some(bank) = &args.bank {
        mapping.bank.clone_from(bank);
    }
    Ok(mapping)
}

fn column_of(name: &str, header: &[String]) -> anyhow::Result<usize> {
    if let Some(column) = header.iter().position(|cell| cell.eq_ignore_ascii_case(name)) {
        return Ok(column);
    }
    match name.parse::<usize>() {
        Ok(number) if (1..=header.len()).contains(&number) => Ok(number - 1),
        _ => anyhow::bail!("the file has no column {name:?}"),
    }
}

async fn send(config: &Config, file: &Path, plan: &Plan) -> anyhow::Result<Progress> {
    let store = Store::connect(config).await?;
    let bulk = Bulk::new(config, &store)?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    show_while(&name, |told| async move { Ok(carry_through(&bulk, Source::Import, plan, &told).await?) }).await
}

/// Runs the work and shows its progress on standard error.
pub(super) async fn show_while<F>(
    what: &str,
    work: impl FnOnce(watch::Sender<Progress>) -> F,
) -> anyhow::Result<Progress>
where
    F: Future<Output = anyhow::Result<Progress>>,
{
    let (told, mut heard) = watch::channel(Progress::default());
    let mut line = ProgressLine::default();
    let work = work(told);
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => {
                let progress = done?;
                line.finish(what, progress.decided, progress.total);
                return Ok(progress);
            }
            Ok(()) = heard.changed() => {
                let progress = *heard.borrow_and_update();
                if matches!(progress.phase, Phase::Sending | Phase::Deciding) {
                    // Half of the way is into the log, half through the worker.
                    line.show(what, (progress.sent + progress.decided) / 2, progress.total);
                }
            }
        }
    }
}

fn print(reading: &Reading, accounts: usize, progress: Progress, dry_run: bool) {
    let on = format!("{} on {}", counted(progress.total, "row"), counted(accounts as u64, "account"));
    if dry_run {
        println!("{on} can be imported; nothing was sent");
    } else {
        println!(
            "{on}: {} added, {} already there, {} refused",
            progress.added, progress.already_there, progress.refused
        );
    }
    println!("{} not taken", counted(progress.bad, "line"));
    if progress.overdrawn_accounts > 0 {
        let overdrawn = counted(progress.overdrawn_accounts, "account");
        println!("{overdrawn} went below zero at times: imported history may overdraw");
    }
    let warnings = reading.problems.iter().filter(|problem| problem.warning).count();
    if warnings > 0 {
        let days = counted(warnings as u64, "day");
        println!("{days} on which the file's running balance is not what its rows add up to (a warning)");
    }
    let bad: Vec<&ImportProblem> = reading.problems.iter().filter(|problem| !problem.warning).collect();
    for problem in bad.iter().take(PRINTED_PROBLEMS) {
        println!("  line {}: {}: {}", problem.line, code_word(problem), problem.text);
    }
    if bad.len() > PRINTED_PROBLEMS {
        let mut by_code: BTreeMap<String, usize> = BTreeMap::new();
        bad.iter().for_each(|problem| *by_code.entry(code_word(problem)).or_default() += 1);
        let counts: Vec<String> = by_code.iter().map(|(code, count)| format!("{count} {code}")).collect();
        println!("  … in all {}; --json lists every line", counts.join(", "));
    }
}

fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn code_word(problem: &ImportProblem) -> String {
    serde_json::to_value(problem.code)
        .ok()
        .and_then(|value| value.as_str().map(|word| word.replace('_', " ")))
        .unwrap_or_default()
}
