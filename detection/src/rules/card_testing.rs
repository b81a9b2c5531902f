//! Card testing: a burst of tiny amounts.
//!
//! Meaning: this payment is tiny, as were several within the window; refused attempts count, for most tests fail.
//! Parameters: `amount_minor` up to which an amount is tiny; `count` attempts, this one included; `window_ms`.
//! Why: stolen card numbers are tried with amounts that nobody notices before they are sold or used (Stripe).
//! False positives: parking meters, vending machines, in-app purchases.

use super::prelude::*;

pub const AMOUNT_MINOR: usize = 0;
pub const COUNT: usize = 1;
pub const WINDOW_MS: usize = 2;

pub const RULE: Rule = Rule {
    id: RuleId::CardTesting,
    direction: Direction::Outgoing,
    title: Text { en: "Card testing", fr: "Test de carte" },
    sentence: Text { en: "{n} payments up to {thr} in {w}", fr: "{n} paiements d'au plus {thr} en {w}" },
    weight: 35,
    parameters: &[
        Parameter::money("amount_minor", 200),
        Parameter::new("count", Unit::Count, 4, 2, ROWS_COUNTED_MAX),
        Parameter::window(HOUR_MS),
    ],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let own = known!(&facts.own);
    if own.tiny_count + 1 < parameters.values[COUNT] {
        return Firing::Never;
    }
    Firing::Between(0, parameters.values[AMOUNT_MINOR])
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    Values::from([
        (Placeholder::N, Value::Count(facts.own_or_none(|own| own.tiny_count) + 1)),
        (Placeholder::Thr, Value::MoneyMinor(parameters.values[AMOUNT_MINOR])),
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let before = |name, count| quiet(name).own(|own| own.tiny_count = count);
    Fixtures {
        rule: RuleId::CardTesting,
        firing: vec![
            before("the fourth of one euro", 3).amount(100),
            before("exactly two euros", 3).amount(200),
            before("a long burst", 60).amount(1),
        ],
        silent: vec![
            before("the third", 2).amount(100),
            before("tiny ones before, this one is not", 9).amount(201),
            quiet("one coffee").amount(180),
        ],
    }
}
