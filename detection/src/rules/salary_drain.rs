//! Salary drain: income leaves at once.
//!
//! Meaning: a regular credit arrived within the window (the same party credited a similar amount three to six weeks
//! earlier), and with this payment most of it has left.
//! Parameters: `share_per_mille` of the credit; `window_ms` since it; `tolerance_per_mille` between the two credits.
//! Why: thieves and exploiters of the elderly wait for pay-day.
//! False positives: rent and a standing order to savings on pay-day; hence few points.

use super::prelude::*;

pub const SHARE_PER_MILLE: usize = 0;
pub const WINDOW_MS: usize = 1;
pub const TOLERANCE_PER_MILLE: usize = 2;

pub const RULE: Rule = Rule {
    id: RuleId::SalaryDrain,
    direction: Direction::Outgoing,
    title: Text { en: "Salary drain", fr: "Salaire vidé" },
    sentence: Text { en: "{pct} of the income {in} left within {w}", fr: "{pct} du revenu {in} parti en {w}" },
    weight: 10,
    parameters: &[
        Parameter::share(800),
        Parameter::window(DAY_MS),
        Parameter::new("tolerance_per_mille", Unit::PerMille, 200, 0, 1_000),
    ],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let Some(income) = known!(&facts.own).income else { return Firing::Never };
    Firing::AtLeast(share(income.in_minor, parameters.values[SHARE_PER_MILLE]).saturating_sub(income.out_minor))
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    let (in_minor, out_minor) =
        facts.own_or_none(|own| own.income.map_or((0, 0), |income| (income.in_minor, income.out_minor)));
    let left_minor = out_minor.saturating_add(facts.amount_minor).min(in_minor);
    Values::from([
        (Placeholder::Pct, Value::PerMille(part_per_mille(left_minor, in_minor))),
        (Placeholder::In, Value::MoneyMinor(in_minor)),
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let income = |name, out_minor| quiet(name).income(250_000, out_minor);
    Fixtures {
        rule: RuleId::SalaryDrain,
        firing: vec![
            income("all of it at once", 0).amount(250_000),
            income("exactly four fifths", 0).amount(200_000),
            income("the last piece", 190_000).amount(10_000),
        ],
        silent: vec![
            income("a cent under four fifths", 0).amount(199_999),
            income("shopping on pay-day", 20_000).amount(8_000),
            quiet("no income lately").amount(250_000),
        ],
    }
}
