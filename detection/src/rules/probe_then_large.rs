//! Probe, then large: a tiny payment to see whether it works, then the real one to the same payee.
//!
//! Meaning: the last payment to this payee was tiny and recent, and this one is many times as large.
//! Parameters: `probe_minor` up to which the first is a probe; `times` as large the second is; `window_ms` between.
//! Why: FATF names small test transfers before large ones as a mark of cyber-enabled fraud.
//! False positives: careful people who try a new account number with one euro.

use super::prelude::*;

pub const PROBE_MINOR: usize = 0;
pub const TIMES: usize = 1;
pub const WINDOW_MS: usize = 2;

pub const RULE: Rule = Rule {
    id: RuleId::ProbeThenLarge,
    direction: Direction::Outgoing,
    title: Text { en: "Probe, then large", fr: "Essai, puis gros montant" },
    sentence: Text { en: "{small} to {payee}, then {amt} within {w}", fr: "{small} à {payee}, puis {amt} en {w}" },
    weight: 35,
    parameters: &[Parameter::money("probe_minor", 500), Parameter::times("times", 20), Parameter::window(DAY_MS)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let pair = known!(&facts.pair);
    let [probe_minor, times, window_ms, ..] = parameters.values;
    let recent = facts.at_ms.saturating_sub(pair.last_at_ms) < window_ms;
    if pair.count == 0 || !recent || pair.last_amount_minor > probe_minor {
        return Firing::Never;
    }
    Firing::AtLeast(pair.last_amount_minor.saturating_mul(times).max(probe_minor.saturating_add(1)))
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    Values::from([
        (Placeholder::Small, Value::MoneyMinor(facts.pair_or_none(|pair| pair.last_amount_minor))),
        (Placeholder::Payee, Value::Payee(facts.counterparty)),
        (Placeholder::Amt, Value::MoneyMinor(facts.amount_minor)),
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let probed = |name, minor| quiet(name).hours_after_pair(2).pair(|pair| pair.last_amount_minor = minor);
    Fixtures {
        rule: RuleId::ProbeThenLarge,
        firing: vec![
            probed("five, then a hundred", 500).amount(10_000),
            probed("a cent, then a thousand", 1).amount(100_000),
            probed("one, then twenty", 100).amount(2_000),
        ],
        silent: vec![
            probed("five, then 99.99", 500).amount(9_999),
            probed("the first was no probe", 501).amount(900_000),
            probed("a day apart", 500).hours_after_pair(24).amount(900_000),
        ],
    }
}
