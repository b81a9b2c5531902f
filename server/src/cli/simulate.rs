//! `vigie simulate`: a made-up bank's history at full speed, or its live traffic.

use super::progress::ProgressLine;
use crate::bulk::Bulk;
use crate::config::Config;
use crate::kafka::command_producer::Source;
use crate::shutdown;
use crate::simulation::{self, Sent, Step, Truth};
use crate::store::Store;
use chrono::{NaiveDate, TimeDelta, Utc};
use simulator::{Bank, Live, LiveSettings, Settings, Span, history, live};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Customers without --customers.
const CUSTOMERS: usize = 240;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Send this many days of history, as fast as the bank takes it. With --live, before it.
    #[arg(long, value_name = "DAYS", required_unless_present = "live", value_parser = clap::value_parser!(u64).range(1..=3_660))]
    history: Option<u64>,
    /// The last day of history, as 2026-03-31. Default: yesterday.
    #[arg(long, value_name = "DATE")]
    until: Option<NaiveDate>,
    /// Send live traffic until Ctrl-C.
    #[arg(long)]
    live: bool,
    /// Live payments per second.
    #[arg(long, default_value_t = 2.0, value_name = "N")]
    rate: f64,
    /// End live traffic after so many seconds.
    #[arg(long, value_name = "S")]
    seconds: Option<u64>,
    /// The same seed gives the same bank, and the same history of the same days.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Customers; for live traffic several hundred per payment and second, else they seem to be in a hurry. Default: 240,
    /// and 600 per payment and second with --live.
    #[arg(long)]
    customers: Option<usize>,
    /// Shops, cash machines and shops on the net; 60 at least.
    #[arg(long, default_value_t = 200)]
    terminals: usize,
    /// Frauds among all payments, 0 to 0.5. Default: 0.005 in history, 0.02 live.
    #[arg(long, value_name = "SHARE")]
    fraud_rate: Option<f64>,
    /// Days after which a fraud of history becomes known.
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    label_days: u32,
    /// Seconds after which a live fraud becomes known.
    #[arg(long, value_name = "S", default_value_t = 60)]
    label_delay: u32,
    /// Write which payments were fraud into this file, as CSV: transaction_id,type.
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
}

impl Args {
    fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(self.rate > 0.0 && self.rate <= 5_000.0, "--rate is above 0 and 5000 at most");
        anyhow::ensure!((60..=100_000).contains(&self.terminals), "--terminals is 60 to 100000");
        anyhow::ensure!((1..=200_000).contains(&self.customers()), "--customers is 1 to 200000");
        let share = self.fraud_rate.unwrap_or(0.0);
        anyhow::ensure!((0.0..=0.5).contains(&share), "--fraud-rate is 0 to 0.5");
        Ok(())
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked to be small and positive
    fn customers(&self) -> usize {
        let crowd = if self.live { (self.rate * 600.0) as usize } else { 0 };
        self.customers.unwrap_or(CUSTOMERS.max(crowd))
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked to be 0 to 0.5
    fn fraud_per_million(&self, otherwise: u32) -> u32 {
        self.fraud_rate.map_or(otherwise, |share| (share * 1_000_000.0) as u32)
    }

    fn bank(&self, config: &Config) -> Bank {
        Bank::new(Settings::new(self.seed, self.customers(), self.terminals, config.currency))
    }

    fn span(&self, bank: &Bank, days: u64, today: NaiveDate) -> Span {
        let last_day = self.until.unwrap_or_else(|| today.pred_opt().unwrap_or(today));
        Span {
            fraud_per_million: self.fraud_per_million(history::FRAUD_PER_MILLION),
            label_delay: TimeDelta::days(self.label_days.into()),
            ..Span::of_days(bank, days, last_day)
        }
    }
}

/// # Errors
/// When the arguments do not fit, or the bank cannot take what is sent.
pub async fn run(config: Config, args: Args) -> anyhow::Result<ExitCode> {
    args.check()?;
    let store = Store::connect(&config).await?;
    let bulk = Bulk::new(&config, &store)?;
    let bank = args.bank(&config);
    let mut truth = Truth::new(args.truth.as_deref())?;
    if let Some(days) = args.history {
        let span = args.span(&bank, days, Utc::now().with_timezone(&config.time_zone).date_naive());
        let mut line = ProgressLine::default();
        let mut last = (0, 0);
        let sent = simulation::history(&bulk, &bank, span, &mut truth, |step| match step {
            Step::Sending(day, days) => line.show("sending days", day, days),
            Step::Deciding(decided, total) => {
                last = (decided, total);
                line.show("deciding", decided, total);
            }
        })
        .await?;
        line.finish("deciding", last.0, last.1);
        print("history", sent);
    }
    if args.live {
        let stop = shutdown::on_signal()?;
        run_live(&bulk, bank, &args, stop, &mut truth).await?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn run_live(
    bulk: &Bulk,
    bank: Bank,
    args: &Args,
    stop: CancellationToken,
    truth: &mut Truth,
) -> anyhow::Result<()> {
    bulk.open_accounts(Source::Operator, &bank.openings(0..bank.customers.len())).await?;
    let settings = LiveSettings {
        fraud_per_million: args.fraud_per_million(live::FRAUD_PER_MILLION),
        label_delay: TimeDelta::seconds(args.label_delay.into()),
        ..LiveSettings::default()
    };
    let purses = simulation::purses(bulk, &bank).await?;
    let run = Utc::now().timestamp_millis().unsigned_abs();
    let mut payments = Live::new(bank, settings, purses, run);
    let ends = stop.child_token();
    if let Some(seconds) = args.seconds {
        let ends = ends.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            ends.cancel();
        });
    }
    eprintln!("live: {} payments per second; Ctrl-C ends it", args.rate);
    let sent = simulation::live(bulk, &mut payments, args.rate, &ends, truth, |_| {}).await?;
    print("live", sent);
    Ok(())
}

fn print(what: &str, sent: Sent) {
    println!("{what}: {} payments, {} of them fraud; {} labels", sent.payments, sent.frauds, sent.labels);
}
