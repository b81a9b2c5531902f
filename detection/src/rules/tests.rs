//! The rule book is complete, and each rule keeps to its bargain on its own fixtures and on random facts.
#![allow(clippy::unwrap_used)]

use super::fixture::{AT_MS, Fixtures, quiet};
use super::*;
use crate::facts::Reading;
use crate::policy::Policy;
use proptest::prelude::*;
use std::collections::BTreeSet;

macro_rules! book {
    ($($module:ident),* $(,)?) => {
        /// Each rule's fixtures and its file, which is its document.
        fn book() -> Vec<(Fixtures, &'static str)> {
            vec![$(($module::fixtures(), include_str!(concat!(stringify!($module), ".rs")))),*]
        }
    };
}

book! {
    structuring, just_below_limit, daily_limit, velocity, amount_outlier, repeated_amount, new_payee_large,
    probe_then_large, card_testing, terminal_burst, many_refusals, retry_smaller, dormant_wakeup, account_new,
    rapid_in_out, in_then_split, fan_in, shared_payee, fan_out, round_trip, balance_drain, salary_drain, odd_hour,
    night_weekend_cash, impossible_travel, new_device, device_shared, contact_change, channel_risk, payee_reported,
    terminal_risk, card_at_risk,
}

fn placeholders(template: &str) -> BTreeSet<String> {
    let inside = template.split('{').skip(1).filter_map(|part| part.split_once('}'));
    inside.map(|(inside, _)| inside.split('?').next().unwrap_or(inside).to_owned()).collect()
}

fn finding(facts: &Facts, id: RuleId) -> Finding {
    id.rule().evaluate(facts, Policy::default().parameters(id))
}

#[test]
fn the_table_stands_in_the_order_of_the_ids() {
    assert_eq!(ALL.len(), 32);
    for (index, (rule, id)) in ALL.iter().zip(RuleId::ALL).enumerate() {
        assert_eq!((rule.id, rule.id.index()), (*id, index));
        assert_eq!(RuleId::named(id.as_str()), Some(*id));
        assert_eq!(serde_json::to_value(id).unwrap(), serde_json::Value::from(id.as_str()));
    }
}

#[test]
fn every_rule_has_its_document() {
    for (rule, (fixtures, source)) in ALL.iter().zip(book()) {
        assert_eq!(fixtures.rule, rule.id);
        let document: String = source.lines().take_while(|line| line.starts_with("//!")).collect();
        for heading in ["Meaning:", "Parameters:", "Why:", "False positives:"] {
            assert!(document.contains(heading), "{}: no {heading}", rule.id);
        }
        let names = rule.parameters.iter().map(|parameter| parameter.name);
        for name in names.chain(rule.lists.iter().map(|list| list.name)) {
            assert!(document.contains(&format!("`{name}`")), "{}: {name} is not explained", rule.id);
        }
    }
}

#[test]
fn every_rule_has_its_texts_with_the_same_placeholders() {
    for rule in &ALL {
        assert!(!rule.title.en.is_empty() && !rule.title.fr.is_empty(), "{}", rule.id);
        let (en, fr) = (placeholders(rule.sentence.en), placeholders(rule.sentence.fr));
        assert!(!en.is_empty(), "{}", rule.id);
        assert_eq!(en, fr, "{}", rule.id);
        assert!(en.iter().all(|name| Placeholder::named(name).is_some()), "{}: {en:?}", rule.id);
    }
}

#[test]
fn parameters_fit_and_start_within_their_bounds() {
    for rule in &ALL {
        assert!(rule.parameters.len() <= PARAMETERS_MAX && rule.lists.len() <= LISTS_MAX, "{}", rule.id);
        assert!(rule.weight <= 100);
        for parameter in rule.parameters {
            assert!((parameter.least..=parameter.most).contains(&parameter.default), "{} {}", rule.id, parameter.name);
        }
    }
}

#[test]
fn every_rule_fires_on_its_firing_fixtures_and_says_why() {
    for (fixtures, _) in book() {
        let id = fixtures.rule;
        assert!(fixtures.firing.len() >= 3, "{id}: at least three firing fixtures");
        for fixture in fixtures.firing {
            let Finding::Fired { values } = finding(&fixture.facts, id) else {
                panic!("{id} does not fire: {}", fixture.name)
            };
            let given: BTreeSet<String> = values
                .keys()
                .map(|placeholder| serde_json::to_value(placeholder).unwrap().as_str().unwrap().to_owned())
                .collect();
            assert_eq!(given, placeholders(id.rule().sentence.en), "{id}: {}", fixture.name);
        }
    }
}

#[test]
fn every_rule_is_silent_on_its_silent_fixtures() {
    for (fixtures, _) in book() {
        assert!(fixtures.silent.len() >= 3, "{}: at least three silent fixtures", fixtures.rule);
        for fixture in fixtures.silent {
            assert_eq!(finding(&fixture.facts, fixtures.rule), Finding::Silent, "{}: {}", fixtures.rule, fixture.name);
        }
    }
}

#[test]
fn all_rules_on_a_quiet_customer_are_silent() {
    let facts = quiet("a customer as any other").facts;
    assert_eq!(facts.at_ms, AT_MS);
    for rule in &ALL {
        assert_eq!(finding(&facts, rule.id), Finding::Silent, "{}", rule.id);
    }
}

#[test]
fn what_cannot_be_read_is_unknown_and_what_is_absent_is_silent() {
    let mut unknown = BTreeSet::new();
    for (fixtures, _) in book() {
        for fixture in fixtures.firing {
            let mut unreadable = fixture.facts.clone();
            unreadable.own = Reading::Unreadable;
            unreadable.pair = Reading::Unreadable;
            unreadable.payee = Reading::Unreadable;
            unreadable.device = Reading::Unreadable;
            unreadable.graph = Reading::Unreadable;
            unreadable.balance = Reading::Unreadable;
            if finding(&unreadable, fixtures.rule) == Finding::Unknown {
                unknown.insert(fixtures.rule);
            }
            let mut absent = fixture.facts;
            absent.own = Reading::Absent;
            absent.pair = Reading::Absent;
            absent.payee = Reading::Absent;
            absent.device = Reading::Absent;
            absent.graph = Reading::Absent;
            absent.balance = Reading::Absent;
            let found = finding(&absent, fixtures.rule);
            assert!(found == Finding::Silent || fixtures.rule == RuleId::ChannelRisk, "{}", fixtures.rule);
        }
    }
    // The list of risky channels needs nothing but the payment itself.
    let all = RuleId::ALL.iter().copied().filter(|id| *id != RuleId::ChannelRisk).collect();
    assert_eq!(unknown, all);
}

#[test]
fn shares_round_so_that_at_least_means_at_least() {
    use super::amount::{part_per_mille, share};
    assert_eq!(share(1_000, 900), 900);
    assert_eq!(share(1_001, 900), 901);
    assert_eq!(share(0, 900), 0);
    assert_eq!(part_per_mille(1, 3), 333);
    assert_eq!(part_per_mille(5, 0), 0);
    assert!(share(i64::MAX, 1_000) > 0);
}

/// Any fixture of any rule: facts that somebody thought about, rather than noise.
pub(crate) fn any_facts() -> impl Strategy<Value = Facts> {
    let all: Vec<Facts> = book()
        .into_iter()
        .flat_map(|(fixtures, _)| fixtures.firing.into_iter().chain(fixtures.silent))
        .map(|f| f.facts)
        .collect();
    let amount = prop_oneof![1..1_000_i64, 1..100_000_i64, 1..10_000_000_i64];
    let pick = || prop::sample::select(all.clone());
    (pick(), pick(), pick(), amount).prop_map(|(facts, other, third, amount_minor)| Facts {
        amount_minor,
        pair: other.pair,
        payee: third.payee,
        balance: other.balance,
        device: third.device,
        ..facts
    })
}

proptest! {
    #[test]
    fn a_rule_never_looks_at_the_payments_own_amount_to_say_when_it_fires(facts in any_facts(), other in 1..9_000_000_i64) {
        let policy = Policy::default();
        for rule in &ALL {
            let parameters = policy.parameters(rule.id);
            prop_assert_eq!(rule.firing(&facts, parameters), rule.firing(&facts.with_amount(other), parameters));
        }
    }

    #[test]
    fn between_two_edges_a_rule_does_not_change_its_mind(facts in any_facts(), one in 1..200_000_i64, other in 1..200_000_i64) {
        let policy = Policy::default();
        for rule in &ALL {
            let firing = rule.firing(&facts, policy.parameters(rule.id));
            let mut edges = Vec::new();
            firing.edges(&mut edges);
            let (low, high) = (one.min(other), one.max(other));
            if !edges.iter().any(|edge| low < *edge && *edge <= high) {
                prop_assert_eq!(firing.contains(low), firing.contains(high), "{}", rule.id);
            }
        }
    }
}
