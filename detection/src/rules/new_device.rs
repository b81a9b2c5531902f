//! New device: a device's first day.
//!
//! Meaning: this account used the device for the first time within the window, or uses it now for the first time, and
//! the amount is at least the usual.
//! Parameters: `window_ms` since the first use.
//! Why: a taken-over account is used from the thief's device.
//! False positives: a new telephone.

use super::prelude::*;

pub const WINDOW_MS: usize = 0;

pub const RULE: Rule = Rule {
    id: RuleId::NewDevice,
    direction: Direction::Outgoing,
    title: Text { en: "New device", fr: "Nouvel appareil" },
    sentence: Text {
        en: "Device first used less than {w} ago: {amt}",
        fr: "Appareil utilisé depuis moins de {w} : {amt}",
    },
    weight: 20,
    parameters: &[Parameter::window(DAY_MS)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let device = known!(&facts.device);
    let own = known!(&facts.own);
    let age_ms = device.first_used_at_ms.map_or(0, |first_ms| facts.at_ms.saturating_sub(first_ms));
    if age_ms >= parameters.values[WINDOW_MS] {
        return Firing::Never;
    }
    own.usual.mean_minor().map_or(Firing::Never, Firing::AtLeast)
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    Values::from([
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
        (Placeholder::Amt, Value::MoneyMinor(facts.amount_minor)),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let first = |name, hours: Option<i64>| {
        let fixture = quiet(name);
        let at_ms = fixture.facts.at_ms;
        fixture.device(|device| device.first_used_at_ms = hours.map(|hours| at_ms - hours * HOUR_MS))
    };
    Fixtures {
        rule: RuleId::NewDevice,
        firing: vec![
            first("its very first use", None).amount(5_000),
            first("since this morning", Some(6)).amount(90_000),
            first("an hour under a day", Some(23)).amount(5_000),
        ],
        silent: vec![
            first("a day old", Some(24)).amount(90_000),
            first("less than the usual", None).amount(4_999),
            first("no habit yet", None).amount(90_000).own(|own| own.usual.count = 0),
        ],
    }
}
