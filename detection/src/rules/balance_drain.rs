//! Balance drain: the account is emptied.
//!
//! Meaning: this payment takes nearly all that is available.
//! Parameters: `share_per_mille` of what is available; `least_minor` below which no payment is a drain.
//! Why: FATF: the victim's account is emptied, or nearly, in one go.
//! False positives: closing an account; people who live from pay-day to pay-day.

use super::prelude::*;

pub const SHARE_PER_MILLE: usize = 0;
pub const LEAST_MINOR: usize = 1;

pub const RULE: Rule = Rule {
    id: RuleId::BalanceDrain,
    direction: Direction::Outgoing,
    title: Text { en: "Balance drain", fr: "Compte vidé" },
    sentence: Text { en: "{pct} of the available {bal} leaves", fr: "{pct} du disponible ({bal}) part" },
    weight: 30,
    parameters: &[Parameter::share(900), Parameter::money("least_minor", 20_000)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let available_minor = known!(&facts.balance).available_minor;
    if available_minor <= 0 {
        return Firing::Never;
    }
    Firing::AtLeast(share(available_minor, parameters.values[SHARE_PER_MILLE]).max(parameters.values[LEAST_MINOR]))
}

fn values(facts: &Facts, _: &Parameters) -> Values {
    let available_minor = facts.available_minor();
    Values::from([
        (Placeholder::Pct, Value::PerMille(part_per_mille(facts.amount_minor, available_minor))),
        (Placeholder::Bal, Value::MoneyMinor(available_minor)),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let available = |name, minor| quiet(name).available(minor);
    Fixtures {
        rule: RuleId::BalanceDrain,
        firing: vec![
            available("all of it", 100_000).amount(100_000),
            available("exactly 90 %", 100_000).amount(90_000),
            available("the least that is a drain", 20_000).amount(20_000),
        ],
        silent: vec![
            available("a cent under 90 %", 100_000).amount(89_999),
            available("a small account", 19_999).amount(19_999),
            available("nothing there: the ledger refuses", 0).amount(50_000),
        ],
    }
}
