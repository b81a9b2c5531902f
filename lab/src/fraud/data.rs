//! The benchmark's files, read into memory: payments in time order, their labels, the published test rows.
//!
//! Promises: amounts in cents, whatever float noise they carry; ids checked to be there once. Absent: the scenario of
//! a fraud, which no feature may see.

use anyhow::{Context as _, bail};
use chrono::NaiveDateTime;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

pub const DAY_S: i64 = 86_400;

#[derive(Debug, Clone, Copy)]
pub struct Row {
    pub id: u64,
    /// Seconds since 1970 by the clock of the data.
    pub at_s: i64,
    /// Day of the data, from 0.
    pub day: i64,
    /// Index into [`Data::customers`].
    pub customer: usize,
    /// Index into [`Data::terminals`].
    pub terminal: usize,
    pub amount_minor: i64,
    pub fraud: bool,
}

#[derive(Debug, Default)]
pub struct Data {
    /// By (time, id).
    pub rows: Vec<Row>,
    /// CUSTOMER_ID and TERMINAL_ID, in the order met.
    pub customers: Vec<u64>,
    pub terminals: Vec<u64>,
}

impl Data {
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let frauds = labels(folder)?;
        let mut data = Data::default();
        let (mut customers, mut terminals) = (HashMap::new(), HashMap::new());
        let mut seen = HashSet::new();
        let mut table = Table::open(folder, "handbook_tx")?;
        let columns = table.columns(["TRANSACTION_ID", "TX_DATETIME", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT"])?;
        table.each(|record| {
            let [id, at, customer, terminal, amount] = columns.map(|column| record.get(column).unwrap_or_default());
            let id = id.parse().context("TRANSACTION_ID")?;
            if !seen.insert(id) {
                bail!("transaction {id} stands there twice");
            }
            let Some(fraud) = frauds.get(&id) else { bail!("transaction {id} has no label") };
            let at_s = seconds(at)?;
            data.rows.push(Row {
                id,
                at_s,
                day: at_s.div_euclid(DAY_S),
                customer: index(&mut customers, &mut data.customers, customer.parse().context("CUSTOMER_ID")?),
                terminal: index(&mut terminals, &mut data.terminals, terminal.parse().context("TERMINAL_ID")?),
                amount_minor: cents(amount)?,
                fraud: *fraud,
            });
            Ok(())
        })?;
        data.rows.sort_by_key(|row| (row.at_s, row.id));
        let first = data.rows.first().context("no payments")?.day;
        for row in &mut data.rows {
            row.day -= first;
        }
        Ok(data)
    }

    /// Number of days from the first to the last.
    pub fn days(&self) -> i64 {
        self.rows.last().map_or(0, |row| row.day + 1)
    }

    pub fn frauds(&self) -> usize {
        self.rows.iter().filter(|row| row.fraud).count()
    }

    /// Makes a cent of each payment of nothing, which no ledger books, and says how many there were.
    pub fn make_bookable(&mut self) -> usize {
        let nothing = self.rows.iter_mut().filter(|row| row.amount_minor == 0);
        nothing.map(|row| row.amount_minor = 1).count()
    }

    /// Indexes of the rows of those days.
    pub fn rows_of(&self, days: std::ops::Range<i64>) -> std::ops::Range<usize> {
        let at = |day: i64| self.rows.partition_point(|row| row.day < day);
        at(days.start)..at(days.end)
    }

    /// Date of a day, for people.
    pub fn date(&self, day: i64) -> String {
        let first = self.rows.first().map_or(0, |row| row.at_s.div_euclid(DAY_S));
        let date = chrono::DateTime::from_timestamp((first + day) * DAY_S, 0);
        date.map(|date| date.format("%m-%d").to_string()).unwrap_or_default()
    }
}

/// Published test rows by fold; empty where the file is not there.
pub fn test_ids(folder: &Path) -> anyhow::Result<HashMap<i64, BTreeSet<u64>>> {
    let mut folds: HashMap<i64, BTreeSet<u64>> = HashMap::new();
    if !Table::exists(folder, "handbook_test_ids") {
        return Ok(folds);
    }
    let mut table = Table::open(folder, "handbook_test_ids")?;
    let [fold, id] = table.columns(["FOLD", "TRANSACTION_ID"])?;
    table.each(|record| {
        let rows = folds.entry(record.get(fold).unwrap_or_default().parse().context("FOLD")?).or_default();
        rows.insert(record.get(id).unwrap_or_default().parse().context("TRANSACTION_ID")?);
        Ok(())
    })?;
    Ok(folds)
}

fn labels(folder: &Path) -> anyhow::Result<HashMap<u64, bool>> {
    let mut labels = HashMap::new();
    let mut table = Table::open(folder, "handbook_labels")?;
    let [id, fraud] = table.columns(["TRANSACTION_ID", "TX_FRAUD"])?;
    table.each(|record| {
        let id: u64 = record.get(id).unwrap_or_default().parse().context("TRANSACTION_ID")?;
        let fraud = match record.get(fraud).unwrap_or_default() {
            "0" => false,
            "1" => true,
            other => bail!("TX_FRAUD {other:?} of transaction {id}"),
        };
        if labels.insert(id, fraud).is_some() {
            bail!("transaction {id} has two labels");
        }
        Ok(())
    })?;
    Ok(labels)
}

fn index(known: &mut HashMap<u64, usize>, ids: &mut Vec<u64>, id: u64) -> usize {
    *known.entry(id).or_insert_with(|| {
        ids.push(id);
        ids.len() - 1
    })
}

fn seconds(text: &str) -> anyhow::Result<i64> {
    let formats = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"];
    let parsed = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    Ok(parsed.with_context(|| format!("TX_DATETIME {text:?}"))?.and_utc().timestamp())
}

fn cents(text: &str) -> anyhow::Result<i64> {
    let amount: f64 = text.parse().with_context(|| format!("TX_AMOUNT {text:?}"))?;
    if !(0.0..=1e12).contains(&amount) {
        bail!("TX_AMOUNT {text:?}");
    }
    Ok((amount * 100.0).round() as i64)
}

/// A CSV file with a header, compressed or not.
pub struct Table {
    reader: csv::Reader<Box<dyn Read>>,
    name: String,
}

impl Table {
    pub fn exists(folder: &Path, name: &str) -> bool {
        ["csv.zst", "csv"].iter().any(|ending| folder.join(format!("{name}.{ending}")).exists())
    }

    pub fn open(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let compressed = folder.join(format!("{name}.csv.zst"));
        let input: Box<dyn Read> = if compressed.exists() {
            let file = File::open(&compressed).with_context(|| compressed.display().to_string())?;
            Box::new(zstd::Decoder::new(file)?)
        } else {
            let plain = folder.join(format!("{name}.csv"));
            Box::new(File::open(&plain).with_context(|| plain.display().to_string())?)
        };
        let reader = csv::ReaderBuilder::new().trim(csv::Trim::All).buffer_capacity(1 << 16).from_reader(input);
        Ok(Table { reader, name: name.to_owned() })
    }

    pub fn columns<const K: usize>(&mut self, names: [&str; K]) -> anyhow::Result<[usize; K]> {
        let header = self.reader.headers()?;
        let mut columns = [0; K];
        for (column, name) in columns.iter_mut().zip(names) {
            let found = header.iter().position(|known| known == name);
            *column = found.with_context(|| format!("{} has no column {name}", self.name))?;
        }
        Ok(columns)
    }

    pub fn each(&mut self, mut take: impl FnMut(&csv::StringRecord) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let mut record = csv::StringRecord::new();
        let mut line = 2_u64;
        while self.reader.read_record(&mut record)? {
            take(&record).with_context(|| format!("{} line {line}", self.name))?;
            line += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn float_noise_is_rounded_to_cents() -> anyhow::Result<()> {
        assert_eq!(cents("85.64999999999999")?, 8565);
        assert_eq!(cents("146.0")?, 14_600);
        assert!(cents("NaN").is_err() && cents("-1").is_err());
        assert_eq!(seconds("2018-04-01T00:00:31")?, seconds("2018-04-01 00:00:31")?);
        Ok(())
    }
}
