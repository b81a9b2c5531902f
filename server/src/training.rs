//! A model trained and judged on the bank's own tables: every payment once more through the histories, in event-time
//! order, by the code that the worker's judge asks.
//!
//! Promises: calibrated on the week before the training window; judged on what came after it; nothing is learnt from
//! a payment that the ledger itself refused, or of which somebody said that nobody knows. Unlabelled is genuine. Absent:
//! whether the model is used, which is a command on the log.

use crate::store::Store;
use chrono::{DateTime, Utc};
use detection::features::{Inputs, N, NAMES};
use detection::model::file::{FORMAT, VERSION, short};
use detection::model::metrics::{self, Figures, MetricsError, Scored};
use detection::model::{
    Calibration, Model, ModelError, ModelFile, Progress, Recipe, Reliability, Samples, Window, train,
};
use detection::payment::DAY_MS;
use detection::replay::Replay;
use domain::command::FraudLabel;
use futures::TryStreamExt as _;
use std::collections::BTreeMap;
use std::ops::Range;
use uuid::Uuid;

/// Before the training window.
const CALIBRATION_MS: i64 = 7 * DAY_MS;
/// After it.
const TEST_MS: i64 = 7 * DAY_MS;

const ABOUT: &str = "Scores payments for fraud. Trained on this bank's own payments and what was said of them; one that \
    nobody spoke of counts as genuine. Refused payments seldom get labels, so what was refused is under-represented.";

#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("cannot train: {0}")]
    Model(#[from] ModelError),
    #[error("cannot be judged: {0}")]
    Metrics(#[from] MetricsError),
    #[error("training was interrupted")]
    Interrupted,
}

/// Milliseconds since 1970 by event time, and until when labels count.
#[derive(Debug, Clone)]
pub struct Span {
    pub window: Range<i64>,
    pub known_by: DateTime<Utc>,
}

/// A payment that may be learnt from or judged, before its features are computed.
struct Row {
    id: u128,
    at_ms: i64,
    local_day: i64,
    customer: u64,
    fraud: bool,
    values: Box<[f64; N]>,
}

/// Replays everything before the span's end and keeps the rows within it. Tells how far it came.
async fn rows(
    store: &Store,
    within: Range<i64>,
    known_by: DateTime<Utc>,
    mut tell: impl FnMut(u64, u64),
) -> Result<Vec<Row>, TrainingError> {
    let until = DateTime::from_timestamp_millis(within.end).unwrap_or(DateTime::<Utc>::MAX_UTC);
    let total = store.payment_count(until).await?;
    let (mut replay, mut kept, mut met) = (Replay::default(), Vec::new(), 0);
    let mut payments = std::pin::pin!(store.payments(until, known_by));
    while let Some(labelled) = payments.try_next().await? {
        let inputs: Inputs = replay.meet(&labelled.happened);
        met += 1;
        tell(met, total);
        let payment = &labelled.happened.payment;
        let taught = labelled.label != Some(FraudLabel::Inconclusive) && !labelled.happened.unjudged;
        if taught && within.contains(&payment.at_ms) {
            kept.push(Row {
                id: payment.id.as_u128(),
                at_ms: payment.at_ms,
                local_day: inputs.local_ms.div_euclid(DAY_MS),
                customer: payment.payer.0,
                fraud: labelled.label == Some(FraudLabel::Fraud),
                values: Box::new(inputs.features()),
            });
        }
    }
    Ok(kept)
}

/// Trains on the span, calibrates on the week before it, and says how good it is in the week after it, if both kinds
/// of payments are there.
///
/// # Errors
/// When the database does not answer, or there is nothing to learn from.
pub async fn train_model(
    store: &Store,
    span: Span,
    recipe: Recipe,
    replayed: impl FnMut(u64, u64),
    grown: impl FnMut(Progress) + Send + 'static,
) -> Result<Vec<u8>, TrainingError> {
    let Range { start, end } = span.window;
    let rows = rows(store, start.saturating_sub(CALIBRATION_MS)..end.saturating_add(TEST_MS), span.known_by, replayed);
    let rows = rows.await?;
    let fitted = tokio::task::spawn_blocking(move || fit(&rows, start..end, recipe, grown));
    fitted.await.map_err(|_| TrainingError::Interrupted)?
}

fn fit(
    rows: &[Row],
    window: Range<i64>,
    recipe: Recipe,
    mut grown: impl FnMut(Progress),
) -> Result<Vec<u8>, TrainingError> {
    let part = |within: Range<i64>| rows.iter().filter(move |row| within.contains(&row.at_ms));
    let mut samples = Samples::new(N);
    for row in part(window.clone()) {
        samples.push(row.values.as_slice(), row.fraud)?;
    }
    let mut file = ModelFile {
        format: FORMAT.to_owned(),
        version: VERSION,
        about: ABOUT.to_owned(),
        trained_on: described(part(window.clone()), window.clone()),
        calibrated_on: None,
        recipe,
        figures: BTreeMap::new(),
        calibration: Calibration::default(),
        features: NAMES.iter().map(|name| (*name).to_owned()).collect(),
        trees: train(&samples, &recipe, &mut grown)?,
    };
    drop(samples);
    let uncalibrated = Model::parse(&file.to_bytes()?)?;
    let before = window.start.saturating_sub(CALIBRATION_MS)..window.start;
    let said: Vec<_> = part(before.clone()).map(|row| (uncalibrated.score(&row.values).log_odds, row.fraud)).collect();
    if said.iter().any(|(_, fraud)| *fraud) {
        file.calibration = Calibration::fit(&said);
        file.calibrated_on = Some(described(part(before.clone()), before));
    }
    let model = Model::parse(&file.to_bytes()?)?;
    let after: Vec<&Row> = part(window.end..window.end.saturating_add(TEST_MS)).collect();
    // A week without a fraud, or none yet, leaves the card without figures.
    if let Ok(judged) = judge(&model, &after) {
        file.figures = judged.card();
    }
    Ok(file.to_bytes()?)
}

fn described<'a>(rows: impl Iterator<Item = &'a Row>, window: Range<i64>) -> Window {
    let (mut count, mut frauds) = (0, 0);
    for row in rows {
        count += 1;
        frauds += u64::from(row.fraud);
    }
    Window { data: "own tables".to_owned(), from_ms: window.start, until_ms: window.end, rows: count, frauds }
}

/// How good a model is on some rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    pub rows: u64,
    pub frauds: u64,
    pub days: u64,
    pub figures: Figures,
    /// Calibrated probability of each payment, by event time.
    pub scores: Vec<(Uuid, f64)>,
    pub reliability: Vec<Reliability>,
}

impl Evaluation {
    fn card(&self) -> BTreeMap<String, f64> {
        let figures = [
            ("auc_roc", self.figures.auc_roc),
            ("average_precision", self.figures.average_precision),
            ("card_precision_100", self.figures.card_precision_100),
            ("judged_rows", self.rows as f64),
            ("judged_frauds", self.frauds as f64),
        ];
        figures.into_iter().map(|(name, value)| (name.to_owned(), short(value))).collect()
    }
}

fn judge(model: &Model, rows: &[&Row]) -> Result<Evaluation, MetricsError> {
    let scores: Vec<_> = rows.iter().map(|row| model.score(&row.values)).collect();
    let scored = rows.iter().zip(&scores).map(|(row, score)| Scored {
        id: row.id,
        day: row.local_day,
        customer: row.customer,
        fraud: row.fraud,
        score: score.log_odds,
    });
    let said: Vec<_> = rows.iter().zip(&scores).map(|(row, score)| (score.log_odds, row.fraud)).collect();
    let days: std::collections::BTreeSet<i64> = rows.iter().map(|row| row.local_day).collect();
    Ok(Evaluation {
        figures: metrics::judge(&scored.collect::<Vec<_>>())?,
        scores: rows.iter().zip(&scores).map(|(row, score)| (Uuid::from_u128(row.id), score.calibrated)).collect(),
        rows: rows.len() as u64,
        frauds: rows.iter().filter(|row| row.fraud).count() as u64,
        days: days.len() as u64,
        reliability: model.file().calibration.reliability(&said),
    })
}

/// Judges a model on the payments of a span.
///
/// # Errors
/// When the database does not answer, or the span holds one kind of payments only.
pub async fn evaluate_model(
    store: &Store,
    model: Model,
    span: Span,
    replayed: impl FnMut(u64, u64),
) -> Result<Evaluation, TrainingError> {
    let rows = rows(store, span.window, span.known_by, replayed).await?;
    let judged = tokio::task::spawn_blocking(move || judge(&model, &rows.iter().collect::<Vec<_>>()));
    Ok(judged.await.map_err(|_| TrainingError::Interrupted)??)
}
