//! Fan-out: one payer, many payees.
//!
//! Meaning: within the window this account paid many different payees, this one included.
//! Parameters: `count` payees, this one included; `window_ms`.
//! Why: stolen money is spread before it can be called back.
//! False positives: paying the month's bills, wages paid by a small firm, a day in town with a card; hence few points.

use super::prelude::*;

pub const COUNT: usize = 0;
pub const WINDOW_MS: usize = 1;

pub const RULE: Rule = Rule {
    id: RuleId::FanOut,
    direction: Direction::Outgoing,
    title: Text { en: "Fan-out", fr: "Dispersion" },
    sentence: Text { en: "{n} payees in {w}, usually {usual}", fr: "{n} bénéficiaires en {w}, d'habitude {usual}" },
    weight: 5,
    parameters: &[Parameter::count(5), Parameter::window(8 * HOUR_MS)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let own = known!(&facts.own);
    Firing::when(own.other_payees + 1 >= parameters.values[COUNT])
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    let (others, usual_tenths) = facts.own_or_none(|own| (own.other_payees, own.usual.payees_tenths));
    Values::from([
        (Placeholder::N, Value::Count(others + 1)),
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
        (Placeholder::Usual, Value::CountTenths(usual_tenths)),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let others = |name, count| quiet(name).own(|own| own.other_payees = count);
    Fixtures {
        rule: RuleId::FanOut,
        firing: vec![others("the fifth payee", 4), others("any amount", 4).amount(1), others("the fortieth", 39)],
        silent: vec![others("the fourth payee", 3), others("the second", 1), quiet("the only one")],
    }
}
