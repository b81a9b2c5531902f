//! Decisions: they add up, they are the same again, and ignorance never allows.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::rules::fixture::quiet;
use crate::rules::tests::any_facts;
use proptest::prelude::*;

fn model_of(calibrated: f64) -> ModelScore {
    ModelScore {
        raw: calibrated,
        calibrated,
        contributions: vec![("start".into(), -3.0), ("amount".into(), 1.5), ("night".into(), -0.25)],
        id: "model".into(),
    }
}

/// Scores that no model need ever give.
pub(crate) fn any_model() -> impl Strategy<Value = Option<ModelScore>> {
    let contributions = prop::collection::vec(("[a-z_]{1,12}", -20.0..20.0_f64), 0..12);
    let model = (0.0..=1.0_f64, 0.0..=1.0_f64, contributions).prop_map(|(raw, calibrated, contributions)| ModelScore {
        raw,
        calibrated,
        contributions: contributions.into_iter().map(|(name, value)| (name.into(), value)).collect(),
        id: "0123".into(),
    });
    prop::option::of(model)
}

#[test]
fn a_quiet_payment_is_allowed_and_says_nothing() {
    let decision = decide(&quiet("any day").facts, &Policy::default(), Some(&model_of(0.01)));
    assert_eq!(decision.verdict, Verdict::Allow);
    assert!(decision.findings.is_empty() && decision.flags.is_empty());
    assert_eq!(decision.contributions.len(), 3);
}

#[test]
fn without_a_model_the_rules_go_on_and_the_decision_says_so() {
    let decision = decide(&quiet("any day").facts, &Policy::default(), None);
    assert_eq!((decision.verdict, decision.flags), (Verdict::Allow, vec![Flag::ModelMissing]));
    let drained = quiet("the account is emptied").available(100_000).amount(95_000).facts;
    let decision = decide(&drained, &Policy::default(), None);
    assert_eq!(decision.verdict, Verdict::Review);
    assert!(decision.findings.iter().any(|finding| finding.rule == RuleId::BalanceDrain));
}

#[test]
fn a_fact_that_cannot_be_read_leads_to_review_and_adds_no_points() {
    let mut facts = quiet("no pair").facts;
    facts.pair = Reading::Unreadable;
    let decision = decide(&facts, &Policy::default(), Some(&model_of(0.01)));
    assert_eq!(decision.verdict, Verdict::Review);
    assert!(decision.has(Flag::FactUnknown) && decision.has(Flag::FailedClosed));
    assert!(decision.score < 1.0);
    // Whatever would have been worse stays worse.
    let decision = decide(&facts, &Policy::default(), Some(&model_of(0.9)));
    assert_eq!(decision.verdict, Verdict::Hold);
    assert!(!decision.has(Flag::FailedClosed));
}

#[test]
fn a_model_that_is_no_number_never_allows() {
    for broken in [f64::NAN, f64::INFINITY, -0.1, 1.1] {
        let mut by_raw = model_of(0.01);
        by_raw.raw = broken;
        let decision = decide(&quiet("any day").facts, &Policy::default(), Some(&by_raw));
        assert_eq!(decision.verdict, Verdict::Review);
        assert!(decision.has(Flag::ModelUnusable) && decision.score == 0.0);
        let decision = decide(&quiet("any day").facts, &Policy::default(), Some(&model_of(broken)));
        assert_eq!(decision.verdict, Verdict::Review);
    }
    let mut by_contribution = model_of(0.01);
    by_contribution.contributions[1].1 = f64::NAN;
    assert_eq!(decide(&quiet("any day").facts, &Policy::default(), Some(&by_contribution)).verdict, Verdict::Review);
}

#[test]
fn a_rule_that_is_off_is_not_asked() {
    let mut facts = quiet("balance unreadable").facts;
    facts.balance = Reading::Unreadable;
    let mut policy = Policy::default();
    assert_eq!(decide(&facts, &policy, None).verdict, Verdict::Review);
    policy.rule_mut(RuleId::BalanceDrain).on = false;
    assert_eq!(decide(&facts, &policy, None).verdict, Verdict::Allow);
}

#[test]
fn more_than_a_hundred_points_count_as_a_hundred_and_are_scaled_alike() {
    let facts = quiet("everything at once")
        .amount(900_000)
        .available(900_000)
        .payee(|payee| payee.reports = 2)
        .inflow(900_000, 0)
        .facts;
    let decision = decide(&facts, &Policy::default(), Some(&model_of(0.5)));
    assert!(decision.has(Flag::Capped) && decision.score == 100.0 && decision.uncapped > 100.0);
    assert_eq!(decision.verdict, Verdict::Refuse);
    let first = &decision.contributions[0];
    let weight = match &first.source {
        Source::Rule(id) => f64::from(Policy::default().rule(*id).weight),
        _ => panic!("rules come first"),
    };
    assert!((first.points - weight * 100.0 / decision.uncapped).abs() < 1e-6);
}

#[test]
fn a_payment_before_others_is_decided_and_flagged() {
    let facts = quiet("late").own(|own| own.late_ms = 5).facts;
    let decision = decide(&facts, &Policy::default(), Some(&model_of(0.01)));
    assert_eq!((decision.verdict, decision.flags), (Verdict::Allow, vec![Flag::Late]));
}

proptest! {
    #[test]
    fn contributions_add_up_to_a_score_within_its_bounds(facts in any_facts(), model in any_model(), cap in 0..=100_u32) {
        let policy = Policy { model_cap: cap, ..Policy::default() };
        let decision = decide(&facts, &policy, model.as_ref());
        let sum: f64 = decision.contributions.iter().map(|contribution| contribution.points).sum();
        prop_assert!((sum - decision.score).abs() < 1e-6, "{sum} is not {}", decision.score);
        prop_assert!((0.0..=100.0).contains(&decision.score));
    }

    #[test]
    fn the_same_input_gives_the_same_bytes_even_after_a_journey_through_json(facts in any_facts(), model in any_model()) {
        let policy = Policy::default();
        let bytes = rederive(&facts, &policy, model.as_ref()).unwrap();
        let facts: Facts = serde_json::from_str(&serde_json::to_string(&facts).unwrap()).unwrap();
        let policy: Policy = serde_json::from_str(&serde_json::to_string(&policy).unwrap()).unwrap();
        let model: Option<ModelScore> = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
        prop_assert_eq!(rederive(&facts, &policy, model.as_ref()).unwrap(), bytes.clone());
        let read: Decision = serde_json::from_slice(&bytes).unwrap();
        prop_assert_eq!(read.verdict, decide(&facts, &policy, model.as_ref()).verdict);
    }

    #[test]
    fn lower_thresholds_never_make_a_verdict_milder(
        facts in any_facts(), model in any_model(), mut high in prop::array::uniform3(1..=101_u32), less in 0..50_u32,
    ) {
        high.sort_unstable();
        let with = |[review, hold, refuse]: [u32; 3]| {
            let policy = Policy { thresholds: Thresholds { review, hold, refuse }, ..Policy::default() };
            assert_eq!(policy.validate(), Ok(()));
            decide(&facts, &policy, model.as_ref()).verdict
        };
        let low = high.map(|threshold| threshold.saturating_sub(less).max(1));
        prop_assert!(with(low) >= with(high));
    }

    #[test]
    fn what_is_not_a_number_never_allows(facts in any_facts(), model in any_model(), place in 0..3_usize) {
        if let Some(mut model) = model {
            match place {
                0 => model.raw = f64::NAN,
                1 => model.calibrated = f64::NAN,
                _ => model.contributions.push(("x".into(), f64::NEG_INFINITY)),
            }
            let decision = decide(&facts, &Policy::default(), Some(&model));
            prop_assert!(decision.verdict >= Verdict::Review);
            prop_assert!(decision.score.is_finite());
        }
    }

    #[test]
    fn ignorance_never_makes_a_verdict_worse_than_review(facts in any_facts()) {
        // What comes in asks for no pair.
        prop_assume!(facts.outgoing());
        let known = decide(&facts, &Policy::default(), None);
        let mut facts = facts;
        facts.pair = Reading::Unreadable;
        let unknown = decide(&facts, &Policy::default(), None);
        prop_assert!(unknown.score <= known.score);
        prop_assert!(unknown.verdict <= known.verdict.max(Verdict::Review));
        prop_assert!(unknown.verdict >= Verdict::Review);
    }
}
