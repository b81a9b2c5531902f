//! Fan-in: many payers, one account.
//!
//! Meaning: many different payers paid this payee within the window.
//! Parameters: `count` payers, this one included; `window_ms`; `transfers_only` 1 to leave out shops and other banks,
//! 0 to judge every payment.
//! Why: victims of one swindler pay into one account.
//! False positives: a club's dues, a birthday collection; every shop, were it not for `transfers_only`.

use super::prelude::*;
use domain::TransactionKind;

pub const COUNT: usize = 0;
pub const WINDOW_MS: usize = 1;
pub const TRANSFERS_ONLY: usize = 2;

pub const RULE: Rule = Rule {
    id: RuleId::FanIn,
    direction: Direction::Outgoing,
    title: Text { en: "Fan-in", fr: "Convergence" },
    sentence: Text { en: "{n} payers to {payee} in {w}", fr: "{n} payeurs vers {payee} en {w}" },
    weight: 25,
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
    let payee = known!(&facts.payee);
    Firing::when(payee.payers + 1 >= parameters.values[COUNT])
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    Values::from([
        (Placeholder::N, Value::Count(facts.payee_or_none(|payee| payee.payers) + 1)),
        (Placeholder::Payee, Value::Payee(facts.counterparty)),
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let payers = |name, count| quiet(name).payee(|payee| payee.payers = count);
    Fixtures {
        rule: RuleId::FanIn,
        firing: vec![payers("the fifth payer", 4), payers("as many as are counted", 64), payers("the tenth", 9)],
        silent: vec![
            payers("the fourth payer", 3),
            payers("a shop", 64).kind(TransactionKind::Withdrawal),
            quiet("nobody else"),
        ],
    }
}
