//! Night or weekend cash: much more cash than usual while the bank sleeps.
//!
//! Meaning: a withdrawal at a machine, desk or terminal (or through a channel that did not say), by night or at the
//! weekend, of many times the usual withdrawal.
//! Parameters: `night_hour` the last local hour of the night, counted from midnight; `weekend` 1 to count Saturday and
//! Sunday; `times_usual` the mean withdrawal of the usual window; list `channels` where cash is given.
//! Why: a stolen card is emptied when its holder sleeps and nobody answers the telephone.
//! False positives: a night out, a flea market; hence few points.

use super::prelude::*;
use super::{List, ListKind, When};
use domain::TransactionKind;

pub const NIGHT_HOUR: usize = 0;
pub const WEEKEND: usize = 1;
pub const TIMES_USUAL: usize = 2;

pub const RULE: Rule = Rule {
    id: RuleId::NightWeekendCash,
    direction: Direction::Outgoing,
    title: Text { en: "Cash by night or at the weekend", fr: "Espèces la nuit ou le week-end" },
    sentence: Text { en: "{amt} in cash {when}, usually {usual}", fr: "{amt} en espèces {when}, d'habitude {usual}" },
    weight: 8,
    parameters: &[
        Parameter::new("night_hour", Unit::Hour, 6, 0, 23),
        Parameter::new("weekend", Unit::Switch, 1, 0, 1),
        Parameter::times("times_usual", 2),
    ],
    lists: &[List { name: "channels", kind: ListKind::Channels, default: &["atm", "branch", "terminal"] }],
    firing,
    values,
};

fn when(facts: &Facts, parameters: &Parameters) -> Option<When> {
    let hour = i64::try_from(facts.local_hour()).unwrap_or(0);
    if hour <= parameters.values[NIGHT_HOUR] {
        Some(When::Night)
    } else {
        (parameters.values[WEEKEND] == 1 && facts.at_weekend()).then_some(When::Weekend)
    }
}

fn usual_minor(facts: &Facts) -> Option<i64> {
    facts.own_or_none(|own| {
        let habit = own.cash_count > 0 && own.cash_count >= own.usual.rows_min;
        habit.then(|| own.cash_sum_minor / own.cash_count)
    })
}

/// Whether the rule looks at this payment at all, whatever its amount.
pub fn asks(facts: &Facts, parameters: &Parameters) -> bool {
    facts.kind == TransactionKind::Withdrawal
        && facts.channel.as_deref().is_none_or(|channel| parameters.lists(0, channel))
        && when(facts, parameters).is_some()
}

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    if !asks(facts, parameters) {
        return Firing::Never;
    }
    known!(&facts.own);
    let Some(usual_minor) = usual_minor(facts) else { return Firing::Never };
    Firing::AtLeast(usual_minor.saturating_mul(parameters.values[TIMES_USUAL]))
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    Values::from([
        (Placeholder::Amt, Value::MoneyMinor(facts.amount_minor)),
        (Placeholder::When, Value::When(when(facts, parameters).unwrap_or(When::Night))),
        (Placeholder::Usual, Value::MoneyMinor(usual_minor(facts).unwrap_or(0))),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let cash = |name| {
        quiet(name).kind(TransactionKind::Withdrawal).own(|own| {
            own.cash_count = 10;
            own.cash_sum_minor = 60_000;
        })
    };
    Fixtures {
        rule: RuleId::NightWeekendCash,
        firing: vec![
            cash("twice the usual at three in the morning").hour(3).amount(12_000),
            cash("the last minute of the night").hour(6).amount(50_000).channel("atm"),
            cash("Saturday noon").weekend().amount(50_000),
        ],
        silent: vec![
            cash("by day").amount(50_000),
            cash("less than twice the usual").hour(3).amount(11_999),
            cash("an online payment is no cash").hour(3).amount(50_000).channel("web"),
            quiet("no habit of cash").kind(TransactionKind::Withdrawal).hour(3).amount(50_000),
        ],
    }
}
