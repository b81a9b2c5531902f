//! Counterfactuals: a promise is kept at every amount it speaks of.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::rules::fixture::quiet;
use crate::rules::tests::any_facts;
use proptest::prelude::*;

fn no_model(_: &Facts) -> Option<ModelScore> {
    None
}

/// A model that knows nothing but steps of the amount.
fn steps(splits: &[i64], probabilities: &[f64], facts: &Facts) -> Option<ModelScore> {
    let step = splits.iter().filter(|split| **split <= facts.amount_minor).count();
    let calibrated = probabilities.get(step).copied().unwrap_or(0.0);
    let contributions = vec![("amount".into(), calibrated)];
    Some(ModelScore { raw: calibrated, calibrated, contributions, id: "steps".into() })
}

#[test]
fn a_drained_account_would_have_been_allowed_below_nine_tenths() {
    let facts = quiet("95 %").available(100_000).amount(95_000).own(|own| own.usual.sum_minor = 9_000_000).facts;
    let promise = counterfactual(&facts, &Policy::default(), &[], no_model);
    assert_eq!(promise, Some(Counterfactual { from_minor: 1, below_minor: 90_000 }));
}

#[test]
fn where_small_amounts_are_judged_too_the_promise_starts_above_them() {
    let facts = quiet("a burst of tiny amounts, then 95 %")
        .available(100_000)
        .amount(95_000)
        .own(|own| {
            own.usual.sum_minor = 9_000_000;
            own.tiny_count = 9;
        })
        .facts;
    let promise = counterfactual(&facts, &Policy::default(), &[], no_model);
    assert_eq!(promise, Some(Counterfactual { from_minor: 201, below_minor: 90_000 }));
}

#[test]
fn nothing_is_promised_where_no_amount_helps_or_none_is_needed() {
    let reported = quiet("a reported payee").payee(|payee| payee.reports = 1).facts;
    assert_eq!(counterfactual(&reported, &Policy::default(), &[], no_model), None);
    assert_eq!(counterfactual(&quiet("allowed").facts, &Policy::default(), &[], no_model), None);
    assert_eq!(counterfactual(&reported.with_amount(1), &Policy::default(), &[], no_model), None);
}

#[test]
fn the_models_splits_are_candidates() {
    let facts = quiet("large for the model").amount(60_000).own(|own| own.usual.deviation_minor = 90_000).facts;
    let model = |facts: &Facts| steps(&[40_000], &[0.05, 0.5], facts);
    let promise = counterfactual(&facts, &Policy::default(), &[40_000], model);
    assert_eq!(promise, Some(Counterfactual { from_minor: 1, below_minor: 40_000 }));
}

#[test]
fn a_model_that_dislikes_round_amounts_is_not_forgotten() {
    let facts = quiet("round amounts are reviewed").amount(60_000).own(|own| own.usual.deviation_minor = 90_000).facts;
    let model = |facts: &Facts| {
        let round = facts.amount_minor % 10_000 == 0;
        steps(&[40_000], &[if round { 0.5 } else { 0.05 }, 0.5], facts)
    };
    // Below 10,000 (100.00) nothing is a round hundred.
    let promise = counterfactual(&facts, &Policy::default(), &[10_000, 40_000], model);
    assert_eq!(promise, Some(Counterfactual { from_minor: 1, below_minor: 10_000 }));
}

#[test]
fn witnesses_stand_for_every_kind_of_roundness_in_a_stretch() {
    let roundness = |amount_minor: i64| ROUND_MINOR.iter().filter(|unit| amount_minor % **unit == 0).count();
    for (from_minor, below_minor) in [(1, 2), (100, 101), (99, 103), (950, 2_100), (9_900, 10_101), (1, 250_001)] {
        let all: std::collections::BTreeSet<_> = (from_minor..below_minor).map(roundness).collect();
        let seen: std::collections::BTreeSet<_> = witnesses(from_minor, below_minor).map(roundness).collect();
        assert_eq!(all, seen, "{from_minor} to {below_minor}");
        assert!(witnesses(from_minor, below_minor).all(|amount| (from_minor..below_minor).contains(&amount)));
    }
}

#[test]
fn nearly_equal_begins_and_ends_where_the_feature_does() {
    let near = |last: i64, amount: i64| last.abs_diff(amount) * 100 <= amount.unsigned_abs();
    for last in [1, 99, 100, 101, 5_000, 123_457] {
        let [from, beyond] = nearly_equal(last);
        assert!(near(last, from) && !near(last, from - 1), "{last}");
        assert!(near(last, beyond - 1) && !near(last, beyond), "{last}");
    }
}

proptest! {
    #[test]
    fn a_promise_is_true_when_scored_again(
        facts in any_facts(),
        mut splits in prop::collection::vec(1..2_000_000_i64, 0..8),
        probabilities in prop::collection::vec(0.0..0.6_f64, 9),
        round_times in prop_oneof![Just(1.0), 0.0..3.0_f64],
        tries in prop::collection::vec(0.0..1.0_f64, 16),
    ) {
        splits.sort_unstable();
        let model = |facts: &Facts| {
            let mut score = steps(&splits, &probabilities, facts)?;
            if facts.amount_minor % 1_000 == 0 {
                score.calibrated = (score.calibrated * round_times).min(1.0);
            }
            Some(score)
        };
        let policy = Policy::default();
        if let Some(promise) = counterfactual(&facts, &policy, &splits, model) {
            prop_assert!(promise.from_minor < promise.below_minor && promise.below_minor <= facts.amount_minor);
            let width = promise.below_minor - promise.from_minor;
            for part in tries {
                let amount_minor = promise.from_minor + ((width as f64 * part) as i64).min(width - 1);
                let round_minor = (amount_minor / 1_000 * 1_000).max(promise.from_minor);
                for amount_minor in [amount_minor, round_minor] {
                    let facts = facts.with_amount(amount_minor);
                    let verdict = judge(&facts, &policy, model(&facts).as_ref()).verdict;
                    prop_assert_eq!(verdict, Verdict::Allow, "at {}", amount_minor);
                }
            }
        }
    }
}
