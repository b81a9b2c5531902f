//! What came in at one counterparty: a shop's terminal, a payee, a mule's account.
//!
//! Promises: the newest 4,096 rows of the last hundred days, exactly; labels count from the time they became known. A
//! counterparty with more rows than that is known by its newest ones: counts over long windows stop growing. Refused
//! attempts stand among the rows and in no sum of amounts. Absent: anything of its payers but their hash.

use super::labels::{Label, Labels};
use super::timeline::{self, Row, Sums, Timeline};
use super::{Outcome, REMEMBERED_MS};
use crate::payment::{DAY_MS, HOUR_MS, Party, Payment};
use prefetch_index::prefetch_index;
use std::slice::from_ref;
use uuid::Uuid;

pub const ROWS_MAX: usize = 4_096;

/// Of which a counterparty is asked at every payment; those of labelled rows end with the week. Rule `terminal-risk`
/// starts with three weeks.
pub const WINDOWS_MS: [i64; 8] =
    [HOUR_MS, DAY_MS, 7 * DAY_MS, 8 * DAY_MS, 14 * DAY_MS, 21 * DAY_MS, 30 * DAY_MS, 37 * DAY_MS];

/// What most counterparties are asked for.
const PREFETCHED_ROWS: usize = 24;

/// One payment to the counterparty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    pub id: Uuid,
    pub at_ms: i64,
    pub amount_minor: i64,
    pub payer: Party,
    pub first_of_pair: bool,
    /// Far above what its payer was used to spend, see `features::LARGE_TIMES`.
    pub large: bool,
    pub refused: bool,
    pub fraud_known_at_ms: Option<i64>,
}

impl Received {
    /// The payment as a row of its counterparty. What was refused is the first of nothing.
    pub fn of(payment: &Payment, outcome: Outcome, first_of_pair: bool, large: bool) -> Self {
        let refused = outcome == Outcome::Refused;
        Received {
            id: payment.id,
            at_ms: payment.at_ms,
            amount_minor: payment.amount_minor,
            payer: payment.payer,
            first_of_pair: first_of_pair && !refused,
            large,
            refused,
            fraud_known_at_ms: None,
        }
    }
}

/// What features and rules ask of many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(32))]
pub struct Brief {
    pub at_ms: i64,
    pub amount_minor: i64,
    pub payer: Party,
    pub first_of_pair: bool,
    pub large: bool,
    pub refused: bool,
    /// Known to be, by now or later.
    pub is_fraud: bool,
}

/// What is asked of few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    id: Uuid,
    fraud_known_at_ms: i64,
}

impl timeline::Brief for Brief {
    fn at_ms(&self) -> i64 {
        self.at_ms
    }

    fn sums(&self) -> Sums {
        if self.refused {
            return Sums { refused: 1, ..Sums::default() };
        }
        let (firsts, large) = (u32::from(self.first_of_pair), u32::from(self.large));
        Sums { firsts, large, ..Sums::spending(self.amount_minor) }
    }
}

impl Row for Received {
    type Brief = Brief;
    type Rest = Rest;
    const WINDOWS_MS: &'static [i64] = &WINDOWS_MS;

    fn at_ms(self) -> i64 {
        self.at_ms
    }

    fn split(self) -> (Brief, Rest) {
        let brief = Brief {
            at_ms: self.at_ms,
            amount_minor: self.amount_minor,
            payer: self.payer,
            first_of_pair: self.first_of_pair,
            large: self.large,
            refused: self.refused,
            is_fraud: self.fraud_known_at_ms.is_some(),
        };
        (brief, Rest { id: self.id, fraud_known_at_ms: self.fraud_known_at_ms.unwrap_or(0) })
    }

    fn join(brief: Brief, rest: Rest) -> Self {
        Received {
            id: rest.id,
            at_ms: brief.at_ms,
            amount_minor: brief.amount_minor,
            payer: brief.payer,
            first_of_pair: brief.first_of_pair,
            large: brief.large,
            refused: brief.refused,
            fraud_known_at_ms: brief.is_fraud.then_some(rest.fraud_known_at_ms),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct CounterpartyHistory {
    rows: Timeline<Received>,
    /// Of remembered and forgotten rows alike.
    labels: Labels,
}

impl CounterpartyHistory {
    pub fn push(&mut self, row: Received) {
        if let Some(known_at_ms) = row.fraud_known_at_ms {
            self.labels.add(Label { id: row.id, at_ms: row.at_ms, known_at_ms });
        }
        self.rows.insert(row);
        let newest_ms = self.rows.newest_at_ms().unwrap_or(0);
        let too_old = |at_ms: i64| at_ms < newest_ms.saturating_sub(REMEMBERED_MS);
        while self.rows.len() > ROWS_MAX || self.rows.oldest_at_ms().is_some_and(too_old) {
            self.rows.forget_oldest();
        }
    }

    /// Takes in a payment unless it is here already.
    pub fn push_once(&mut self, row: Received) {
        if !self.rows.has(row.at_ms, |rest| rest.id == row.id) {
            self.push(row);
        }
    }

    /// A payment to this counterparty, made at `at_ms`, became known to be fraud. The first time it was said counts.
    pub fn label(&mut self, id: Uuid, at_ms: i64, known_at_ms: i64) {
        self.labels.add(Label { id, at_ms, known_at_ms });
        self.mark(id, at_ms, |row| {
            let earlier_ms = row.fraud_known_at_ms.map_or(known_at_ms, |earlier_ms| earlier_ms.min(known_at_ms));
            row.fraud_known_at_ms = Some(earlier_ms);
        });
    }

    /// A held payment was refused after all.
    pub fn refuse(&mut self, id: Uuid, at_ms: i64) {
        self.mark(id, at_ms, |row| {
            row.refused = true;
            row.first_of_pair = false;
        });
    }

    pub fn unlabel(&mut self, id: Uuid, at_ms: i64) {
        self.labels.remove(id, at_ms);
        self.mark(id, at_ms, |row| row.fraud_known_at_ms = None);
    }

    pub fn rows(&self) -> &Timeline<Received> {
        &self.rows
    }

    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Sums of the rows in (`after_ms`, `until_ms`].
    pub fn window(&self, after_ms: i64, until_ms: i64) -> Sums {
        self.rows.window(after_ms, until_ms)
    }

    /// Sums of the usual windows that end then.
    pub fn usual_windows(&self, until_ms: i64) -> [Sums; WINDOWS_MS.len()] {
        self.rows.usual_windows(until_ms)
    }

    /// As an account's.
    pub fn prefetch(&self) {
        self.rows.prefetch(PREFETCHED_ROWS);
        self.labels.prefetch();
    }

    /// As an account's.
    pub fn prefetch_end(&self) {
        self.rows.prefetch_end();
    }

    /// As an account's.
    pub fn prefetch_head(&self) {
        self.rows.prefetch_head();
        prefetch_index(from_ref(&self.labels), 0);
    }

    /// See [`Timeline::look`].
    pub(super) fn look(&mut self, at_ms: i64) {
        self.rows.look(at_ms);
    }

    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.rows.bytes() + self.labels.bytes()
    }

    fn mark(&mut self, id: Uuid, at_ms: i64, change: impl FnOnce(&mut Received)) {
        if let Some(index) = self.rows.position(at_ms, |row| row.id == id) {
            self.rows.change(index, change);
        }
    }
}
