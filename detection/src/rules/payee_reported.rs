//! Reported payee: fraud at this payee became known lately.
//!
//! Meaning: payments to this payee were confirmed as fraud, and that became known within the window.
//! Parameters: `count` reports; `window_ms` since they became known.
//! Why: what served one theft serves the next, until somebody closes it.
//! False positives: a large shop where somebody used a stolen card; alone it therefore holds nothing.

use super::prelude::*;

pub const COUNT: usize = 0;
pub const WINDOW_MS: usize = 1;

pub const RULE: Rule = Rule {
    id: RuleId::PayeeReported,
    direction: Direction::Outgoing,
    title: Text { en: "Reported payee", fr: "Bénéficiaire signalé" },
    sentence: Text {
        en: "{payee}: {n} {n?report|reports} in {w}",
        fr: "{payee} : {n} {n?signalement|signalements} en {w}",
    },
    weight: 30,
    parameters: &[Parameter::new("count", Unit::Count, 1, 1, 1_000), Parameter::window(30 * DAY_MS)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let payee = known!(&facts.payee);
    Firing::when(payee.reports >= parameters.values[COUNT])
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    Values::from([
        (Placeholder::Payee, Value::Payee(facts.counterparty)),
        (Placeholder::N, Value::Count(facts.payee_or_none(|payee| payee.reports))),
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let reports = |name, count| quiet(name).payee(|payee| payee.reports = count);
    Fixtures {
        rule: RuleId::PayeeReported,
        firing: vec![reports("one report", 1), reports("any amount", 1).amount(1), reports("forty reports", 40)],
        silent: vec![
            reports("none", 0),
            reports("a deposit from there", 3).kind(domain::TransactionKind::Deposit),
            quiet("many payers, no report").payee(|payee| payee.payers = 3),
        ],
    }
}
