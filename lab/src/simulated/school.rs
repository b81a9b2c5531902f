//! What a model is taught, as `vigie train` does it: the shipped recipe on a span of days, calibrated on the week before.

use detection::features::{N, NAMES};
use detection::model::file::{FORMAT, VERSION};
use detection::model::{Calibration, Model, ModelError, ModelFile, Recipe, Samples, Window, train};
use std::collections::BTreeMap;

pub struct School {
    samples: Samples,
    calibration: Vec<([f64; N], bool)>,
    /// Rows and frauds trained on.
    pub rows: u64,
    pub frauds: u64,
}

impl Default for School {
    fn default() -> Self {
        School { samples: Samples::new(N), calibration: Vec::new(), rows: 0, frauds: 0 }
    }
}

impl School {
    pub fn teach(&mut self, values: &[f64; N], fraud: bool) -> Result<(), ModelError> {
        self.rows += 1;
        self.frauds += u64::from(fraud);
        self.samples.push(values, fraud)
    }

    pub fn keep_for_calibration(&mut self, values: [f64; N], fraud: bool) {
        self.calibration.push((values, fraud));
    }

    pub fn fit(&mut self) -> Result<Model, ModelError> {
        let recipe = Recipe::default();
        let data = "the simulated bank".to_owned();
        let mut file = ModelFile {
            format: FORMAT.to_owned(),
            version: VERSION,
            about: "Trained on a simulation, for a table.".to_owned(),
            trained_on: Window { data, from_ms: 0, until_ms: 1, rows: self.rows, frauds: self.frauds },
            calibrated_on: None,
            recipe,
            figures: BTreeMap::new(),
            calibration: Calibration::default(),
            features: NAMES.iter().map(|name| (*name).to_owned()).collect(),
            trees: train(&self.samples, &recipe, &mut |_| {})?,
        };
        let uncalibrated = Model::parse(&file.to_bytes()?)?;
        let kept = std::mem::take(&mut self.calibration);
        let said: Vec<_> = kept.iter().map(|(values, fraud)| (uncalibrated.score(values).log_odds, *fraud)).collect();
        if said.iter().any(|(_, fraud)| *fraud) {
            file.calibration = Calibration::fit(&said);
        }
        Model::parse(&file.to_bytes()?)
    }
}
