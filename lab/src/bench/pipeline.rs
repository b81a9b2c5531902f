//! (a) and (b): produce with acks=all → consume → decide → commit → facts announced, at the fastest sustained rate.
//!
//! The generator signs everything before the clock runs and keeps a bounded backlog in front of the worker; the rate
//! is what arrives on `bank.events`, read from the broker's own end offsets.

use super::{Context, LedgerFloor, rounded, show};
use crate::bank::{Bank, Detection};
use crate::load::{Mix, Spread, account_numbers};
use crate::product::{Process, free_port};
use crate::sender::Sender;
use crate::services::Service;
use crate::wire::{Record, time_text};
use crate::{cpu, db, topics};
use chrono::{TimeDelta, Utc};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Records sent and not decided: enough for full batches, small enough to be read soon.
const BACKLOG: u64 = 60_000;
pub const ACCOUNTS: usize = 10_000;

/// How one stretch is driven.
pub struct Plan {
    pub workers: usize,
    pub web: bool,
    pub spread: Spread,
    pub warm: Duration,
    pub lasting: Duration,
    /// Records per second that are made ready; a faster product would run dry and be underrated.
    pub at_most: f64,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    pub facts_per_second: f64,
    pub booked: i64,
    /// Microseconds of processor time per booked transaction.
    pub worker_us: f64,
    pub web_us: f64,
    pub postgres_us: f64,
    pub broker_us: f64,
    pub generator_us: f64,
    /// Share of the machine that was busy, with everything else that ran on it.
    pub machine_busy: f64,
    pub ran_dry: bool,
}

impl Outcome {
    pub fn ours_us(&self) -> f64 {
        self.worker_us + self.web_us + self.postgres_us
    }

    pub fn json(&self) -> Value {
        json!({
            "facts_per_second": self.facts_per_second.round(),
            "booked": self.booked,
            "cpu_us": {
                "worker": rounded(self.worker_us), "web": rounded(self.web_us), "postgres": rounded(self.postgres_us),
                "broker": rounded(self.broker_us), "generator": rounded(self.generator_us),
            },
            "machine_busy": rounded(self.machine_busy),
            "ran_dry": self.ran_dry,
        })
    }
}

pub async fn measure(context: &Context<'_>, a: bool, b: bool, figures: &mut Map<String, Value>) -> anyhow::Result<()> {
    let mut floor = LedgerFloor::open(context).await?;
    let floor_seconds = context.seconds(15);
    let before = floor.pace(floor_seconds).await?;
    show("raw ledger step before, rows/s", before.round(), "");
    let bank = context.bank("pipeline", context.partitions, Detection::Off).await?;
    open(&bank).await?;
    if a {
        let plan = Plan {
            workers: 1,
            web: false,
            spread: Spread::Zipf,
            warm: context.seconds(10),
            lasting: context.seconds(60),
            at_most: before * 1.1,
        };
        let outcome = drive(context, &bank, &plan).await?;
        let after = floor.pace(floor_seconds).await?;
        // What else runs on the machine only ever slows a floor down: the better of the two is the floor.
        let raw = before.max(after);
        show("pipeline, facts/s", outcome.facts_per_second.round(), "");
        show("raw ledger step after, rows/s", after.round(), "");
        show("pipeline_ratio", outcome.facts_per_second / raw, "at least 0.50, aim at 0.80");
        figures.insert("pipeline_ratio".into(), json!(rounded(outcome.facts_per_second / raw)));
        let detail = json!({
            "partitions": context.partitions, "seconds": plan.lasting.as_secs(), "pipeline": outcome.json(),
            "raw_rows_per_second_before": before.round(), "raw_rows_per_second_after": after.round(),
        });
        figures.insert("pipeline".into(), detail);
    }
    if b {
        let plan = Plan {
            workers: 1,
            web: true,
            spread: Spread::Zipf,
            warm: context.seconds(10),
            lasting: context.seconds(30),
            at_most: before * 1.1,
        };
        let outcome = drive(context, &bank, &plan).await?;
        show("  worker, µs", outcome.worker_us, "");
        show("  web, µs", outcome.web_us, "");
        show("  postgres, µs", outcome.postgres_us, "");
        show("cpu_us_per_event", outcome.ours_us(), "at most 50, aim at 35");
        figures.insert("cpu_us_per_event".into(), json!(rounded(outcome.ours_us())));
        figures.insert("cpu".into(), outcome.json());
    }
    anyhow::ensure!(bank.balanced().await?, "the books do not sum to zero");
    bank.remove().await
}

/// Opens the accounts of the mix through a worker.
pub async fn open(bank: &Bank) -> anyhow::Result<()> {
    let mut worker = bank.product.start("bench-worker", &["worker"])?;
    bank.open_accounts(&account_numbers(ACCOUNTS), None)?;
    bank.decided(Duration::from_secs(120)).await?;
    worker.stop()?;
    Ok(())
}

/// Starts the processes, drives them for one stretch, stops them.
pub async fn drive(context: &Context<'_>, bank: &Bank, plan: &Plan) -> anyhow::Result<Outcome> {
    let names = (0..plan.workers).map(|index| format!("bench-worker-{index}"));
    let mut workers = names.map(|name| bank.product.start(&name, &["worker"])).collect::<anyhow::Result<Vec<_>>>()?;
    let outcome = drive_running(context, bank, plan, &mut workers).await?;
    for worker in &mut workers {
        worker.stop()?;
    }
    Ok(outcome)
}

/// One stretch with workers that run already and go on afterwards.
pub async fn drive_running(
    context: &Context<'_>,
    bank: &Bank,
    plan: &Plan,
    workers: &mut [Process],
) -> anyhow::Result<Outcome> {
    let wanted = (plan.at_most * (plan.warm + plan.lasting).as_secs_f64()) as usize + BACKLOG as usize;
    let records = ready(bank, plan.spread, wanted, plan.at_most);
    let web = if plan.web { Some(start_web(bank)?) } else { None };
    let stop = Arc::new(AtomicBool::new(false));
    let allowed = Arc::new(AtomicU64::new(BACKLOG));
    let begun = Instant::now();
    let generator = {
        let (stop, allowed) = (stop.clone(), allowed.clone());
        let mut sender = Sender::new(&bank.brokers, &bank.commands)?;
        std::thread::spawn(move || send_until(&stop, &allowed, &mut sender, &records))
    };
    let mut connection = db::connect(&bank.database_url).await?;
    let start = topics::total(&db::fences(&mut connection).await?);
    let mut marks = Vec::new();
    let mut due = [plan.warm, plan.warm + plan.lasting].into_iter();
    let mut next = due.next();
    while let Some(at) = next {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let decided = topics::total(&db::fences(&mut connection).await?) - start;
        allowed.store(decided.max(0) as u64 + BACKLOG, Ordering::Relaxed);
        if begun.elapsed() >= at {
            marks.push(Mark::take(context, bank, workers, web.as_ref(), &mut connection).await?);
            next = due.next();
        }
    }
    stop.store(true, Ordering::Relaxed);
    let ran_dry = generator.join().map_err(|_| anyhow::anyhow!("the generator panicked"))??;
    bank.decided(Duration::from_secs(120)).await?;
    for worker in workers {
        anyhow::ensure!(worker.runs(), "{} ended by itself; see {}", worker.name, worker.log.display());
    }
    let [from, to] = marks.as_slice() else { anyhow::bail!("the stretch has two ends") };
    let booked = db::posted_between(&mut connection, &from.fences, &to.fences).await?;
    Ok(to.since(from, booked, ran_dry))
}

/// Starts a web node and leaves it to follow the events.
pub fn start_web(bank: &Bank) -> anyhow::Result<Process> {
    let listen = format!("--listen=127.0.0.1:{}", free_port()?);
    bank.product.start("bench-web", &["web", &listen])
}

/// Each was made a moment after the one before, as fast as they could be booked at most: a day's payments are not all of
/// one moment.
fn ready(bank: &Bank, spread: Spread, count: usize, per_second: f64) -> Vec<Record> {
    let seed = if spread == Spread::Hot { 3 } else { 2 };
    let mut mix = Mix::new(account_numbers(ACCOUNTS), spread, seed);
    let begun = Utc::now();
    (0..count)
        .map(|index| {
            let since = TimeDelta::microseconds((index as f64 / per_second * 1e6) as i64);
            bank.signer.payment(&mix.payment(), &time_text(begun + since))
        })
        .collect()
}

/// Sends up to what is allowed until told to stop; answers whether the records ran out first.
fn send_until(stop: &AtomicBool, allowed: &AtomicU64, sender: &mut Sender, records: &[Record]) -> anyhow::Result<bool> {
    let mut dry = true;
    'records: for record in records {
        while sender.sent() >= allowed.load(Ordering::Relaxed) {
            if stop.load(Ordering::Relaxed) {
                dry = false;
                break 'records;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        sender.send(record)?;
    }
    sender.flush()?;
    Ok(dry && !stop.load(Ordering::Relaxed))
}

/// Everything counted at one moment.
struct Mark {
    at: Instant,
    facts: i64,
    fences: std::collections::BTreeMap<i32, i64>,
    worker: f64,
    web: f64,
    postgres: f64,
    broker: f64,
    generator: f64,
    machine: (f64, f64),
}

impl Mark {
    async fn take(
        context: &Context<'_>,
        bank: &Bank,
        workers: &[Process],
        web: Option<&Process>,
        connection: &mut sqlx::postgres::PgConnection,
    ) -> anyhow::Result<Self> {
        let of = |service| context.services.pid(service).map_or(0.0, cpu::seconds_of_tree);
        Ok(Mark {
            facts: topics::total(&topics::ends(&bank.brokers, &bank.events)?),
            at: Instant::now(),
            fences: db::fences(connection).await?,
            worker: workers.iter().map(|worker| cpu::seconds_of_tree(worker.pid())).sum(),
            web: web.map_or(0.0, |web| cpu::seconds_of_tree(web.pid())),
            postgres: of(Service::Postgres),
            broker: of(Service::Kafka),
            generator: cpu::seconds_of_process(std::process::id()),
            machine: cpu::machine_seconds(),
        })
    }

    fn since(&self, from: &Mark, booked: i64, ran_dry: bool) -> Outcome {
        let each = |to: f64, from: f64| (to - from) * 1e6 / booked.max(1) as f64;
        Outcome {
            facts_per_second: (self.facts - from.facts) as f64 / (self.at - from.at).as_secs_f64(),
            booked,
            worker_us: each(self.worker, from.worker),
            web_us: each(self.web, from.web),
            postgres_us: each(self.postgres, from.postgres),
            broker_us: each(self.broker, from.broker),
            generator_us: each(self.generator, from.generator),
            machine_busy: (self.machine.0 - from.machine.0) / (self.machine.1 - from.machine.1),
            ran_dry,
        }
    }
}
