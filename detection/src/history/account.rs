//! One account's own payments of the last hundred days: what it spends, on whom, at what hours, and what of it turned
//! out to be fraud.
//!
//! Promises: at most 1,024 rows; a flood of refused attempts or of credits pushes out older ones of its own kind, never
//! the spending habit; refused attempts are in no sum of spending. Hours are counted over the remembered rows, so a
//! history read back from its stored rows equals the one that lived. Absent: balance, limits, names.

use super::labels::{Label, Labels};
use super::pair::{Pair, Pairs};
use super::timeline::{Row, Sums, Timeline};
use super::{Outcome, REMEMBERED_MS};
use crate::payment::{DAY_MS, HOUR_MS, Party, Payment, Place};
use domain::TransactionKind;
use uuid::Uuid;

pub const ROWS_MAX: usize = 1_024;
/// Of refused rows, and as many again of credits.
pub const ASIDE_MAX: usize = 256;

/// One earlier payment of the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    pub id: Uuid,
    pub at_ms: i64,
    pub amount_minor: i64,
    /// The other side.
    pub party: Party,
    /// False: a credit.
    pub outgoing: bool,
    pub kind: TransactionKind,
    pub outcome: Outcome,
    /// Hour of the bank's local day then, 0 to 23.
    pub local_hour: u8,
    /// The first payment to this counterparty. Set by [`AccountHistory::push`].
    pub first_of_pair: bool,
    pub device: Option<Party>,
    pub place: Option<Place>,
}

impl Past {
    /// The payment as a row of its payer.
    pub fn of(payment: &Payment, outcome: Outcome) -> Self {
        Past {
            id: payment.id,
            at_ms: payment.at_ms,
            amount_minor: payment.amount_minor,
            party: payment.counterparty,
            outgoing: payment.kind != TransactionKind::Deposit,
            kind: payment.kind,
            outcome,
            local_hour: local_hour(payment.at_ms, payment.local_offset_ms),
            first_of_pair: false,
            device: payment.device,
            place: payment.place,
        }
    }

    /// Whether the row is part of the spending habit.
    pub fn spent(&self) -> bool {
        self.class() == Class::Spent
    }

    fn class(&self) -> Class {
        match (self.outcome, self.outgoing) {
            (Outcome::Refused, _) => Class::Refused,
            (Outcome::Posted | Outcome::Held, true) => Class::Spent,
            (Outcome::Posted | Outcome::Held, false) => Class::Credit,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Spent,
    Credit,
    Refused,
}

/// Hour of the local day, 0 to 23.
pub fn local_hour(at_ms: i64, local_offset_ms: i64) -> u8 {
    u8::try_from(at_ms.saturating_add(local_offset_ms).rem_euclid(DAY_MS) / HOUR_MS).unwrap_or(0)
}

impl Row for Past {
    fn at_ms(&self) -> i64 {
        self.at_ms
    }

    fn sums(&self) -> Sums {
        match self.class() {
            Class::Spent => Sums { firsts: u32::from(self.first_of_pair), ..Sums::spending(self.amount_minor) },
            Class::Credit => Sums { credits_minor: self.amount_minor, ..Sums::default() },
            Class::Refused => Sums { refused: 1, ..Sums::default() },
        }
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct AccountHistory {
    rows: Timeline<Past>,
    pairs: Pairs,
    labels: Labels,
    /// Spending rows by local hour.
    hours: [u32; 24],
    credits: usize,
    refused: usize,
    pub opened_at_ms: Option<i64>,
    pub contact_changed_at_ms: Option<i64>,
    /// The last payment that was not refused, even if its row is long forgotten.
    last_paid_at_ms: Option<i64>,
}

impl AccountHistory {
    /// Takes in a payment that has been decided. Each payment once: whoever pushes knows redelivered ones.
    pub fn push(&mut self, mut row: Past) {
        row.first_of_pair = row.spent() && self.is_first_of_pair(&row);
        if row.outgoing {
            let refused = row.class() == Class::Refused;
            self.pairs.change(row.party, |pair| match refused {
                true => pair.refuse(row.at_ms, row.amount_minor),
                false => pair.pay(row.at_ms, row.amount_minor),
            });
        }
        match row.class() {
            Class::Spent => {
                self.last_paid_at_ms = self.last_paid_at_ms.max(Some(row.at_ms));
                self.count_hour(&row, u32::saturating_add);
            }
            Class::Credit => self.credits += 1,
            Class::Refused => self.refused += 1,
        }
        self.rows.insert(row);
        self.forget();
    }

    /// A held payment was released or refused.
    pub fn settle(&mut self, id: Uuid, at_ms: i64, outcome: Outcome) {
        let Some(index) = self.rows.position(at_ms, |row| row.id == id) else { return };
        let Some(held) = self.rows.get(index).copied().filter(|row| row.outcome == Outcome::Held) else { return };
        self.rows.change(index, |row| {
            row.outcome = outcome;
            row.first_of_pair &= outcome != Outcome::Refused;
        });
        if outcome == Outcome::Refused {
            self.uncount(Some(held));
            self.refused += 1;
            if held.outgoing {
                self.pairs.change(held.party, |pair| pair.take_back(held.at_ms, held.amount_minor));
            }
            self.forget();
        }
    }

    /// A payment of this account, made at `at_ms`, became known to be fraud. The row itself may be forgotten.
    pub fn label(&mut self, id: Uuid, at_ms: i64, known_at_ms: i64) {
        self.labels.add(Label { id, at_ms, known_at_ms });
    }

    pub fn unlabel(&mut self, id: Uuid, at_ms: i64) {
        self.labels.remove(id, at_ms);
    }

    /// Puts back what was stored of a pair whose rows are forgotten. Rows pushed later must be newer than it.
    pub fn restore_pair(&mut self, party: Party, pair: Pair) {
        if pair.count > 0 {
            self.last_paid_at_ms = self.last_paid_at_ms.max(Some(pair.last_at_ms));
        }
        self.pairs.set(party, pair);
    }

    pub fn rows(&self) -> &Timeline<Past> {
        &self.rows
    }

    pub fn pairs(&self) -> &Pairs {
        &self.pairs
    }

    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    pub fn hours(&self) -> &[u32; 24] {
        &self.hours
    }

    pub fn last_paid_at_ms(&self) -> Option<i64> {
        self.last_paid_at_ms
    }

    /// Sums of the rows in (`after_ms`, `until_ms`].
    pub fn window(&self, after_ms: i64, until_ms: i64) -> Sums {
        self.rows.window(after_ms, until_ms)
    }

    /// The pair as it was at that time. Of a late payment's pair only remembered rows are known.
    pub fn pair_at(&self, party: Party, at_ms: i64) -> Pair {
        let Some(pair) = self.pairs.get(party) else { return Pair::default() };
        let refused_by_then = pair.last_refused.is_none_or(|refused| refused.at_ms <= at_ms);
        if refused_by_then && (pair.count == 0 || pair.last_at_ms <= at_ms) {
            return *pair;
        }
        let mut rebuilt = Pair::default();
        for row in self.rows.newest_first().rev().take_while(|row| row.at_ms <= at_ms) {
            match row.class() {
                Class::Spent if row.party == party => rebuilt.pay(row.at_ms, row.amount_minor),
                Class::Refused if row.party == party && row.outgoing => rebuilt.refuse(row.at_ms, row.amount_minor),
                Class::Spent | Class::Credit | Class::Refused => {}
            }
        }
        rebuilt
    }

    /// About the bytes this account takes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.rows.bytes() + self.pairs.bytes() + self.labels.bytes()
    }

    /// Whether the pair has no earlier payment; a late row takes the mark from the row that had it.
    fn is_first_of_pair(&mut self, row: &Past) -> bool {
        let Some(pair) = self.pairs.get(row.party).filter(|pair| pair.count > 0) else { return true };
        if row.at_ms >= pair.first_at_ms {
            return false;
        }
        let marked = |past: &Past| past.first_of_pair && past.party == row.party;
        if let Some(index) = self.rows.position(pair.first_at_ms, marked) {
            self.rows.change(index, |past| past.first_of_pair = false);
        }
        true
    }

    fn count_hour(&mut self, row: &Past, change: fn(u32, u32) -> u32) {
        if let Some(count) = self.hours.get_mut(usize::from(row.local_hour)) {
            *count = change(*count, 1);
        }
    }

    fn forget(&mut self) {
        for (class, count) in [(Class::Refused, self.refused), (Class::Credit, self.credits)] {
            if count <= ASIDE_MAX {
                continue;
            }
            let oldest = self.rows.newest_first().rev().position(|row| row.class() == class);
            let forgotten = oldest.and_then(|index| self.rows.remove(index));
            self.uncount(forgotten);
        }
        let newest_ms = self.rows.newest().map_or(0, |row| row.at_ms);
        let too_old = |row: &Past| row.at_ms < newest_ms.saturating_sub(REMEMBERED_MS);
        while self.rows.len() > ROWS_MAX || self.rows.oldest().is_some_and(too_old) {
            let forgotten = self.rows.forget_oldest();
            self.uncount(forgotten);
        }
    }

    fn uncount(&mut self, forgotten: Option<Past>) {
        let Some(row) = forgotten else { return };
        match row.class() {
            Class::Spent => self.count_hour(&row, u32::saturating_sub),
            Class::Credit => self.credits -= 1,
            Class::Refused => self.refused -= 1,
        }
    }
}
