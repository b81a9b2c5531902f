//! `cargo lab policy`: policies change ten times while two workers decide a thousand payments a second.
//!
//! Everything is asked through the product's own command line and once, with a policy that cannot be in force, straight
//! on `bank.control`. What then counts is when Postgres committed: a change, and each decision after it. Rows of one
//! database transaction are one batch. Each policy has thresholds of its own, so that a verdict shows which one it was
//! made by, whatever it says of itself.

mod changes;
mod group;
mod load;
mod verdict;

use crate::bank::{Bank, Detection};
use crate::load::account_numbers;
use crate::report::{self, line};
use crate::services::{Service, ServiceArgs, Services};
use crate::{cpu, db, events, product};
use anyhow::Context as _;
use changes::{Change, Desk, What};
use load::Load;
use serde_json::json;
use sqlx::Executor as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use verdict::{Found, Verdict};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Payments per second.
    #[arg(long, default_value_t = 1_000)]
    rate: u32,
    /// Policies put into force under load; a model and two that are refused come besides.
    #[arg(long, default_value_t = 10)]
    changes: u32,
    /// Seconds from one to the next.
    #[arg(long, default_value_t = 3)]
    every: u64,
    #[arg(long, default_value_t = 12)]
    partitions: i32,
    #[arg(long, default_value_t = 4_000)]
    accounts: usize,
}

/// Milliseconds from the log's taking a change to the last decision made without it.
pub const LIVE_WITHIN_MS: f64 = 1_000.0;

pub async fn run(service_args: &ServiceArgs, vigie: Option<&PathBuf>, args: &Args) -> anyhow::Result<ExitCode> {
    let binary = product::binary(vigie.map(PathBuf::as_path))?;
    let services = Services::start(service_args, "policy")?;
    note_commits(&services).await?;
    let bank = Bank::create(&binary, &services, "policy", args.partitions, Detection::On).await?;
    let mut workers = Vec::new();
    for index in 1..=2 {
        workers.push(bank.product.start(&format!("policy-worker-{index}"), &["worker"])?);
    }
    let owners = group::settled(&bank, workers.len(), args.partitions, Duration::from_secs(60)).await?;
    let numbers = account_numbers(args.accounts);
    bank.open_accounts(&numbers, None)?;
    bank.decided(Duration::from_secs(60)).await?;

    let desk = Desk::new(&bank)?;
    // What is built in judges nothing here: holds and refusals would keep the load from flowing.
    desk.ask(What::Policy(changes::FIRST_REVIEW))?;
    let load = Load::begin(&bank, numbers, args.rate)?;
    let asked = ask_all(&desk, args).await;
    let sent = load.end()?;
    let changes = asked?;
    bank.decided(Duration::from_secs(60)).await?;
    let after = group::members(&bank)?;
    anyhow::ensure!(after == owners, "partitions changed hands meanwhile: {owners:?}, then {after:?}");
    for worker in &mut workers {
        anyhow::ensure!(worker.runs(), "{} ended by itself; see {}", worker.name, worker.log.display());
        worker.stop()?;
    }

    let found = Found::read(&bank, &owners).await?;
    let told = events::read_facts(&bank.brokers, &bank.events)?;
    let verdict = Verdict::of(&changes, &sent.ids, &found, &told);
    print(&verdict, sent.per_second);
    let balanced = bank.balanced().await?;
    line("books that do not sum to zero", u8::from(!balanced), "0");
    let passed = verdict.holds() && balanced;
    let circumstances = report::circumstances(Some(&bank.product), &bank.database_url).await;
    report::write(
        "policy",
        &json!({ "circumstances": circumstances, "load_1min_after": cpu::load(), "partitions": args.partitions,
            "accounts": args.accounts, "asked_per_second": args.rate, "sent_per_second": sent.per_second,
            "verdict": verdict, "passed": passed }),
    )?;
    bank.remove().await?;
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Postgres tells when a row was committed only if it was told to note that before it started.
async fn note_commits(services: &Services) -> anyhow::Result<()> {
    let mut connection = db::connect(&services.database_url).await?;
    let noted: String = sqlx::query_scalar("show track_commit_timestamp").fetch_one(&mut connection).await?;
    if noted == "on" {
        return Ok(());
    }
    connection.execute("alter system set track_commit_timestamp = on").await?;
    drop(connection);
    services.kill(Service::Postgres).context("the given Postgres needs track_commit_timestamp = on")?;
    services.start_again(Service::Postgres)
}

/// One after another, the refused ones and the model in the middle.
async fn ask_all(desk: &Desk<'_>, args: &Args) -> anyhow::Result<Vec<Change>> {
    let every = Duration::from_secs(args.every);
    let mut asked = Vec::new();
    let mut next = tokio::time::interval(every);
    next.tick().await;
    for number in 1..=args.changes {
        next.tick().await;
        asked.push(desk.ask(What::Policy(changes::FIRST_REVIEW + 5 * number))?);
        if number == args.changes.div_ceil(2) {
            for what in [What::Bad, What::BadOnTheLog, What::Model] {
                next.tick().await;
                asked.push(desk.ask(what)?);
            }
        }
    }
    next.tick().await;
    Ok(asked)
}

fn print(verdict: &Verdict, per_second: f64) {
    println!("times in milliseconds from the log's append of the change");
    println!(
        "{:<14} {:>9} {:>9} {:>9}   {:>13} {:>13}   {:>9}",
        "change", "committed", "told", "first new", "last old, w1", "last old, w2", "late"
    );
    for row in &verdict.changes {
        let last = |worker: usize| row.last_old_ms.get(worker).copied().unwrap_or_default();
        println!(
            "{:<14} {:>9.1} {:>9.1} {:>9.1}   {:>13.1} {:>13.1}   {:>9}",
            row.what,
            row.committed_ms,
            row.told_ms,
            row.first_new_ms,
            last(0),
            last(1),
            row.late
        );
    }
    for refused in &verdict.refused {
        println!("refused: {refused}");
    }
    let decided = verdict.decided_by.iter().map(u64::to_string).collect::<Vec<_>>().join(" + ");
    line("payments per second", per_second.round(), "");
    line("payments decided by each worker", decided, "");
    line("of them alerts", verdict.alerts, "");
    line("batches", verdict.batches, "");
    line("append to commit p50, ms", &verdict.append_to_commit_ms["p50"], "");
    line("append to commit p99, ms", &verdict.append_to_commit_ms["p99"], "");
    line("slowest change, ms", format!("{:.1}", verdict.slowest_ms), "at most 1000");
    for (name, count) in verdict.faults() {
        line(name, count, "0");
    }
    for example in verdict.examples.iter().take(5) {
        println!("  {example}");
    }
}
