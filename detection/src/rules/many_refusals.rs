//! Many refusals: refused again and again.
//!
//! Meaning: several attempts of this account were refused within the window.
//! Parameters: `count` refused attempts; `window_ms`.
//! Why: a thief does not know limits and balance and finds them by trying.
//! False positives: an empty account before pay-day, a wrong account number.

use super::prelude::*;

pub const COUNT: usize = 0;
pub const WINDOW_MS: usize = 1;

pub const RULE: Rule = Rule {
    id: RuleId::ManyRefusals,
    direction: Direction::Outgoing,
    title: Text { en: "Many refusals", fr: "Refus répétés" },
    sentence: Text { en: "{n} refused attempts in {w}", fr: "{n} tentatives refusées en {w}" },
    weight: 25,
    parameters: &[Parameter::new("count", Unit::Count, 3, 2, ROWS_COUNTED_MAX), Parameter::window(HOUR_MS)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let own = known!(&facts.own);
    Firing::when(own.refused_count >= parameters.values[COUNT])
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    Values::from([
        (Placeholder::N, Value::Count(facts.own_or_none(|own| own.refused_count))),
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let refused = |name, count| quiet(name).own(|own| own.refused_count = count);
    Fixtures {
        rule: RuleId::ManyRefusals,
        firing: vec![
            refused("three refusals", 3),
            refused("a tiny amount does not help", 3).amount(1),
            refused("thirty refusals", 30),
        ],
        silent: vec![refused("two refusals", 2), refused("one refusal", 1), quiet("none")],
    }
}
