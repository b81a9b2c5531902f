//! `cargo lab bench`: the figures the product is held to, each beside its goal.
//!
//! (a) sustained pipeline rate over the raw ledger step, (b) processor time per event, (c) two workers over one and a
//! hot account over spread ones, (d) post to frame over the bare pipe, (e) bytes of the first load, (f) a pipeline that
//! judges over one that does not, (g) a terminal's post to its decision over the bare pipe, (h) decisions in process.

mod detection;
mod first_load;
mod pipeline;
mod scale;
pub mod visible;
mod windows;

use crate::bank::{Bank, Detection};
use crate::floor::ledger::Ledger;
use crate::report::{self, line};
use crate::services::{ServiceArgs, Services};
use crate::{cpu, db, product};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Only these parts, such as a,d.
    #[arg(long, value_delimiter = ',')]
    only: Vec<char>,
    /// Short runs: for looking, not for judging.
    #[arg(long)]
    quick: bool,
    /// Partitions of the bank in (a) and (b).
    #[arg(long, default_value_t = 12)]
    partitions: i32,
    /// Another setting for every bank, as KEY=VALUE.
    #[arg(long)]
    set: Vec<String>,
}

/// What every part needs.
pub struct Context<'a> {
    pub services: &'a Services,
    pub binary: &'a Path,
    pub quick: bool,
    pub partitions: i32,
    pub set: &'a [String],
}

impl Context<'_> {
    /// Seconds of a measurement: the whole, or a tenth (3 at least) when it has to be quick.
    pub fn seconds(&self, whole: u64) -> Duration {
        Duration::from_secs(if self.quick { (whole / 10).max(3) } else { whole })
    }

    pub async fn bank(&self, name: &str, partitions: i32, detection: Detection) -> anyhow::Result<Bank> {
        let mut bank = Bank::create(self.binary, self.services, name, partitions, detection).await?;
        for setting in self.set {
            let (key, value) = setting.split_once('=').unwrap_or((setting, ""));
            bank.product = bank.product.with(key, value);
        }
        Ok(bank)
    }
}

pub async fn run(service_args: &ServiceArgs, vigie: Option<&PathBuf>, args: &Args) -> anyhow::Result<ExitCode> {
    let binary = product::binary(vigie.map(PathBuf::as_path))?;
    let services = Services::start(service_args, "bench")?;
    let wanted = |part: char| args.only.is_empty() || args.only.contains(&part);
    let context = Context {
        services: &services,
        binary: &binary,
        quick: args.quick,
        partitions: args.partitions,
        set: &args.set,
    };
    let plain = product::Product::new(&binary, &services, &services.database_url, "bank", args.partitions)?;
    let mut figures = Map::new();
    figures.insert("circumstances".into(), report::circumstances(Some(&plain), &services.database_url).await);
    figures.insert("quick".into(), Value::Bool(args.quick));
    if args.quick {
        println!("QUICK: short runs, for looking and not for judging");
    }
    if wanted('a') || wanted('b') {
        pipeline::measure(&context, wanted('a'), wanted('b'), &mut figures).await?;
    }
    if wanted('c') {
        scale::measure(&context, &mut figures).await?;
    }
    if wanted('d') {
        visible::measure(&context, &mut figures).await?;
    }
    if wanted('e') {
        first_load::measure(&context, &mut figures).await?;
    }
    if wanted('f') {
        detection::pipeline_ratio(&context, &mut figures).await?;
    }
    if wanted('g') {
        detection::decision_latency(&context, &mut figures).await?;
    }
    if wanted('h') {
        detection::in_process(&context, &mut figures).await?;
    }
    figures.insert("load_1min_after".into(), json!(cpu::load()));
    report::write("bench", &Value::Object(figures))?;
    Ok(ExitCode::SUCCESS)
}

/// The floor beside the pipeline, on the same Postgres in a database of its own.
pub struct LedgerFloor {
    ledger: Ledger,
    connection: sqlx::postgres::PgConnection,
}

impl LedgerFloor {
    pub async fn open(context: &Context<'_>) -> anyhow::Result<Self> {
        let url = db::fresh_database(&context.services.database_url, "lab_floor").await?;
        let product = product::Product::new(context.binary, context.services, &url, "floor", 1)?;
        product.run(&["migrate"])?;
        let mut connection = db::connect(&url).await?;
        let ledger = Ledger::open(&mut connection, 10_000, 1).await?;
        Ok(LedgerFloor { ledger, connection })
    }

    /// Rows per second over about this long.
    pub async fn pace(&mut self, lasting: Duration) -> anyhow::Result<f64> {
        Ok(self.ledger.run(&mut self.connection, lasting).await?.per_second())
    }
}

/// A ratio as it is printed and kept.
pub fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

pub fn show(name: &str, value: f64, goal: &str) {
    line(name, rounded(value), goal);
}
