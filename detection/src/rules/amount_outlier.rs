//! Amount outlier: far above the customer's own habit.
//!
//! Meaning: the amount lies more than so many standard deviations above the mean of the usual window. The deviation is
//! taken as at least a tenth of the mean, so that somebody who always pays the same is allowed a little more.
//! Parameters: `deviations` standard deviations; `least_minor` below which no amount is large.
//! Why: theft goes for more than its victim spends.
//! False positives: the yearly insurance, a holiday, furniture.

use super::prelude::*;

pub const DEVIATIONS: usize = 0;
pub const LEAST_MINOR: usize = 1;

pub const RULE: Rule = Rule {
    id: RuleId::AmountOutlier,
    direction: Direction::Outgoing,
    title: Text { en: "Amount outlier", fr: "Montant inhabituel" },
    sentence: Text { en: "{amt} is {x} times the usual {usual}", fr: "{amt}, {x} fois l'habituel {usual}" },
    weight: 25,
    parameters: &[Parameter::times("deviations", 3), Parameter::money("least_minor", 10_000)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let usual = known!(&facts.own).usual;
    let Some(mean_minor) = usual.mean_minor() else { return Firing::Never };
    let spread_minor = usual.deviation_minor.max(mean_minor / 10);
    let most_minor = mean_minor.saturating_add(spread_minor.saturating_mul(parameters.values[DEVIATIONS]));
    Firing::AtLeast(most_minor.saturating_add(1).max(parameters.values[LEAST_MINOR]))
}

fn values(facts: &Facts, _: &Parameters) -> Values {
    let mean_minor = facts.usual_minor();
    Values::from([
        (Placeholder::Amt, Value::MoneyMinor(facts.amount_minor)),
        (Placeholder::X, Value::TimesTenths(times_tenths(facts.amount_minor, mean_minor))),
        (Placeholder::Usual, Value::MoneyMinor(mean_minor)),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    Fixtures {
        rule: RuleId::AmountOutlier,
        firing: vec![
            quiet("a cent above three deviations").amount(11_001),
            quiet("a hundred times the usual").amount(500_000),
            quiet("always the same, now twice").amount(10_000).own(|own| own.usual.deviation_minor = 0),
        ],
        silent: vec![
            quiet("three deviations exactly").amount(11_000),
            quiet("large for the habit, small for anybody").amount(9_999).own(|own| own.usual.deviation_minor = 100),
            quiet("too few rows for a habit").amount(500_000).own(|own| {
                own.usual.count = 4;
                own.usual.sum_minor = 20_000;
            }),
        ],
    }
}
