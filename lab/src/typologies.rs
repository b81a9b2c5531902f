//! `cargo lab typologies`: what detection makes of the simulated bank, by type of fraud: the rules alone, a model alone,
//! and both, as they are shipped.
//!
//! One history, walked once in event time: habits grow, a model is calibrated and trained on the way as the product does
//! it, a week passes in which the last labels come in, and the rest is judged. Frauds become known a week late, to rules
//! and model alike. History is booked whatever is said of it, so all modes judge the same past.

mod life;
mod mode;
mod school;
mod table;

use crate::report;
use anyhow::Context as _;
use chrono::{NaiveDate, TimeDelta};
use detection::decision::ModelScore;
use detection::model::Model;
use detection::policy::Policy;
use detection::rules::RuleId;
use life::Life;
use mode::{Judged, Mode};
use school::School;
use serde_json::json;
use simulator::{Bank, History, Settings, Span};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, default_value_t = 1)]
    seed: u64,
    #[arg(long, default_value_t = 1_200)]
    customers: usize,
    #[arg(long, default_value_t = 400)]
    terminals: usize,
    /// Days before anything is learnt or judged.
    #[arg(long, default_value_t = 45)]
    before: i64,
    /// Days the model is trained on, after a week it is calibrated on.
    #[arg(long, default_value_t = 42)]
    train: i64,
    /// Days that are judged, a week after the last one trained on.
    #[arg(long, default_value_t = 42)]
    judge: i64,
    /// Another policy beside the built-in one, as `vigie policy show` prints it.
    #[arg(long)]
    policy: Option<PathBuf>,
}

const WEEK: i64 = 7;

pub async fn run(args: &Args) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(args.before >= 1 && args.train >= 1 && args.judge >= 1, "days are counted from 1");
    let other = args.policy.as_deref().map(policy_of).transpose()?;
    let calibrate = args.before..args.before + WEEK;
    let train = calibrate.end..calibrate.end + args.train;
    let judge = train.end + WEEK..train.end + WEEK + args.judge;
    let first_day = NaiveDate::from_ymd_opt(2026, 1, 1).context("a day")?;
    let bank = Bank::new(Settings::new(args.seed, args.customers, args.terminals, "EUR".parse()?));
    let span = Span::of_days(&bank, judge.end.unsigned_abs(), first_day + TimeDelta::days(judge.end - 1));

    let begun = Instant::now();
    let epoch = NaiveDate::default();
    let mut life = Life::new(&bank, (first_day - epoch).num_days(), span.label_delay);
    let mut school = School::default();
    let mut taught: Option<(Model, Vec<Mode>)> = None;
    for event in History::new(&bank, span, chrono_tz::Europe::Paris) {
        let Some(paying) = life.paying(&event) else { continue };
        if paying.day < judge.start {
            let (inputs, fraud) = (life.pay(&paying), paying.fraud.is_some());
            if calibrate.contains(&paying.day) {
                school.keep_for_calibration(inputs.features(), fraud);
            } else if train.contains(&paying.day) {
                school.teach(&inputs.features(), fraud)?;
            }
            continue;
        }
        if taught.is_none() {
            taught = Some((school.fit()?, modes(other.as_ref())));
        }
        let Some((model, modes)) = &mut taught else { continue };
        let facts: Vec<_> = modes.iter().map(|mode| life.facts(&mode.policy, &paying)).collect();
        let score = ModelScore::verdict_only(model, &life.pay(&paying));
        for (mode, facts) in modes.iter_mut().zip(&facts) {
            mode.judge(facts, &score, paying.fraud);
        }
    }
    let (_, modes) = taught.context("nothing was judged")?;
    let judged: Vec<Judged> = modes.iter().map(|mode| mode.judged(args.judge as f64)).collect();
    println!(
        "{} customers, seed {}: trained on {} days ({} payments, {} frauds), judged on {} days; {:.0} s",
        args.customers,
        args.seed,
        args.train,
        school.rows,
        school.frauds,
        args.judge,
        begun.elapsed().as_secs_f64()
    );
    table::print(&judged);
    report::write(
        "typologies",
        &json!({ "circumstances": report::circumstances(None, "").await, "seed": args.seed,
            "customers": args.customers, "terminals": args.terminals, "judged_days": args.judge,
            "trained_on": { "days": args.train, "payments": school.rows, "frauds": school.frauds },
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
