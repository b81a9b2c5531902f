//! Counterfactuals: a promise is kept at every amount it speaks of.

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
    Some(ModelScore { raw: calibrated, calibrated, contributions, id: "steps".to_owned() })
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

proptest! {
    #[test]
    fn a_promise_is_true_when_scored_again(
        facts in any_facts(),
        mut splits in prop::collection::vec(1..2_000_000_i64, 0..8),
        probabilities in prop::collection::vec(0.0..0.6_f64, 9),
        tries in prop::collection::vec(0.0..1.0_f64, 16),
    ) {
        splits.sort_unstable();
        let model = |facts: &Facts| steps(&splits, &probabilities, facts);
        let policy = Policy::default();
        if let Some(promise) = counterfactual(&facts, &policy, &splits, model) {
            prop_assert!(promise.from_minor < promise.below_minor && promise.below_minor <= facts.amount_minor);
            let width = promise.below_minor - promise.from_minor;
            for part in tries {
                let amount_minor = promise.from_minor + ((width as f64 * part) as i64).min(width - 1);
                let facts = facts.with_amount(amount_minor);
                prop_assert_eq!(verdict_of(&facts, &policy, model(&facts).as_ref()), Verdict::Allow, "at {}", amount_minor);
            }
        }
    }
}
