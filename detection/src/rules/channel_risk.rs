//! Channel risk: a risky channel, country or session.
//!
//! Meaning: the channel or the payee's country stands on a list, or the channel reports signs of malware.
//! Parameters: `session_risk` from which signs of malware count (0 to 100); lists `countries` and `channels`.
//! Why: regulators ask for places of higher risk and for signs of malware to be looked at (EU 2018/389, Art. 2).
//! False positives: families abroad; hence few points. The starting list is FATF's call for action.

use super::prelude::*;
use super::{List, ListKind, What};

pub const SESSION_RISK: usize = 0;
const COUNTRIES: usize = 0;
const CHANNELS: usize = 1;

pub const RULE: Rule = Rule {
    id: RuleId::ChannelRisk,
    direction: Direction::Both,
    title: Text { en: "Channel or country at risk", fr: "Canal ou pays à risque" },
    sentence: Text { en: "{what} is on the risk list", fr: "{what} figure sur la liste à risque" },
    weight: 15,
    parameters: &[Parameter::new("session_risk", Unit::Risk, 50, 1, 100)],
    lists: &[
        List { name: "countries", kind: ListKind::Countries, default: &["IR", "KP", "MM"] },
        List { name: "channels", kind: ListKind::Channels, default: &[] },
    ],
    firing,
    values,
};

fn what(facts: &Facts, parameters: &Parameters) -> Option<What> {
    if let Some(country) = facts.country.as_deref().filter(|country| parameters.lists(COUNTRIES, country)) {
        return Some(What::Country(country.to_owned()));
    }
    if let Some(channel) = facts.channel.as_deref().filter(|channel| parameters.lists(CHANNELS, channel)) {
        return Some(What::Channel(channel.to_owned()));
    }
    facts.session_risk.filter(|risk| i64::from(*risk) >= parameters.values[SESSION_RISK]).map(What::Session)
}

fn firing(facts: &Facts, parameters: &Parameters) -> Firing {
    Firing::when(what(facts, parameters).is_some())
}

fn values(facts: &Facts, parameters: &Parameters) -> Values {
    what(facts, parameters).into_iter().map(|what| (Placeholder::What, Value::What(what))).collect()
}

#[cfg(test)]
pub(super) fn fixtures() -> Fixtures {
    Fixtures {
        rule: RuleId::ChannelRisk,
        firing: vec![
            quiet("a country on the list").country("KP"),
            quiet("malware at work").session_risk(90),
            quiet("just enough signs of malware").session_risk(50),
        ],
        silent: vec![
            quiet("a country that is not").country("FR"),
            quiet("a channel while no channel is listed").channel("web"),
            quiet("few signs of malware").session_risk(49),
        ],
    }
}
