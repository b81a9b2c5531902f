//! How a file is to be read, as the address and the form have it: text by name, so that a preview can be linked to.

use crate::ports::{DateOrder, ImportMapping, ImportPreset};
use crate::visit::encode;

/// Names of the form's fields, in their order.
pub const FIELDS: [&str; 9] = [
    "preset",
    "bank",
    "currency",
    "delimiter",
    "date_column",
    "date_order",
    "account_column",
    "amount_column",
    "balance_column",
];

/// What was given, unread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading(Vec<(&'static str, String)>);

/// A field whose value cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadField(pub &'static str);

impl Reading {
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        Reading(FIELDS.into_iter().filter_map(|name| Some((name, get(name)?))).collect())
    }

    pub fn of(mapping: &ImportMapping) -> Self {
        let column = |column: usize| column.to_string();
        let values = [
            ("preset", preset_name(mapping.preset).to_owned()),
            ("bank", mapping.bank.clone()),
            ("currency", mapping.currency.clone()),
            ("delimiter", delimiter_name(mapping.delimiter).to_owned()),
            ("date_column", column(mapping.date_column)),
            ("date_order", mapping.date_order.map(order_name).unwrap_or_default().to_owned()),
            ("account_column", column(mapping.account_column)),
            ("amount_column", column(mapping.amount_column)),
            ("balance_column", mapping.balance_column.map(column).unwrap_or_default()),
        ];
        Reading(values.into())
    }

    /// Reads what [`Reading::query`] wrote.
    pub fn parse_query(query: &str) -> Self {
        let decode = |text: &str| {
            let mut bytes = Vec::with_capacity(text.len());
            let mut rest = text.as_bytes();
            while let [first, tail @ ..] = rest {
                match (first, tail) {
                    (b'%', [a, b, after @ ..]) => {
                        let hex =
                            |digit: &u8| char::from(*digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                        bytes.extend(hex(a).zip(hex(b)).map(|(a, b)| a * 16 + b));
                        rest = after;
                    }
                    _ => {
                        bytes.push(*first);
                        rest = tail;
                    }
                }
            }
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let pairs: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        Reading::read(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| decode(value)))
    }

    pub fn query(&self) -> String {
        let pairs = self.0.iter().map(|(name, value)| format!("{name}={}", encode(value)));
        pairs.collect::<Vec<_>>().join("&")
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The mapping given; none when nothing was.
    ///
    /// # Errors
    /// The first field that cannot be read.
    pub fn mapping(&self) -> Result<Option<ImportMapping>, BadField> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let column = |name: &'static str| -> Result<Option<usize>, BadField> {
            self.get(name)
                .map(|text| text.parse().ok().filter(|column| *column < 1_000).ok_or(BadField(name)))
                .transpose()
        };
        let preset = self.get("preset").and_then(preset_named).ok_or(BadField("preset"))?;
        let bank = self.get("bank").filter(|bank| bank.chars().count() <= 60).ok_or(BadField("bank"))?;
        let currency: domain::Currency =
            self.get("currency").unwrap_or_default().to_ascii_uppercase().parse().map_err(|_| BadField("currency"))?;
        Ok(Some(ImportMapping {
            preset,
            bank: bank.to_owned(),
            currency: currency.to_string(),
            delimiter: self.get("delimiter").and_then(delimiter_named).unwrap_or(';'),
            date_column: column("date_column")?.unwrap_or(0),
            date_order: self
                .get("date_order")
                .map(|name| order_named(name).ok_or(BadField("date_order")))
                .transpose()?,
            account_column: column("account_column")?.unwrap_or(0),
            amount_column: column("amount_column")?.unwrap_or(0),
            balance_column: column("balance_column")?,
        }))
    }
}

pub const PRESETS: [ImportPreset; 3] = [ImportPreset::StudentBank, ImportPreset::Berka, ImportPreset::Columns];
pub const ORDERS: [DateOrder; 3] = [DateOrder::DayMonthYear, DateOrder::MonthDayYear, DateOrder::YearMonthDay];
pub const DELIMITERS: [char; 4] = [';', ',', '\t', '|'];

pub fn preset_name(preset: ImportPreset) -> &'static str {
    match preset {
        ImportPreset::StudentBank => "student_bank",
        ImportPreset::Berka => "berka",
        ImportPreset::Columns => "columns",
    }
}

fn preset_named(name: &str) -> Option<ImportPreset> {
    PRESETS.into_iter().find(|preset| preset_name(*preset) == name)
}

pub fn order_name(order: DateOrder) -> &'static str {
    match order {
        DateOrder::DayMonthYear => "dmy",
        DateOrder::MonthDayYear => "mdy",
        DateOrder::YearMonthDay => "ymd",
    }
}

fn order_named(name: &str) -> Option<DateOrder> {
    ORDERS.into_iter().find(|order| order_name(*order) == name)
}

/// By name, because a tab does not survive a form.
pub fn delimiter_name(delimiter: char) -> &'static str {
    match delimiter {
        ',' => "comma",
        '\t' => "tab",
        '|' => "bar",
        _ => "semicolon",
    }
}

fn delimiter_named(name: &str) -> Option<char> {
    DELIMITERS.into_iter().find(|delimiter| delimiter_name(*delimiter) == name)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_survives_the_address_and_the_form() {
        let mapping = ImportMapping {
            preset: ImportPreset::Columns,
            bank: "Crédit & fils=1".into(),
            currency: "CZK".into(),
            delimiter: '\t',
            date_column: 3,
            date_order: Some(DateOrder::MonthDayYear),
            account_column: 0,
            amount_column: 7,
            balance_column: None,
        };
        let query = Reading::of(&mapping).query();
        assert_eq!(Reading::parse_query(&query).mapping(), Ok(Some(mapping)));
        assert_eq!(Reading::parse_query("").mapping(), Ok(None));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let bad = |query: &str| Reading::parse_query(query).mapping().unwrap_err();
        assert_eq!(bad("preset=other"), BadField("preset"));
        assert_eq!(bad("preset=columns&bank="), BadField("bank"));
        assert_eq!(bad("preset=columns&bank=x&currency=EURO"), BadField("currency"));
        assert_eq!(bad("preset=columns&bank=x&currency=eur&date_column=99999"), BadField("date_column"));
    }
}
