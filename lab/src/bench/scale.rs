//! (c): two partitions with two workers against one with one, and one hot account against spread ones.

use super::pipeline::{Outcome, Plan, drive, open};
use super::{Context, rounded, show};
use crate::bank::Detection;
use crate::load::Spread;
use crate::report::median;
use serde_json::{Map, Value, json};

pub async fn measure(context: &Context<'_>, figures: &mut Map<String, Value>) -> anyhow::Result<()> {
    let one = context.bank("one", 1, Detection::Off).await?;
    let two = context.bank("two", 2, Detection::Off).await?;
    open(&one).await?;
    open(&two).await?;
    let plan = |workers, spread| Plan {
        workers,
        web: false,
        spread,
        warm: context.seconds(4).max(std::time::Duration::from_secs(4)),
        lasting: context.seconds(10),
        at_most: 60_000.0,
    };
    let mut pairs = Vec::new();
    for _ in 0..if context.quick { 1 } else { 5 } {
        let single = drive(context, &one, &plan(1, Spread::Zipf)).await?;
        let double = drive(context, &two, &plan(2, Spread::Zipf)).await?;
        eprintln!("  one {}; two {}", line(&single), line(&double));
        pairs.push((single, double));
    }
    let ratios: Vec<f64> =
        pairs.iter().map(|(single, double)| double.facts_per_second / single.facts_per_second).collect();
    let scale = median(&ratios);
    show("scale_2", scale, "at least 0.95 on 2 cores");
    let spread = median(&pairs.iter().map(|(single, _)| single.facts_per_second).collect::<Vec<_>>());
    let hot = drive(context, &one, &plan(1, Spread::Hot)).await?.facts_per_second;
    show("hot_account_ratio", hot / spread, "");
    figures.insert("scale_2".into(), json!(rounded(scale)));
    figures.insert("hot_account_ratio".into(), json!(rounded(hot / spread)));
    let rounds: Vec<Value> =
        pairs.iter().map(|(single, double)| json!({ "one": single.json(), "two": double.json() })).collect();
    figures.insert("scale".into(), json!({ "pairs": rounds, "hot_facts_per_second": hot.round() }));
    for bank in [one, two] {
        anyhow::ensure!(bank.balanced().await?, "the books do not sum to zero");
        bank.remove().await?;
    }
    Ok(())
}

fn line(outcome: &Outcome) -> String {
    let Outcome { facts_per_second, worker_us, postgres_us, broker_us, machine_busy, .. } = outcome;
    format!(
        "{facts_per_second:.0}/s (worker {worker_us:.1} µs, postgres {postgres_us:.1}, broker {broker_us:.1}, machine {:.0} % busy)",
        machine_busy * 100.0
    )
}
