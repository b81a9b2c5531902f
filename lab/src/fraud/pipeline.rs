//! The same payments through Kafka, worker and Postgres: what the bank's own judge says of each test week.
//!
//! Promises: every payment and every label is a signed command of one partition, in event time; each fold's model is
//! promoted as an operator would, while nothing waits in the log; scores are read from the bank's tables, and each row
//! says by which policy and model it was decided. Absent: any score of the lab's own, but to compare with.

use super::Batch;
use super::data::Row;
use super::replay::{customer_number, terminal_number, uuid};
use super::schedule::{self, Labels, Said, Section, known_at_s};
use super::score::{Parts, Scores};
use crate::bank::{Bank, Detection};
use crate::product::Process;
use crate::sender::Sender;
use crate::services::{Services, root};
use crate::wire::{Kind, OPEN, Payment, Record, Signer, open_account};
use crate::{db, report, topics};
use anyhow::{Context as _, ensure};
use chrono::{DateTime, SecondsFormat};
use detection::policy::Policy;
use serde_json::{Value, json};
use sqlx::Row as _;
use sqlx::postgres::PgConnection;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// In points. Both scores are whole billionths, so this is one unit in the last place of what is stored.
pub const TOLERANCE: f64 = 1e-9;
/// No record decided for so long is a worker that hangs.
const STALLED: Duration = Duration::from_secs(180);
const TOLD_EVERY: Duration = Duration::from_secs(10);
const READ_AT_ONCE: usize = 10_000;
const POSTED: i16 = 1;

pub struct Found {
    /// Of each outcome's test week, in the batch's order.
    pub scores: Vec<Scores>,
    pub compared: usize,
    /// Rows that differ by more than the tolerance.
    pub differ: usize,
    pub greatest_difference: f64,
    pub json: Value,
    pub circumstances: Value,
}

/// Drives one bank through all payments and reads what it said. With restarts, no test week is judged by histories that
/// lived.
pub async fn run(
    services: &Services,
    binary: &Path,
    batch: &Arc<Batch>,
    parts: Parts,
    restarts: bool,
) -> anyhow::Result<Found> {
    let folds: Vec<_> = batch.outcomes.iter().map(|outcome| outcome.fold).collect();
    let sections = schedule::sections(&batch.data, &folds)?;
    let bank = Bank::create(binary, services, "fraud", 1, Detection::On).await?.with("VIGIE_TIME_ZONE", "UTC");
    let circumstances = report::circumstances(Some(&bank.product), &bank.database_url).await;
    let worker = bank.product.start("fraud-worker", &["worker"])?;
    let mut drive =
        Drive { connection: db::connect(&bank.database_url).await?, bank, worker, labels: Labels::default() };
    drive.open(batch).await?;
    let policy_version = drive.go_by(parts)?;
    let begun = Instant::now();
    let (mut scores, mut difference) = (vec![Scores::new(); folds.len()], Difference::default());
    let end = sections.last().map_or(0, |section| section.rows.end);
    for section in &sections {
        if restarts && section.fold.is_some() {
            drive.worker.stop()?;
            drive.worker = drive.bank.product.start("fraud-worker", &["worker"])?;
        }
        let model = section.fold.filter(|_| parts.asks_model());
        let model_version = match model {
            Some(fold) => Some(drive.promote(&batch.outcomes[fold].bytes, folds[fold].start)?),
            None => None,
        };
        drive.pass(batch, section, end).await?;
        let Some(fold) = section.fold else { continue };
        scores[fold] = drive.said(batch, section, (policy_version, model_version)).await?;
        difference.compare(batch, &batch.scores_of(parts)[fold], &scores[fold])?;
    }
    let took_s = begun.elapsed().as_secs_f64();
    let records = drive.check(end, batch).await?;
    drive.worker.stop()?;
    ensure!(drive.bank.balanced().await?, "the books do not sum to zero");
    drive.bank.remove().await?;
    eprintln!("{records} records decided in {took_s:.0} s");
    Ok(Found {
        scores,
        compared: difference.rows,
        differ: difference.differ,
        greatest_difference: difference.greatest_e9 as f64 / 1e9,
        circumstances,
        json: json!({
            "partitions": 1,
            "worker_restarts": restarts,
            "payments": end,
            "records": records,
            "seconds": took_s,
            "rows_compared": difference.rows,
            "rows_that_differ": difference.differ,
            "greatest_difference": difference.greatest_e9 as f64 / 1e9,
            "tolerance": TOLERANCE,
        }),
    })
}

struct Drive {
    bank: Bank,
    worker: Process,
    connection: PgConnection,
    labels: Labels,
}

impl Drive {
    /// Customers with nothing, and a terminal each as the account outside that gets the money.
    async fn open(&self, batch: &Batch) -> anyhow::Result<()> {
        let (bank, data) = (&self.bank, &batch.data);
        let mut sender = Sender::new(&bank.brokers, &bank.commands)?;
        for number in data.customers.iter().map(|id| customer_number(*id)) {
            sender.send(&bank.signer.record(&number, OPEN, open_account(&number, false, 0, None)))?;
        }
        for number in data.terminals.iter().map(|id| terminal_number(*id)) {
            sender.send(&bank.signer.record(&number, OPEN, open_account(&number, true, 0, None)))?;
        }
        sender.flush()?;
        bank.decided(Duration::from_secs(120)).await?;
        eprintln!("{} accounts opened", sender.sent());
        Ok(())
    }

    /// Sees to it that the bank goes by the policy the batch went by; its version.
    fn go_by(&self, parts: Parts) -> anyhow::Result<i64> {
        let product = &self.bank.product;
        let mut version = 1;
        if parts == Parts::ModelAlone {
            let mut policy: Value = serde_json::from_str(&product.run(&["policy", "show"])?)?;
            for rule in policy["rules"].as_object_mut().context("a policy without rules")?.values_mut() {
                rule["on"] = json!(false);
            }
            let path = root().join("target/lab/fraud-policy.json");
            std::fs::write(&path, policy.to_string())?;
            let path = path.display().to_string();
            version = in_force(&product.run(&["policy", "change", &path, "--reason", "the model alone"])?)?;
        }
        let shown = Policy::from_json(&product.run(&["policy", "show"])?)?;
        let expected = Policy { version: shown.version, ..parts.policy() };
        ensure!(shown == expected, "the policy in force is not the one the batch went by");
        Ok(version)
    }

    /// Makes it the model; its version.
    fn promote(&self, bytes: &[u8], fold: i64) -> anyhow::Result<i64> {
        let path = root().join("target/lab/fraud-model.json");
        std::fs::write(&path, bytes)?;
        let (path, reason) = (path.display().to_string(), format!("fold {fold}"));
        let said = self.bank.product.run(&["model", "promote", &path, "--reason", &reason])?;
        eprintln!("fold {fold}: {}", said.trim());
        in_force(&said)
    }

    /// Sends the section's payments and labels and waits until all are decided.
    async fn pass(&mut self, batch: &Arc<Batch>, section: &Section, end: usize) -> anyhow::Result<()> {
        let sender = Sender::new(&self.bank.brokers, &self.bank.commands)?;
        let (signer, labels) = (self.bank.signer.clone(), self.labels);
        let (batch, section) = (Arc::clone(batch), section.clone());
        let rows = section.rows.clone();
        let sending = tokio::task::spawn_blocking(move || send(&batch, &section, labels, &signer, sender));
        self.labels = self.decided(sending).await?;
        eprintln!("{} of {end} payments decided", rows.end);
        Ok(())
    }

    async fn decided(&mut self, sending: JoinHandle<anyhow::Result<Labels>>) -> anyhow::Result<Labels> {
        let mut decided = self.next_offset().await?;
        let (mut moved, mut told) = (Instant::now(), (Instant::now(), decided));
        // Asked once, when all is sent: nobody else sends.
        let mut end = None;
        while end.is_none_or(|end| decided < end) || db::announcements(&mut self.connection).await? > 0 {
            ensure!(self.worker.runs(), "the worker ended by itself: {}", self.worker.log.display());
            tokio::time::sleep(Duration::from_millis(100)).await;
            if end.is_none() && sending.is_finished() {
                end = Some(topics::total(&topics::ends(&self.bank.brokers, &self.bank.commands)?));
            }
            let now = self.next_offset().await?;
            if now > decided {
                (decided, moved) = (now, Instant::now());
            }
            ensure!(moved.elapsed() < STALLED, "no record was decided for {STALLED:?}; {decided} are");
            if told.0.elapsed() > TOLD_EVERY {
                let rate = (decided - told.1) as f64 / told.0.elapsed().as_secs_f64();
                eprintln!("  {decided} records decided, {rate:.0}/s");
                told = (Instant::now(), decided);
            }
        }
        sending.await?
    }

    async fn next_offset(&mut self) -> anyhow::Result<i64> {
        Ok(db::fences(&mut self.connection).await?.get(&0).copied().unwrap_or(0))
    }

    /// The section's scores as the bank's table has them.
    async fn said(&mut self, batch: &Batch, section: &Section, versions: (i64, Option<i64>)) -> anyhow::Result<Scores> {
        let mut scores = Scores::new();
        for first in section.rows.clone().step_by(READ_AT_ONCE) {
            let rows = first..section.rows.end.min(first + READ_AT_ONCE);
            let ids: Vec<Uuid> = batch.data.rows[rows.clone()].iter().map(uuid).collect();
            let found = sqlx::query(
                "select asked.place, t.state, t.score_e9, t.policy_version::bigint, t.model_version::bigint
                 from unnest($1::uuid[]) with ordinality as asked (id, place) join transaction t on t.id = asked.id
                 order by asked.place",
            )
            .bind(ids)
            .fetch_all(&mut self.connection)
            .await?;
            ensure!(found.len() == rows.len(), "{} payments are not in the bank", rows.len() - found.len());
            for (index, row) in rows.zip(&found) {
                let id = batch.data.rows[index].id;
                ensure!(row.get::<i16, _>(1) == POSTED, "payment {id} was not posted");
                let by = (row.get::<Option<i64>, _>(3).unwrap_or(0), row.get::<Option<i64>, _>(4));
                ensure!(by == versions, "payment {id} was decided by policy and model {by:?}, not {versions:?}");
                let score_e9 = row.get::<Option<i64>, _>(2).with_context(|| format!("payment {id} has no score"))?;
                scores.push((index, score_e9 as f64 / 1e9));
            }
        }
        Ok(scores)
    }

    /// Nothing may be missing, refused as a record, or said of a payment but what was sent. How many records there were.
    async fn check(&mut self, payments: usize, batch: &Batch) -> anyhow::Result<i64> {
        let mut labels = Labels::default();
        let last = &batch.data.rows[payments - 1];
        let frauds = labels.due(&batch.data, last).count();
        let row = sqlx::query(
            "select (select count(*) from dead_letter), (select count(*) from transaction), (select count(*) from label)",
        )
        .fetch_one(&mut self.connection)
        .await?;
        let found: [i64; 3] = [row.get(0), row.get(1), row.get(2)];
        let expected = [0, i64::try_from(payments)?, i64::try_from(frauds)?];
        ensure!(found == expected, "dead letters, payments, labels: {found:?}, not {expected:?}");
        self.next_offset().await
    }
}

/// Version that a subcommand says is in force.
fn in_force(said: &str) -> anyhow::Result<i64> {
    let version = said.trim().strip_suffix(" is in force").and_then(|said| said.rsplit(' ').next());
    version.and_then(|version| version.parse().ok()).with_context(|| format!("not in force: {}", said.trim()))
}

fn send(
    batch: &Batch,
    section: &Section,
    mut labels: Labels,
    signer: &Signer,
    mut sender: Sender,
) -> anyhow::Result<Labels> {
    let data = &batch.data;
    schedule::stream(data, &mut labels, section.rows.clone(), |said| {
        sender.send(&match said {
            Said::Payment(index) => payment(batch, &data.rows[index], signer),
            Said::Fraud(index) => {
                let row = &data.rows[index];
                signer.fraud(uuid(row), &customer_number(data.customers[row.customer]), &clock(known_at_s(row)))
            }
        })
    })?;
    sender.flush()?;
    Ok(labels)
}

fn payment(batch: &Batch, row: &Row, signer: &Signer) -> Record {
    let payment = Payment {
        transaction_id: uuid(row),
        kind: Kind::Withdrawal,
        debit: customer_number(batch.data.customers[row.customer]),
        credit: terminal_number(batch.data.terminals[row.terminal]),
        amount_minor: row.amount_minor,
    };
    signer.history(&payment, &clock(row.at_s))
}

fn clock(at_s: i64) -> String {
    DateTime::from_timestamp(at_s, 0).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// How far the bank's scores are from the batch's.
#[derive(Debug, Default)]
struct Difference {
    rows: usize,
    /// By more than the tolerance.
    differ: usize,
    greatest_e9: i64,
}

const SHOWN_MAX: usize = 5;

impl Difference {
    fn compare(&mut self, batch: &Batch, expected: &Scores, found: &Scores) -> anyhow::Result<()> {
        ensure!(expected.len() == found.len(), "{} rows in batch, {} in the bank", expected.len(), found.len());
        for ((row, expected), (other, found)) in expected.iter().zip(found) {
            let id = batch.data.rows[*row].id;
            ensure!(row == other && expected.is_finite(), "payment {id} cannot be compared");
            self.rows += 1;
            if !self.add(*expected, *found) && self.differ <= SHOWN_MAX {
                println!("payment {id}: {found} in the pipeline, {expected} in batch");
            }
        }
        Ok(())
    }

    /// Whether the two are equal within the tolerance.
    fn add(&mut self, expected: f64, found: f64) -> bool {
        let e9 = |score: f64| (score * 1e9).round() as i64;
        let difference_e9 = (e9(expected) - e9(found)).abs();
        self.greatest_e9 = self.greatest_e9.max(difference_e9);
        let equal = difference_e9 <= e9(TOLERANCE);
        self.differ += usize::from(!equal);
        equal
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_only_where_it_is_in_force() {
        assert_eq!(in_force("model version 3 is in force\n").ok(), Some(3));
        assert!(in_force("The request is in the log, not decided yet: no worker runs, or it is far behind.").is_err());
    }

    #[test]
    fn a_score_may_differ_by_a_billionth_and_no_more() {
        let mut difference = Difference::default();
        assert!(difference.add(43.210_987_654, 43.210_987_654) && difference.add(43.210_987_654, 43.210_987_655));
        assert!(!difference.add(43.210_987_654, 43.210_987_656));
        assert_eq!((difference.differ, difference.greatest_e9), (1, 2));
    }

    #[test]
    fn a_clock_is_read_as_utc() {
        assert_eq!(clock(1_522_540_831), "2018-04-01T00:00:31Z");
    }
}
