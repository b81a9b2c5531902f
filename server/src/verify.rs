//! `vigie verify`: are the books sound? Recomputed from the tables alone, in one snapshot, by questions that share no
//! code with the worker.
//!
//! Promises: every violation is named (up to a thousand per question); nothing is written; safe beside running workers.
//! Deliberately absent: any repair.

use crate::store::Store;
use crate::store::verify::{CHECKS, Counts, Violation, ask_snapshot};
use serde::Serialize;

/// What was asked and found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub clean: bool,
    pub counts: Counts,
    /// Names of the questions, in order.
    pub checks: Vec<&'static str>,
    pub violations: Vec<Violation>,
}

/// Asks every question.
///
/// # Errors
/// When the database does not answer.
pub async fn verify(store: &Store) -> sqlx::Result<Report> {
    let (counts, violations) = ask_snapshot(store).await?;
    let checks = CHECKS.iter().map(|check| check.name).collect();
    Ok(Report { clean: violations.is_empty(), counts, checks, violations })
}

/// The report as lines for people.
pub fn lines(report: &Report) -> Vec<String> {
    let counts = &report.counts;
    let mut lines = vec![format!(
        "{} accounts, {} transactions ({} posted, {} held, {} refused), {} dead letters, {} partitions, {} unannounced batches",
        counts.accounts,
        counts.transactions,
        counts.posted,
        counts.held,
        counts.refused,
        counts.dead_letters,
        counts.partitions,
        counts.unannounced,
    )];
    for check in &CHECKS {
        let found = report.violations.iter().filter(|violation| violation.check == check.name);
        let count = found.clone().count();
        let mark = if count == 0 { "ok    " } else { "BROKEN" };
        lines.push(format!("{mark} {}: {}", check.name, check.promise));
        lines.extend(found.map(|violation| format!("       {}: {}", violation.subject, violation.detail)));
    }
    lines.push(match report.violations.len() {
        0 => "the books are sound".to_owned(),
        1 => "1 violation".to_owned(),
        many => format!("{many} violations"),
    });
    lines
}
