//! The product's fifteen handbook features against the published ones.
//!
//! Promises: equal within 1e-6, but for published rows that took payments of the same second in another order.

use super::data::{Data, Table};
use super::replay;
use anyhow::Context as _;
use detection::features::NAMES;
use std::collections::HashMap;
use std::path::Path;

const FEATURES: usize = 15;
const TOLERANCE: f64 = 1e-6;
/// Published rows that are known to differ by the order of a second.
const TIES_MAX: usize = 20;

/// Compares the sample's rows among the first so many payments; says whether they agree.
pub fn check(folder: &Path, data: &Data, rows: usize) -> anyhow::Result<bool> {
    if !Table::exists(folder, "handbook_features_sample") {
        println!("skipped: no handbook_features_sample.csv.zst in the data");
        return Ok(true);
    }
    let published = published(folder)?;
    let (mut compared, mut wrong) = (0, Vec::new());
    let mut worst = 0.0_f64;
    replay::each(data, rows, |_, row, inputs| {
        let Some(expected) = published.get(&row.id) else { return };
        compared += 1;
        let found = inputs.features();
        let differ = |at: &usize| (found[*at] - expected[*at]).abs() > TOLERANCE;
        match (0..FEATURES).find(differ) {
            Some(at) => wrong.push(format!("{}: {} is {}, published {}", row.id, NAMES[at], found[at], expected[at])),
            None => worst = (0..FEATURES).map(|at| (found[at] - expected[at]).abs()).fold(worst, f64::max),
        }
    });
    println!("{compared} rows compared, {} differ; the others by at most {worst:.1e}", wrong.len());
    for line in &wrong {
        println!("  {line}");
    }
    Ok(compared > 0 && wrong.len() <= TIES_MAX)
}

fn published(folder: &Path) -> anyhow::Result<HashMap<u64, [f64; FEATURES]>> {
    let mut table = Table::open(folder, "handbook_features_sample")?;
    let [id] = table.columns(["TRANSACTION_ID"])?;
    let names: [&str; FEATURES] = std::array::from_fn(|at| NAMES[at]);
    let columns = table.columns(names)?;
    let mut rows = HashMap::new();
    table.each(|record| {
        let mut values = [0.0; FEATURES];
        for (value, column) in values.iter_mut().zip(columns) {
            *value = record.get(column).unwrap_or_default().parse().context("a feature")?;
        }
        rows.insert(record.get(id).unwrap_or_default().parse().context("TRANSACTION_ID")?, values);
        Ok(())
    })?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services;

    #[test]
    fn the_published_features_are_met_on_the_published_sample() -> anyhow::Result<()> {
        let folder = std::env::var("VIGIE_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
        let folder = services::root().join(folder);
        if !Table::exists(&folder, "handbook_tx") || !Table::exists(&folder, "handbook_features_sample") {
            println!("skipped: no benchmark in {}; set VIGIE_DATA", folder.display());
            return Ok(());
        }
        let data = Data::read(&folder)?;
        // Seven weeks: enough for every window, and quick without optimisation.
        assert!(check(&folder, &data, data.rows_of(0..49).end)?);
        Ok(())
    }
}
