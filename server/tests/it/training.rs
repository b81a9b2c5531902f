//! A model from the bank's own tables, through its whole life: trained, promoted, deciding, judged again.

use crate::support::TestBank;
use crate::worker::{WorkerBank, deposit, number, transfer, until};
use chrono::{DateTime, TimeDelta, Utc};
use detection::model::{Model, Recipe};
use detection::policy::Policy;
use domain::TransactionKind;
use domain::command::{Command, FraudLabel, LabelSource, ReportFraud, SubmitTransaction};
use server::control::{Answer, Control};
use server::training::{Span, TrainingError, evaluate_model, train_model};
use std::collections::BTreeMap;
use uuid::Uuid;

const CUSTOMERS: [&str; 4] = ["C1", "C2", "C3", "C4"];

struct History {
    bank: WorkerBank,
    begin: DateTime<Utc>,
    frauds: Vec<(SubmitTransaction, i64)>,
}

impl History {
    /// One partition, so that the log's order is the order of events.
    async fn new() -> Self {
        let mut bank = TestBank::with_kafka().await;
        bank.config.partitions = 1;
        bank.config.detection = true;
        server::kafka::topics::ensure(&bank.config).await.unwrap();
        let producer = server::kafka::command_producer::CommandProducer::new(&bank.config).unwrap();
        // In the bank's time zone, too, a day of theirs is one day.
        let begin = (Utc::now() - TimeDelta::days(120)).date_naive().and_hms_opt(9, 0, 0).unwrap().and_utc();
        History { bank: WorkerBank { bank, producer }, begin, frauds: Vec::new() }
    }

    /// Each customer pays twice a day; every fourth day one of them is robbed, which is known a week later.
    async fn live_through(&mut self, days: std::ops::Range<i64>) {
        for day in days {
            for (fraud, _) in self.frauds.extract_if(.., |(_, known)| *known <= day) {
                self.bank.send(&Command::ReportFraud(report(&fraud, self.begin + TimeDelta::days(day)))).await;
            }
            for (index, customer) in (0_i64..).zip(CUSTOMERS) {
                let at = self.begin + TimeDelta::days(day) + TimeDelta::minutes(37 * index);
                let other = CUSTOMERS[usize::try_from(index + 1 + day % 2).unwrap() % 4];
                self.pay(transfer(customer, other, 2_000 + 170 * ((day * 7 + index * 3) % 11)), at).await;
                let cash = SubmitTransaction {
                    kind: TransactionKind::Withdrawal,
                    debit: number(customer),
                    credit: number("CASH-EUR"),
                    ..deposit(customer, 5_000 + 500 * (day % 5))
                };
                self.pay(cash, at + TimeDelta::hours(3)).await;
                if (day + index) % 4 == 0 {
                    let fraud = self.pay(transfer(customer, "C9", 30_000 + 100 * day), at + TimeDelta::hours(9)).await;
                    self.frauds.push((fraud, day + 7));
                }
            }
        }
        until("all is decided", || self.settled()).await;
    }

    async fn settled(&self) -> bool {
        let config = self.bank.bank.config.clone();
        let end = tokio::task::spawn_blocking(move || {
            let topics = server::kafka::Topics::new(&config.topic_prefix);
            server::kafka::log::Log::new(&config).unwrap().bounds(&topics.commands, 0).unwrap().end
        });
        let end = end.await.unwrap();
        let next: i64 = sqlx::query_scalar("select next_offset from fence where partition = 0")
            .fetch_one(self.bank.bank.store.pool())
            .await
            .unwrap();
        next == end
    }

    async fn pay(&self, submission: SubmitTransaction, occurred_at: DateTime<Utc>) -> SubmitTransaction {
        let submission = SubmitTransaction { history: true, occurred_at, ..submission };
        self.bank.send(&Command::SubmitTransaction(submission.clone())).await;
        submission
    }

    fn span(&self, days: std::ops::Range<i64>) -> Span {
        let ms = |day| (self.begin + TimeDelta::days(day)).timestamp_millis();
        Span { window: ms(days.start)..ms(days.end), known_by: Utc::now() }
    }
}

fn report(fraud: &SubmitTransaction, known_at: DateTime<Utc>) -> ReportFraud {
    ReportFraud {
        transaction_id: fraud.transaction_id,
        account: fraud.debit.clone(),
        label: FraudLabel::Fraud,
        source: LabelSource::Customer,
        known_at,
        history: true,
        person: None,
    }
}

fn model_alone() -> String {
    let mut policy = Policy { model_cap: 100, ..Policy::default() };
    policy.rules.iter_mut().for_each(|rule| rule.on = false);
    serde_json::to_string(&policy).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_trained_model_says_live_is_what_a_replay_of_the_tables_says() {
    let mut history = History::new().await;
    let worker = history.bank.start_worker();
    for account in ["CASH-EUR", "C9"].into_iter().chain(CUSTOMERS) {
        history.bank.open(account, 0).await;
    }
    history.live_through(0..30).await;
    let store = &history.bank.bank.store;
    let recipe = Recipe { trees: 20, ..Recipe::default() };
    let trained = |days| train_model(store, history.span(days), recipe, |_, _| {}, |_| {});
    let bytes = trained(8..16).await.unwrap();
    assert_eq!(bytes, trained(8..16).await.unwrap(), "the same tables give the same bytes");
    let model = Model::parse(&bytes).unwrap();
    let card = model.file();
    // Four customers, two payments a day, and one fraud. Of the frauds after day 22 nobody knows yet.
    assert_eq!((card.trained_on.rows, card.trained_on.frauds), (8 * 9, 8));
    assert_eq!(card.calibrated_on.as_ref().map(|window| (window.rows, window.frauds)), Some((7 * 9, 7)));
    assert!(card.figures["auc_roc"] > 0.9, "{:?}", card.figures);
    assert!(matches!(trained(200..201).await, Err(TrainingError::Model(_))));

    let (control, _tail) = Control::alone(&history.bank.bank.config, store.clone()).await.unwrap();
    assert_eq!(control.change_policy(model_alone(), "a test", None).await.unwrap(), Answer::InForce(2));
    assert_eq!(control.promote_model(&bytes, "a test", None).await.unwrap(), Answer::InForce(1));
    history.live_through(30..40).await;
    // The last week's frauds are said now: they were in no feature then.
    let store = &history.bank.bank.store;
    let mut said: BTreeMap<Uuid, i64> = BTreeMap::new();
    let judged = "select id, score_e9 from transaction where policy_version = 2 and model_version = 1";
    said.extend(sqlx::query_as::<_, (Uuid, i64)>(judged).fetch_all(store.pool()).await.unwrap());
    for (fraud, _) in &history.frauds {
        let late = history.begin + TimeDelta::days(60);
        history.bank.send(&Command::ReportFraud(report(fraud, late))).await;
    }
    until("all is said", || history.settled()).await;
    worker.stop().await;
    let found = evaluate_model(store, model, history.span(30..40), |_, _| {}).await.unwrap();
    assert_eq!((found.rows, found.frauds, found.days), (90, 10, 10));
    assert!(found.figures.auc_roc > 0.9, "{:?}", found.figures);
    assert_eq!(found.scores.len(), said.len());
    for (id, calibrated) in &found.scores {
        let live = said[id] as f64 / 1e9;
        assert!((live - calibrated * 100.0).abs() < 1e-6, "{id}: {live} live, {calibrated} in the replay");
    }
}
