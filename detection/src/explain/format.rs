//! Values as English and French readers write them: the same forms as the pages' own, which this room cannot name.
//!
//! Absent: floats, time zones, any language but these two.

use super::Speech;
use crate::facts::Contact;
use crate::payment::{DAY_MS, HOUR_MS, MINUTE_MS, Place, SECOND_MS};
use crate::rules::{Text, Value, What, When};
use domain::Currency;
use serde::{Deserialize, Serialize};

const MINUS: char = '\u{2212}';
const NARROW: char = '\u{202f}';
const HARD: char = '\u{a0}';

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    En,
    Fr,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::En, Language::Fr];

    /// English says "one" of 1, French of 0 and 1.
    pub fn is_one(self, count: i64) -> bool {
        match self {
            Language::En => count == 1,
            Language::Fr => matches!(count, 0 | 1),
        }
    }

    /// `€1,234.50`, `1 234,50 €`.
    pub fn money(self, amount_minor: i64, currency: Currency) -> String {
        let sign = if amount_minor < 0 { String::from(MINUS) } else { String::new() };
        let digits = self.decimal(amount_minor.unsigned_abs(), currency.exponent());
        let symbol = match (currency.as_str(), self) {
            ("EUR", _) => "€",
            ("GBP", Language::En) => "£",
            ("GBP", Language::Fr) => "£GB",
            ("USD", Language::En) => "US$",
            ("USD", Language::Fr) => "$US",
            ("JPY", Language::En) => "JP¥",
            (code, _) => code,
        };
        match self {
            Language::En if symbol.ends_with(|last: char| last.is_ascii_alphabetic()) => {
                format!("{sign}{symbol}{HARD}{digits}")
            }
            Language::En => format!("{sign}{symbol}{digits}"),
            Language::Fr => format!("{sign}{digits}{HARD}{symbol}"),
        }
    }

    /// `90 seconds`, `10 minutes`, `24 h`, `3 days`: the largest unit of which there are two, rounded down.
    pub fn duration(self, duration_ms: i64) -> String {
        let ms = duration_ms.max(0);
        let (count, unit) = match ms {
            _ if ms < 2 * MINUTE_MS => {
                (ms / SECOND_MS, [Text { en: "second", fr: "seconde" }, Text { en: "seconds", fr: "secondes" }])
            }
            _ if ms < 2 * HOUR_MS => {
                (ms / MINUTE_MS, [Text { en: "minute", fr: "minute" }, Text { en: "minutes", fr: "minutes" }])
            }
            _ if ms < 2 * DAY_MS => (ms / HOUR_MS, [Text { en: "h", fr: "h" }; 2]),
            _ => (ms / DAY_MS, [Text { en: "day", fr: "jour" }, Text { en: "days", fr: "jours" }]),
        };
        let unit = if self.is_one(count) { unit[0] } else { unit[1] };
        format!("{}{HARD}{}", self.number(count), unit.of(self))
    }

    /// `1,234`, `1 234`.
    pub fn number(self, number: i64) -> String {
        let sign = if number < 0 { String::from(MINUS) } else { String::new() };
        sign + &self.decimal(number.unsigned_abs(), 0)
    }

    /// `12.5`, `12,5`, and `12` rather than `12.0`.
    fn tenths(self, tenths: i64) -> String {
        if tenths % 10 == 0 { self.number(tenths / 10) } else { self.decimal(tenths.unsigned_abs(), 1) }
    }

    /// `12.5%`, `12,5 %`.
    fn percent(self, per_mille: i64) -> String {
        match self {
            Language::En => format!("{}%", self.tenths(per_mille)),
            Language::Fr => format!("{}{NARROW}%", self.tenths(per_mille)),
        }
    }

    fn decimal(self, units: u64, exponent: u32) -> String {
        let (point, group) = match self {
            Language::En => ('.', ','),
            Language::Fr => (',', NARROW),
        };
        let scale = 10_u64.pow(exponent);
        let whole = (units / scale).to_string();
        let mut text = String::with_capacity(whole.len() * 2);
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                text.push(group);
            }
            text.push(digit);
        }
        if exponent == 0 {
            return text;
        }
        format!("{text}{point}{:0width$}", units % scale, width = exponent as usize)
    }

    /// `48.85° N, 2.35° W`: a hundredth of a degree is about a kilometre.
    fn place(self, place: Place) -> String {
        let west = if self == Language::Fr { "O" } else { "W" };
        let side = |degrees_e6: i32, positive, negative| {
            let hundredths = u64::from(degrees_e6.unsigned_abs()) / 10_000;
            format!("{}°{HARD}{}", self.decimal(hundredths, 2), if degrees_e6 < 0 { negative } else { positive })
        };
        format!("{}, {}", side(place.latitude_e6, "N", "S"), side(place.longitude_e6, "E", west))
    }

    fn what(self, what: &What) -> String {
        let text = match what {
            What::Contact(Contact::Email) => Text { en: "E-mail address", fr: "Adresse e-mail" },
            What::Contact(Contact::Phone) => Text { en: "Telephone number", fr: "Numéro de téléphone" },
            What::Contact(Contact::Address) => Text { en: "Postal address", fr: "Adresse postale" },
            What::Contact(Contact::Credentials) => Text { en: "Password", fr: "Mot de passe" },
            What::Contact(Contact::Details) => Text { en: "Contact details", fr: "Coordonnées" },
            What::Channel(channel) => {
                return match self {
                    Language::En => format!("the channel {channel}"),
                    Language::Fr => format!("le canal {channel}"),
                };
            }
            What::Country(country) => {
                return match self {
                    Language::En => format!("the country {country}"),
                    Language::Fr => format!("le pays {country}"),
                };
            }
            What::Session(_) => {
                Text { en: "a session with signs of malware", fr: "une session aux signes de piratage" }
            }
        };
        text.of(self).to_owned()
    }
}

impl Speech<'_> {
    pub(super) fn value(&self, value: &Value) -> String {
        let language = self.language;
        match value {
            Value::MoneyMinor(amount_minor) => language.money(*amount_minor, self.currency),
            Value::Count(number) | Value::Kilometres(number) => language.number(*number),
            Value::CountTenths(tenths) if *tenths < 10 => {
                Text { en: "fewer than 1", fr: "moins de 1" }.of(language).to_owned()
            }
            Value::CountTenths(tenths) | Value::TimesTenths(tenths) => language.tenths(*tenths),
            Value::DurationMs(duration_ms) => language.duration(*duration_ms),
            Value::PerMille(per_mille) => language.percent(*per_mille),
            Value::Hour(hour) => match language {
                Language::En => format!("{hour:02}:00"),
                Language::Fr => format!("{hour}{HARD}h"),
            },
            Value::Place(place) => language.place(*place),
            Value::Payee(party) => (self.name)(*party)
                .unwrap_or_else(|| Text { en: "this payee", fr: "ce bénéficiaire" }.of(language).to_owned()),
            Value::When(When::Night) => Text { en: "at night", fr: "la nuit" }.of(language).to_owned(),
            Value::When(When::Weekend) => Text { en: "at the weekend", fr: "le week-end" }.of(language).to_owned(),
            Value::What(what) => language.what(what),
        }
    }
}
