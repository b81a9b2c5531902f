//! The simulated bank through the real log and the real worker.

use crate::support::TestBank;
use chrono::{NaiveDate, TimeDelta};
use domain::Currency;
use server::bulk::Bulk;
use server::simulation::{self, Truth};
use server::verify::verify;
use simulator::{Bank, Live, LiveSettings, Settings, Span};
use std::cell::Cell;
use tokio_util::sync::CancellationToken;

fn small_bank() -> Bank {
    Bank::new(Settings::new(3, 24, 60, Currency::EUR))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_simulated_history_is_booked_its_truth_is_told_and_life_goes_on_from_there() {
    let bank = TestBank::with_kafka().await;
    server::kafka::topics::ensure(&bank.config).await.unwrap();
    let stop = CancellationToken::new();
    let _stops = stop.clone().drop_guard();
    tokio::spawn(server::worker::run(bank.config.clone(), stop));
    let bulk = Bulk::new(&bank.config, &bank.store).unwrap();
    let simulated = small_bank();
    let last_day = NaiveDate::from_ymd_opt(2026, 4, 14).unwrap();
    let span = Span { fraud_per_million: 50_000, ..Span::of_days(&simulated, 40, last_day) };
    let file = std::env::temp_dir().join(format!("vigie-truth-{}.csv", std::process::id()));
    let mut truth = Truth::new(Some(&file)).unwrap();
    let sent = simulation::history(&bulk, &simulated, span, &mut truth, |_| {}).await.unwrap();
    assert!(sent.payments > 500 && sent.frauds > 10 && sent.labels > 5, "{sent:?}");

    let told = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let mut lines = told.lines();
    assert_eq!(lines.next(), Some("transaction_id,type"));
    let ids: Vec<uuid::Uuid> = lines.map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert_eq!(ids.len() as u64, sent.frauds);
    assert_eq!(bank.store.labelled(&ids).await.unwrap().len() as u64, sent.labels);
    let decided = bank.store.decided(&ids).await.unwrap();
    assert_eq!(decided.len(), ids.len());
    assert_eq!(verify(&bank.store).await.unwrap().violations, []);

    // From what the books say.
    let purses = simulation::purses(&bulk, &simulated).await.unwrap();
    let settings = LiveSettings {
        label_delay: TimeDelta::zero(),
        first_fraud_after: TimeDelta::zero(),
        ..LiveSettings::default()
    };
    let mut live = Live::new(simulated, settings, purses, 1);
    let (enough, ends) = (Cell::new(false), CancellationToken::new());
    let mut nowhere = Truth::new(None).unwrap();
    let sent = simulation::live(&bulk, &mut live, 200.0, &ends, &mut nowhere, |sent| {
        if sent.payments >= 100 && sent.labels > 0 {
            enough.set(true);
            ends.cancel();
        }
    });
    let sent = tokio::time::timeout(std::time::Duration::from_secs(30), sent).await.unwrap().unwrap();
    assert!(enough.get() && sent.frauds > 0, "{sent:?}");
}
