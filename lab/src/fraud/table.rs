//! The figures on the screen, with the published ones beside them.

use super::data::Data;
use super::fold::Outcome;
use detection::model::metrics::mean_and_deviation;

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

pub fn print(outcomes: &[Outcome], data: &Data, train_days: i64) {
    println!("fold  test        train rows (frauds)   test rows (frauds)   AUC ROC      AP   CP@100   perfect   fit s");
    for outcome in outcomes {
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
            outcome.figures.auc_roc,
            outcome.figures.average_precision,
            outcome.figures.card_precision_100,
            outcome.figures.card_precision_100_perfect,
            outcome.fit_s,
        );
    }
    let of = |get: fn(&Outcome) -> f64| mean_and_deviation(&outcomes.iter().map(get).collect::<Vec<_>>());
    let auc = of(|outcome| outcome.figures.auc_roc);
    let ap = of(|outcome| outcome.figures.average_precision);
    let cp = of(|outcome| outcome.figures.card_precision_100);
    println!("{:<38} {:>6} {:>14} {:>14}", "", "AUC ROC", "AP", "CP@100");
    let (here, note) = ("here, mean ± std", if train_days == 7 { "" } else { " (not the published protocol)" });
    println!("{here:<38} {:.3} ± {:.3} {:>6.3} ± {:.3} {:>6.3} ± {:.3}{note}", auc.0, auc.1, ap.0, ap.1, cp.0, cp.1);
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

fn edges(outcomes: &[Outcome]) -> Vec<f64> {
    let mut edges: Vec<f64> = outcomes.iter().flat_map(|outcome| &outcome.reliability).map(|row| row.up_to).collect();
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    edges
}
