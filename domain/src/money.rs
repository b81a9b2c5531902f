//! Exact money: whole minor units and an ISO 4217 currency. No float ever touches an amount.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Minor units of a currency (cents of a euro). Signed, because a balance may be negative; an amount that moves is
/// always positive.
pub type AmountMinor = i64;

/// The largest amount one transaction may move: ten billion units of a two-digit currency. Above it a form answers
/// and the ledger refuses.
pub const MAX_AMOUNT_MINOR: AmountMinor = 1_000_000_000_000;

/// Above this an amount is not a payment but damage: the record is dead-lettered, not refused.
pub const ABSURD_AMOUNT_MINOR: AmountMinor = 1_000_000_000_000_000;

/// An ISO 4217 currency code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    pub const EUR: Currency = Currency(*b"EUR");
    pub const CZK: Currency = Currency(*b"CZK");

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("???")
    }

    /// Digits after the decimal point (ISO 4217, "minor unit").
    pub fn exponent(&self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            _ => 2,
        }
    }
}

/// Not three capital letters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a currency is three capital letters")]
pub struct ParseCurrencyError;

impl FromStr for Currency {
    type Err = ParseCurrencyError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|letter| letter.is_ascii_uppercase()) => Ok(Currency([*a, *b, *c])),
            _ => Err(ParseCurrencyError),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Currency;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an ISO 4217 currency code")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Currency, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

/// Why a typed amount was not understood. The message shown stands in the translations, by these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseAmountError {
    #[error("empty")]
    Empty,
    #[error("not a number")]
    NotANumber,
    /// `1,234` may be one thousand or one and a quarter: ask rather than guess.
    #[error("ambiguous")]
    Ambiguous,
    #[error("too many decimals")]
    TooManyDecimals,
    #[error("zero or negative")]
    NotPositive,
    #[error("too large")]
    TooLarge,
}

/// Reads what a person typed as a positive amount: `12,34`, `12.34`, `1 234,50`, `1.234,50`, `1,234.50`, `€12`.
///
/// # Errors
/// One separator followed by exactly three digits (`1,234`, `1.125`) is [`ParseAmountError::Ambiguous`]; see the
/// variants for the rest.
pub fn parse_amount(text: &str, currency: Currency) -> Result<AmountMinor, ParseAmountError> {
    let cleaned: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '’'))
        .collect();
    let cleaned = cleaned.strip_suffix(currency.as_str()).unwrap_or(&cleaned);
    let cleaned = cleaned.strip_prefix(currency.as_str()).unwrap_or(cleaned);
    let cleaned = cleaned.trim_matches(['€', '$', '£']);
    if cleaned.is_empty() {
        return Err(ParseAmountError::Empty);
    }
    let (negative, digits) = match cleaned.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest.trim_start_matches(['€', '$', '£'])),
        None => (false, cleaned.strip_prefix('+').unwrap_or(cleaned)),
    };
    let amount = parse_unsigned(digits, currency.exponent())?;
    if negative || amount == 0 {
        return Err(ParseAmountError::NotPositive);
    }
    if amount > MAX_AMOUNT_MINOR {
        return Err(ParseAmountError::TooLarge);
    }
    Ok(amount)
}

fn parse_unsigned(digits: &str, exponent: u32) -> Result<AmountMinor, ParseAmountError> {
    if !digits.bytes().all(|b| b.is_ascii_digit() || b == b',' || b == b'.')
        || !digits.bytes().any(|b| b.is_ascii_digit())
    {
        return Err(ParseAmountError::NotANumber);
    }
    let (whole, fraction) = split_decimal(digits)?;
    if fraction.len() > exponent as usize {
        return Err(ParseAmountError::TooManyDecimals);
    }
    let mut amount: AmountMinor = 0;
    let padding = exponent as usize - fraction.len();
    for digit in whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat_n(b'0', padding)) {
        amount = amount
            .checked_mul(10)
            .and_then(|a| a.checked_add(AmountMinor::from(digit - b'0')))
            .ok_or(ParseAmountError::TooLarge)?;
    }
    Ok(amount)
}

/// Splits `1.234,50` into its whole digits and its decimals, refusing what can be read in two ways.
fn split_decimal(digits: &str) -> Result<(String, &str), ParseAmountError> {
    let commas = digits.matches(',').count();
    let points = digits.matches('.').count();
    let (decimal, group) = match (commas, points) {
        (0, 0) => return Ok((digits.to_owned(), "")),
        (1, 0) | (0, 1) => {
            let mark = if commas == 1 { ',' } else { '.' };
            let (whole, fraction) = digits.split_once(mark).ok_or(ParseAmountError::NotANumber)?;
            if fraction.len() == 3 {
                return Err(ParseAmountError::Ambiguous);
            }
            return Ok((whole.to_owned(), fraction));
        }
        // One sign several times can only be grouping: 1.234.567
        (0, _) => (None, '.'),
        (_, 0) => (None, ','),
        _ if digits.rfind(',') > digits.rfind('.') => (Some(','), '.'),
        _ => (Some('.'), ','),
    };
    let (whole, fraction) = match decimal {
        Some(mark) => digits.rsplit_once(mark).ok_or(ParseAmountError::NotANumber)?,
        None => (digits, ""),
    };
    let mut groups = whole.split(group);
    let first = groups.next().unwrap_or_default();
    let well_grouped = (1..=3).contains(&first.len())
        && groups.all(|g| g.len() == 3 && g.bytes().all(|b| b.is_ascii_digit()))
        && first.bytes().all(|b| b.is_ascii_digit())
        && fraction.bytes().all(|b| b.is_ascii_digit());
    if well_grouped { Ok((whole.replace(group, ""), fraction)) } else { Err(ParseAmountError::NotANumber) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_amounts_are_read_as_people_mean_them() {
        for (text, expected) in [
            ("12,34", Ok(1234)),
            ("12.34", Ok(1234)),
            ("12", Ok(1200)),
            ("€12", Ok(1200)),
            ("12 €", Ok(1200)),
            ("1 234,50", Ok(123_450)),
            ("1\u{202f}234,50\u{a0}€", Ok(123_450)),
            ("1.234,50", Ok(123_450)),
            ("1,234.50", Ok(123_450)),
            ("1234.5", Ok(123_450)),
            ("1.234.567", Ok(123_456_700)),
            ("EUR 7", Ok(700)),
            (",5", Ok(50)),
            ("1,234", Err(ParseAmountError::Ambiguous)),
            ("1.125", Err(ParseAmountError::Ambiguous)),
            ("1.2345", Err(ParseAmountError::TooManyDecimals)),
            ("", Err(ParseAmountError::Empty)),
            ("  ", Err(ParseAmountError::Empty)),
            ("abc", Err(ParseAmountError::NotANumber)),
            ("1e3", Err(ParseAmountError::NotANumber)),
            ("1,23.45,6", Err(ParseAmountError::NotANumber)),
            (".", Err(ParseAmountError::NotANumber)),
            ("-5", Err(ParseAmountError::NotPositive)),
            ("0", Err(ParseAmountError::NotPositive)),
            ("0,00", Err(ParseAmountError::NotPositive)),
            ("99999999999999999999", Err(ParseAmountError::TooLarge)),
            ("10000000000,01", Err(ParseAmountError::TooLarge)),
        ] {
            assert_eq!(parse_amount(text, Currency::EUR), expected, "{text:?}");
        }
    }

    #[test]
    fn a_currency_without_decimals_takes_none() {
        let yen = Currency(*b"JPY");
        assert_eq!(parse_amount("1200", yen), Ok(1200));
        assert_eq!(parse_amount("12.5", yen), Err(ParseAmountError::TooManyDecimals));
    }
}
