//! Amounts as files write them: signed, exact, comma or point. What can be read in two ways is refused, not guessed.

use domain::AmountMinor;

/// Why a cell is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecimalError {
    #[error("not a number")]
    NotANumber,
    /// `1,234` may be one thousand or one and a quarter.
    #[error("ambiguous")]
    Ambiguous,
    #[error("more decimals than the currency has")]
    TooManyDecimals,
    #[error("too large")]
    TooLarge,
}

/// Reads a signed decimal into minor units: `-12.5`, `1000`, `1 234,50`, `1.234,50`, `1,234.50`.
///
/// # Errors
/// See the variants. Zero is no error here.
pub fn parse_decimal(text: &str, exponent: u32) -> Result<AmountMinor, DecimalError> {
    let text = text.trim();
    let (negative, unsigned) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, decimals) = split(unsigned, exponent)?;
    let digits = ungroup(whole)?;
    if digits.is_empty() && decimals.is_empty() || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DecimalError::NotANumber);
    }
    let exponent = exponent as usize;
    if decimals.len() > exponent {
        return Err(DecimalError::TooManyDecimals);
    }
    let padding = std::iter::repeat_n(b'0', exponent - decimals.len());
    let mut amount: AmountMinor = 0;
    for digit in digits.bytes().chain(decimals.bytes()).chain(padding) {
        amount = amount
            .checked_mul(10)
            .and_then(|amount| amount.checked_add(AmountMinor::from(digit - b'0')))
            .ok_or(DecimalError::TooLarge)?;
    }
    Ok(if negative { -amount } else { amount })
}

/// The whole part, still grouped, and the decimals.
fn split(text: &str, exponent: u32) -> Result<(&str, &str), DecimalError> {
    let commas = text.matches(',').count();
    let points = text.matches('.').count();
    match (commas, points) {
        (0, 0) => Ok((text, "")),
        (1, 0) | (0, 1) => {
            let (whole, decimals) = text.split_once([',', '.']).ok_or(DecimalError::NotANumber)?;
            let whole_is_short = (1..=3).contains(&whole.len()) && whole.bytes().all(|b| b.is_ascii_digit());
            // A currency with three decimals is written with three.
            let reads_as_group = exponent != 3 && decimals.len() == 3 && whole_is_short && whole != "0";
            if reads_as_group { Err(DecimalError::Ambiguous) } else { Ok((whole, decimals)) }
        }
        // One sign several times can only be grouping: 1.234.567
        (0, _) | (_, 0) => Ok((text, "")),
        _ => {
            let last = text.rfind([',', '.']).ok_or(DecimalError::NotANumber)?;
            let mark = &text[last..=last];
            if text.matches(mark).count() > 1 {
                return Err(DecimalError::NotANumber);
            }
            Ok((&text[..last], &text[last + 1..]))
        }
    }
}

/// Drops the grouping sign, if there is exactly one kind of it and every group has three digits.
fn ungroup(whole: &str) -> Result<String, DecimalError> {
    let Some(sign) = whole.chars().find(|c| !c.is_ascii_digit()) else {
        return Ok(whole.to_owned());
    };
    if !matches!(sign, ',' | '.' | ' ' | '\'' | '’' | '\u{a0}' | '\u{202f}' | '\u{2009}') {
        return Err(DecimalError::NotANumber);
    }
    let well_formed = whole.split(sign).enumerate().all(|(index, group)| {
        let length_fits = if index == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 };
        length_fits && group.bytes().all(|b| b.is_ascii_digit())
    });
    if well_formed { Ok(whole.replace(sign, "")) } else { Err(DecimalError::NotANumber) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn signed_amounts_of_files_are_read_exactly_or_refused() {
        for (text, expected) in [
            ("1000", Ok(100_000)),
            ("-25", Ok(-2_500)),
            ("+25.5", Ok(2_550)),
            ("-12,34", Ok(-1_234)),
            ("\u{2212}12.34", Ok(-1_234)),
            (" 700.00 ", Ok(70_000)),
            (".5", Ok(50)),
            ("5,", Ok(500)),
            ("0", Ok(0)),
            ("1 234,50", Ok(123_450)),
            ("1\u{202f}234\u{202f}567,5", Ok(123_456_750)),
            ("1.234,50", Ok(123_450)),
            ("-1,234.50", Ok(-123_450)),
            ("1.234.567", Ok(123_456_700)),
            ("1,234", Err(DecimalError::Ambiguous)),
            ("0.125", Err(DecimalError::TooManyDecimals)),
            ("1234.567", Err(DecimalError::TooManyDecimals)),
            ("12.3456", Err(DecimalError::TooManyDecimals)),
            ("", Err(DecimalError::NotANumber)),
            ("-", Err(DecimalError::NotANumber)),
            (".", Err(DecimalError::NotANumber)),
            ("--1", Err(DecimalError::NotANumber)),
            ("1e3", Err(DecimalError::NotANumber)),
            ("12 34", Err(DecimalError::NotANumber)),
            ("1,2,3.4", Err(DecimalError::NotANumber)),
            ("1.2,3.4", Err(DecimalError::NotANumber)),
            ("12.3-", Err(DecimalError::NotANumber)),
            ("NaN", Err(DecimalError::NotANumber)),
            ("٣", Err(DecimalError::NotANumber)),
            ("99999999999999999999", Err(DecimalError::TooLarge)),
        ] {
            assert_eq!(parse_decimal(text, 2), expected, "{text:?}");
        }
        assert_eq!(parse_decimal("1200", 0), Ok(1200));
        assert_eq!(parse_decimal("1.567", 3), Ok(1_567));
    }

    proptest! {
        #[test]
        fn every_amount_written_with_two_decimals_comes_back(amount in -1_000_000_000_000_i64..1_000_000_000_000, comma: bool) {
            let mark = if comma { ',' } else { '.' };
            let sign = if amount < 0 { "-" } else { "" };
            let text = format!("{sign}{}{mark}{:02}", amount.abs() / 100, amount.abs() % 100);
            prop_assert_eq!(parse_decimal(&text, 2), Ok(amount));
        }

        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC*", exponent in 0_u32..4) {
            let _ = parse_decimal(&text, exponent);
        }
    }
}
