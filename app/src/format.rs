//! Amounts, numbers, dates and ages as English and French readers write them. Used by the server and by the browser.
//!
//! Follows CLDR 48 (en-GB, fr), save that minus is U+2212. Deliberately absent: ICU, floats, time zones (a [`Stamp`]
//! brings its offset) and any language but these two.

use crate::language::Language;
use chrono::{DateTime, Datelike, Duration, NaiveDate, NaiveDateTime, Timelike};
use domain::view::Stamp;
use domain::{AmountMinor, Currency};

/// U+2212: as wide as a plus, so that columns align.
pub const MINUS: char = '\u{2212}';
const NARROW: char = '\u{202f}';
const HARD: char = '\u{a0}';

const MONTHS_EN: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec"];
const MONTHS_FR: [&str; 12] =
    ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."];
const MONTHS_LONG_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_LONG_FR: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

impl Language {
    fn decimal_mark(self) -> char {
        match self {
            Language::En => '.',
            Language::Fr => ',',
        }
    }

    fn group_mark(self) -> char {
        match self {
            Language::En => ',',
            Language::Fr => NARROW,
        }
    }

    /// `€1,234.56`, `1 234,56 €`; negative with a leading minus.
    pub fn money(self, amount_minor: AmountMinor, currency: Currency) -> String {
        let sign = if amount_minor < 0 { String::from(MINUS) } else { String::new() };
        sign + &self.place_symbol(&self.decimal(amount_minor.unsigned_abs(), currency.exponent()), currency)
    }

    /// As [`Language::money`], with a plus before what comes in.
    pub fn money_signed(self, amount_minor: AmountMinor, currency: Currency) -> String {
        let plus = if amount_minor > 0 { "+" } else { "" };
        format!("{plus}{}", self.money(amount_minor, currency))
    }

    /// An amount as somebody would type it: no currency, no groups. For form fields.
    pub fn money_typed(self, amount_minor: AmountMinor, currency: Currency) -> String {
        self.decimal(amount_minor.unsigned_abs(), currency.exponent()).replace(self.group_mark(), "")
    }

    /// `€12.3k`, `12,3 k €`: one decimal at most, for axes and tiles. Rounds half away from zero.
    pub fn money_compact(self, amount_minor: AmountMinor, currency: Currency) -> String {
        let unit = 10_u64.pow(currency.exponent());
        let amount = amount_minor.unsigned_abs();
        let steps: [(u64, &str, &str); 3] = [(1_000_000_000, "bn", "Md"), (1_000_000, "m", "M"), (1_000, "k", "k")];
        let sign = if amount_minor < 0 { String::from(MINUS) } else { String::new() };
        for (size, en, fr) in steps {
            let step = unit * size;
            // 999,950 is already a million once rounded to one decimal.
            if amount >= step - step / 20_000 {
                let tenths = (u128::from(amount) * 10 + u128::from(step) / 2) / u128::from(step);
                let tenths = u64::try_from(tenths).unwrap_or(u64::MAX);
                let digits = self.decimal(tenths, 1);
                let digits = digits.strip_suffix(&format!("{}0", self.decimal_mark())).unwrap_or(&digits);
                let digits = match self {
                    Language::En => format!("{digits}{en}"),
                    Language::Fr => format!("{digits}{HARD}{fr}"),
                };
                return sign + &self.place_symbol(&digits, currency);
            }
        }
        let whole = (amount + unit / 2) / unit;
        sign + &self.place_symbol(&self.grouped(whole), currency)
    }

    /// `1,234`, `1 234`.
    pub fn number(self, number: i64) -> String {
        let sign = if number < 0 { String::from(MINUS) } else { String::new() };
        sign + &self.grouped(number.unsigned_abs())
    }

    /// `12.3%`, `12,3 %`, from parts per thousand.
    pub fn percent(self, per_mille: u64) -> String {
        let digits = self.decimal(per_mille, 1);
        match self {
            Language::En => format!("{digits}%"),
            Language::Fr => format!("{digits}{NARROW}%"),
        }
    }

    /// `72.5`, `72,5`, and `72` rather than `72.0`, from points × 10⁻⁹; rounds half away from zero.
    pub fn points(self, points_e9: i64) -> String {
        let tenths = (points_e9.unsigned_abs() + 50_000_000) / 100_000_000;
        let sign = if points_e9 < 0 && tenths > 0 { String::from(MINUS) } else { String::new() };
        let digits = if tenths.is_multiple_of(10) { self.grouped(tenths / 10) } else { self.decimal(tenths, 1) };
        sign + &digits
    }

    /// `5 Nov 2026`, `5 nov. 2026`.
    pub fn date(self, date: NaiveDate) -> String {
        format!("{}{HARD}{} {}", date.day(), self.month_short(date.month0()), date.year())
    }

    /// `5 Nov 2026, 15:07`, `5 nov. 2026, 15:07`.
    pub fn date_time(self, stamp: Stamp) -> String {
        let local = local(stamp);
        format!("{}, {:02}:{:02}", self.date(local.date()), local.hour(), local.minute())
    }

    /// `15:07:32`.
    pub fn time(self, stamp: Stamp) -> String {
        let local = local(stamp);
        format!("{:02}:{:02}:{:02}", local.hour(), local.minute(), local.second())
    }

    /// `15:07`.
    pub fn hour_minute(self, stamp: Stamp) -> String {
        let local = local(stamp);
        format!("{:02}:{:02}", local.hour(), local.minute())
    }

    /// `November 2026`, `novembre 2026`.
    pub fn month(self, date: NaiveDate) -> String {
        let names = match self {
            Language::En => MONTHS_LONG_EN,
            Language::Fr => MONTHS_LONG_FR,
        };
        format!("{} {}", names[date.month0() as usize % 12], date.year())
    }

    /// `Nov`, `nov.` (January is 0).
    pub fn month_short(self, month0: u32) -> &'static str {
        let names = match self {
            Language::En => MONTHS_EN,
            Language::Fr => MONTHS_FR,
        };
        names[month0 as usize % 12]
    }

    /// How old something is: `0.4 s`, `12 s`, `5 min`, `3 h`, `2 d`; French writes `0,4 s` and `2 j`.
    pub fn age(self, age_ms: i64) -> String {
        let ms = age_ms.max(0).unsigned_abs();
        match ms {
            0..1_000 => format!("{}{HARD}s", self.decimal(ms / 100, 1)),
            1_000..60_000 => format!("{}{HARD}s", ms / 1_000),
            60_000..3_600_000 => format!("{}{HARD}min", ms / 60_000),
            3_600_000..86_400_000 => format!("{}{HARD}h", ms / 3_600_000),
            _ => {
                let day = match self {
                    Language::En => 'd',
                    Language::Fr => 'j',
                };
                format!("{}{HARD}{day}", self.grouped(ms / 86_400_000))
            }
        }
    }

    /// The sign a reader knows a currency by: `€`, `£GB`, `US$`, else its code.
    pub fn currency_symbol(self, currency: Currency) -> String {
        let symbol = match (currency.as_str(), self) {
            ("EUR", _) => "€",
            ("GBP", Language::En) => "£",
            ("GBP", Language::Fr) => "£GB",
            ("USD", Language::En) => "US$",
            ("USD", Language::Fr) => "$US",
            ("JPY", Language::En) => "JP¥",
            (code, _) => code,
        };
        symbol.to_owned()
    }

    fn place_symbol(self, digits: &str, currency: Currency) -> String {
        let symbol = self.currency_symbol(currency);
        match self {
            Language::En if symbol.ends_with(|c: char| c.is_ascii_alphabetic()) => format!("{symbol}{HARD}{digits}"),
            Language::En => format!("{symbol}{digits}"),
            Language::Fr => format!("{digits}{HARD}{symbol}"),
        }
    }

    fn decimal(self, units: u64, exponent: u32) -> String {
        let scale = 10_u64.pow(exponent);
        let whole = self.grouped(units / scale);
        if exponent == 0 {
            return whole;
        }
        format!("{whole}{}{:0width$}", self.decimal_mark(), units % scale, width = exponent as usize)
    }

    fn grouped(self, number: u64) -> String {
        let digits = number.to_string();
        let mut text = String::with_capacity(digits.len() * 2);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                text.push(self.group_mark());
            }
            text.push(digit);
        }
        text
    }
}

/// The stamp as the bank's wall clock shows it.
pub fn local(stamp: Stamp) -> NaiveDateTime {
    let utc = DateTime::from_timestamp_millis(stamp.ms).unwrap_or_default().naive_utc();
    utc.checked_add_signed(Duration::minutes(i64::from(stamp.offset_min))).unwrap_or(utc)
}

/// For `<time datetime>`: `2026-11-05T14:07:00Z`.
pub fn machine_time(stamp: Stamp) -> String {
    let utc = DateTime::from_timestamp_millis(stamp.ms).unwrap_or_default();
    let (date, time) = (utc.date_naive(), utc.time());
    format!("{}T{:02}:{:02}:{:02}Z", machine_date(date), time.hour(), time.minute(), time.second())
}

/// For date inputs and URLs: `2026-11-05`.
pub fn machine_date(date: NaiveDate) -> String {
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}

#[cfg(test)]
mod tests;
