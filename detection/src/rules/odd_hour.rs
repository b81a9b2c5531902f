//! Odd hour: an unusual hour for this customer.
//!
//! Meaning: hardly any of the customer's own payments fall into this local hour of the day.
//! Parameters: `share_per_mille` of the own payments; `count` of payments from which on there is a habit.
//! Why: whoever uses the account from elsewhere lives by another clock.
//! False positives: a sleepless night, a journey; hence few points.

use super::prelude::*;

pub const SHARE_PER_MILLE: usize = 0;
pub const COUNT: usize = 1;

pub const RULE: Rule = Rule {
    id: RuleId::OddHour,
    direction: Direction::Outgoing,
    title: Text { en: "Odd hour", fr: "Heure inhabituelle" },
    sentence: Text {
        en: "{pct} of own payments fall at {hour}",
        fr: "{pct} des paiements du client ont lieu à {hour}",
    },
    weight: 3,
    parameters: &[Parameter::share(10), Parameter::new("count", Unit::Count, 30, 1, 10_000)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let own = known!(&facts.own);
    let rare =
        own.hour_count.saturating_mul(1_000) < own.hours_total.saturating_mul(parameters.values[SHARE_PER_MILLE]);
    Firing::when(own.hours_total >= parameters.values[COUNT] && rare)
}

fn values(facts: &Facts, _: &Parameters) -> Values {
    let (count, total) = facts.own_or_none(|own| (own.hour_count, own.hours_total));
    Values::from([
        (Placeholder::Pct, Value::PerMille(part_per_mille(count, total))),
        (Placeholder::Hour, Value::Hour(i64::try_from(facts.local_hour()).unwrap_or(0))),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let hours = |name, here, total| {
        quiet(name).own(|own| {
            own.hour_count = here;
            own.hours_total = total;
        })
    };
    Fixtures {
        rule: RuleId::OddHour,
        firing: vec![
            hours("never before at this hour", 0, 30),
            hours("one of two hundred", 1, 200),
            hours("nine of a thousand", 9, 1_000),
        ],
        silent: vec![
            hours("one of a hundred", 1, 100),
            hours("too few payments for a habit", 0, 29),
            hours("the favourite hour", 80, 200),
        ],
    }
}
