//! The rule book: a fixed table of known patterns of fraud, one small file each.
//!
//! A rule says for which *amounts* it would fire, given all facts but the payment's own amount; evaluating it is asking
//! whether that amount is among them. So the same code that judges a payment knows every amount at which the judgement
//! could change (see `counterfactual`). Promises: no clock, no randomness, no failure: what cannot be read is
//! [`Finding::Unknown`]. Absent: thresholds and weights in force, which are policy.

use crate::facts::Facts;
use serde::{Deserialize, Serialize};

pub mod amount;
#[cfg(test)]
pub(crate) mod fixture;
pub mod id;
pub mod parameter;
#[cfg(test)]
pub(crate) mod tests;
pub mod value;

pub use amount::Firing;
pub use id::RuleId;
pub use parameter::{LISTS_MAX, List, ListKind, PARAMETERS_MAX, Parameter, Parameters, Unit};
pub use value::{Placeholder, Value, Values, What, When};

pub mod account_new;
pub mod amount_outlier;
pub mod balance_drain;
pub mod card_at_risk;
pub mod card_testing;
pub mod channel_risk;
pub mod contact_change;
pub mod daily_limit;
pub mod device_shared;
pub mod dormant_wakeup;
pub mod fan_in;
pub mod fan_out;
pub mod impossible_travel;
pub mod in_then_split;
pub mod just_below_limit;
pub mod many_refusals;
pub mod new_device;
pub mod new_payee_large;
pub mod night_weekend_cash;
pub mod odd_hour;
pub mod payee_reported;
pub mod probe_then_large;
pub mod rapid_in_out;
pub mod repeated_amount;
pub mod retry_smaller;
pub mod round_trip;
pub mod salary_drain;
pub mod shared_payee;
pub mod structuring;
pub mod terminal_burst;
pub mod terminal_risk;
pub mod velocity;

/// The same text in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text {
    pub en: &'static str,
    pub fr: &'static str,
}

/// Which way the money goes, seen from the account at risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Outgoing,
    Both,
}

#[derive(Debug, Clone, Copy)]
pub struct Rule {
    pub id: RuleId,
    pub direction: Direction,
    /// A few words, for lists and settings.
    pub title: Text,
    /// What it found, with placeholders; see `explain`.
    pub sentence: Text,
    /// Points, before anybody changes the policy: how much evidence it is, on the scale of the model's, which gives a certain
    /// fraud `Policy::model_cap`.
    pub weight: u32,
    pub parameters: &'static [Parameter],
    pub lists: &'static [List],
    /// For which amounts it fires. Never looks at the payment's own amount.
    pub firing: fn(&Facts, &Parameters) -> Firing,
    /// What the sentence's placeholders stand for. Asked only if it fired.
    pub values: fn(&Facts, &Parameters) -> Values,
}

/// What came of one rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    Silent,
    Fired {
        values: Values,
    },
    /// It needed a fact that could not be read.
    Unknown,
}

impl Rule {
    pub fn firing(&self, facts: &Facts, parameters: &Parameters) -> Firing {
        match self.direction {
            Direction::Outgoing if !facts.outgoing() => Firing::Never,
            Direction::Outgoing | Direction::Both => (self.firing)(facts, parameters),
        }
    }

    pub fn evaluate(&self, facts: &Facts, parameters: &Parameters) -> Finding {
        match self.firing(facts, parameters) {
            Firing::Unknown => Finding::Unknown,
            firing if firing.contains(facts.amount_minor) => {
                Finding::Fired { values: (self.values)(facts, parameters) }
            }
            _ => Finding::Silent,
        }
    }
}

/// In the order of [`RuleId`].
pub static ALL: [Rule; RuleId::COUNT] = [
    structuring::RULE,
    just_below_limit::RULE,
    daily_limit::RULE,
    velocity::RULE,
    amount_outlier::RULE,
    repeated_amount::RULE,
    new_payee_large::RULE,
    probe_then_large::RULE,
    card_testing::RULE,
    terminal_burst::RULE,
    many_refusals::RULE,
    retry_smaller::RULE,
    dormant_wakeup::RULE,
    account_new::RULE,
    rapid_in_out::RULE,
    in_then_split::RULE,
    fan_in::RULE,
    shared_payee::RULE,
    fan_out::RULE,
    round_trip::RULE,
    balance_drain::RULE,
    salary_drain::RULE,
    odd_hour::RULE,
    night_weekend_cash::RULE,
    impossible_travel::RULE,
    new_device::RULE,
    device_shared::RULE,
    contact_change::RULE,
    channel_risk::RULE,
    payee_reported::RULE,
    terminal_risk::RULE,
    card_at_risk::RULE,
];

/// The value of a reading; a rule whose fact is absent stays silent, one whose fact could not be read is unknown.
macro_rules! known {
    ($reading:expr) => {
        match $reading {
            $crate::facts::Reading::Known(value) => value,
            $crate::facts::Reading::Absent => return $crate::rules::Firing::Never,
            $crate::facts::Reading::Unreadable => return $crate::rules::Firing::Unknown,
        }
    };
}
pub(crate) use known;

/// No rule may ask for a count of rows beyond this: the newest `facts::payer::BUSY_ROWS_MAX`, of all kinds, are counted.
pub const ROWS_COUNTED_MAX: i64 = 50;

/// What every rule's file needs.
pub(crate) mod prelude {
    pub(crate) use super::amount::{part_per_mille, share, times_tenths};
    #[cfg(test)]
    pub(crate) use super::fixture::{Fixtures, quiet};
    pub(crate) use super::{Direction, Firing, Parameter, Parameters, Placeholder, ROWS_COUNTED_MAX, Rule, RuleId};
    pub(crate) use super::{Text, Unit, Value, Values, known};
    pub(crate) use crate::facts::Facts;
    pub(crate) use crate::payment::{DAY_MS, HOUR_MS, MINUTE_MS};
}
