//! Retry smaller: refused, then tried again with less.
//!
//! Meaning: the last attempt to pay this payee was refused shortly ago, nothing was paid to it since, and this amount
//! is smaller.
//! Parameters: `window_ms` since the refusal.
//! Why: whoever empties an account feels for the most that passes.
//! False positives: customers who see that their balance does not suffice.

use super::prelude::*;

pub const WINDOW_MS: usize = 0;

pub const RULE: Rule = Rule {
    id: RuleId::RetrySmaller,
    direction: Direction::Outgoing,
    title: Text { en: "Retry with less", fr: "Nouvel essai plus petit" },
    sentence: Text {
        en: "{amt} after {refused} was refused {w} ago",
        fr: "{amt} après un refus de {refused} il y a {w}",
    },
    weight: 25,
    parameters: &[Parameter::window(30 * MINUTE_MS)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let pair = known!(&facts.pair);
    let Some(refused) = pair.last_refused else { return Firing::Never };
    let recent = facts.at_ms.saturating_sub(refused.at_ms) < parameters.values[WINDOW_MS];
    let paid_since = pair.count > 0 && pair.last_at_ms > refused.at_ms;
    if !recent || paid_since {
        return Firing::Never;
    }
    Firing::Between(0, refused.amount_minor.saturating_sub(1))
}

fn values(facts: &Facts, _: &Parameters) -> Values {
    let (at_ms, refused_minor) = facts.pair_or_none(|pair| {
        let refused = pair.last_refused;
        (refused.map_or(0, |refused| refused.at_ms), refused.map_or(0, |refused| refused.amount_minor))
    });
    Values::from([
        (Placeholder::Amt, Value::MoneyMinor(facts.amount_minor)),
        (Placeholder::Refused, Value::MoneyMinor(refused_minor)),
        (Placeholder::W, Value::DurationMs(facts.at_ms.saturating_sub(at_ms))),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let refused = |name, minutes, minor| quiet(name).refused_minutes_ago(minutes, minor);
    Fixtures {
        rule: RuleId::RetrySmaller,
        firing: vec![
            refused("half of it a minute later", 1, 10_000),
            refused("a cent less", 29, 5_001),
            refused("never paid before", 5, 900_000).pair(|pair| pair.count = 0),
        ],
        silent: vec![
            refused("half an hour later", 30, 10_000),
            refused("the same amount again", 1, 5_000),
            refused("paid since", 20, 10_000).hours_after_pair(0),
        ],
    }
}
