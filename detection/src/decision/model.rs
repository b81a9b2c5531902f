//! What the model says of a payment, and how its points are split among its features.
//!
//! Promises: the points add up to cap × calibrated probability whatever the contributions are; what is not a finite
//! number or no probability is no model score at all. Absent: the model itself.

use crate::features::Inputs;
use crate::model::Model;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::Arc;

/// The contribution that belongs to no feature: where the model starts, and what calibration adds.
pub use crate::model::START as MODEL_START;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelScore {
    /// Probability before calibration.
    pub raw: f64,
    /// Probability of fraud, calibrated on weeks the trainer did not see.
    pub calibrated: f64,
    /// What each feature adds to the log-odds. One may be named [`MODEL_START`].
    pub contributions: Vec<(Cow<'static, str>, f64)>,
    /// Which model: the sha256 of its file.
    pub id: Arc<str>,
}

impl ModelScore {
    /// What the model says of a payment, with what each feature adds.
    pub fn of(model: &Model, inputs: &Inputs) -> Self {
        let parts = model.contributions(&inputs.features());
        let features = parts.features.into_iter().map(|(name, log_odds)| (Cow::Borrowed(name), log_odds));
        let contributions = [(Cow::Borrowed(MODEL_START), parts.start)].into_iter().chain(features).collect();
        ModelScore { contributions, ..ModelScore::verdict_only(model, inputs) }
    }

    /// The same without what each feature adds: enough for a verdict, and cheaper.
    pub fn verdict_only(model: &Model, inputs: &Inputs) -> Self {
        let score = model.score(&inputs.features());
        ModelScore {
            raw: score.probability,
            calibrated: score.calibrated,
            contributions: Vec::new(),
            id: Arc::clone(model.id()),
        }
    }

    /// The score with numbers of nine decimals, so that it is the same after a journey through JSON; none if it is
    /// not usable.
    pub fn checked(&self) -> Option<ModelScore> {
        let calibrated = self.calibrated()?;
        Some(ModelScore {
            raw: rounded(self.raw),
            calibrated,
            contributions: self.contributions.iter().map(|(name, value)| (name.clone(), rounded(*value))).collect(),
            id: Arc::clone(&self.id),
        })
    }

    /// The calibrated probability as [`ModelScore::checked`] has it.
    pub(super) fn calibrated(&self) -> Option<f64> {
        let probability = |value: f64| (0.0..=1.0).contains(&value);
        let finite = self.contributions.iter().all(|(_, value)| value.is_finite());
        (probability(self.raw) && probability(self.calibrated) && finite).then(|| rounded(self.calibrated))
    }

    /// Points of the start and of each feature, in the order given; they add up to `cap × calibrated`.
    ///
    /// A feature's share of the log-odds is turned into points by the slope of the secant of the logistic curve between
    /// where the features start and where they end, the same for all; the start takes the rest.
    pub(super) fn split(&self, cap: f64) -> (f64, Vec<(Cow<'static, str>, f64)>) {
        let features = || self.contributions.iter().filter(|(name, _)| name != MODEL_START);
        let total: f64 = features().map(|(_, value)| value).sum();
        let end = logit(self.raw);
        let slope =
            if total.abs() < 1e-9 { self.raw * (1.0 - self.raw) } else { (self.raw - logistic(end - total)) / total };
        let points: Vec<_> = features().map(|(name, value)| (name.clone(), value * slope * cap)).collect();
        let start = self.calibrated * cap - points.iter().map(|(_, points)| points).sum::<f64>();
        (start, points)
    }
}

/// To nine decimals, so that neither a journey through JSON nor another machine's last bit shows.
pub(super) fn rounded(value: f64) -> f64 {
    // Beyond this a double has no nine decimals to round.
    if value.abs() >= 1e6 { value.round() } else { (value * 1e9).round() / 1e9 }
}

fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// Log-odds, kept finite.
fn logit(probability: f64) -> f64 {
    let inside = probability.clamp(1e-12, 1.0 - 1e-12);
    (inside / (1.0 - inside)).ln()
}
