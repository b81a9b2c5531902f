//! What the pipeline meets, and when: payments in time order, each fraud's label seven days after it, each fold's model
//! before its test week.
//!
//! Promises: batch and pipeline say a label at the same place, before the first payment made when it is known; no test
//! week begins under another fold's model. Absent: how records are sent.

use super::data::{DAY_S, Data, Row};
use super::fold::Fold;
use anyhow::bail;
use std::ops::Range;

pub const LABEL_DELAY_S: i64 = 7 * DAY_S;

/// When the row's label becomes known, in seconds since 1970.
pub fn known_at_s(row: &Row) -> i64 {
    row.at_s + LABEL_DELAY_S
}

/// How far labels have been said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Labels {
    /// Rows whose labels are known, fraud or not.
    known: usize,
}

impl Labels {
    /// Indexes of the frauds that have become known by the time of this row, in their own order; each once.
    pub fn due<'a>(&mut self, data: &'a Data, now: &Row) -> impl Iterator<Item = usize> + use<'a> {
        let begun = self.known;
        while data.rows.get(self.known).is_some_and(|row| known_at_s(row) <= now.at_s) {
            self.known += 1;
        }
        (begun..self.known).filter(|row| data.rows[*row].fraud)
    }
}

/// One record of the stream, by the index of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Payment(usize),
    Fraud(usize),
}

/// Tells of these rows and of the labels that are due meanwhile.
pub fn stream(
    data: &Data,
    labels: &mut Labels,
    rows: Range<usize>,
    mut tell: impl FnMut(Said) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for index in rows {
        for fraud in labels.due(data, &data.rows[index]) {
            tell(Said::Fraud(fraud))?;
        }
        tell(Said::Payment(index))?;
    }
    Ok(())
}

/// Rows that are decided by the same model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Index of the fold whose model decides them and whose test week they are; none before and between.
    pub fold: Option<usize>,
    pub rows: Range<usize>,
}

/// From the first row to the end of the last test week.
///
/// # Errors
/// Test weeks that overlap: a payment is decided once, by one model.
pub fn sections(data: &Data, folds: &[Fold]) -> anyhow::Result<Vec<Section>> {
    let mut order: Vec<usize> = (0..folds.len()).collect();
    order.sort_by_key(|fold| folds[*fold].start);
    let (mut sections, mut done, mut day) = (Vec::new(), 0, 0);
    for fold in order {
        let test = folds[fold].test();
        if test.start < day {
            bail!("the test week of fold {} overlaps another: the pipeline decides once (--batch)", folds[fold].start);
        }
        let rows = data.rows_of(test.clone());
        if done < rows.start {
            sections.push(Section { fold: None, rows: done..rows.start });
        }
        (done, day) = (rows.end, test.end);
        sections.push(Section { fold: Some(fold), rows });
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many payments a day, the last one of each a fraud.
    fn data(days: i64, per_day: i64) -> Data {
        let row = |n: i64| Row {
            id: n.unsigned_abs(),
            at_s: n / per_day * DAY_S + n % per_day,
            day: n / per_day,
            customer: 0,
            terminal: 0,
            amount_minor: 100,
            fraud: n % per_day == per_day - 1,
        };
        Data { rows: (0..days * per_day).map(row).collect(), customers: vec![1], terminals: vec![1] }
    }

    fn fold(start: i64) -> Fold {
        Fold { start, train_days: 7 }
    }

    #[test]
    fn a_label_is_said_before_the_first_payment_made_when_it_is_known() -> anyhow::Result<()> {
        let data = data(10, 3);
        let (mut labels, mut said) = (Labels::default(), Vec::new());
        // In two parts, as between two models.
        for rows in [0..22, 22..30] {
            stream(&data, &mut labels, rows, |record| {
                said.push(record);
                Ok(())
            })?;
        }
        let frauds: Vec<usize> =
            said.iter().filter_map(|said| if let Said::Fraud(row) = said { Some(*row) } else { None }).collect();
        assert_eq!(frauds, [2, 5, 8]);
        for fraud in frauds {
            let place = said.iter().position(|record| *record == Said::Fraud(fraud)).unwrap_or_default();
            // To the second seven days later stands the payment of that day's last second.
            assert_eq!(said[place + 1], Said::Payment(fraud + 21));
        }
        assert_eq!(said.len(), 33);
        Ok(())
    }

    #[test]
    fn each_test_week_follows_what_is_before_it_and_nothing_follows_the_last() -> anyhow::Result<()> {
        let data = data(60, 2);
        // Tests on days 37..44, 14..21 and 21..28.
        let sections = sections(&data, &[fold(23), fold(0), fold(7)])?;
        let expected = [(None, 0..28), (Some(1), 28..42), (Some(2), 42..56), (None, 56..74), (Some(0), 74..88)];
        assert_eq!(sections, expected.map(|(fold, rows)| Section { fold, rows }));
        Ok(())
    }

    #[test]
    fn test_weeks_that_overlap_are_refused() {
        let data = data(60, 2);
        assert!(sections(&data, &[fold(0), fold(6)]).is_err());
        assert!(sections(&data, &[fold(3), fold(3)]).is_err());
    }
}
