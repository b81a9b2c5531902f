//! Labelled rows to train or calibrate on, by column.

use super::ModelError;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Samples {
    columns: Vec<Vec<f64>>,
    fraud: Vec<bool>,
}

impl Samples {
    pub fn new(width: usize) -> Self {
        Samples { columns: vec![Vec::new(); width], fraud: Vec::new() }
    }

    /// # Errors
    /// A row of another width, or with a value that is not finite.
    pub fn push(&mut self, row: &[f64], fraud: bool) -> Result<(), ModelError> {
        if row.len() != self.columns.len() || row.iter().any(|value| !value.is_finite()) {
            return Err(ModelError::BadSample { row: self.fraud.len() });
        }
        for (column, value) in self.columns.iter_mut().zip(row) {
            column.push(*value);
        }
        self.fraud.push(fraud);
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.fraud.len()
    }

    pub fn is_empty(&self) -> bool {
        self.fraud.is_empty()
    }

    pub fn width(&self) -> usize {
        self.columns.len()
    }

    pub fn columns(&self) -> &[Vec<f64>] {
        &self.columns
    }

    pub fn fraud(&self) -> &[bool] {
        &self.fraud
    }

    pub fn frauds(&self) -> usize {
        self.fraud.iter().filter(|fraud| **fraud).count()
    }
}
