//! The model file: readable JSON with all that tells where the model comes from and what it is good for (its card).
//!
//! Promises: what parses can be scored without a panic; numbers have at most twelve digits, so that they are the same
//! after any journey through JSON; the id is the sha256 of the bytes. Absent: training rows, names of people.

use super::recipe::TREES_MAX;
use super::{Calibration, Recipe, Tree};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

pub const FORMAT: &str = "vigie-fraud-model";
pub const VERSION: u32 = 1;
/// Larger files are refused before they are read.
pub const BYTES_MAX: usize = 32 << 20;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    pub format: String,
    pub version: u32,
    /// What it is for, and what nobody should conclude from it.
    pub about: String,
    pub trained_on: Window,
    pub calibrated_on: Option<Window>,
    pub recipe: Recipe,
    /// Measured on rows that neither training nor calibration saw; by name.
    pub figures: BTreeMap<String, f64>,
    pub calibration: Calibration,
    /// What the trees' numbers stand for.
    pub features: Vec<String>,
    pub trees: Vec<Tree>,
}

/// Rows by event time, `from_ms` ≤ time < `until_ms`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub data: String,
    pub from_ms: i64,
    pub until_ms: i64,
    pub rows: u64,
    pub frauds: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    #[error("not a model file: {reason}")]
    Unreadable { reason: String },
    #[error("more than a model may be")]
    TooLarge,
    #[error("format {format} version {version} is not known here")]
    OtherFormat { format: String, version: u32 },
    #[error("recipe: {name} is out of range")]
    BadRecipe { name: &'static str },
    #[error("feature {name} is not known here")]
    UnknownFeature { name: String },
    #[error("feature {name} stands there twice")]
    DoubledFeature { name: String },
    #[error("{trees} trees")]
    TreeCount { trees: usize },
    #[error("tree {tree}: its arrays differ in length or are empty")]
    UnevenTree { tree: usize },
    #[error("tree {tree}, node {node}: a number is not finite")]
    NotFinite { tree: usize, node: usize },
    #[error("tree {tree}, node {node}: no such feature")]
    NoSuchFeature { tree: usize, node: usize },
    #[error("tree {tree}, node {node}: not a tree")]
    BadChild { tree: usize, node: usize },
    #[error("tree {tree} is too deep")]
    TooDeep { tree: usize },
    #[error("calibration: {name} is out of range")]
    BadCalibration { name: &'static str },
    #[error("sample {row} has another width or a number that is not finite")]
    BadSample { row: usize },
    #[error("samples need both frauds and genuine payments")]
    OneKindOnly,
    #[error("no split lowers the loss")]
    NothingToLearn,
}

impl ModelFile {
    /// # Errors
    /// The first thing found wrong.
    pub fn parse(bytes: &[u8]) -> Result<Self, ModelError> {
        if bytes.len() > BYTES_MAX {
            return Err(ModelError::TooLarge);
        }
        let file: ModelFile =
            serde_json::from_slice(bytes).map_err(|error| ModelError::Unreadable { reason: error.to_string() })?;
        file.check()?;
        Ok(file)
    }

    /// # Errors
    /// The first thing found wrong: what is not written cannot be read back.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ModelError> {
        self.check()?;
        serde_json::to_vec(self).map_err(|error| ModelError::Unreadable { reason: error.to_string() })
    }

    fn check(&self) -> Result<(), ModelError> {
        if self.format != FORMAT || self.version != VERSION {
            return Err(ModelError::OtherFormat { format: self.format.clone(), version: self.version });
        }
        self.recipe.check()?;
        let mut names: Vec<&String> = self.features.iter().collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(ModelError::DoubledFeature { name: twice[0].clone() });
        }
        if self.trees.is_empty() || self.trees.len() > TREES_MAX {
            return Err(ModelError::TreeCount { trees: self.trees.len() });
        }
        for (index, tree) in self.trees.iter().enumerate() {
            tree.check(index, self.features.len())?;
        }
        let calibration = &self.calibration;
        if !(calibration.slope > 0.0 && calibration.slope.is_finite()) {
            return Err(ModelError::BadCalibration { name: "slope" });
        }
        if !calibration.intercept.is_finite() {
            return Err(ModelError::BadCalibration { name: "intercept" });
        }
        Ok(())
    }
}

/// Sha256 in hex.
pub fn id(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// To twelve significant digits.
pub fn short(value: f64) -> f64 {
    // Every float prints as a number that parses.
    format!("{value:.11e}").parse().unwrap_or(value)
}
