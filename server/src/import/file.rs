//! A file read with a mapping: good rows in the order in which they happened, bad lines with number and reason.

use super::date::{FileMoment, guess_order, parse_moment, parse_yymmdd};
use super::decimal::parse_decimal;
use super::preset::{self, HOME_BANK};
use super::row::{Row, RowIds};
use super::running_balance;
use super::text::{self, TextError};
use app::ports::{DateOrder, ImportMapping, ImportPreset, ImportProblem, ImportProblemCode};
use chrono_tz::Tz;
use domain::money::MAX_AMOUNT_MINOR;
use domain::{AccountNumber, AmountMinor, Currency, TransactionKind};

/// How much of an offending line is shown.
const SHOWN_CHARS: usize = 80;
/// The longest short name of a bank in front of its account numbers.
const BANK_PREFIX_MAX: usize = 12;

#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error(transparent)]
    Text(#[from] TextError),
    #[error("the file is empty")]
    Empty,
    #[error("the currency must be three capital letters, such as EUR")]
    Currency,
    #[error("the delimiter must be one ASCII character")]
    Delimiter,
}

/// A file split into cells, not yet understood.
#[derive(Debug)]
pub struct Split {
    pub encoding: &'static str,
    pub delimiter: char,
    /// Line number and cells; the header first, if there is one.
    pub records: Vec<(u64, Vec<String>)>,
    /// Lines that no reader of CSV can take without swallowing their neighbours.
    pub stray: Vec<(u64, String)>,
}

/// What a file becomes with a mapping.
#[derive(Debug)]
pub struct Reading {
    pub mapping: ImportMapping,
    pub currency: Currency,
    pub headers: Vec<String>,
    /// In the order in which they happened: by day, and within a day as the file has them.
    pub rows: Vec<Row>,
    /// In the order of lines.
    pub problems: Vec<ImportProblem>,
    /// Lines not taken.
    pub bad: u64,
    /// The rows were read as day-month-year for the preview only: the order must be asked for.
    pub date_order_unclear: bool,
}

impl Split {
    /// Unpacks, decodes and splits; the delimiter is the given one, else found.
    ///
    /// # Errors
    /// When the file is damaged, or holds nothing.
    pub fn new(bytes: &[u8], delimiter: Option<char>) -> Result<Split, FileError> {
        let decoded = text::decode(bytes)?;
        let delimiter = delimiter.unwrap_or_else(|| preset::sniff_delimiter(&decoded.text));
        let mark = u8::try_from(delimiter).ok().filter(u8::is_ascii).ok_or(FileError::Delimiter)?;
        let (kept, stray) = text::set_apart_stray_quotes(&decoded.text, mark);
        let lines: Vec<&str> = if stray.is_empty() { Vec::new() } else { decoded.text.split('\n').collect() };
        let stray = stray
            .into_iter()
            .map(|line| (line, shorten(lines.get(line as usize - 1).copied().unwrap_or_default())))
            .collect();
        let mut reader =
            csv::ReaderBuilder::new().delimiter(mark).has_headers(false).flexible(true).from_reader(kept.as_bytes());
        let mut records = Vec::new();
        for record in reader.records().map_while(Result::ok) {
            let line = record.position().map_or(0, |position| first_line(&kept, position));
            if record.iter().any(|cell| !cell.trim().is_empty()) {
                records.push((line, record.iter().map(|cell| cell.trim().to_owned()).collect()));
            }
        }
        if records.is_empty() {
            return Err(FileError::Empty);
        }
        Ok(Split { encoding: decoded.encoding.name(), delimiter, records, stray })
    }

    fn header(&self) -> &[String] {
        self.records.first().map_or(&[], |(_, cells)| cells)
    }

    /// The mapping that this file suggests.
    pub fn suggest(&self, preset: Option<ImportPreset>, currency: Currency) -> ImportMapping {
        let preset = preset.unwrap_or_else(|| preset::detect_preset(self.header()));
        let first: Vec<Vec<String>> = self.records.iter().take(50).map(|(_, cells)| cells.clone()).collect();
        let mut mapping = preset::guess_mapping(preset, self.delimiter, &first, currency);
        if preset == ImportPreset::Columns {
            mapping.date_order = self.guess_date_order(mapping.date_column);
        }
        mapping
    }

    fn guess_date_order(&self, column: usize) -> Option<DateOrder> {
        guess_order(self.records.iter().filter_map(|(_, cells)| cells.get(column)).map(String::as_str))
    }

    /// Reads every line with the mapping.
    ///
    /// # Errors
    /// When the mapping names no currency.
    pub fn read(&self, mapping: &ImportMapping, zone: Tz) -> Result<Reading, FileError> {
        let currency: Currency = mapping.currency.trim().parse().map_err(|_| FileError::Currency)?;
        let mut mapping = mapping.clone();
        if mapping.preset == ImportPreset::Columns && mapping.date_order.is_none() {
            mapping.date_order = self.guess_date_order(mapping.date_column);
        }
        let date_order_unclear = mapping.preset == ImportPreset::Columns && mapping.date_order.is_none();
        let headless = preset::first_line_is_data(self.header(), &mapping);
        let headers = if headless {
            (1..=self.header().len()).map(|number| number.to_string()).collect()
        } else {
            self.header().to_vec()
        };
        let mut problems: Vec<ImportProblem> =
            self.stray.iter().map(|(line, text)| problem(*line, ImportProblemCode::Unreadable, text)).collect();
        let mut rows = Vec::with_capacity(self.records.len());
        let bank = bank_name(&mapping.bank);
        let mut ids = RowIds::new(&bank);
        for (line, cells) in self.records.iter().skip(usize::from(!headless)) {
            match Draft::read(cells, &mapping, currency, &bank) {
                Ok(draft) => rows.push(draft.finish(*line, &mut ids, zone)),
                Err((code, text)) => problems.push(problem(*line, code, &text)),
            }
        }
        let bad = problems.len() as u64;
        put_in_order(&mut rows);
        problems.extend(running_balance::differences(&rows));
        problems.sort_by_key(|problem| problem.line);
        Ok(Reading { mapping, currency, headers, rows, problems, bad, date_order_unclear })
    }
}

/// The reader's position may stand before line ends that it skips.
fn first_line(text: &str, position: &csv::Position) -> u64 {
    let rest = text.as_bytes().get(position.byte() as usize..).unwrap_or_default();
    let skipped = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n').count();
    position.line() + skipped as u64
}

/// A bank's name as it enters ids and account numbers: capitals and digits; no name is the home bank's.
fn bank_name(name: &str) -> String {
    let short: String = name.chars().filter(char::is_ascii_alphanumeric).take(BANK_PREFIX_MAX).collect();
    if short.is_empty() { HOME_BANK.to_ascii_uppercase() } else { short.to_ascii_uppercase() }
}

/// By day, keeping the file's order within a day; a file that runs backwards is turned round first.
fn put_in_order(rows: &mut [Row]) {
    let runs_backwards = rows.windows(2).all(|pair| pair[0].occurred_at >= pair[1].occurred_at)
        && rows.first().map(|row| row.occurred_at) > rows.last().map(|row| row.occurred_at);
    if runs_backwards {
        rows.reverse();
    }
    rows.sort_by_key(|row| row.occurred_at);
}

fn problem(line: u64, code: ImportProblemCode, text: &str) -> ImportProblem {
    ImportProblem { line, code, text: shorten(text), warning: false }
}

pub(super) fn shorten(text: &str) -> String {
    text.trim().chars().filter(|c| !c.is_control()).take(SHOWN_CHARS).collect()
}

/// A line understood, before it has an id.
struct Draft {
    moment: FileMoment,
    account: AccountNumber,
    signed_minor: AmountMinor,
    balance_minor: Option<AmountMinor>,
    bank_id: Option<String>,
}

type Bad = (ImportProblemCode, String);

impl Draft {
    fn read(cells: &[String], mapping: &ImportMapping, currency: Currency, bank: &str) -> Result<Draft, Bad> {
        let cell = |column: usize| {
            cells
                .get(column)
                .map(String::as_str)
                .ok_or_else(|| (ImportProblemCode::MissingColumn, cells.join(&mapping.delimiter.to_string())))
        };
        let exponent = currency.exponent();
        let (date, account, amount, balance, order) = match mapping.preset {
            ImportPreset::StudentBank => (0, 1, 2, Some(3), DateOrder::DayMonthYear),
            ImportPreset::Berka => (2, 1, 5, Some(6), DateOrder::YearMonthDay),
            ImportPreset::Columns => (
                mapping.date_column,
                mapping.account_column,
                mapping.amount_column,
                mapping.balance_column,
                mapping.date_order.unwrap_or(DateOrder::DayMonthYear),
            ),
        };
        let (date, account, amount) = (cell(date)?, cell(account)?, cell(amount)?);
        let moment = match mapping.preset {
            ImportPreset::Berka => parse_yymmdd(date).map(FileMoment::Day),
            _ => parse_moment(date, order),
        };
        let moment = moment.ok_or_else(|| (ImportProblemCode::BadDate, date.to_owned()))?;
        let account =
            account_number(account, bank).ok_or_else(|| (ImportProblemCode::BadAccount, account.to_owned()))?;
        let bad_amount = || (ImportProblemCode::BadAmount, amount.to_owned());
        let mut signed_minor = parse_decimal(amount, exponent).map_err(|_| bad_amount())?;
        let mut bank_id = None;
        if mapping.preset == ImportPreset::Berka {
            if signed_minor < 0 {
                return Err(bad_amount());
            }
            signed_minor *= berka_sign(cell(3)?).ok_or_else(|| (ImportProblemCode::Unreadable, cells.join(";")))?;
            bank_id = Some(cell(0)?.to_owned());
        }
        if signed_minor == 0 {
            return Err((ImportProblemCode::ZeroAmount, amount.to_owned()));
        }
        if signed_minor.unsigned_abs() > MAX_AMOUNT_MINOR.unsigned_abs() {
            return Err(bad_amount());
        }
        let balance_minor =
            balance.and_then(|column| cells.get(column)).and_then(|cell| parse_decimal(cell, exponent).ok());
        Ok(Draft { moment, account, signed_minor, balance_minor, bank_id })
    }

    fn finish(self, line: u64, ids: &mut RowIds, zone: Tz) -> Row {
        Row {
            line,
            id: ids.next(self.moment, &self.account, self.signed_minor, self.bank_id.as_deref()),
            kind: if self.signed_minor > 0 { TransactionKind::Deposit } else { TransactionKind::Withdrawal },
            amount_minor: self.signed_minor.abs(),
            date: self.moment.date(zone),
            occurred_at: self.moment.occurred_at(zone),
            account: self.account,
            balance_minor: self.balance_minor,
        }
    }
}

/// PRIJEM is a credit, VYDAJ and VYBER are debits.
fn berka_sign(code: &str) -> Option<AmountMinor> {
    match code.to_ascii_uppercase().as_str() {
        "PRIJEM" => Some(1),
        "VYDAJ" | "VYBER" => Some(-1),
        _ => None,
    }
}

/// The number as the file has it for the home bank; behind the bank's name for any other, so that two banks' accounts
/// never meet.
fn account_number(typed: &str, bank: &str) -> Option<AccountNumber> {
    let number = AccountNumber::from_typed(typed).ok()?;
    if bank.eq_ignore_ascii_case(HOME_BANK) {
        return Some(number);
    }
    format!("{bank}-{number}").parse().ok()
}

#[cfg(test)]
mod tests;
