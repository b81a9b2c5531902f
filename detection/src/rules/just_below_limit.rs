//! Just below a limit: one amount that nearly touches it.
//!
//! Meaning: the amount lies within a small part under the account's own limit of one payment, or under the policy's
//! where the account has none.
//! Parameters: `limit_minor` the policy's limit; `within_per_mille` how near counts.
//! Why: whoever steals an account takes the most that one payment allows.
//! False positives: round prices such as 1,990.

use super::prelude::*;

pub const LIMIT_MINOR: usize = 0;
pub const WITHIN_PER_MILLE: usize = 1;

pub const RULE: Rule = Rule {
    id: RuleId::JustBelowLimit,
    direction: Direction::Outgoing,
    title: Text { en: "Just below a limit", fr: "Juste sous une limite" },
    sentence: Text { en: "{amt} is just under the limit of {thr}", fr: "{amt} frôle la limite de {thr}" },
    weight: 15,
    parameters: &[
        Parameter::money("limit_minor", 200_000),
        Parameter::new("within_per_mille", Unit::PerMille, 50, 1, 500),
    ],
    lists: &[],
    firing,
    values,
};

fn limit_minor(facts: &Facts, parameters: &Parameters) -> i64 {
    facts.own_or_none(|own| own.limit_minor).unwrap_or(parameters.values[LIMIT_MINOR])
}

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    known!(&facts.own);
    let limit_minor = limit_minor(facts, parameters);
    Firing::Between(share(limit_minor, 1_000 - parameters.values[WITHIN_PER_MILLE]), limit_minor.saturating_sub(1))
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    Values::from([
        (Placeholder::Amt, Value::MoneyMinor(facts.amount_minor)),
        (Placeholder::Thr, Value::MoneyMinor(limit_minor(facts, parameters))),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let limited = |name| quiet(name).own(|own| own.limit_minor = Some(50_000));
    Fixtures {
        rule: RuleId::JustBelowLimit,
        firing: vec![
            quiet("1,999 under 2,000").amount(199_900),
            quiet("exactly 5 % under").amount(190_000),
            limited("495 under the account's own 500").amount(49_500),
        ],
        silent: vec![
            quiet("the limit itself").amount(200_000),
            quiet("a cent more than 5 % under").amount(189_999),
            limited("under the policy's limit but far above the own one").amount(199_900),
        ],
    }
}
