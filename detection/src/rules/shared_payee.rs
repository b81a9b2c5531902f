//! Shared payee: many first-time payers.
//!
//! Meaning: this is the payer's first payment to this payee, and other customers paid it for the first time too, all
//! within the window.
//! Parameters: `count` first-time payers, this one included; `window_ms`; `transfers_only` 1 to leave out shops and
//! other banks, 0 to judge every payment.
//! Why: a swindle's account is new to all its victims; a landlord's is not.
//! False positives: a charity after a disaster, a new club.

use super::prelude::*;
use domain::TransactionKind;

pub const COUNT: usize = 0;
pub const WINDOW_MS: usize = 1;
pub const TRANSFERS_ONLY: usize = 2;

pub const RULE: Rule = Rule {
    id: RuleId::SharedPayee,
    direction: Direction::Outgoing,
    title: Text { en: "Shared new payee", fr: "Nouveau bénéficiaire commun" },
    sentence: Text {
        en: "{n} customers first paid {payee} in {w}",
        fr: "{n} clients paient {payee} pour la première fois en {w}",
    },
    weight: 30,
    parameters: &[
        Parameter::count(5),
        Parameter::window(DAY_MS),
        Parameter::new("transfers_only", Unit::Switch, 1, 0, 1),
    ],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    if parameters.values[TRANSFERS_ONLY] == 1 && facts.kind != TransactionKind::Transfer {
        return Firing::Never;
    }
    let pair = known!(&facts.pair);
    let payee = known!(&facts.payee);
    Firing::when(pair.count == 0 && payee.new_payers + 1 >= parameters.values[COUNT])
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    Values::from([
        (Placeholder::N, Value::Count(facts.payee_or_none(|payee| payee.new_payers) + 1)),
        (Placeholder::Payee, Value::Payee(facts.counterparty)),
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let first = |name, count| {
        quiet(name).pair(|pair| pair.count = 0).payee(|payee| {
            payee.new_payers = count;
            payee.payers = count;
        })
    };
    Fixtures {
        rule: RuleId::SharedPayee,
        firing: vec![first("the fifth victim", 4), first("the thirtieth", 29), first("any amount", 4).amount(1)],
        silent: vec![
            first("the fourth", 3),
            first("somebody who paid before", 9).pair(|pair| pair.count = 1),
            first("a shop", 64).kind(TransactionKind::Withdrawal),
        ],
    }
}
