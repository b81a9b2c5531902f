//! Terminal risk: the share of fraud among a terminal's payments.
//!
//! Meaning: of the payments made here in the window, which ends before now because labels come late, a large part is
//! known to be fraud.
//! Parameters: `share_per_mille` of fraud; `count` of payments from which on a share means anything; `window_ms`;
//! `lag_ms` by which labels are late.
//! Why: a tampered terminal stays bad for weeks; in longer windows a share remains long after its repair.
//! False positives: a small shop with bad luck, a terminal that was repaired meanwhile; alone it asks for no review.

use super::prelude::*;

pub const SHARE_PER_MILLE: usize = 0;
pub const COUNT: usize = 1;
pub const WINDOW_MS: usize = 2;
pub const LAG_MS: usize = 3;

pub const RULE: Rule = Rule {
    id: RuleId::TerminalRisk,
    direction: Direction::Outgoing,
    title: Text { en: "Terminal at risk", fr: "Terminal à risque" },
    sentence: Text { en: "{pct} known fraud at {payee} over {w}", fr: "{pct} de fraude connue chez {payee} sur {w}" },
    weight: 10,
    parameters: &[
        Parameter::share(200),
        Parameter::new("count", Unit::Count, 5, 1, 10_000),
        Parameter::window(14 * DAY_MS),
        Parameter::new("lag_ms", Unit::Milliseconds, 7 * DAY_MS, 0, 90 * DAY_MS),
    ],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let payee = known!(&facts.payee);
    let least = payee.labelled_count.saturating_mul(parameters.values[SHARE_PER_MILLE]);
    let risky = payee.labelled_frauds.saturating_mul(1_000) >= least;
    Firing::when(payee.labelled_count >= parameters.values[COUNT] && risky)
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    let (frauds, count) = facts.payee_or_none(|payee| (payee.labelled_frauds, payee.labelled_count));
    Values::from([
        (Placeholder::Pct, Value::PerMille(part_per_mille(frauds, count))),
        (Placeholder::Payee, Value::Payee(facts.counterparty)),
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let labelled = |name, frauds, count| {
        quiet(name).payee(|payee| {
            payee.labelled_frauds = frauds;
            payee.labelled_count = count;
        })
    };
    Fixtures {
        rule: RuleId::TerminalRisk,
        firing: vec![
            labelled("one in five", 1, 5),
            labelled("two in ten", 2, 10),
            labelled("every single one", 300, 300),
        ],
        silent: vec![
            labelled("one in six", 1, 6),
            labelled("all of four", 4, 4),
            labelled("none in a thousand", 0, 1_000),
        ],
    }
}
