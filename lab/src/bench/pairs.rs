//! A latency over the bare pipe's, measured in turns: what else runs on the machine meets both, and a stall spoils one
//! pair of several, not the figure.

use super::{rounded, show};
use crate::bank::Bank;
use crate::floor::pipe;
use crate::report::{median, summary};
use serde_json::{Map, Value, json};
use std::time::Duration;

pub const PAIRS: u32 = 5;

/// Milliseconds of each event: the product's, and the bare pipe's just before.
pub struct Pairs {
    name: &'static str,
    per_second: u32,
    pairs: Vec<(Vec<f64>, Vec<f64>)>,
}

impl Pairs {
    pub fn new(name: &'static str, per_second: u32) -> Self {
        Pairs { name, per_second, pairs: Vec::new() }
    }

    /// The bare pipe's turn, beside the bank's processes at rest; the product's is `measured` then.
    pub async fn bare(&self, bank: &Bank, lasting: Duration) -> anyhow::Result<Vec<f64>> {
        pipe::run(&bank.brokers, &bank.database_url, self.per_second, lasting).await
    }

    pub fn push(&mut self, bare: Vec<f64>, product: Vec<f64>) {
        let [ours, floor] = [summary(&product), summary(&bare)].map(|summary| summary["p99"].clone());
        eprintln!("  {} p99 {ours} ms, bare pipe {floor} ms", self.name);
        self.pairs.push((product, bare));
    }

    fn median_of(&self, key: &str, of: impl Fn(f64, f64) -> f64) -> f64 {
        let value = |values: &[f64]| summary(values)[key].as_f64().unwrap_or(0.0);
        let each = self.pairs.iter().map(|(product, bare)| of(value(product), value(bare)));
        median(&each.collect::<Vec<_>>())
    }

    /// Prints the medians; the ratio of p99 becomes a figure of its own, and every pair stands beside it.
    pub fn report(&self, figures: &mut Map<String, Value>, ratio: &str, detail: &str, more: &Value) {
        for key in ["p50", "p99"] {
            show(&format!("{} {key}, ms", self.name), self.median_of(key, |product, _| product), "");
            show(&format!("bare pipe {key}, ms"), self.median_of(key, |_, bare| bare), "");
        }
        let over = |key| self.median_of(key, |product, bare| product / bare);
        show(&format!("{} p50 over bare", self.name), over("p50"), "");
        show(ratio, over("p99"), "at most 4, aim at 2");
        figures.insert(ratio.into(), json!(rounded(over("p99"))));
        let pairs =
            self.pairs.iter().map(|(product, bare)| json!({ "ms": summary(product), "bare_ms": summary(bare) }));
        let mut told = json!({
            "p50_ratio": rounded(over("p50")), "per_second": self.per_second, "pairs": pairs.collect::<Vec<_>>(),
        });
        if let (Some(told), Some(more)) = (told.as_object_mut(), more.as_object()) {
            told.extend(more.clone());
        }
        figures.insert(detail.into(), told);
    }
}
