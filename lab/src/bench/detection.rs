//! (f): what judging costs the pipeline, (g): how soon a terminal has its decision, over the bare pipe in the same run,
//! and (h): what a decision takes in process, on the simulator's bank after months of history.
//!
//! The policy of (f) and (g) asks every rule and reaches no threshold: forty thousand payments a second over ten thousand
//! accounts are fraud by any honest rule, and what is measured here is judging, not writing alerts. Two banks of the same
//! making, one that judges and one that does not, are driven in turns; the ratio is the median of the pairs'.

use super::pipeline::Outcome;
use super::visible::until_ready;
use super::windows::{WARM, Windows};
use super::{Context, LedgerFloor, pipeline, rounded, show};
use crate::bank::{Bank, Detection};
use crate::flood::honest::Callers;
use crate::load::Spread;
use crate::pace::Pace;
use crate::product::free_port;
use crate::report::median;
use crate::simulated::{Lived, Plan};
use ::detection::policy::Policy;
use anyhow::Context as _;
use serde_json::{Map, Value, json};
use std::time::Duration;

const PER_SECOND: u32 = 200;
const CALLERS: usize = 40;
const PAIRS: usize = 5;

pub async fn pipeline_ratio(context: &Context<'_>, figures: &mut Map<String, Value>) -> anyhow::Result<()> {
    let mut floor = LedgerFloor::open(context).await?;
    let raw = floor.pace(context.seconds(15)).await?;
    let mut banks = Vec::new();
    for (name, detection) in [("judged", Detection::On), ("unjudged", Detection::Off)] {
        let bank = context.bank(name, context.partitions, detection).await?;
        pipeline::open(&bank).await?;
        banks.push(bank);
    }
    reach_no_threshold(&banks[0]).await?;
    let plan = pipeline::Plan {
        workers: 1,
        web: false,
        spread: Spread::Zipf,
        warm: context.seconds(8),
        lasting: context.seconds(16),
        at_most: raw * 1.1,
    };
    // Both workers run through, so that what is remembered stays so. Pairs, because the machine may be twice as slow in
    // one minute as in the next.
    let start = |bank: &Bank, name: &str| Ok::<_, anyhow::Error>([bank.product.start(name, &["worker"])?]);
    let (mut on, mut off) = (start(&banks[0], "bench-judging")?, start(&banks[1], "bench-not-judging")?);
    let mut pairs = Vec::new();
    for _ in 0..if context.quick { 1 } else { PAIRS } {
        let judged = pipeline::drive_running(context, &banks[0], &plan, &mut on).await?;
        let unjudged = pipeline::drive_running(context, &banks[1], &plan, &mut off).await?;
        eprintln!("  judged {:.0}/s, unjudged {:.0}/s", judged.facts_per_second, unjudged.facts_per_second);
        pairs.push((judged, unjudged));
    }
    for worker in on.iter_mut().chain(&mut off) {
        worker.stop()?;
    }
    let of = |rate: fn(&(Outcome, Outcome)) -> f64| median(&pairs.iter().map(rate).collect::<Vec<_>>());
    show("pipeline that judges, facts/s", of(|(judged, _)| judged.facts_per_second).round(), "");
    show("pipeline that does not, facts/s", of(|(_, unjudged)| unjudged.facts_per_second).round(), "");
    let ratio = of(|(judged, unjudged)| judged.facts_per_second / unjudged.facts_per_second);
    show("detection_ratio", ratio, "at least 0.80");
    figures.insert("detection_ratio".into(), json!(rounded(ratio)));
    let again = pipeline::drive(context, &banks[0], &plan).await?;
    show("while a new worker reads the histories", again.facts_per_second.round(), "");
    figures.insert("detection_after_restart".into(), again.json());
    let rounds = pairs.iter().map(|(judged, unjudged)| json!({ "on": judged.json(), "off": unjudged.json() }));
    figures.insert("detection_pairs".into(), rounds.collect());
    for bank in banks {
        anyhow::ensure!(bank.balanced().await?, "the books do not sum to zero");
        bank.remove().await?;
    }
    Ok(())
}

pub async fn decision_latency(context: &Context<'_>, figures: &mut Map<String, Value>) -> anyhow::Result<()> {
    let bank = context.bank("decision", context.partitions, Detection::On).await?;
    let mut windows = Windows::begin(context, "POST to decision", PER_SECOND).await?;
    let accounts: Vec<String> = (0..=CALLERS).map(|n| format!("D{n:04}")).collect();
    let mut worker = bank.product.start("bench-decision-worker", &["worker"])?;
    bank.open_accounts(&accounts, None)?;
    bank.decided(Duration::from_secs(60)).await?;
    change_policy(&bank)?;
    let said = bank.product.run(&["key", "add", "bench", "--all-accounts", "--rate", "10000"])?;
    let key = said.split_once("shown once: ").map(|(_, rest)| rest.trim().to_owned()).context("no key was printed")?;
    let host = format!("127.0.0.1:{}", free_port()?);
    let mut web = bank.product.start("bench-decision-web", &["web", &format!("--listen={host}")])?;
    until_ready(&host).await?;
    let callers = Callers { host, key, accounts, rate: PER_SECOND };
    callers.pay(WARM).await?;
    for _ in 0..windows.turns {
        windows.bare(&bank).await?;
        let paid = callers.pay(windows.turn).await?;
        anyhow::ensure!(paid.unanswered == 0, "{} payments were not answered as posted", paid.unanswered);
        windows.push(paid.took_ms);
    }
    web.stop()?;
    worker.stop()?;
    windows.report(figures, "decision_p99_ratio", "decision", &json!({ "callers": CALLERS }));
    bank.remove().await
}

pub async fn in_process(context: &Context<'_>, figures: &mut Map<String, Value>) -> anyhow::Result<()> {
    let plan = match context.quick {
        true => Plan { seed: 1, customers: 600, terminals: 200, before: 30, train: 28, judge: 14 },
        // Histories are as long as they get: what is older than a hundred days is forgotten.
        false => Plan { seed: 1, customers: 3_000, terminals: 1_000, before: 65, train: 28, judge: 28 },
    };
    let pace = tokio::task::spawn_blocking(move || {
        let bank = plan.bank()?;
        let mut lived = Lived::begin(&plan, &bank)?;
        let mut ahead = Vec::new();
        while let Some(paying) = lived.take() {
            ahead.push(paying);
        }
        let (policy, mut pace) = (Policy::default(), Pace::default());
        for paying in &ahead {
            lived.life.pay_timed(paying, &policy, &lived.model, &mut pace);
        }
        anyhow::Ok(pace)
    });
    figures.insert("decision_in_process".into(), pace.await??.report());
    Ok(())
}

/// Changes the policy while a worker runs.
async fn reach_no_threshold(bank: &Bank) -> anyhow::Result<()> {
    let mut worker = bank.product.start("bench-policy-worker", &["worker"])?;
    bank.decided(Duration::from_secs(60)).await?;
    change_policy(bank)?;
    worker.stop()?;
    Ok(())
}

/// Every rule is asked, none decides.
fn change_policy(bank: &Bank) -> anyhow::Result<()> {
    let mut policy: Value = serde_json::from_str(&bank.product.run(&["policy", "show"])?)?;
    for threshold in ["review", "hold", "refuse"] {
        policy["thresholds"][threshold] = json!(101);
    }
    let path = crate::services::root().join("target/lab/no-threshold.json");
    std::fs::write(&path, policy.to_string())?;
    bank.product.run(&["policy", "change", &path.display().to_string(), "--reason", "judge and let pass"])?;
    Ok(())
}
