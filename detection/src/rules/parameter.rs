//! What a rule lets the policy set: names, units, bounds, starting values.

pub const PARAMETERS_MAX: usize = 5;
pub const LISTS_MAX: usize = 2;

/// What a parameter's number means; forms choose their field and explanations their words by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Count,
    Milliseconds,
    MinorUnits,
    PerMille,
    /// Times the usual, or standard deviations.
    Times,
    Kilometres,
    KilometresPerHour,
    /// 0 to 23.
    Hour,
    /// 0 to 100.
    Risk,
    /// 0 or 1.
    Switch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    pub name: &'static str,
    pub unit: Unit,
    pub default: i64,
    pub least: i64,
    pub most: i64,
}

impl Parameter {
    pub const fn new(name: &'static str, unit: Unit, default: i64, least: i64, most: i64) -> Self {
        Parameter { name, unit, default, least, most }
    }

    pub const fn window(default_ms: i64) -> Self {
        use crate::payment::{DAY_MS, MINUTE_MS};
        Parameter::new("window_ms", Unit::Milliseconds, default_ms, MINUTE_MS, 365 * DAY_MS)
    }

    pub const fn count(default: i64) -> Self {
        Parameter::new("count", Unit::Count, default, 2, crate::facts::DISTINCT_MAX as i64)
    }

    /// Up to ten million.
    pub const fn money(name: &'static str, default_minor: i64) -> Self {
        Parameter::new(name, Unit::MinorUnits, default_minor, 0, 1_000_000_000)
    }

    pub const fn share(default_per_mille: i64) -> Self {
        Parameter::new("share_per_mille", Unit::PerMille, default_per_mille, 1, 1_000)
    }

    pub const fn times(name: &'static str, default: i64) -> Self {
        Parameter::new(name, Unit::Times, default, 1, 1_000)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// ISO 3166, two capital letters.
    Countries,
    /// Lower-case names.
    Channels,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct List {
    pub name: &'static str,
    pub kind: ListKind,
    pub default: &'static [&'static str],
}

/// The values in force, in the order the rule declares them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parameters {
    pub values: [i64; PARAMETERS_MAX],
    pub lists: [Vec<String>; LISTS_MAX],
}

impl Parameters {
    pub fn defaults(parameters: &[Parameter], lists: &[List]) -> Self {
        let mut defaults = Parameters::default();
        for (value, parameter) in defaults.values.iter_mut().zip(parameters) {
            *value = parameter.default;
        }
        for (entries, list) in defaults.lists.iter_mut().zip(lists) {
            *entries = list.default.iter().map(|entry| (*entry).to_owned()).collect();
        }
        defaults
    }

    /// Whether that list has this entry.
    pub fn lists(&self, list: usize, entry: &str) -> bool {
        self.lists[list].iter().any(|listed| listed == entry)
    }
}
