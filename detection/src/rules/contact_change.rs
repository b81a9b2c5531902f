//! Contact change: contact data changed, then a payment to somebody new.
//!
//! Meaning: e-mail address, telephone, address or credentials changed shortly before this first payment to a payee.
//! Parameters: `window_ms` since the change.
//! Why: FATF: whoever takes an account over first sends the warnings elsewhere.
//! False positives: people who move house: they change their address and pay a new landlord.

use super::prelude::*;

pub const WINDOW_MS: usize = 0;

pub const RULE: Rule = Rule {
    id: RuleId::ContactChange,
    direction: Direction::Outgoing,
    title: Text { en: "Contact change, then payment", fr: "Coordonnées modifiées, puis paiement" },
    sentence: Text { en: "{what} changed {w} before payment", fr: "{what} : modification {w} avant paiement" },
    weight: 30,
    parameters: &[Parameter::window(72 * HOUR_MS)],
    lists: &[],
    firing,
    values,
};

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    let Some(change) = known!(&facts.own).contact_change else { return Firing::Never };
    let pair = known!(&facts.pair);
    let recent = facts.at_ms.saturating_sub(change.at_ms) < parameters.values[WINDOW_MS];
    Firing::when(recent && pair.count == 0)
}

fn values(facts: &Facts, _: &Parameters) -> Values {
    let Some(change) = facts.own_or_none(|own| own.contact_change) else { return Values::new() };
    Values::from([
        (Placeholder::What, Value::What(super::What::Contact(change.what))),
        (Placeholder::W, Value::DurationMs(facts.at_ms.saturating_sub(change.at_ms))),
    ])
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    use crate::facts::{Contact, ContactChange};
    let changed = |name, what, hours| {
        let fixture = quiet(name).pair(|pair| pair.count = 0);
        let at_ms = fixture.facts.at_ms - hours * HOUR_MS;
        fixture.own(|own| own.contact_change = Some(ContactChange { what, at_ms }))
    };
    Fixtures {
        rule: RuleId::ContactChange,
        firing: vec![
            changed("new e-mail address an hour ago", Contact::Email, 1),
            changed("new telephone two days ago", Contact::Phone, 48),
            changed("credentials reset just now", Contact::Credentials, 0),
        ],
        silent: vec![
            changed("three days ago", Contact::Email, 72),
            changed("a known payee", Contact::Address, 1).pair(|pair| pair.count = 3),
            quiet("no change").pair(|pair| pair.count = 0),
        ],
    }
}
