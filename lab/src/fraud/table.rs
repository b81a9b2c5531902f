//! The figures on the screen, with the published ones beside them.

use super::data::Data;
use super::fold::Outcome;
use super::score::Fired;
use detection::model::metrics::{Figures, mean_and_deviation};
use detection::policy::Policy;
use detection::rules::RuleId;
use std::collections::BTreeMap;

/// Means of the four published weeks (std .00–.02): AUC ROC, average precision, card precision at 100.
const PUBLISHED: [(&str, f64, f64, f64); 8] = [
    ("decision tree", 0.797, 0.579, 0.284),
    ("logistic regression", 0.868, 0.623, 0.297),
    ("random forest 100, depth 20", 0.870, 0.678, 0.299),
    ("XGBoost 50 trees, 0.3, depth 3", 0.872, 0.687, 0.302),
    ("XGBoost 100 trees, 0.1, depth 3", 0.871, 0.694, 0.304),
    ("balanced bagging", 0.879, 0.680, 0.305),
    ("feed-forward network", 0.876, 0.675, 0.303),
    ("LSTM", 0.876, 0.665, 0.297),
];

/// What is to be reached in the mean of the published weeks.
const GOAL: (f64, f64, f64) = (0.872, 0.70, 0.302);

/// Figures of one kind of score, by outcome, and what to call it.
pub struct Column {
    pub name: String,
    pub figures: Vec<Figures>,
}

/// The judged score in full, then its mean beside others'.
pub fn print(outcomes: &[Outcome], judged: &Column, others: &[Column], data: &Data, train_days: i64) {
    println!("score: {}", judged.name);
    println!("fold  test        train rows (frauds)   test rows (frauds)   AUC ROC      AP   CP@100   perfect   fit s");
    for (outcome, figures) in outcomes.iter().zip(&judged.figures) {
        let days = outcome.fold.test();
        println!(
            "{:>4}  {}..{} {:>12} ({:>5}) {:>12} ({:>5}) {:>9.3} {:>7.3} {:>8.3} {:>9.3} {:>7.1}",
            outcome.fold.start,
            data.date(days.start),
            &data.date(days.end - 1)[3..],
            outcome.train.rows,
            outcome.train.frauds,
            outcome.test_rows,
            outcome.test_frauds,
            figures.auc_roc,
            figures.average_precision,
            figures.card_precision_100,
            figures.card_precision_100_perfect,
            outcome.fit_s,
        );
    }
    println!("{:<38} {:>6} {:>14} {:>14}", "mean ± std", "AUC ROC", "AP", "CP@100");
    let note = if train_days == 7 { "" } else { " (not the published protocol)" };
    for column in [judged].into_iter().chain(others) {
        let [auc, ap, cp] = means(&column.figures);
        let name = &column.name;
        println!(
            "{name:<38} {:.3} ± {:.3} {:>6.3} ± {:.3} {:>6.3} ± {:.3}{note}",
            auc.0, auc.1, ap.0, ap.1, cp.0, cp.1
        );
    }
    println!("{:<38} {:.3} {:>14.3} {:>14.3}", "to reach", GOAL.0, GOAL.1, GOAL.2);
    for (name, auc, ap, cp) in PUBLISHED {
        println!("published, {name:<27} {auc:.3} {ap:>14.3} {cp:>14.3}");
    }
    println!("calibrated probability on the test weeks, all folds:   up to     rows   frauds   said   found");
    for edge in edges(outcomes) {
        let rows = outcomes.iter().flat_map(|outcome| &outcome.reliability).filter(|row| row.up_to == edge);
        let (rows_all, frauds, said) = rows
            .fold((0, 0, 0.0), |sum, row| (sum.0 + row.rows, sum.1 + row.frauds, sum.2 + row.said * row.rows as f64));
        let share = |part: f64| part / rows_all as f64;
        println!("{:>60} {rows_all:>8} {frauds:>8} {:>6.3} {:>7.3}", edge, share(said), share(frauds as f64));
    }
}

/// Which rules spoke of the test weeks, and how often they were right; the surest first.
pub fn print_rules(rules: &BTreeMap<RuleId, Fired>) {
    let policy = Policy::default();
    let share = |fired: &Fired| fired.frauds as f64 / fired.payments.max(1) as f64;
    let mut rules: Vec<_> = rules.iter().collect();
    rules.sort_by(|a, b| share(b.1).total_cmp(&share(a.1)));
    println!(
        "{:<38} {:>8} {:>14} {:>14} {:>7}",
        "rules that fired on the test weeks", "points", "payments", "frauds", "share"
    );
    for (rule, fired) in rules {
        let (points, share) = (policy.rule(*rule).weight, share(fired));
        println!("{:<38} {points:>8} {:>14} {:>14} {share:>7.3}", rule.as_str(), fired.payments, fired.frauds);
    }
}

/// Mean and deviation of AUC ROC, average precision and card precision.
pub fn means(figures: &[Figures]) -> [(f64, f64); 3] {
    let of = |get: fn(&Figures) -> f64| mean_and_deviation(&figures.iter().map(get).collect::<Vec<_>>());
    [of(|one| one.auc_roc), of(|one| one.average_precision), of(|one| one.card_precision_100)]
}

fn edges(outcomes: &[Outcome]) -> Vec<f64> {
    let mut edges: Vec<f64> = outcomes.iter().flat_map(|outcome| &outcome.reliability).map(|row| row.up_to).collect();
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    edges
}
