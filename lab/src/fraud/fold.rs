//! One fold of the protocol: train seven days, wait seven, test seven; labels seven days late throughout.
//!
//! Promises: nothing is trained or calibrated on that would not have been labelled when the test week begins.

use super::data::{DAY_S, Data};
use super::replay::Kept;
use super::score::Scores;
use anyhow::{Context as _, bail};
use detection::features::{N, NAMES};
use detection::model::file::{FORMAT, VERSION};
use detection::model::metrics::{self, Figures, Scored};
use detection::model::{Calibration, Model, ModelFile, Recipe, Reliability, Samples, Window, train};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

const ABOUT: &str = "Scores card payments for fraud. Trained on a simulation, far from production: its figures say how \
    features and trees compare with published ones on the same rows, not how much fraud a bank would find. Refused \
    payments seldom get labels, so what was refused is under-represented in any training on live data.";

#[derive(Debug, Clone, Copy)]
pub struct Fold {
    /// S: first training day of the published protocol.
    pub start: i64,
    pub train_days: i64,
}

impl Fold {
    /// Ends where the published seven days end, however many there are.
    pub fn train(self) -> Range<i64> {
        (self.start + 7 - self.train_days).max(0)..self.start + 7
    }

    /// The week before: labelled by the time of the test, never trained on. Empty at the beginning of the data.
    pub fn calibrate(self) -> Range<i64> {
        (self.train().start - 7).max(0)..self.train().start
    }

    pub fn test(self) -> Range<i64> {
        self.start + 14..self.start + 21
    }
}

pub struct Outcome {
    pub fold: Fold,
    pub train: Window,
    pub test_rows: usize,
    pub test_frauds: usize,
    pub fit_s: f64,
    /// Of every row of the test week, known customers too: (row, probability), by row.
    pub probabilities: Vec<(usize, f64)>,
    /// The rows that are judged.
    pub judged: Vec<usize>,
    pub reliability: Vec<Reliability>,
    pub bytes: Vec<u8>,
    pub model: Model,
}

impl Outcome {
    /// What the model says of a row of the test week, before it is calibrated.
    pub fn probability_of(&self, row: usize) -> Option<f64> {
        let place = self.probabilities.binary_search_by_key(&row, |(row, _)| *row).ok()?;
        Some(self.probabilities[place].1)
    }

    /// How good these scores of the test week are.
    ///
    /// # Errors
    /// A row without a score, or scores that cannot be judged.
    pub fn figures(&self, data: &Data, scores: &Scores) -> anyhow::Result<Figures> {
        let scores: HashMap<usize, f64> = scores.iter().copied().collect();
        let scored = self.judged.iter().map(|index| {
            let row = &data.rows[*index];
            let score = *scores.get(index).with_context(|| format!("payment {} has no score", row.id))?;
            let customer = data.customers[row.customer];
            Ok(Scored { id: row.id.into(), day: row.day, customer, fraud: row.fraud, score })
        });
        let scored = scored.collect::<anyhow::Result<Vec<_>>>()?;
        metrics::judge(&scored).with_context(|| format!("fold {}", self.fold.start))
    }

    pub fn json(&self, figures: &Figures) -> Value {
        json!({
            "fold": self.fold.start,
            "train_rows": self.train.rows,
            "train_frauds": self.train.frauds,
            "test_rows": self.test_rows,
            "test_frauds": self.test_frauds,
            "auc_roc": figures.auc_roc,
            "average_precision": figures.average_precision,
            "card_precision_100": figures.card_precision_100,
            "card_precision_100_perfect": figures.card_precision_100_perfect,
            "fit_seconds": self.fit_s,
            "model": &**self.model.id(),
            "reliability": self.reliability,
        })
    }
}

/// Days whose features any fold asks for.
pub fn days_needed(folds: &[Fold]) -> BTreeSet<i64> {
    folds.iter().flat_map(|fold| [fold.train(), fold.calibrate(), fold.test()]).flatten().collect()
}

/// Indexes of the features to train on.
pub fn features(handbook_only: bool, without: &[String]) -> Vec<usize> {
    let all = if handbook_only { 15 } else { N };
    (0..all).filter(|index| !without.iter().any(|start| NAMES[*index].starts_with(start.as_str()))).collect()
}

/// Every fold, on as many threads as there are cores.
pub fn run_all(
    folds: &[Fold],
    data: &Data,
    kept: &Kept,
    recipe: &Recipe,
    features: &[usize],
) -> anyhow::Result<Vec<Outcome>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut outcomes = Vec::new();
        while let Some(fold) = folds.get(next.fetch_add(1, Ordering::Relaxed)) {
            outcomes.push(run(*fold, data, kept, recipe, features)?);
        }
        anyhow::Ok(outcomes)
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(folds.len());
    let mut outcomes = Vec::new();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            outcomes.extend(worker.join().map_err(|_| anyhow::anyhow!("a fold panicked"))??);
        }
        anyhow::Ok(())
    })?;
    outcomes.sort_by_key(|outcome| outcome.fold.start);
    Ok(outcomes)
}

fn run(fold: Fold, data: &Data, kept: &Kept, recipe: &Recipe, features: &[usize]) -> anyhow::Result<Outcome> {
    let begun = Instant::now();
    let (file, train) = fit(fold, data, kept, recipe, features)?;
    let bytes = file.to_bytes()?;
    let model = Model::parse(&bytes)?;
    let fit_s = begun.elapsed().as_secs_f64();
    let mut probabilities = Vec::new();
    for row in data.rows_of(fold.test()) {
        probabilities.push((row, model.score(kept.of(row).context("features of a test row")?).probability));
    }
    let fallen = fell_on(fold, data);
    let judged: Vec<usize> = data.rows_of(fold.test()).filter(|row| !is_known(&fallen, data, *row)).collect();
    let said = judged.iter().filter_map(|row| Some((model.score(kept.of(*row)?).log_odds, data.rows[*row].fraud)));
    let reliability = model.file().calibration.reliability(&said.collect::<Vec<_>>());
    let test_frauds = judged.iter().filter(|row| data.rows[**row].fraud).count();
    Ok(Outcome {
        fold,
        train,
        test_rows: judged.len(),
        test_frauds,
        fit_s,
        probabilities,
        judged,
        reliability,
        bytes,
        model,
    })
}

/// The fold's model, trained and calibrated.
fn fit(
    fold: Fold,
    data: &Data,
    kept: &Kept,
    recipe: &Recipe,
    features: &[usize],
) -> anyhow::Result<(ModelFile, Window)> {
    let mut samples = Samples::new(features.len());
    let narrow = |row: usize| -> anyhow::Result<Vec<f64>> {
        let values = kept.of(row).context("features of a training row")?;
        Ok(features.iter().map(|feature| values[*feature]).collect())
    };
    for row in data.rows_of(fold.train()) {
        samples.push(&narrow(row)?, data.rows[row].fraud)?;
    }
    let trees = train(&samples, recipe, &mut |progress| {
        if progress.trees_done % 50 == 0 {
            eprintln!(
                "fold {}: {} of {} trees, loss {:.5}",
                fold.start, progress.trees_done, progress.trees, progress.loss
            );
        }
    })?;
    let trained_on = window(data, fold.train());
    let mut file = ModelFile {
        format: FORMAT.to_owned(),
        version: VERSION,
        about: ABOUT.to_owned(),
        trained_on: trained_on.clone(),
        calibrated_on: None,
        recipe: *recipe,
        figures: BTreeMap::new(),
        calibration: Calibration::default(),
        features: features.iter().map(|feature| NAMES[*feature].to_owned()).collect(),
        trees,
    };
    let uncalibrated = Model::parse(&file.to_bytes()?)?;
    let mut rows = Vec::new();
    for row in data.rows_of(fold.calibrate()) {
        let values = kept.of(row).context("features of a calibration row")?;
        rows.push((uncalibrated.score(values).log_odds, data.rows[row].fraud));
    }
    if !rows.is_empty() {
        file.calibration = Calibration::fit(&rows);
        file.calibrated_on = Some(window(data, fold.calibrate()));
    }
    Ok((file, trained_on))
}

fn window(data: &Data, days: Range<i64>) -> Window {
    let first_s = data.rows.first().map_or(0, |row| row.at_s.div_euclid(DAY_S) * DAY_S);
    let rows = &data.rows[data.rows_of(days.clone())];
    Window {
        data: "handbook_tx.csv.zst".to_owned(),
        from_ms: (first_s + days.start * DAY_S) * 1000,
        until_ms: (first_s + days.end * DAY_S) * 1000,
        rows: rows.len() as u64,
        frauds: rows.iter().filter(|row| row.fraud).count() as u64,
    }
}

/// The first day from S on that each customer had a fraud.
fn fell_on(fold: Fold, data: &Data) -> HashMap<usize, i64> {
    let mut fell = HashMap::new();
    for row in &data.rows[data.rows_of(fold.start..fold.test().end)] {
        if row.fraud {
            fell.entry(row.customer).or_insert(row.day);
        }
    }
    fell
}

/// Whether the row's customer had a fraud between S and eight days before.
fn is_known(fell: &HashMap<usize, i64>, data: &Data, row: usize) -> bool {
    let row = &data.rows[row];
    fell.get(&row.customer).is_some_and(|day| *day <= row.day - 8)
}

/// Holds the judged rows against the published ones, where there are any.
pub fn compare_rows(outcome: &Outcome, data: &Data, published: Option<&BTreeSet<u64>>) -> anyhow::Result<()> {
    let Some(published) = published else { return Ok(()) };
    let judged: BTreeSet<u64> = outcome.judged.iter().map(|row| data.rows[*row].id).collect();
    if judged != *published {
        bail!(
            "fold {}: {} rows judged, {} published, {} in both",
            outcome.fold.start,
            judged.len(),
            published.len(),
            judged.intersection(published).count()
        );
    }
    Ok(())
}
