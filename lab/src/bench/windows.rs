//! A latency over the bare pipe's: p99 of each five seconds, and the median of those, so that a stall of the machine
//! spoils one window and not the figure. The bare pipe has the machine to itself, before and after. What the parts before
//! wrote is on the disk when it begins: otherwise every commit here waits for theirs.

use super::{Context, rounded, show};
use crate::bank::Bank;
use crate::db;
use crate::floor::pipe;
use crate::report::{median, summary};
use serde_json::{Map, Value, json};
use sqlx::Executor as _;
use std::time::Duration;
use tokio::process::Command;

/// Of the product, and as many of the bare pipe.
pub const COUNT: u32 = 6;
/// Before the first, of the product.
pub const WARM: Duration = Duration::from_secs(3);

pub struct Windows {
    name: &'static str,
    per_second: u32,
    pub lasting: Duration,
    /// Milliseconds of each event.
    product: Vec<Value>,
    bare: Vec<Value>,
}

impl Windows {
    pub async fn begin(context: &Context<'_>, name: &'static str, per_second: u32) -> anyhow::Result<Self> {
        if let Err(error) = quiet_disk(&context.services.database_url).await {
            eprintln!("  the disk may be busy with what was written before: {error:#}");
        }
        let lasting = context.seconds(30) / COUNT;
        Ok(Windows { name, per_second, lasting, product: Vec::new(), bare: Vec::new() })
    }

    /// Half of the bare pipe's windows.
    pub async fn bare(&mut self, bank: &Bank) -> anyhow::Result<()> {
        let took = pipe::run(&bank.brokers, &bank.database_url, self.per_second, self.lasting * COUNT / 2).await?;
        self.bare.extend(took.chunks(took.len().div_ceil(COUNT as usize / 2)).map(summary));
        Ok(())
    }

    pub fn push(&mut self, product: &[f64]) {
        self.product.push(summary(product));
    }

    /// Prints the medians; the ratio of p99 becomes a figure of its own, and every window stands beside it.
    pub fn report(self, figures: &mut Map<String, Value>, ratio: &str, detail: &str, more: &Value) {
        let typical = |windows: &[Value], key: &str| {
            median(&windows.iter().filter_map(|window| window[key].as_f64()).collect::<Vec<_>>())
        };
        let mut over = Vec::new();
        for key in ["p50", "p99"] {
            let (ours, bare) = (typical(&self.product, key), typical(&self.bare, key));
            show(&format!("{} {key}, ms", self.name), ours, "");
            show(&format!("bare pipe {key}, ms"), bare, "");
            over.push(ours / bare);
        }
        show(&format!("{} p50 over bare", self.name), over[0], "");
        show(ratio, over[1], "at most 4, aim at 2");
        figures.insert(ratio.into(), json!(rounded(over[1])));
        let mut told = json!({
            "p50_ratio": rounded(over[0]), "per_second": self.per_second, "window_seconds": self.lasting.as_secs_f64(),
            "windows_ms": self.product, "bare_windows_ms": self.bare,
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
