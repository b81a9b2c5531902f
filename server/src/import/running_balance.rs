//! The running balance that a file states, against the sum of its rows. It only ever warns: such balances are often
//! written per day, in another order than the lines, or rounded.

use super::row::Row;
use app::ports::{ImportProblem, ImportProblemCode};
use domain::{AccountNumber, AmountMinor};
use std::collections::HashMap;

/// One warning per account and day on which none of the day's stated balances is what the rows add up to. After a
/// difference the stated balance is the new base, so that one slip warns once.
pub fn differences(rows: &[Row]) -> Vec<ImportProblem> {
    let mut by_account: HashMap<&AccountNumber, Vec<&Row>> = HashMap::new();
    for row in rows {
        by_account.entry(&row.account).or_default().push(row);
    }
    by_account.values().flat_map(|rows| account_differences(rows)).collect()
}

fn account_differences(rows: &[&Row]) -> Vec<ImportProblem> {
    let mut problems = Vec::new();
    // None until a stated balance gives a base: an export may begin in the middle of an account's life.
    let mut base: Option<AmountMinor> = None;
    for day in rows.chunk_by(|left, right| left.date == right.date) {
        let sum = day.iter().try_fold(0_i64, |sum, row| sum.checked_add(row.signed_minor()));
        let expected = base.zip(sum).and_then(|(base, sum)| base.checked_add(sum));
        let mut stated = day.iter().filter_map(|row| row.balance_minor.map(|balance| (row, balance)));
        let Some((row, last)) = stated.next_back() else {
            base = expected;
            continue;
        };
        let agrees = |expected| last == expected || day.iter().any(|row| row.balance_minor == Some(expected));
        match expected {
            Some(expected) if agrees(expected) => base = Some(expected),
            Some(_) => {
                let text = format!("{} {}", row.account, row.date);
                problems.push(ImportProblem {
                    line: row.line,
                    code: ImportProblemCode::BalanceDiffers,
                    text,
                    warning: true,
                });
                base = Some(last);
            }
            None => base = Some(last),
        }
    }
    problems
}
