//! The model: gradient-boosted trees, trained, calibrated, stored and scored here.
//!
//! Promises: the same samples and recipe give the same bytes; the same bytes give the same score on every machine; a
//! broken file is refused with its reason and never half loaded; what each feature adds sums to the raw score. Absent:
//! threads, clock, randomness, files (callers read and write the bytes).

use crate::features::{Inputs, N, NAMES};
use std::sync::Arc;

pub mod calibration;
pub mod file;
pub mod metrics;
pub mod recipe;
pub mod samples;
pub mod scorer;
#[cfg(test)]
mod tests;
pub mod train;
pub mod tree;

pub use calibration::{Calibration, Reliability};
pub use file::{ModelError, ModelFile, Window};
pub use recipe::Recipe;
pub use samples::Samples;
pub use scorer::Scorer;
pub use train::{Progress, train};
pub use tree::Tree;

/// The contribution that belongs to no feature: what the trees say before they look at one.
pub const START: &str = "start";

/// A model ready to score; made of a file's bytes alone, so that what scores is what is stored.
#[derive(Debug, Clone)]
pub struct Model {
    id: Arc<str>,
    file: ModelFile,
    scorer: Scorer,
    /// Place among [`NAMES`] of each of the file's features.
    places: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Log-odds: sum of the trees' leaves.
    pub log_odds: f64,
    /// Of fraud, before calibration.
    pub probability: f64,
    pub calibrated: f64,
}

/// What the score is made of, in log-odds: `start` and every feature met on the way; together `Score::log_odds`.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    pub start: f64,
    /// In the order of [`NAMES`]; features that no tree asked for are left out.
    pub features: Vec<(&'static str, f64)>,
}

impl Model {
    /// Reads a model file.
    ///
    /// # Errors
    /// Whatever is wrong with the file, see [`ModelError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ModelError> {
        let file = ModelFile::parse(bytes)?;
        let mut places = Vec::with_capacity(file.features.len());
        for name in &file.features {
            let place = NAMES.iter().position(|known| known == name);
            places.push(place.ok_or_else(|| ModelError::UnknownFeature { name: name.clone() })?);
        }
        let scorer = Scorer::new(&file.trees, &places);
        Ok(Model { id: file::id(bytes).into(), file, scorer, places })
    }

    /// The sha256 of the file's bytes, in hex.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    pub fn file(&self) -> &ModelFile {
        &self.file
    }

    pub fn score(&self, values: &[f64; N]) -> Score {
        let log_odds = self.scorer.score(values);
        Score {
            log_odds,
            probability: calibration::logistic(log_odds),
            calibrated: self.file.calibration.apply(log_odds),
        }
    }

    /// Splits the score along the path taken in each tree: a split adds the difference between what the trees expect
    /// behind it and before it (Saabas, 2014).
    pub fn contributions(&self, values: &[f64; N]) -> Contributions {
        let mut start = 0.0;
        let mut sums: [Option<f64>; N] = [None; N];
        for tree in &self.file.trees {
            start += tree.expected(0);
            tree.walk(
                |feature| values[self.places[feature]],
                |feature, added| {
                    *sums[self.places[feature]].get_or_insert(0.0) += added;
                },
            );
        }
        let met = NAMES.iter().zip(sums);
        Contributions { start, features: met.filter_map(|(name, sum)| sum.map(|sum| (*name, sum))).collect() }
    }

    /// Amounts at which this payment's score may change, rising, each the first of its side: candidates for a
    /// counterfactual, to be confirmed by scoring. Considers amounts from 0 to `most_minor`.
    pub fn amount_splits(&self, inputs: &Inputs, most_minor: i64) -> Vec<i64> {
        let mut found: Vec<i64> = Vec::new();
        for tree in &self.file.trees {
            for (feature, threshold) in tree.splits() {
                found.extend(inputs.amount_at(self.places[feature], threshold, most_minor));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
