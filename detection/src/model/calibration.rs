//! From log-odds to a probability that means what it says: Platt's two numbers, fitted on rows the trainer did not see.
//!
//! Promises: rises strictly with the log-odds (so it never changes an order); the fit is Newton's method with step
//! halving (Lin, Lin and Weng, 2007), deterministic. Absent: anything learnt from training rows.

use serde::{Deserialize, Serialize};

/// Upper edges of the reliability table's rows.
const EDGES: [f64; 8] = [0.005, 0.02, 0.05, 0.1, 0.3, 0.6, 0.9, 1.0];
const STEPS_MAX: usize = 100;
/// A model that ranks no better than chance still must not fall.
const SLOPE_MIN: f64 = 1e-3;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    pub slope: f64,
    pub intercept: f64,
    /// On the rows it was fitted on, or better, on others.
    pub reliability: Vec<Reliability>,
}

/// Rows whose calibrated probability lies between the edge before and this one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reliability {
    pub up_to: f64,
    pub rows: u64,
    pub frauds: u64,
    /// Mean probability said.
    pub said: f64,
    /// Share that was fraud.
    pub found: f64,
}

impl Default for Calibration {
    /// Leaves the probability as it is.
    fn default() -> Self {
        Calibration { slope: 1.0, intercept: 0.0, reliability: Vec::new() }
    }
}

pub fn logistic(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

impl Calibration {
    pub fn apply(&self, log_odds: f64) -> f64 {
        logistic(self.slope * log_odds + self.intercept)
    }

    /// Of (log-odds, fraud) pairs; leaves the probability as it is where one kind is missing.
    pub fn fit(rows: &[(f64, bool)]) -> Self {
        let frauds = rows.iter().filter(|row| row.1).count() as f64;
        let genuine = rows.len() as f64 - frauds;
        if frauds < 1.0 || genuine < 1.0 {
            return Calibration::default();
        }
        // Platt's targets keep the ends away from 0 and 1.
        let (high, low) = ((frauds + 1.0) / (frauds + 2.0), 1.0 / (genuine + 2.0));
        let targets: Vec<(f64, f64)> = rows.iter().map(|(x, fraud)| (*x, if *fraud { high } else { low })).collect();
        let (mut slope, mut intercept) = (1.0, 0.0);
        let mut best = loss(&targets, slope, intercept);
        for _ in 0..STEPS_MAX {
            let (by_slope, by_intercept) = newton(&targets, slope, intercept);
            let mut step = 1.0;
            let better = loop {
                let (a, b) = (slope - step * by_slope, intercept - step * by_intercept);
                let found = loss(&targets, a, b);
                if found < best {
                    break Some((a, b, found));
                }
                step /= 2.0;
                if step < 1e-9 {
                    break None;
                }
            };
            let Some((a, b, found)) = better else { break };
            let gained = best - found;
            (slope, intercept, best) = (a, b, found);
            if gained < 1e-10 * best {
                break;
            }
        }
        let slope = if slope.is_finite() { slope.max(SLOPE_MIN) } else { 1.0 };
        let intercept = if intercept.is_finite() { intercept } else { 0.0 };
        let fitted = Calibration {
            slope: super::file::short(slope),
            intercept: super::file::short(intercept),
            reliability: Vec::new(),
        };
        let reliability = fitted.reliability(rows);
        Calibration { reliability, ..fitted }
    }

    /// What it says beside what was found, by how much it says. Rows without payments are left out.
    pub fn reliability(&self, rows: &[(f64, bool)]) -> Vec<Reliability> {
        let mut table = [(0_u64, 0_u64, 0.0_f64); EDGES.len()];
        for (log_odds, fraud) in rows {
            let probability = self.apply(*log_odds);
            let row = EDGES.iter().position(|edge| probability <= *edge).unwrap_or(EDGES.len() - 1);
            table[row].0 += 1;
            table[row].1 += u64::from(*fraud);
            table[row].2 += probability;
        }
        let filled = EDGES.iter().zip(table).filter(|(_, row)| row.0 > 0);
        let share = |part: f64, rows: u64| super::file::short(part / rows as f64);
        filled
            .map(|(up_to, (rows, frauds, said))| Reliability {
                up_to: *up_to,
                rows,
                frauds,
                said: share(said, rows),
                found: share(frauds as f64, rows),
            })
            .collect()
    }
}

/// Cross-entropy, in a form that does not overflow.
fn loss(targets: &[(f64, f64)], slope: f64, intercept: f64) -> f64 {
    let of = |(x, target): &(f64, f64)| {
        let z = slope * x + intercept;
        z.max(0.0) - z * target + (-z.abs()).exp().ln_1p()
    };
    targets.iter().map(of).sum()
}

/// Newton's step: gradient over Hessian, the latter kept from being singular.
fn newton(targets: &[(f64, f64)], slope: f64, intercept: f64) -> (f64, f64) {
    let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (0.0, 0.0, 1e-12, 0.0, 1e-12);
    for (x, target) in targets {
        let p = logistic(slope * x + intercept);
        let (gradient, curvature) = (p - target, p * (1.0 - p));
        ga += gradient * x;
        gb += gradient;
        haa += curvature * x * x;
        hab += curvature * x;
        hbb += curvature;
    }
    let determinant = haa * hbb - hab * hab;
    if determinant.abs() < 1e-300 {
        return (ga, gb);
    }
    ((hbb * ga - hab * gb) / determinant, (haa * gb - hab * ga) / determinant)
}
