//! The formatter against a table made with a full CLDR 48 (en-GB, fr-FR), hyphen-minus replaced by U+2212.

#![allow(clippy::unwrap_used)]

use super::*;
use Language::{En, Fr};

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

#[test]
fn amounts_are_written_as_cldr_writes_them() {
    for (code, minor, en, fr) in [
        ("EUR", 123_456, "€1,234.56", "1\u{202f}234,56\u{a0}€"),
        ("EUR", -123_456, "−€1,234.56", "−1\u{202f}234,56\u{a0}€"),
        ("EUR", 0, "€0.00", "0,00\u{a0}€"),
        ("EUR", 5, "€0.05", "0,05\u{a0}€"),
        ("EUR", 12_345_678_901, "€123,456,789.01", "123\u{202f}456\u{202f}789,01\u{a0}€"),
        ("GBP", 123_456, "£1,234.56", "1\u{202f}234,56\u{a0}£GB"),
        ("USD", -123_456, "−US$1,234.56", "−1\u{202f}234,56\u{a0}$US"),
        ("CZK", 123_456, "CZK\u{a0}1,234.56", "1\u{202f}234,56\u{a0}CZK"),
        ("JPY", 1_235, "JP¥1,235", "1\u{202f}235\u{a0}JPY"),
        ("CHF", -123_456, "−CHF\u{a0}1,234.56", "−1\u{202f}234,56\u{a0}CHF"),
    ] {
        assert_eq!(En.money(minor, currency(code)), en);
        assert_eq!(Fr.money(minor, currency(code)), fr);
    }
}

#[test]
fn the_smallest_amount_does_not_overflow() {
    assert_eq!(En.money(i64::MIN, Currency::EUR), "−€92,233,720,368,547,758.08");
    assert_eq!(En.money_compact(i64::MIN, Currency::EUR), "−€92,233,720.4bn");
}

#[test]
fn what_comes_in_carries_a_plus() {
    assert_eq!(En.money_signed(1_200, Currency::EUR), "+€12.00");
    assert_eq!(En.money_signed(-1_200, Currency::EUR), "−€12.00");
    assert_eq!(En.money_signed(0, Currency::EUR), "€0.00");
}

#[test]
fn compact_amounts_are_written_as_cldr_writes_them() {
    for (minor, en, fr) in [
        (12_300, "€123", "123\u{a0}€"),
        (1_234_500, "€12.3k", "12,3\u{a0}k\u{a0}€"),
        (99_999_900, "€1m", "1\u{a0}M\u{a0}€"),
        (100_000_000, "€1m", "1\u{a0}M\u{a0}€"),
        (123_456_700, "€1.2m", "1,2\u{a0}M\u{a0}€"),
        (250_000_000_000, "€2.5bn", "2,5\u{a0}Md\u{a0}€"),
        (-1_234_500, "−€12.3k", "−12,3\u{a0}k\u{a0}€"),
    ] {
        assert_eq!(En.money_compact(minor, Currency::EUR), en);
        assert_eq!(Fr.money_compact(minor, Currency::EUR), fr);
    }
}

#[test]
fn what_is_shown_in_a_field_can_be_read_back() {
    for minor in [1, 99, 100, 12_345_678_901] {
        for language in Language::ALL {
            let typed = language.money_typed(minor, Currency::EUR);
            assert_eq!(domain::money::parse_amount(&typed, Currency::EUR), Ok(minor), "{typed}");
        }
    }
}

#[test]
fn dates_follow_the_language_and_the_banks_clock() {
    // 5 November 2026, 14:07 UTC, one hour east.
    let stamp = Stamp { ms: 1_793_887_620_000, offset_min: 60 };
    assert_eq!(En.date_time(stamp), "5\u{a0}Nov 2026, 15:07");
    assert_eq!(Fr.date_time(stamp), "5\u{a0}nov. 2026, 15:07");
    assert_eq!(En.time(stamp), "15:07:00");
    assert_eq!(machine_time(stamp), "2026-11-05T14:07:00Z");
    let september = NaiveDate::from_ymd_opt(2026, 9, 1).unwrap();
    assert_eq!(En.date(september), "1\u{a0}Sept 2026");
    assert_eq!(Fr.month(NaiveDate::from_ymd_opt(2026, 8, 1).unwrap()), "août 2026");
}

#[test]
fn counts_and_shares_follow_the_language() {
    assert_eq!(En.number(1_234_567), "1,234,567");
    assert_eq!(Fr.number(-1_234), "−1\u{202f}234");
    assert_eq!(En.percent(123), "12.3%");
    assert_eq!(Fr.percent(123), "12,3\u{202f}%");
}

#[test]
fn ages_grow_coarser() {
    assert_eq!(En.age(400), "0.4\u{a0}s");
    assert_eq!(Fr.age(400), "0,4\u{a0}s");
    assert_eq!(En.age(12_900), "12\u{a0}s");
    assert_eq!(En.age(300_000), "5\u{a0}min");
    assert_eq!(Fr.age(172_800_000), "2\u{a0}j");
    assert_eq!(En.age(-5), "0.0\u{a0}s");
}

#[test]
fn points_have_one_decimal_where_it_says_something() {
    assert_eq!([En.points(72_500_000_000), Fr.points(72_500_000_000)], ["72.5", "72,5"]);
    assert_eq!([En.points(100_000_000_000), En.points(0), En.points(-40_000_000)], ["100", "0", "0"]);
    assert_eq!(En.points(-3_250_000_000), "\u{2212}3.3");
}
