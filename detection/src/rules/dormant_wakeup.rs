//! Dormant account wakes up: a sleeping account pays.
//!
//! Meaning: the account made no payment of its own for a long time; what comes in is no activity.
//! Parameters: `quiet_ms` without a payment; `least_minor` below which nobody is woken.
//! Why: forgotten accounts are taken over or lent to mules, for nobody looks at them.
//! False positives: savings used for a holiday, a yearly bill.

use super::prelude::*;

pub const QUIET_MS: usize = 0;
pub const LEAST_MINOR: usize = 1;

pub const RULE: Rule = Rule {
    id: RuleId::DormantWakeup,
    direction: Direction::Outgoing,
    title: Text { en: "Dormant account wakes up", fr: "Réveil d'un compte dormant" },
    sentence: Text { en: "{amt} after {w} without activity", fr: "{amt} après {w} sans activité" },
    weight: 25,
    parameters: &[
        Parameter::new("quiet_ms", Unit::Milliseconds, 91 * DAY_MS, DAY_MS, 3_650 * DAY_MS),
        Parameter::money("least_minor", 10_000),
    ],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let Some(last_ms) = known!(&facts.own).last_paid_at_ms else { return Firing::Never };
    if facts.at_ms.saturating_sub(last_ms) < parameters.values[QUIET_MS] {
        return Firing::Never;
    }
    Firing::AtLeast(parameters.values[LEAST_MINOR])
}

fn values(facts: &Facts, _: &Parameters) -> Values {
    let last_ms = facts.own_or_none(|own| own.last_paid_at_ms).unwrap_or(facts.at_ms);
    Values::from([
        (Placeholder::Amt, Value::MoneyMinor(facts.amount_minor)),
        (Placeholder::W, Value::DurationMs(facts.at_ms.saturating_sub(last_ms))),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let slept = |name, days| {
        let fixture = quiet(name);
        let at_ms = fixture.facts.at_ms;
        fixture.own(|own| own.last_paid_at_ms = Some(at_ms - days * DAY_MS))
    };
    Fixtures {
        rule: RuleId::DormantWakeup,
        firing: vec![
            slept("91 days, 100", 91).amount(10_000),
            slept("three years", 1_095).amount(50_000),
            slept("half a year, everything", 183).amount(9_000_000),
        ],
        silent: vec![
            slept("90 days", 90).amount(10_000),
            slept("a small amount", 400).amount(9_999),
            quiet("never paid at all").amount(50_000).own(|own| own.last_paid_at_ms = None),
        ],
    }
}
