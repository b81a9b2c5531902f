//! Daily limit: the day's total is too high.
//!
//! Meaning: this payment and those of the window before it add up to more than the limit; refused ones do not count.
//! Parameters: `limit_minor` the most in one window; `window_ms` its length.
//! Why: a thief who knows the limit of one payment makes several.
//! False positives: the day somebody buys a car or pays the builder.

use super::prelude::*;

pub const LIMIT_MINOR: usize = 0;
pub const WINDOW_MS: usize = 1;

pub const RULE: Rule = Rule {
    id: RuleId::DailyLimit,
    direction: Direction::Outgoing,
    title: Text { en: "Daily limit", fr: "Limite quotidienne" },
    sentence: Text { en: "{sum} in {w}, limit {thr}", fr: "{sum} en {w}, limite {thr}" },
    weight: 30,
    parameters: &[Parameter::money("limit_minor", 200_000), Parameter::window(DAY_MS)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let own = known!(&facts.own);
    Firing::AtLeast(parameters.values[LIMIT_MINOR].saturating_sub(own.day_sum_minor).saturating_add(1))
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    let before_minor = facts.own_or_none(|own| own.day_sum_minor);
    Values::from([
        (Placeholder::Sum, Value::MoneyMinor(before_minor.saturating_add(facts.amount_minor))),
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
        (Placeholder::Thr, Value::MoneyMinor(parameters.values[LIMIT_MINOR])),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let spent = |name, minor| quiet(name).own(|own| own.day_sum_minor = minor);
    Fixtures {
        rule: RuleId::DailyLimit,
        firing: vec![
            quiet("one payment over the limit").amount(200_001),
            spent("the last cent is one too many", 150_000).amount(50_001),
            spent("already over", 250_000).amount(1),
        ],
        silent: vec![
            quiet("the limit itself").amount(200_000),
            spent("exactly filled", 150_000).amount(50_000),
            spent("half of it", 50_000).amount(50_000),
        ],
    }
}
