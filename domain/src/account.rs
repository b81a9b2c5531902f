//! Accounts as the outside knows them: a number, a kind, a status.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The longest account number (an IBAN has 34 characters).
pub const ACCOUNT_NUMBER_MAX: usize = 34;

/// An account's public number and Kafka key: 1 to 34 of `A-Z 0-9 -`, for example `C100`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct AccountNumber(Box<str>);

impl AccountNumber {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Empty, too long, or with a character outside `A-Z 0-9 -`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an account number is 1 to 34 of A-Z, 0-9 and -")]
pub struct ParseAccountNumberError;

impl FromStr for AccountNumber {
    type Err = ParseAccountNumberError;

    /// Reads a number in its canonical form; what people type goes through [`AccountNumber::from_typed`] first.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = !text.is_empty()
            && text.len() <= ACCOUNT_NUMBER_MAX
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(AccountNumber(text.into())) } else { Err(ParseAccountNumberError) }
    }
}

impl AccountNumber {
    /// Reads what a person typed: spaces dropped, letters raised.
    ///
    /// # Errors
    /// When what is left is no account number.
    pub fn from_typed(text: &str) -> Result<Self, ParseAccountNumberError> {
        text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase().parse()
    }
}

impl<'de> Deserialize<'de> for AccountNumber {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = AccountNumber;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an account number")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<AccountNumber, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

impl fmt::Display for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AccountNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whose money an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// A customer's: has a balance, a hold, an overdraft limit, an order of its own.
    Customer,
    /// The other end of a deposit or withdrawal (cash desk, terminal, other bank): unlimited and hot, kept in stripes.
    External,
}

/// Whether an account takes part in transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountStatus {
    Open,
    Frozen,
    Closed,
}

/// The cash desk of a currency: the external account behind deposits and withdrawals made in the web form.
pub fn cash_desk(currency: crate::Currency) -> AccountNumber {
    AccountNumber(format!("CASH-{currency}").into())
}

/// The external account behind imported history of a currency.
pub fn history_desk(currency: crate::Currency) -> AccountNumber {
    AccountNumber(format!("HISTORY-{currency}").into())
}
