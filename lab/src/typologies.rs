//! `cargo lab typologies`: what detection makes of the simulated bank, by type of fraud: the rules alone, a model alone,
//! and both, as they are shipped.
//!
//! All modes judge the same past: history is booked whatever is said of it.

mod mode;
mod table;

use crate::report;
use crate::simulated::{Lived, Plan};
use anyhow::Context as _;
use detection::decision::ModelScore;
use detection::policy::Policy;
use detection::rules::RuleId;
use mode::{Judged, Mode};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    plan: Plan,
    /// Another policy beside the built-in one, as `vigie policy show` prints it.
    #[arg(long)]
    policy: Option<PathBuf>,
}

pub async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let other = args.policy.as_deref().map(policy_of).transpose()?;
    let Plan { seed, customers, terminals, train, judge, .. } = args.plan;
    let begun = Instant::now();
    let mut modes = modes(other.as_ref());
    let bank = args.plan.bank()?;
    let mut lived = Lived::begin(&args.plan, &bank)?;
    while let Some(paying) = lived.take() {
        let facts: Vec<_> = modes.iter().map(|mode| lived.life.facts(&mode.policy, &paying)).collect();
        let score = ModelScore::verdict_only(&lived.model, &lived.life.pay(&paying));
        for (mode, facts) in modes.iter_mut().zip(&facts) {
            mode.judge(facts, &score, paying.fraud);
        }
    }
    let taught = lived.taught;
    let judged: Vec<Judged> = modes.iter().map(|mode| mode.judged(judge as f64)).collect();
    println!(
        "{customers} customers, seed {seed}: trained on {train} days ({} payments, {} frauds), judged on {judge} days; {:.0} s",
        taught.payments,
        taught.frauds,
        begun.elapsed().as_secs_f64()
    );
    table::print(&judged);
    report::write(
        "typologies",
        &json!({ "circumstances": report::circumstances(None, "").await, "seed": seed,
            "customers": customers, "terminals": terminals, "judged_days": judge,
            "trained_on": { "days": train, "payments": taught.payments, "frauds": taught.frauds },
            "other_policy": other, "modes": judged }),
    )?;
    Ok(ExitCode::SUCCESS)
}

fn policy_of(path: &Path) -> anyhow::Result<Policy> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Policy::from_json(&text)?)
}

/// The shipped policy with its rules, with the model, with both; another one with its rules, and with both.
fn modes(other: Option<&Policy>) -> Vec<Mode> {
    let shipped = Policy::default();
    let mut no_rules = shipped.clone();
    for id in RuleId::ALL {
        no_rules.rule_mut(*id).on = false;
    }
    let mut modes = vec![
        Mode::new("rules alone", shipped.clone(), false),
        Mode::new("model alone", no_rules, true),
        Mode::new("both", shipped, true),
    ];
    if let Some(other) = other {
        modes.push(Mode::new("other rules", other.clone(), false));
        modes.push(Mode::new("other, both", other.clone(), true));
    }
    modes
}
