//! A latency over the bare pipe's: p99 of each second, and the median of those, so that a stall of the machine spoils
//! some seconds and not the figure. A shared disk was seen to let a commit wait 5 to 500 ms up to three times a second, in
//! waves of some seconds and whatever was written beside it: so the bare pipe and the product take short turns, and both
//! meet the same waves. What the parts before wrote is on the disk when it begins: otherwise every commit here waits for
//! theirs.

use super::{Context, rounded, show};
use crate::bank::Bank;
use crate::db;
use crate::floor::pipe;
use crate::report::{median, summary};
use serde_json::{Map, Value, json};
use sqlx::Executor as _;
use std::time::Duration;
use tokio::process::Command;

/// Of the bare pipe and of the product.
const TURNS: u32 = 12;
const TURN: Duration = Duration::from_secs(3);
/// Before the first, of the product.
pub const WARM: Duration = Duration::from_secs(3);

/// Milliseconds of each event, in their order; one list for each turn.
type Took = Vec<Vec<f64>>;

pub struct Windows {
    name: &'static str,
    per_second: u32,
    /// Of each.
    pub turns: u32,
    pub turn: Duration,
    product: Took,
    bare: Took,
}

impl Windows {
    pub async fn begin(context: &Context<'_>, name: &'static str, per_second: u32) -> anyhow::Result<Self> {
        if let Err(error) = quiet_disk(&context.services.database_url).await {
            eprintln!("  the disk may be busy with what was written before: {error:#}");
        }
        let turns = if context.quick { 1 } else { TURNS };
        Ok(Windows { name, per_second, turns, turn: TURN, product: Vec::new(), bare: Vec::new() })
    }

    /// The bare pipe's turn.
    pub async fn bare(&mut self, bank: &Bank) -> anyhow::Result<()> {
        let lasting = pipe::WARM + self.turn;
        self.bare.push(pipe::run(&bank.brokers, &bank.database_url, self.per_second, lasting).await?);
        Ok(())
    }

    /// What the product took in its turn.
    pub fn push(&mut self, product: Vec<f64>) {
        self.product.push(product);
    }

    /// Prints the medians of the seconds; the ratio of p99 becomes a figure of its own, and every second stands beside it.
    pub fn report(self, figures: &mut Map<String, Value>, ratio: &str, detail: &str, more: &Value) {
        let seconds = |took: &Took| -> Vec<Value> {
            took.iter().flat_map(|turn| turn.chunks_exact(self.per_second as usize)).map(summary).collect()
        };
        let (product, bare) = (seconds(&self.product), seconds(&self.bare));
        let typical = |seconds: &[Value], key: &str| {
            median(&seconds.iter().filter_map(|second| second[key].as_f64()).collect::<Vec<_>>())
        };
        let all = [&self.product, &self.bare].map(|took| summary(&took.concat()));
        let [all_ours, all_floor] = all.each_ref().map(|all| all["p99"].as_f64().unwrap_or_default());
        let mut over = Vec::new();
        for key in ["p50", "p99"] {
            let (ours, floor) = (typical(&product, key), typical(&bare, key));
            show(&format!("{} {key}, ms", self.name), ours, "");
            show(&format!("bare pipe {key}, ms"), floor, "");
            over.push(ours / floor);
        }
        show(&format!("{} p50 over bare", self.name), over[0], "");
        show("all p99 over bare, stalls too", all_ours / all_floor, "");
        show(ratio, over[1], "at most 4, aim at 2");
        figures.insert(ratio.into(), json!(rounded(over[1])));
        let mut told = json!({
            "p50_ratio": rounded(over[0]), "p99_ratio_with_stalls": rounded(all_ours / all_floor),
            "per_second": self.per_second, "turn_seconds": self.turn.as_secs_f64(), "all_ms": all[0],
            "bare_all_ms": all[1], "seconds_ms": product, "bare_seconds_ms": bare,
        });
        if let (Some(told), Some(more)) = (told.as_object_mut(), more.as_object()) {
            told.extend(more.clone());
        }
        figures.insert(detail.into(), told);
    }
}

async fn quiet_disk(database_url: &str) -> anyhow::Result<()> {
    db::connect(database_url).await?.execute("checkpoint").await?;
    let synced = Command::new("sync").status().await?;
    anyhow::ensure!(synced.success(), "sync: {synced}");
    Ok(())
}
