//! Trainer, scorer, contributions, calibration, file.
#![allow(clippy::unwrap_used)]

use super::file::{FORMAT, VERSION, short};
use super::*;
use crate::features::{N, NAMES};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The same numbers on every run.
struct Numbers(u64);

impl Numbers {
    /// In [0, 1).
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn any_row(numbers: &mut Numbers) -> [f64; N] {
    std::array::from_fn(|_| (numbers.next() * 100.0).round() / 10.0)
}

/// Fraud where the first feature is above a sharp edge, or two others agree; some labels are wrong.
fn samples(rows: usize, seed: u64) -> Samples {
    let mut numbers = Numbers(seed);
    let mut samples = Samples::new(N);
    for _ in 0..rows {
        let row = any_row(&mut numbers);
        let fraud = row[0] > 9.35 || (row[3] < 1.0 && row[7] > 8.0);
        samples.push(&row, fraud != (numbers.next() < 0.01)).unwrap();
    }
    samples
}

const SMALL: Recipe = Recipe { trees: 30, rate: 0.3, depth: 3, min_gain: 0.0, min_hessian: 1.0, lambda: 1.0 };

/// Trained once for all tests.
static FILE: LazyLock<ModelFile> = LazyLock::new(trained);

fn file() -> ModelFile {
    FILE.clone()
}

fn trained() -> ModelFile {
    let trees = train(&samples(3_000, 1), &SMALL, &mut |_| {}).unwrap();
    let window = Window { data: "synthetic".to_owned(), from_ms: 0, until_ms: 1, rows: 3_000, frauds: 200 };
    ModelFile {
        format: FORMAT.to_owned(),
        version: VERSION,
        about: "for tests".to_owned(),
        trained_on: window,
        calibrated_on: None,
        recipe: SMALL,
        figures: BTreeMap::from([("average_precision".to_owned(), 0.5)]),
        calibration: Calibration::default(),
        features: NAMES.iter().map(|name| (*name).to_owned()).collect(),
        trees,
    }
}

fn model() -> Model {
    Model::parse(&file().to_bytes().unwrap()).unwrap()
}

#[test]
fn a_sharp_edge_is_found_to_the_neighbouring_values() {
    let mut samples = Samples::new(2);
    for n in 0..200 {
        samples.push(&[1.0, f64::from(n)], n >= 137).unwrap();
    }
    let recipe = Recipe { trees: 1, depth: 1, ..SMALL };
    let trees = train(&samples, &recipe, &mut |_| {}).unwrap();
    assert_eq!(trees[0].splits().collect::<Vec<_>>(), [(1, 136.5)]);
    assert_eq!(trees[0].rows, [200, 137, 63]);
    // Start at p = 0.5: gradient ±0.5, curvature 0.25; leaf −G/(H+λ) · rate.
    assert!((trees[0].value[1] - short(-68.5 / (34.25 + 1.0) * 0.3)).abs() < 1e-12);
    assert!((trees[0].value[2] - short(31.5 / (15.75 + 1.0) * 0.3)).abs() < 1e-12);
}

#[test]
fn training_lowers_the_loss_and_ranks_unseen_rows() {
    let mut losses = Vec::new();
    let trees = train(&samples(3_000, 1), &SMALL, &mut |progress| losses.push(progress.loss)).unwrap();
    assert_eq!(losses.len(), trees.len());
    assert!(losses.windows(2).all(|pair| pair[1] < pair[0]), "{losses:?}");
    let (model, unseen) = (model(), samples(2_000, 2));
    let (mut fraud, mut genuine) = (Vec::new(), Vec::new());
    for row in 0..unseen.len() {
        let values = std::array::from_fn(|feature| unseen.columns()[feature][row]);
        let kind = if unseen.fraud()[row] { &mut fraud } else { &mut genuine };
        kind.push(model.score(&values).probability);
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    assert!(mean(&fraud) > 0.6 && mean(&genuine) < 0.1, "{} {}", mean(&fraud), mean(&genuine));
}

#[test]
fn the_same_samples_give_the_same_bytes() {
    assert_eq!(trained().to_bytes().unwrap(), file().to_bytes().unwrap());
    assert_eq!(model().id().len(), 64);
}

#[test]
fn a_side_lighter_than_the_least_hessian_is_not_split_off() {
    let mut samples = Samples::new(1);
    for n in 0..100 {
        samples.push(&[f64::from(n)], n == 99).unwrap();
    }
    let recipe = Recipe { trees: 1, depth: 1, ..SMALL };
    let trees = train(&samples, &recipe, &mut |_| {}).unwrap();
    // Four rows weigh 1 at the start.
    assert!(trees[0].rows[2] >= 4);
}

#[test]
fn samples_that_teach_nothing_are_refused() {
    let mut genuine = Samples::new(1);
    genuine.push(&[1.0], false).unwrap();
    assert_eq!(train(&genuine, &SMALL, &mut |_| {}), Err(ModelError::OneKindOnly));
    genuine.push(&[1.0], true).unwrap();
    assert_eq!(train(&genuine, &SMALL, &mut |_| {}), Err(ModelError::NothingToLearn));
    assert_eq!(genuine.push(&[f64::NAN], true), Err(ModelError::BadSample { row: 2 }));
    assert_eq!(genuine.push(&[1.0, 2.0], true), Err(ModelError::BadSample { row: 2 }));
    let recipe = Recipe { depth: 9, ..SMALL };
    assert_eq!(train(&genuine, &recipe, &mut |_| {}), Err(ModelError::BadRecipe { name: "depth" }));
}

proptest! {
    #[test]
    fn contributions_add_up_to_the_score(seed in 0_u64..10_000) {
        let model = model();
        let values = any_row(&mut Numbers(seed));
        let score = model.score(&values);
        let contributions = model.contributions(&values);
        let sum = contributions.start + contributions.features.iter().map(|(_, added)| added).sum::<f64>();
        prop_assert!((sum - score.log_odds).abs() < 1e-9, "{} against {}", sum, score.log_odds);
        let walked: f64 = model.file().trees.iter().map(|tree| tree.walk(|feature| values[feature], |_, _| {})).sum();
        prop_assert!((walked - score.log_odds).abs() < 1e-12);
    }

    #[test]
    fn calibration_rises_with_the_score(seed in 0_u64..500, low in -8.0_f64..8.0, more in 0.01_f64..4.0) {
        let mut numbers = Numbers(seed);
        let rows: Vec<(f64, bool)> =
            (0..300).map(|_| (numbers.next() * 10.0 - 7.0, numbers.next() < 0.2)).collect();
        let calibration = Calibration::fit(&rows);
        let (below, above) = (calibration.apply(low), calibration.apply(low + more));
        prop_assert!(below < above && (0.0..=1.0).contains(&below) && above <= 1.0);
    }

    #[test]
    fn a_damaged_file_is_refused_or_still_scores(at in 0_usize..100_000, byte in 0_u8..128) {
        let mut bytes = file().to_bytes().unwrap();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(model) = Model::parse(&bytes) {
            let values = any_row(&mut Numbers(3));
            prop_assert!(model.score(&values).log_odds.is_finite());
            model.contributions(&values);
        }
    }
}

#[test]
fn calibration_finds_the_shares_it_was_shown() {
    // Log-odds that say twice too much, three too high.
    let mut numbers = Numbers(5);
    let rows: Vec<(f64, bool)> = (0..20_000)
        .map(|_| {
            let truth = numbers.next() * 8.0 - 6.0;
            (2.0 * truth + 3.0, numbers.next() < calibration::logistic(truth))
        })
        .collect();
    let fitted = Calibration::fit(&rows);
    assert!((fitted.slope - 0.5).abs() < 0.03 && (fitted.intercept + 1.5).abs() < 0.1, "{fitted:?}");
    assert_eq!(fitted.reliability.iter().map(|row| row.rows).sum::<u64>(), 20_000);
    for row in fitted.reliability.iter().filter(|row| row.rows > 500) {
        assert!((row.said - row.found).abs() < 0.04, "{row:?}");
    }
    assert_eq!(Calibration::fit(&[(1.0, true)]), Calibration::default());
}

#[test]
fn a_file_is_the_same_after_writing_and_reading() {
    let bytes = file().to_bytes().unwrap();
    let back = ModelFile::parse(&bytes).unwrap();
    assert_eq!(back, file());
    assert_eq!(back.to_bytes().unwrap(), bytes);
}

#[test]
fn a_model_may_know_fewer_features_in_another_order() {
    let mut file = file();
    let values = any_row(&mut Numbers(9));
    let expected = model().score(&values);
    let last = file.features.len() - 1;
    file.features.swap(0, last);
    for tree in &mut file.trees {
        for feature in tree.feature.iter_mut().flatten() {
            *feature = match usize::from(*feature) {
                0 => last as u16,
                other if other == last => 0,
                _ => *feature,
            };
        }
    }
    let swapped = Model::parse(&file.to_bytes().unwrap()).unwrap();
    assert_eq!(swapped.score(&values), expected);
}

/// What the file's text becomes, and the refusal.
fn refusal(change: impl FnOnce(&mut ModelFile)) -> ModelError {
    let mut file = file();
    change(&mut file);
    let bytes = serde_json::to_vec(&file).unwrap();
    match Model::parse(&bytes) {
        Ok(_) => panic!("it was taken"),
        Err(error) => error,
    }
}

#[test]
fn a_broken_file_is_refused_with_its_reason() {
    assert!(matches!(Model::parse(b"{"), Err(ModelError::Unreadable { .. })));
    assert!(matches!(refusal(|file| file.trees[0].value[1] = f64::NAN), ModelError::Unreadable { .. }));
    assert!(matches!(refusal(|file| file.version = 2), ModelError::OtherFormat { version: 2, .. }));
    let unknown = ModelError::UnknownFeature { name: "luck".to_owned() };
    assert_eq!(refusal(|file| file.features[0] = "luck".to_owned()), unknown);
    assert!(matches!(refusal(|file| file.features[0] = NAMES[1].to_owned()), ModelError::DoubledFeature { .. }));
    assert_eq!(refusal(|file| file.trees.clear()), ModelError::TreeCount { trees: 0 });
    assert_eq!(refusal(|file| file.trees[2].rows.truncate(1)), ModelError::UnevenTree { tree: 2 });
    assert_eq!(refusal(|file| file.trees[0].child[0] = 0), ModelError::BadChild { tree: 0, node: 0 });
    assert_eq!(refusal(|file| file.trees[0].child[0] = u32::MAX), ModelError::BadChild { tree: 0, node: 0 });
    assert_eq!(refusal(|file| file.trees[0].feature[0] = Some(999)), ModelError::NoSuchFeature { tree: 0, node: 0 });
    assert_eq!(refusal(|file| file.calibration.slope = -1.0), ModelError::BadCalibration { name: "slope" });
    assert_eq!(refusal(|file| file.recipe.rate = 0.0), ModelError::BadRecipe { name: "rate" });
}

#[test]
fn a_tree_whose_nodes_share_a_child_is_refused() {
    let shared = |file: &mut ModelFile| {
        let inner: Vec<usize> = (1..file.trees[0].len()).filter(|n| file.trees[0].feature[*n].is_some()).collect();
        file.trees[0].child[inner[1]] = file.trees[0].child[inner[0]];
    };
    assert!(matches!(refusal(shared), ModelError::BadChild { tree: 0, .. }));
}

#[test]
fn a_tree_deeper_than_allowed_is_refused() {
    let chain = |file: &mut ModelFile| {
        let mut tree = Tree::default();
        tree.push_leaf(0);
        let mut node = 0;
        for _ in 0..9 {
            let child = tree.push_leaf(0);
            tree.push_leaf(0);
            tree.feature[node] = Some(0);
            tree.child[node] = child as u32;
            node = child;
        }
        file.trees[0] = tree;
    };
    assert_eq!(refusal(chain), ModelError::TooDeep { tree: 0 });
}
