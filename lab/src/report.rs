//! What a run leaves behind: JSON under `target/`, with the machine it ran on, and a table on the screen.

use crate::{cpu, db, product::Product, services};
use serde::Serialize;
use serde_json::{Value, json};
use std::path::PathBuf;

/// The machine and the versions a figure belongs to.
pub async fn circumstances(product: Option<&Product>, database_url: &str) -> Value {
    let postgres = match db::connect(database_url).await {
        Ok(mut connection) => db::version(&mut connection).await.unwrap_or_default(),
        Err(_) => String::new(),
    };
    json!({
        "at": chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        "cores": cpu::cores(),
        "cpu": cpu::model(),
        "load_1min_before": cpu::load(),
        "versions": {
            "vigie": product.map(Product::version),
            "commit": commit(),
            "postgres": postgres,
            "kafka": kafka_version(),
            "librdkafka": rdkafka::util::get_rdkafka_version().1,
        },
    })
}

fn commit() -> String {
    let output = std::process::Command::new("git")
        .args(["describe", "--always", "--dirty"])
        .current_dir(services::root())
        .output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

fn kafka_version() -> String {
    let pom = std::fs::read_to_string(services::root().join("dev/kafka/pom.xml")).unwrap_or_default();
    let version = pom.split_once("<kafka.version>").and_then(|(_, rest)| rest.split_once('<'));
    version.map(|(version, _)| version.to_owned()).unwrap_or_default()
}

/// Writes `target/FOLDER/latest.json` and a copy named by its time.
pub fn write(folder: &str, report: &impl Serialize) -> anyhow::Result<PathBuf> {
    let folder = services::root().join("target").join(folder);
    std::fs::create_dir_all(&folder)?;
    let text = serde_json::to_string_pretty(report)? + "\n";
    let stamp = chrono::Utc::now().format("%Y%m%dT%H%M%SZ");
    std::fs::write(folder.join(format!("{stamp}.json")), &text)?;
    let latest = folder.join("latest.json");
    std::fs::write(&latest, &text)?;
    eprintln!("written: {}", latest.strip_prefix(services::root()).unwrap_or(&latest).display());
    Ok(latest)
}

/// The value below which a share of the sorted values lies (nearest rank); 0 for none.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied().unwrap_or(0.0)
}

/// Count, p50, p99 and maximum, rounded to microseconds where the values are milliseconds.
pub fn summary(values: &[f64]) -> Value {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let round = |value: f64| (value * 1000.0).round() / 1000.0;
    json!({
        "count": sorted.len(),
        "p50": round(percentile(&sorted, 0.50)),
        "p99": round(percentile(&sorted, 0.99)),
        "max": round(sorted.last().copied().unwrap_or(0.0)),
    })
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => (sorted[n / 2 - 1] + sorted[n / 2]) / 2.0,
    }
}

/// Prints one figure: name, value, and the goal it is held against.
pub fn line(name: &str, value: impl std::fmt::Display, goal: &str) {
    println!("{name:<34} {value:>14}   {goal}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_occurred() {
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(percentile(&values, 0.50), 50.0);
        assert_eq!(percentile(&values, 0.99), 99.0);
        assert_eq!(percentile(&values, 1.0), 100.0);
        assert_eq!(percentile(&[], 0.5), 0.0);
        assert_eq!(median(&[3.0, 1.0, 2.0, 10.0]), 2.5);
    }
}
