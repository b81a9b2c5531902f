//! Reported payee: fraud at this payee became known lately.
//!
//! Meaning: payments to this payee were confirmed as fraud, and that became known within the window; they are several,
//! or a part worth mentioning of all that it received meanwhile.
//! Parameters: `count` reports that are enough however much it receives; `share_per_mille` of the payments to it from
//! which on fewer are; `window_ms` since they became known.
//! Why: what served one theft serves the next, until somebody closes it.
//! False positives: a shop where somebody used a stolen card, unless it has many customers; alone it holds nothing.

use super::prelude::*;

pub const COUNT: usize = 0;
pub const SHARE_PER_MILLE: usize = 1;
pub const WINDOW_MS: usize = 2;

pub const RULE: Rule = Rule {
    id: RuleId::PayeeReported,
    direction: Direction::Outgoing,
    title: Text { en: "Reported payee", fr: "Bénéficiaire signalé" },
    sentence: Text {
        en: "{payee}: {n} {n?report|reports} in {w}",
        fr: "{payee} : {n} {n?signalement|signalements} en {w}",
    },
    weight: 30,
    parameters: &[
        Parameter::new("count", Unit::Count, 2, 1, 1_000),
        Parameter::share(30),
        Parameter::window(30 * DAY_MS),
    ],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let payee = known!(&facts.payee);
    let least = payee.received.saturating_mul(parameters.values[SHARE_PER_MILLE]);
    let many = payee.reports >= parameters.values[COUNT] || payee.reports.saturating_mul(1_000) >= least;
    Firing::when(payee.reports > 0 && many)
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
    let reports = |name, count, received| {
        quiet(name).payee(|payee| {
            payee.reports = count;
            payee.received = received;
        })
    };
    Fixtures {
        rule: RuleId::PayeeReported,
        firing: vec![
            reports("one of thirty-three", 1, 33),
            reports("one, and nothing since", 1, 0),
            reports("any amount", 2, 9_000).amount(1),
            reports("forty reports", 40, 9_000),
        ],
        silent: vec![
            reports("none", 0, 0),
            reports("one of thirty-four", 1, 34),
            reports("a deposit from there", 3, 20).kind(domain::TransactionKind::Deposit),
            quiet("many payers, no report").payee(|payee| payee.payers = 3),
        ],
    }
}
