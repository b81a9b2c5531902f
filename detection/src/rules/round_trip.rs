//! Round trip: money comes back to where it started.
//!
//! Meaning: money of this payee reached the payer through other accounts, each hop later than the one before and of a
//! similar amount, and this payment closes the circle.
//! Parameters: `hops` the longest circle, this payment included; `hops_least` the shortest, for two are a repaid loan;
//! `window_ms` for all of it; `share_per_mille` that each hop passes on.
//! Why: circles give stolen money a history and firms a turnover they do not have.
//! False positives: families and firms of one owner that move money among themselves.

use super::prelude::*;

pub const HOPS: usize = 0;
pub const HOPS_LEAST: usize = 1;
pub const WINDOW_MS: usize = 2;
pub const SHARE_PER_MILLE: usize = 3;

pub const RULE: Rule = Rule {
    id: RuleId::RoundTrip,
    direction: Direction::Outgoing,
    title: Text { en: "Round trip", fr: "Aller-retour" },
    sentence: Text { en: "{amt} came back through {n} accounts in {w}", fr: "{amt} revenu par {n} comptes en {w}" },
    weight: 40,
    parameters: &[
        Parameter::new("hops", Unit::Count, 5, 2, 5),
        Parameter::new("hops_least", Unit::Count, 3, 2, 5),
        Parameter::window(72 * HOUR_MS),
        Parameter::share(800),
    ],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let Some(trip) = known!(&facts.graph).round_trip else { return Firing::Never };
    let share_per_mille = parameters.values[SHARE_PER_MILLE].max(1);
    let most_minor = trip.most_minor.saturating_mul(1_000) / share_per_mille;
    Firing::Between(share(trip.least_minor, share_per_mille), most_minor)
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    Values::from([
        (Placeholder::Amt, Value::MoneyMinor(facts.amount_minor)),
        (Placeholder::N, Value::Count(facts.trip_accounts())),
        (Placeholder::W, Value::DurationMs(parameters.values[WINDOW_MS])),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let trip = |name| quiet(name).round_trip(3, 100_000, 100_000);
    Fixtures {
        rule: RuleId::RoundTrip,
        firing: vec![
            trip("the very same amount").amount(100_000),
            trip("four fifths of it").amount(80_000),
            quiet("between two paths").round_trip(4, 50_000, 200_000).amount(120_000),
        ],
        silent: vec![
            trip("a cent under four fifths").amount(79_999),
            trip("far more than came").amount(125_001),
            quiet("no path").amount(100_000),
        ],
    }
}
