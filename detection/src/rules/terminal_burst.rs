//! Terminal burst: many cards tried at one place.
//!
//! Meaning: this payment is tiny, and many other payers tried tiny amounts at the same counterparty within minutes;
//! refused attempts count.
//! Parameters: `amount_minor` up to which an amount is tiny; `count` payers, this one included; `window_ms`.
//! Why: a list of stolen cards is run through one weakly guarded shop.
//! False positives: a coffee kiosk at rush hour, a public transport gate.

use super::prelude::*;

pub const AMOUNT_MINOR: usize = 0;
pub const COUNT: usize = 1;
pub const WINDOW_MS: usize = 2;

pub const RULE: Rule = Rule {
    id: RuleId::TerminalBurst,
    direction: Direction::Outgoing,
    title: Text { en: "Terminal burst", fr: "Rafale sur un terminal" },
    sentence: Text { en: "{n} cards tried {payee} in {w}", fr: "{n} cartes essayées chez {payee} en {w}" },
    weight: 35,
    parameters: &[Parameter::money("amount_minor", 200), Parameter::count(10), Parameter::window(10 * MINUTE_MS)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let payee = known!(&facts.payee);
    if payee.tiny_payers + 1 < parameters.values[COUNT] {
        return Firing::Never;
    }
    Firing::Between(0, parameters.values[AMOUNT_MINOR])
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    Values::from([
        (Placeholder::N, Value::Count(facts.payee_or_none(|payee| payee.tiny_payers) + 1)),
        (Placeholder::Payee, Value::Payee(facts.counterparty)),
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let others = |name, count| quiet(name).payee(|payee| payee.tiny_payers = count);
    Fixtures {
        rule: RuleId::TerminalBurst,
        firing: vec![
            others("the tenth card", 9).amount(100),
            others("exactly two euros", 9).amount(200),
            others("as many as are counted", 64).amount(1),
        ],
        silent: vec![
            others("the ninth card", 8).amount(100),
            others("a real purchase during a burst", 40).amount(201),
            quiet("nobody else").amount(100),
        ],
    }
}
