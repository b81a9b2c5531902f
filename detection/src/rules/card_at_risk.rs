//! Card at risk: fraud on this very account was confirmed lately.
//!
//! Meaning: a fraud on this account became known within the window.
//! Parameters: `window_ms` since it became known.
//! Why: leaked card data are used for about two weeks, by several thieves; a report takes a week of them.
//! False positives: nearly all, namely the holder's own payments while a new card is on its way; hence few points.

use super::prelude::*;

pub const WINDOW_MS: usize = 0;

pub const RULE: Rule = Rule {
    id: RuleId::CardAtRisk,
    direction: Direction::Outgoing,
    title: Text { en: "Card at risk", fr: "Carte compromise" },
    sentence: Text { en: "Confirmed fraud here {w} ago", fr: "Fraude confirmée ici il y a {w}" },
    weight: 5,
    parameters: &[Parameter::window(7 * DAY_MS)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let Some(known_ms) = known!(&facts.own).fraud_known_at_ms else { return Firing::Never };
    Firing::when(facts.at_ms.saturating_sub(known_ms) < parameters.values[WINDOW_MS])
}

fn values(facts: &Facts, _: &Parameters) -> Values {
    let known_ms = facts.own_or_none(|own| own.fraud_known_at_ms).unwrap_or(facts.at_ms);
    Values::from([(Placeholder::W, Value::DurationMs(facts.at_ms.saturating_sub(known_ms)))])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let known = |name, days| {
        let fixture = quiet(name);
        let at_ms = fixture.facts.at_ms;
        fixture.own(|own| own.fraud_known_at_ms = Some(at_ms - days * DAY_MS))
    };
    Fixtures {
        rule: RuleId::CardAtRisk,
        firing: vec![known("just now", 0), known("three days ago", 3), known("any amount", 6).amount(1)],
        silent: vec![known("a week ago", 7), known("last year", 365), quiet("never")],
    }
}
