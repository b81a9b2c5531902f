//! Rapid in and out: what came in leaves at once.
//!
//! Meaning: with this payment nearly all that came in during the window has left again.
//! Parameters: `share_per_mille` of the inflow; `window_ms` since the first of it; `inflow_minor` the least inflow.
//! Why: a mule's account only passes money on.
//! False positives: rent on pay-day; moving savings through a current account.

use super::prelude::*;

pub const SHARE_PER_MILLE: usize = 0;
pub const WINDOW_MS: usize = 1;
pub const INFLOW_MINOR: usize = 2;

pub const RULE: Rule = Rule {
    id: RuleId::RapidInOut,
    direction: Direction::Outgoing,
    title: Text { en: "Rapid in and out", fr: "Entrée et sortie rapides" },
    sentence: Text { en: "{pct} of {in} left within {w}", fr: "{pct} de {in} reparti en {w}" },
    weight: 35,
    parameters: &[Parameter::share(900), Parameter::window(DAY_MS), Parameter::money("inflow_minor", 20_000)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let Some(inflow) = known!(&facts.own).inflow else { return Firing::Never };
    if inflow.in_minor < parameters.values[INFLOW_MINOR].max(1) {
        return Firing::Never;
    }
    Firing::AtLeast(share(inflow.in_minor, parameters.values[SHARE_PER_MILLE]).saturating_sub(inflow.out_minor))
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    let (in_minor, out_minor) =
        facts.own_or_none(|own| own.inflow.map_or((0, 0), |inflow| (inflow.in_minor, inflow.out_minor)));
    let left_minor = out_minor.saturating_add(facts.amount_minor).min(in_minor);
    Values::from([
        (Placeholder::Pct, Value::PerMille(part_per_mille(left_minor, in_minor))),
        (Placeholder::In, Value::MoneyMinor(in_minor)),
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let inflow = |name, in_minor, out_minor| quiet(name).inflow(in_minor, out_minor);
    Fixtures {
        rule: RuleId::RapidInOut,
        firing: vec![
            inflow("all of it at once", 100_000, 0).amount(100_000),
            inflow("the payment that completes 90 %", 100_000, 60_000).amount(30_000),
            inflow("more than came in", 20_000, 0).amount(80_000),
        ],
        silent: vec![
            inflow("a cent under 90 %", 100_000, 60_000).amount(29_999),
            inflow("pocket money", 19_999, 0).amount(19_999),
            quiet("nothing came in").amount(100_000),
        ],
    }
}
