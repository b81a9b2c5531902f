//! Structuring: one sum cut into pieces that stay just under a threshold.
//!
//! Meaning: this payment and earlier ones in the same direction each lie just under the threshold, and there are too
//! many of them.
//! Parameters: `limit_minor` the threshold; `share_per_mille` how near to it a piece starts to count; `count` pieces,
//! this one included; `window_ms` within which they are counted.
//! Why: reports to the authorities begin at a threshold, so whoever launders stays under it (FFIEC manual, App. F).
//! False positives: shops that pay in their takings each week, instalments of a house.

use super::prelude::*;

pub const LIMIT_MINOR: usize = 0;
pub const SHARE_PER_MILLE: usize = 1;
pub const COUNT: usize = 2;
pub const WINDOW_MS: usize = 3;

pub const RULE: Rule = Rule {
    id: RuleId::Structuring,
    direction: Direction::Both,
    title: Text { en: "Structuring", fr: "Fractionnement" },
    sentence: Text {
        en: "{n} payments just under {thr} in {w}, {sum} in all",
        fr: "{n} paiements juste sous {thr} en {w}, {sum} au total",
    },
    weight: 30,
    parameters: &[
        Parameter::money("limit_minor", 1_000_000),
        Parameter::share(800),
        Parameter::new("count", Unit::Count, 3, 2, ROWS_COUNTED_MAX),
        Parameter::window(7 * DAY_MS),
    ],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let own = known!(&facts.own);
    if own.below_limit_count + 1 < parameters.values[COUNT] {
        return Firing::Never;
    }
    let limit_minor = parameters.values[LIMIT_MINOR];
    Firing::Between(share(limit_minor, parameters.values[SHARE_PER_MILLE]), limit_minor - 1)
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    let (count, sum_minor) = facts.own_or_none(|own| (own.below_limit_count, own.below_limit_sum_minor));
    Values::from([
        (Placeholder::N, Value::Count(count + 1)),
        (Placeholder::Thr, Value::MoneyMinor(parameters.values[LIMIT_MINOR])),
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
        (Placeholder::Sum, Value::MoneyMinor(sum_minor.saturating_add(facts.amount_minor))),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let two = |name| {
        quiet(name).own(|own| {
            own.below_limit_count = 2;
            own.below_limit_sum_minor = 1_900_000;
        })
    };
    Fixtures {
        rule: RuleId::Structuring,
        firing: vec![
            two("a third piece of 9,900").amount(990_000),
            two("exactly four fifths of the threshold").amount(800_000),
            two("one cent under the threshold").amount(999_999),
        ],
        silent: vec![
            two("the threshold itself").amount(1_000_000),
            two("one cent under four fifths").amount(799_999),
            quiet("only one piece before").amount(990_000).own(|own| own.below_limit_count = 1),
        ],
    }
}
