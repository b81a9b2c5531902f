//! The simulator's bank lived through in process: habits grow, a model is calibrated and taught on the way as the product
//! does it, a week passes in which the last labels come in, and the rest is there to be judged.
//!
//! One history, walked once in event time. Frauds become known a week late, to rules and model alike. History is booked
//! whatever is said of it.

mod life;
mod school;

use anyhow::Context as _;
use chrono::{NaiveDate, TimeDelta};
use chrono_tz::{Europe::Paris, Tz};
use detection::model::Model;
pub use life::{Life, Paying};
use school::School;
use simulator::{Bank, History, Settings, Span};

#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Plan {
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    #[arg(long, default_value_t = 1_200)]
    pub customers: usize,
    #[arg(long, default_value_t = 400)]
    pub terminals: usize,
    /// Days before anything is learnt or judged.
    #[arg(long, default_value_t = 45)]
    pub before: i64,
    /// Days the model is trained on, after a week it is calibrated on.
    #[arg(long, default_value_t = 42)]
    pub train: i64,
    /// Days that are judged, a week after the last one trained on.
    #[arg(long, default_value_t = 42)]
    pub judge: i64,
}

/// What the model was trained on.
#[derive(Debug, Clone, Copy)]
pub struct Taught {
    pub payments: u64,
    pub frauds: u64,
}

const WEEK: i64 = 7;

impl Plan {
    pub fn bank(&self) -> anyhow::Result<Bank> {
        Ok(Bank::new(Settings::new(self.seed, self.customers, self.terminals, "EUR".parse()?)))
    }
}

/// The bank on the evening before the first day to be judged.
pub struct Lived<'a> {
    pub life: Life,
    pub model: Model,
    pub taught: Taught,
    days: Days<'a>,
    next: Option<Paying>,
}

impl<'a> Lived<'a> {
    /// # Errors
    /// When there is nothing to learn from, or nothing to judge.
    pub fn begin(plan: &Plan, bank: &'a Bank) -> anyhow::Result<Self> {
        anyhow::ensure!(plan.before >= 1 && plan.train >= 1 && plan.judge >= 1, "days are counted from 1");
        let calibrate = plan.before..plan.before + WEEK;
        let train = calibrate.end..calibrate.end + plan.train;
        let judge = train.end + WEEK..train.end + WEEK + plan.judge;
        let first_day = NaiveDate::from_ymd_opt(2026, 1, 1).context("a day")?;
        let span = Span::of_days(bank, judge.end.unsigned_abs(), first_day + TimeDelta::days(judge.end - 1));
        let mut life = Life::new(bank, span.label_delay);
        let mut days =
            Days { first_day: (first_day - NaiveDate::default()).num_days(), events: History::new(bank, span, Paris) };
        let mut school = School::default();
        let next = loop {
            let Some(paying) = days.next() else { break None };
            if paying.day >= judge.start {
                break Some(paying);
            }
            let (inputs, fraud) = (life.pay(&paying), paying.fraud.is_some());
            if calibrate.contains(&paying.day) {
                school.keep_for_calibration(inputs.features(), fraud);
            } else if train.contains(&paying.day) {
                school.teach(&inputs.features(), fraud)?;
            }
        };
        anyhow::ensure!(next.is_some(), "nobody paid on the days that are to be judged");
        let model = school.fit()?;
        Ok(Lived { life, model, taught: Taught { payments: school.rows, frauds: school.frauds }, days, next })
    }

    /// The next payment that is to be judged. It has not happened yet: whoever takes it has it happen.
    pub fn take(&mut self) -> Option<Paying> {
        let next = self.next.take()?;
        self.next = self.days.next();
        Some(next)
    }
}

struct Days<'a> {
    first_day: i64,
    events: History<'a, Tz>,
}

impl Iterator for Days<'_> {
    type Item = Paying;

    fn next(&mut self) -> Option<Paying> {
        self.events.find_map(|event| Paying::of(&event, self.first_day))
    }
}
