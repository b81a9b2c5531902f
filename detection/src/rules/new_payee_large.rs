//! New payee, large amount: the first payment to somebody is not a small one.
//!
//! Meaning: this payer never paid this payee before, and the amount is many times the usual.
//! Parameters: `times_usual` how many times the usual mean; `least_minor` below which nothing is large.
//! Why: the money of a taken-over account or of a deceived customer goes to somebody new.
//! False positives: craftsmen, a new landlord, a second-hand car.

use super::prelude::*;

pub const TIMES_USUAL: usize = 0;
pub const LEAST_MINOR: usize = 1;

pub const RULE: Rule = Rule {
    id: RuleId::NewPayeeLarge,
    direction: Direction::Outgoing,
    title: Text { en: "New payee, large amount", fr: "Nouveau bénéficiaire, gros montant" },
    sentence: Text {
        en: "First payment to {payee}: {amt}, usually {usual}",
        fr: "Premier paiement à {payee} : {amt}, d'habitude {usual}",
    },
    weight: 30,
    parameters: &[Parameter::times("times_usual", 2), Parameter::money("least_minor", 25_000)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let pair = known!(&facts.pair);
    let own = known!(&facts.own);
    if pair.count > 0 {
        return Firing::Never;
    }
    let Some(mean_minor) = own.usual.mean_minor() else { return Firing::Never };
    let unusual_minor = mean_minor.saturating_mul(parameters.values[TIMES_USUAL]);
    Firing::AtLeast(unusual_minor.max(parameters.values[LEAST_MINOR]))
}

fn values(facts: &Facts, _: &Parameters) -> Values {
    Values::from([
        (Placeholder::Payee, Value::Payee(facts.counterparty)),
        (Placeholder::Amt, Value::MoneyMinor(facts.amount_minor)),
        (Placeholder::Usual, Value::MoneyMinor(facts.usual_minor())),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let first = |name| quiet(name).pair(|pair| pair.count = 0);
    Fixtures {
        rule: RuleId::NewPayeeLarge,
        firing: vec![
            first("250 to somebody new").amount(25_000),
            first("a large sum").amount(900_000),
            first("twice the habit of somebody rich").amount(400_000).own(|own| own.usual.sum_minor = 8_000_000),
        ],
        silent: vec![
            first("a cent under the least").amount(24_999),
            quiet("a known payee").amount(900_000),
            first("less than twice a rich habit").amount(399_999).own(|own| own.usual.sum_minor = 8_000_000),
        ],
    }
}
