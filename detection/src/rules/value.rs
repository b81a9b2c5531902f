//! What a finding's placeholders stand for: values with their unit, never prose, so that any language can be written
//! from a stored decision.

use crate::facts::Contact;
use crate::payment::{Party, Place};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub type Values = BTreeMap<Placeholder, Value>;

macro_rules! placeholders {
    ($($variant:ident = $name:literal,)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Placeholder {
            $(#[serde(rename = $name)] $variant,)*
        }

        impl Placeholder {
            pub fn named(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Placeholder::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

placeholders! {
    Amt = "amt",
    Bal = "bal",
    Hour = "hour",
    In = "in",
    Km = "km",
    N = "n",
    Of = "of",
    Payee = "payee",
    Pct = "pct",
    Place = "place",
    Refused = "refused",
    Small = "small",
    Sum = "sum",
    Thr = "thr",
    Usual = "usual",
    W = "w",
    What = "what",
    When = "when",
    X = "x",
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    MoneyMinor(i64),
    Count(i64),
    /// A mean count, in tenths.
    CountTenths(i64),
    DurationMs(i64),
    PerMille(i64),
    TimesTenths(i64),
    Kilometres(i64),
    /// Local, 0 to 23.
    Hour(i64),
    Place(Place),
    Payee(Party),
    When(When),
    What(What),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    Night,
    Weekend,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Contact(Contact),
    Channel(String),
    Country(String),
    Session(u8),
}
