//! In, then split: one inflow goes on to several payees.
//!
//! Meaning: since the largest single inflow of the window, most of it went on, to several payees.
//! Parameters: `count` payees, this one included; `window_ms` since the inflow; `share_per_mille` of it that left;
//! `inflow_minor` the least inflow.
//! Why: the second layer of laundering cuts a sum into pieces for many accounts.
//! False positives: wages followed by rent, power and school fees on the same day.

use super::prelude::*;

pub const COUNT: usize = 0;
pub const WINDOW_MS: usize = 1;
pub const SHARE_PER_MILLE: usize = 2;
pub const INFLOW_MINOR: usize = 3;

pub const RULE: Rule = Rule {
    id: RuleId::InThenSplit,
    direction: Direction::Outgoing,
    title: Text { en: "In, then split", fr: "Reçu, puis réparti" },
    sentence: Text { en: "{in} went on to {n} payees within {w}", fr: "{in} réparti vers {n} bénéficiaires en {w}" },
    weight: 30,
    parameters: &[
        Parameter::count(3),
        Parameter::window(DAY_MS),
        Parameter::share(800),
        Parameter::money("inflow_minor", 20_000),
    ],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let Some(split) = known!(&facts.own).split else { return Firing::Never };
    let few = split.other_payees + 1 < parameters.values[COUNT];
    if few || split.in_minor < parameters.values[INFLOW_MINOR].max(1) {
        return Firing::Never;
    }
    Firing::AtLeast(share(split.in_minor, parameters.values[SHARE_PER_MILLE]).saturating_sub(split.out_minor))
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    let (in_minor, others) =
        facts.own_or_none(|own| own.split.map_or((0, 0), |split| (split.in_minor, split.other_payees)));
    Values::from([
        (Placeholder::In, Value::MoneyMinor(in_minor)),
        (Placeholder::N, Value::Count(others + 1)),
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let split = |name, others, out_minor| quiet(name).split(100_000, out_minor, others);
    Fixtures {
        rule: RuleId::InThenSplit,
        firing: vec![
            split("the third piece", 2, 60_000).amount(20_000),
            split("the tenth piece", 9, 90_000).amount(10_000),
            split("a large third piece", 2, 10_000).amount(90_000),
        ],
        silent: vec![
            split("two payees", 1, 60_000).amount(40_000),
            split("three payees, most of it still here", 2, 20_000).amount(20_000),
            quiet("pocket money").split(10_000, 8_000, 5).amount(2_000),
        ],
    }
}
