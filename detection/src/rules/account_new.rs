//! New account: a young account pays much.
//!
//! Meaning: the account was opened within the window and already pays a large amount.
//! Parameters: `window_ms` since opening; `least_minor` from which an amount is large.
//! Why: FATF: accounts are opened with false papers only to pass money on.
//! False positives: somebody who moves all banking here.

use super::prelude::*;

pub const WINDOW_MS: usize = 0;
pub const LEAST_MINOR: usize = 1;

pub const RULE: Rule = Rule {
    id: RuleId::AccountNew,
    direction: Direction::Outgoing,
    title: Text { en: "New account", fr: "Compte récent" },
    sentence: Text { en: "Account opened {w} ago pays {amt}", fr: "Compte ouvert il y a {w} : paiement de {amt}" },
    weight: 20,
    parameters: &[Parameter::window(7 * DAY_MS), Parameter::money("least_minor", 50_000)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let Some(opened_ms) = known!(&facts.own).opened_at_ms else { return Firing::Never };
    if facts.at_ms.saturating_sub(opened_ms) >= parameters.values[WINDOW_MS] {
        return Firing::Never;
    }
    Firing::AtLeast(parameters.values[LEAST_MINOR])
}

fn values(facts: &Facts, _: &Parameters) -> Values {
    let opened_ms = facts.own_or_none(|own| own.opened_at_ms).unwrap_or(facts.at_ms);
    Values::from([
        (Placeholder::W, Value::DurationMs(facts.at_ms.saturating_sub(opened_ms))),
        (Placeholder::Amt, Value::MoneyMinor(facts.amount_minor)),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    let opened = |name, hours| {
        let fixture = quiet(name);
        let at_ms = fixture.facts.at_ms;
        fixture.own(|own| own.opened_at_ms = Some(at_ms - hours * HOUR_MS))
    };
    Fixtures {
        rule: RuleId::AccountNew,
        firing: vec![
            opened("two days old", 48).amount(50_000),
            opened("opened this very minute", 0).amount(700_000),
            opened("an hour under a week", 167).amount(50_001),
        ],
        silent: vec![
            opened("a week old", 168).amount(700_000),
            opened("young, small amount", 1).amount(49_999),
            quiet("opening not recorded").amount(700_000).own(|own| own.opened_at_ms = None),
        ],
    }
}
