//! Which file this is: delimiter, preset and columns, from its first lines.

use super::date::parse_moment;
use super::decimal::parse_decimal;
use app::ports::{DateOrder, ImportMapping, ImportPreset};
use domain::Currency;

/// The header of the student bank's export.
pub const STUDENT_HEADER: [&str; 4] = ["transaction_date", "account", "transaction_value", "balance"];
/// The header of the PKDD'99 transactions.
pub const BERKA_HEADER: [&str; 10] =
    ["trans_id", "account_id", "date", "type", "operation", "amount", "balance", "k_symbol", "bank", "account"];
/// The bank whose account numbers stand as the file gives them.
pub const HOME_BANK: &str = "home";

const DELIMITERS: [char; 4] = [';', ',', '\t', '|'];

/// The delimiter that splits the first lines into the most cells, the same number on most of them.
pub fn sniff_delimiter(text: &str) -> char {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(50).collect();
    let score = |delimiter: char| {
        let first = lines.first().map_or(0, |line| line.matches(delimiter).count());
        let alike = lines.iter().filter(|line| line.matches(delimiter).count() == first).count();
        if first == 0 { 0 } else { alike * 1000 + first }
    };
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| score(*delimiter)).unwrap_or(';')
}

pub fn detect_preset(header: &[String]) -> ImportPreset {
    let is = |expected: &[&str]| {
        header.len() >= expected.len()
            && header.iter().zip(expected).all(|(cell, name)| cell.eq_ignore_ascii_case(name))
    };
    if is(&STUDENT_HEADER) {
        ImportPreset::StudentBank
    } else if is(&BERKA_HEADER) {
        ImportPreset::Berka
    } else {
        ImportPreset::Columns
    }
}

/// The mapping to start from: the preset's, or a guess from names in the header and what the first lines hold.
pub fn guess_mapping(
    preset: ImportPreset,
    delimiter: char,
    records: &[Vec<String>],
    currency: Currency,
) -> ImportMapping {
    let columns = match preset {
        ImportPreset::StudentBank => Columns { date: 0, account: 1, amount: 2, balance: Some(3) },
        ImportPreset::Berka => Columns { date: 2, account: 1, amount: 5, balance: Some(6) },
        ImportPreset::Columns => Columns::guess(records),
    };
    let (bank, currency, date_order) = match preset {
        ImportPreset::StudentBank => (HOME_BANK, currency, Some(DateOrder::DayMonthYear)),
        ImportPreset::Berka => ("berka", Currency::CZK, Some(DateOrder::YearMonthDay)),
        ImportPreset::Columns => (HOME_BANK, currency, None),
    };
    ImportMapping {
        preset,
        bank: bank.to_owned(),
        currency: currency.to_string(),
        delimiter,
        date_column: columns.date,
        date_order,
        account_column: columns.account,
        amount_column: columns.amount,
        balance_column: columns.balance,
    }
}

struct Columns {
    date: usize,
    account: usize,
    amount: usize,
    balance: Option<usize>,
}

impl Columns {
    fn guess(records: &[Vec<String>]) -> Columns {
        let header: Vec<String> = records.first().into_iter().flatten().map(|cell| cell.to_lowercase()).collect();
        let named = |names: &[&str]| header.iter().position(|cell| names.iter().any(|name| cell.contains(name)));
        let mostly = |test: &dyn Fn(&str) -> bool, taken: &[Option<usize>]| {
            let body = records.get(1..).unwrap_or_default();
            (0..header.len())
                .filter(|column| !taken.contains(&Some(*column)))
                .map(|column| {
                    (body.iter().filter(|cells| cells.get(column).is_some_and(|cell| test(cell))).count(), column)
                })
                .max_by_key(|(count, column)| (*count, usize::MAX - column))
                .filter(|(count, _)| *count > 0)
                .map(|(_, column)| column)
        };
        let date = named(&["date", "datum", "buchung", "fecha", "data"]).or_else(|| mostly(&is_date, &[]));
        let account = named(&["account", "compte", "konto", "iban", "cuenta", "ucet", "účet"]);
        let balance = named(&["balance", "solde", "saldo", "zůstatek", "zustatek"]);
        let amount = named(&["amount", "montant", "betrag", "value", "valeur", "importe", "castka", "částka"])
            .filter(|column| Some(*column) != date)
            .or_else(|| mostly(&is_amount, &[date, account, balance]));
        let account = account.or_else(|| mostly(&is_account, &[date, amount, balance]));
        Columns { date: date.unwrap_or(0), account: account.unwrap_or(1), amount: amount.unwrap_or(2), balance }
    }
}

fn is_date(cell: &str) -> bool {
    let orders = [DateOrder::DayMonthYear, DateOrder::MonthDayYear, DateOrder::YearMonthDay];
    orders.into_iter().any(|order| parse_moment(cell, order).is_some())
}

fn is_amount(cell: &str) -> bool {
    parse_decimal(cell, 3).is_ok()
}

fn is_account(cell: &str) -> bool {
    domain::AccountNumber::from_typed(cell).is_ok()
}

/// Whether the first line is data already: its date and its amount can both be read.
pub fn first_line_is_data(cells: &[String], mapping: &ImportMapping) -> bool {
    mapping.preset == ImportPreset::Columns
        && cells.get(mapping.date_column).is_some_and(|cell| is_date(cell))
        && cells.get(mapping.amount_column).is_some_and(|cell| is_amount(cell))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str, delimiter: char) -> Vec<Vec<String>> {
        text.lines().map(|line| line.split(delimiter).map(str::to_owned).collect()).collect()
    }

    #[test]
    fn the_header_names_the_preset() {
        let cells = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(detect_preset(&cells(&STUDENT_HEADER)), ImportPreset::StudentBank);
        assert_eq!(detect_preset(&cells(&BERKA_HEADER)), ImportPreset::Berka);
        assert_eq!(detect_preset(&cells(&["date", "account", "amount"])), ImportPreset::Columns);
    }

    #[test]
    fn the_delimiter_is_the_one_that_splits_alike() {
        for (text, delimiter) in [
            ("date;account;amount\n01/02/2024;A;1,50\n02/02/2024;A;2,50\n", ';'),
            ("date,account,amount\n01/02/2024,A,1.50\n", ','),
            ("date\taccount\tamount\n01/02/2024\tA\t1,50\n", '\t'),
            ("date|account|amount\n", '|'),
        ] {
            assert_eq!(sniff_delimiter(text), delimiter, "{text:?}");
        }
    }

    #[test]
    fn columns_are_guessed_from_names_and_else_from_what_they_hold() {
        let named = records("Libellé;Montant;Compte;Date;Solde\nx;1,5;A;13/01/2024;2", ';');
        let mapping = guess_mapping(ImportPreset::Columns, ';', &named, Currency::EUR);
        assert_eq!((mapping.date_column, mapping.account_column, mapping.amount_column), (3, 2, 1));
        assert_eq!(mapping.balance_column, Some(4));
        let nameless = records("a;b;c\nC9;-1,5;13/01/2024\nC9;2;14/01/2024", ';');
        let mapping = guess_mapping(ImportPreset::Columns, ';', &nameless, Currency::EUR);
        assert_eq!((mapping.date_column, mapping.account_column, mapping.amount_column), (2, 0, 1));
    }
}
