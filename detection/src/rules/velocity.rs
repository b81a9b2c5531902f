//! Velocity: too many payments in a short time.
//!
//! Meaning: the payments of the window, this one included, are many, and many times what this customer usually makes
//! in such a window; refused ones do not count.
//! Parameters: `count` payments, this one included; `window_ms`; `times_usual` how many times the usual.
//! Why: stolen credentials are used up before anybody notices.
//! False positives: paying a month's bills in one sitting, a vending machine.

use super::prelude::*;

pub const COUNT: usize = 0;
pub const WINDOW_MS: usize = 1;
pub const TIMES_USUAL: usize = 2;

pub const RULE: Rule = Rule {
    id: RuleId::Velocity,
    direction: Direction::Outgoing,
    title: Text { en: "Velocity", fr: "Rafale de paiements" },
    sentence: Text { en: "{n} payments in {w}, usually {usual}", fr: "{n} paiements en {w}, d'habitude {usual}" },
    weight: 25,
    parameters: &[
        Parameter::new("count", Unit::Count, 5, 2, ROWS_COUNTED_MAX),
        Parameter::window(10 * MINUTE_MS),
        Parameter::times("times_usual", 3),
    ],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let own = known!(&facts.own);
    let count = own.recent_count + 1;
    if count < parameters.values[COUNT] {
        return Firing::Never;
    }
    let usual_tenths = own.usual.rate_tenths(parameters.values[WINDOW_MS]);
    Firing::when(count.saturating_mul(10) >= usual_tenths.saturating_mul(parameters.values[TIMES_USUAL]))
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    let window_ms = parameters.values[WINDOW_MS];
    let (before, usual_tenths) = facts.own_or_none(|own| (own.recent_count, own.usual.rate_tenths(window_ms)));
    Values::from([
        (Placeholder::N, Value::Count(before + 1)),
        (Placeholder::W, Value::DurationMs(window_ms)),
        (Placeholder::Usual, Value::CountTenths(usual_tenths)),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let before = |name, count| quiet(name).own(|own| own.recent_count = count);
    Fixtures {
        rule: RuleId::Velocity,
        firing: vec![
            before("the fifth in ten minutes", 4),
            before("the fiftieth", 49),
            before("no habit at all", 4).own(|own| own.usual.count = 0),
        ],
        silent: vec![
            before("the fourth", 3),
            before("none before", 0),
            // 30 days are 4,320 windows of ten minutes: twice in each of them.
            before("somebody who pays all the time", 4).own(|own| own.usual.count = 8_640),
        ],
    }
}
