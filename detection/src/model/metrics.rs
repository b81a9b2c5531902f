//! How good scores are: the benchmark's three figures, written from their definitions and from nothing else.
//!
//! AUC ROC with ties half; average precision over distinct scores, not interpolated; card precision at 100. Promises:
//! a score that is missing, doubled or not finite is refused rather than judged; nothing here knows how scores are made.

use std::collections::{BTreeMap, HashSet};

#[derive(Debug, Clone, Copy)]
pub struct Scored {
    pub id: u128,
    pub day: i64,
    /// Whose card or account.
    pub customer: u64,
    pub fraud: bool,
    pub score: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figures {
    pub auc_roc: f64,
    pub average_precision: f64,
    pub card_precision_100: f64,
    /// Card precision of a score that knows the labels.
    pub card_precision_100_perfect: f64,
}

/// Why scores cannot be judged.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MetricsError {
    #[error("the score of transaction {id} is {score}")]
    NotFinite { id: u128, score: f64 },
    #[error("transaction {id} is scored twice")]
    Doubled { id: u128 },
    #[error("rows of one kind only")]
    OneKindOnly,
}

const CARDS: usize = 100;

/// # Errors
/// See [`MetricsError`].
pub fn judge(rows: &[Scored]) -> Result<Figures, MetricsError> {
    let mut ids = HashSet::new();
    for row in rows {
        if !row.score.is_finite() {
            return Err(MetricsError::NotFinite { id: row.id, score: row.score });
        }
        if !ids.insert(row.id) {
            return Err(MetricsError::Doubled { id: row.id });
        }
    }
    if rows.iter().all(|row| row.fraud) || !rows.iter().any(|row| row.fraud) {
        return Err(MetricsError::OneKindOnly);
    }
    let knowing: Vec<Scored> =
        rows.iter().map(|row| Scored { score: f64::from(u8::from(row.fraud)), ..*row }).collect();
    Ok(Figures {
        auc_roc: auc_roc(rows),
        average_precision: average_precision(rows),
        card_precision_100: card_precision(rows),
        card_precision_100_perfect: card_precision(&knowing),
    })
}

/// (genuine, frauds) per distinct score, highest score first.
fn by_score(rows: &[Scored]) -> Vec<(f64, f64)> {
    let mut sorted: Vec<&Scored> = rows.iter().collect();
    sorted.sort_by(|a, b| b.score.total_cmp(&a.score));
    let equal = sorted.chunk_by(|a, b| a.score == b.score);
    equal
        .map(|group| {
            let frauds = group.iter().filter(|row| row.fraud).count();
            ((group.len() - frauds) as f64, frauds as f64)
        })
        .collect()
}

/// Chance that a fraud scores higher than a genuine payment, a tie counting half.
fn auc_roc(rows: &[Scored]) -> f64 {
    let (mut frauds_above, mut won, mut genuine_all) = (0.0, 0.0, 0.0);
    for (genuine, frauds) in by_score(rows) {
        won += genuine * (frauds_above + frauds / 2.0);
        frauds_above += frauds;
        genuine_all += genuine;
    }
    won / (genuine_all * frauds_above)
}

/// Σ (Rₙ − Rₙ₋₁) · Pₙ.
fn average_precision(rows: &[Scored]) -> f64 {
    let all = rows.iter().filter(|row| row.fraud).count() as f64;
    let (mut taken, mut found, mut sum) = (0.0, 0.0, 0.0);
    for (genuine, frauds) in by_score(rows) {
        taken += genuine + frauds;
        found += frauds;
        sum += frauds / all * (found / taken);
    }
    sum
}

/// Mean over days of the share of truly compromised cards among the hundred with the highest scores; a card found is
/// left out of later days.
fn card_precision(rows: &[Scored]) -> f64 {
    let mut days: BTreeMap<i64, BTreeMap<u64, (f64, bool)>> = BTreeMap::new();
    for row in rows {
        let card = days.entry(row.day).or_default().entry(row.customer).or_insert((f64::NEG_INFINITY, false));
        *card = (card.0.max(row.score), card.1 || row.fraud);
    }
    let mut found = HashSet::new();
    let mut sum = 0.0;
    for cards in days.values() {
        let mut ranked: Vec<(u64, f64, bool)> = cards
            .iter()
            .filter(|(customer, _)| !found.contains(*customer))
            .map(|(customer, (score, fraud))| (*customer, *score, *fraud))
            .collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let hits: Vec<u64> = ranked.iter().take(CARDS).filter(|card| card.2).map(|card| card.0).collect();
        sum += hits.len() as f64 / CARDS as f64;
        found.extend(hits);
    }
    sum / days.len() as f64
}

/// Mean and standard deviation (of the population).
pub fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: u128, day: i64, customer: u64, fraud: bool, score: f64) -> Scored {
        Scored { id, day, customer, fraud, score }
    }

    #[test]
    fn a_tie_counts_half_and_precision_is_not_interpolated() {
        let rows =
            [row(1, 0, 1, true, 0.9), row(2, 0, 2, false, 0.5), row(3, 0, 3, true, 0.5), row(4, 0, 4, false, 0.1)];
        assert!((auc_roc(&rows) - 0.875).abs() < 1e-12);
        // 1/2 · 1 + 1/2 · 2/3.
        assert!((average_precision(&rows) - (0.5 + 0.5 * 2.0 / 3.0)).abs() < 1e-12);
    }

    #[test]
    fn a_card_that_was_found_is_left_out_of_later_days() {
        let mut rows = vec![row(1, 0, 7, true, 0.9), row(2, 1, 7, true, 0.9), row(3, 1, 8, true, 0.8)];
        assert!((card_precision(&rows) - (0.01 + 0.01) / 2.0).abs() < 1e-12);
        // A hundred genuine cards with higher scores push it out.
        rows.extend((0..100).map(|n| row(100 + u128::from(n), 1, 100 + n, false, 0.95)));
        assert!((card_precision(&rows) - 0.01 / 2.0).abs() < 1e-12);
    }

    #[test]
    fn equal_scores_are_ranked_by_customer() {
        let genuine = (0..100).map(|n| row(u128::from(n), 0, n, false, 0.5));
        let late: Vec<Scored> = genuine.clone().chain([row(900, 0, 900, true, 0.5)]).collect();
        assert_eq!(card_precision(&late), 0.0);
        let early: Vec<Scored> = genuine.map(|row| Scored { customer: row.customer + 1, ..row }).collect();
        let early: Vec<Scored> = early.into_iter().chain([row(900, 0, 0, true, 0.5)]).collect();
        assert_eq!(card_precision(&early), 0.01);
    }

    #[test]
    fn doubled_and_unfinished_scores_are_refused() {
        assert!(judge(&[row(1, 0, 1, true, 0.5), row(1, 0, 1, false, 0.5)]).is_err());
        assert!(judge(&[row(1, 0, 1, true, f64::NAN), row(2, 0, 1, false, 0.5)]).is_err());
        assert!(judge(&[row(1, 0, 1, false, 0.5)]).is_err());
    }
}
