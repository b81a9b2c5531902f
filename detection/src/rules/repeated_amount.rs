//! Repeated amount: the same amount again and again.
//!
//! Meaning: among the last three amounts there are enough that hardly differ from this one.
//! Parameters: `count` of the last three that must match; `tolerance_per_mille` of this amount that they may differ.
//! Why: scripts and mules send equal pieces.
//! False positives: transport tickets, coffee, instalments; hence few points.

use super::amount::NOWHERE;
use super::prelude::*;

pub const COUNT: usize = 0;
pub const TOLERANCE_PER_MILLE: usize = 1;

pub const RULE: Rule = Rule {
    id: RuleId::RepeatedAmount,
    direction: Direction::Outgoing,
    title: Text { en: "Repeated amount", fr: "Montant répété" },
    sentence: Text {
        en: "{n} nearly equal amounts among the last {of}",
        fr: "{n} montants presque égaux parmi les {of} derniers",
    },
    weight: 2,
    parameters: &[
        Parameter::new("count", Unit::Count, 2, 1, 3),
        Parameter::new("tolerance_per_mille", Unit::PerMille, 100, 0, 500),
    ],
    lists: &[],
    firing,
    values,
};

/// The least amount to which this past one is nearly equal.
fn least(past_minor: i64, tolerance: i64) -> i64 {
    past_minor.saturating_mul(1_000).saturating_add(999 + tolerance).div_euclid(1_000 + tolerance)
}

/// The largest.
fn most(past_minor: i64, tolerance: i64) -> i64 {
    past_minor.saturating_mul(1_000).div_euclid(1_000 - tolerance)
}

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let own = known!(&facts.own);
    let tolerance = parameters.values[TOLERANCE_PER_MILLE];
    let mut past = own.last_amounts_minor.map(|amount_minor| amount_minor.unwrap_or(-1));
    past.sort_unstable();
    let present = own.last_amounts_minor.iter().flatten().count();
    let past = &past[past.len() - present..];
    let count = usize::try_from(parameters.values[COUNT]).unwrap_or(1).max(1);
    // Nearly equal to some of them means: to some that are neighbours in size.
    let mut spans = [NOWHERE; 3];
    for (span_here, neighbours) in spans.iter_mut().zip(past.windows(count)) {
        let (smallest, largest) = (neighbours[0], neighbours[count - 1]);
        *span_here = (least(largest, tolerance), most(smallest, tolerance));
    }
    Firing::AnyOf(spans)
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    let tolerance = parameters.values[TOLERANCE_PER_MILLE];
    let past = facts.own_or_none(|own| own.last_amounts_minor);
    let near = |past_minor: &&i64| {
        (least(**past_minor, tolerance)..=most(**past_minor, tolerance)).contains(&facts.amount_minor)
    };
    let equal = past.iter().flatten().filter(near).count();
    let present = past.iter().flatten().count();
    Values::from([
        (Placeholder::N, Value::Count(i64::try_from(equal).unwrap_or(0) + 1)),
        (Placeholder::Of, Value::Count(i64::try_from(present).unwrap_or(0) + 1)),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let past = |name, amounts: [i64; 3]| quiet(name).own(|own| own.last_amounts_minor = amounts.map(Some));
    Fixtures {
        rule: RuleId::RepeatedAmount,
        firing: vec![
            past("three of 50", [5_000, 5_000, 5_000]),
            past("two within a tenth, one far", [4_500, 90_000, 5_500]),
            quiet("only two payments ever").own(|own| own.last_amounts_minor = [Some(5_000), Some(5_100), None]),
        ],
        silent: vec![
            past("only one alike", [5_000, 90_000, 100]),
            past("just outside on both sides", [4_499, 5_501, 5_000]),
            quiet("nothing before").own(|own| own.last_amounts_minor = [None; 3]),
        ],
    }
}
