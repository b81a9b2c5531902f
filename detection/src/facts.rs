//! Facts: every value that any rule looks at, so that a decision can be told again from its stored facts alone.
//!
//! Promises: all is as it was *before* this payment; the payment's own amount stands in one place and is added when a
//! rule is evaluated, so [`Facts::with_amount`] needs no history. Whole numbers only: minor units, milliseconds,
//! counts. Absent: floats, names of people, anything later than the payment.

use crate::payment::{DAY_MS, Party, Payment, Place};
use domain::TransactionKind;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub mod borrowed;
mod gather;
mod graph;
pub mod lookback;
mod payee;
mod payer;
#[cfg(test)]
mod tests;

pub use gather::gather;
pub use lookback::{Contact, Lookback, PairMemory};

/// What came of reading something. "No history" is `Known` and zero; the other two say that there was nothing to read
/// or that reading failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading<T> {
    Known(T),
    /// Not part of this payment or not kept here: a payment without a device, a bank without a graph.
    #[default]
    Absent,
    /// Should be there and could not be read: whoever needs it must not guess.
    Unreadable,
}

impl<T> Reading<T> {
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Reading<U> {
        match self {
            Reading::Known(value) => Reading::Known(change(value)),
            Reading::Absent => Reading::Absent,
            Reading::Unreadable => Reading::Unreadable,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    pub amount_minor: i64,
    pub kind: TransactionKind,
    pub at_ms: i64,
    pub local_offset_ms: i64,
    pub counterparty: Party,
    pub place: Option<Place>,
    pub channel: Option<Arc<str>>,
    pub country: Option<Arc<str>>,
    /// Signs of malware, 0 to 100.
    pub session_risk: Option<u8>,
    pub own: Reading<Own>,
    pub pair: Reading<PairMemory>,
    pub payee: Reading<Payee>,
    pub device: Reading<Device>,
    pub graph: Reading<Graph>,
    pub balance: Reading<Balance>,
}

/// Of the account at risk. "Rows" are its own earlier payments in this payment's direction; unless said otherwise the
/// refused ones are left out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Own {
    /// How far this payment lies before the newest remembered row; 0 in order.
    pub late_ms: i64,
    pub opened_at_ms: Option<i64>,
    pub contact_change: Option<ContactChange>,
    /// The account's own limit of one payment, where it has one.
    pub limit_minor: Option<i64>,
    /// When a fraud on this account last became known.
    pub fraud_known_at_ms: Option<i64>,
    pub last_paid_at_ms: Option<i64>,
    pub usual: Usual,
    /// Rows of the usual window that are withdrawals; counted where rule `night-weekend-cash` asks.
    pub cash_count: i64,
    pub cash_sum_minor: i64,
    /// Rows within rule `structuring`'s band and window.
    pub below_limit_count: i64,
    pub below_limit_sum_minor: i64,
    /// Sum within rule `daily-limit`'s window.
    pub day_sum_minor: i64,
    /// Rows within rule `velocity`'s window.
    pub recent_count: i64,
    /// Rows of at most rule `card-testing`'s amount within its window, refused ones too.
    pub tiny_count: i64,
    /// Refused rows within rule `many-refusals`' window.
    pub refused_count: i64,
    /// The newest amounts, newest first.
    pub last_amounts_minor: [Option<i64>; 3],
    /// Payees other than this one, within rule `fan-out`'s window.
    pub other_payees: i64,
    /// What came in within rule `rapid-in-out`'s window, and what went since the first of it.
    pub inflow: Option<Inflow>,
    /// The largest single inflow within rule `in-then-split`'s window.
    pub split: Option<Split>,
    /// The newest regular credit within rule `salary-drain`'s window.
    pub income: Option<Inflow>,
    /// Own payments in this local hour of the day, and in all hours.
    pub hour_count: i64,
    pub hours_total: i64,
    /// Where the account was last used within a day, refused attempts too.
    pub last_place: Option<Seen>,
}

/// Spending habit in the policy's usual window: what was paid and not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Usual {
    pub window_ms: i64,
    /// Below this many rows there is no habit.
    pub rows_min: i64,
    pub count: i64,
    pub sum_minor: i64,
    /// Standard deviation of the amounts, rounded down.
    pub deviation_minor: i64,
    /// Distinct payees in a window of rule `fan-out` that has any, in tenths; counted where there are many now.
    pub payees_tenths: i64,
}

impl Usual {
    /// Mean amount, rounded down; none where there is no habit.
    pub fn mean_minor(&self) -> Option<i64> {
        (self.count > 0 && self.count >= self.rows_min).then(|| self.sum_minor / self.count)
    }

    /// Payments that fall into a window of this length, in tenths.
    pub fn rate_tenths(&self, window_ms: i64) -> i64 {
        let tenths = i128::from(self.count) * 10 * i128::from(window_ms) / i128::from(self.window_ms.max(1));
        i64::try_from(tenths).unwrap_or(i64::MAX)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactChange {
    pub what: Contact,
    pub at_ms: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inflow {
    pub at_ms: i64,
    pub in_minor: i64,
    /// Paid out after it.
    pub out_minor: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    pub in_minor: i64,
    pub out_minor: i64,
    /// Paid since, without this payment's payee.
    pub other_payees: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    pub place: Place,
    pub at_ms: i64,
}

/// Of the counterparty. Counts stop at [`DISTINCT_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payee {
    /// Other payers of at most rule `terminal-burst`'s amount within its window, refused ones too.
    pub tiny_payers: i64,
    /// Other payers within rule `fan-in`'s window.
    pub payers: i64,
    /// Other payers whose first payment to it lies within rule `shared-payee`'s window.
    pub new_payers: i64,
    /// Frauds that became known within rule `payee-reported`'s window.
    pub reports: i64,
    /// Payments to it made within that window, counted where there are reports.
    #[serde(default)]
    pub received: i64,
    /// Rows in rule `terminal-risk`'s window, which ends before now because labels are late.
    pub labelled_count: i64,
    /// Those of them known to be fraud by now.
    pub labelled_frauds: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// First use by this account; none if this is it.
    pub first_used_at_ms: Option<i64>,
    /// Other accounts on it within rule `device-shared`'s window, at most [`DISTINCT_MAX`].
    pub other_accounts: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graph {
    pub round_trip: Option<RoundTrip>,
}

/// Paths along which money of this payment's payee reached the payer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoundTrip {
    /// Accounts on the shortest path, payer and payee among them.
    pub accounts: i64,
    /// The least and the most that arrived at the payer by any path.
    pub least_minor: i64,
    pub most_minor: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    pub available_minor: i64,
}

/// Distinct parties are counted up to here, so that a shop with a million payers costs no more than one with sixty.
pub const DISTINCT_MAX: usize = 64;

impl Facts {
    /// Of a payment alone: nothing else is read yet.
    pub fn of(payment: &Payment) -> Self {
        Facts {
            amount_minor: payment.amount_minor,
            kind: payment.kind,
            at_ms: payment.at_ms,
            local_offset_ms: payment.local_offset_ms,
            counterparty: payment.counterparty,
            place: payment.place,
            channel: payment.channel.clone(),
            country: payment.country.clone(),
            session_risk: payment.session_risk,
            own: Reading::Absent,
            pair: Reading::Absent,
            payee: Reading::Absent,
            device: Reading::Absent,
            graph: Reading::Absent,
            balance: Reading::Absent,
        }
    }

    /// The same payment, had it been of another amount.
    pub fn with_amount(&self, amount_minor: i64) -> Self {
        Facts { amount_minor, ..self.clone() }
    }

    /// Something of the account's own facts, or its empty value where they are not known. For what is asked only after
    /// a rule fired; a rule itself asks whether they are known.
    pub(crate) fn own_or_none<T: Default>(&self, get: impl FnOnce(&Own) -> T) -> T {
        match &self.own {
            Reading::Known(own) => get(own),
            Reading::Absent | Reading::Unreadable => T::default(),
        }
    }

    /// As [`Facts::own_or_none`], of the pair.
    pub(crate) fn pair_or_none<T: Default>(&self, get: impl FnOnce(&PairMemory) -> T) -> T {
        match &self.pair {
            Reading::Known(pair) => get(pair),
            Reading::Absent | Reading::Unreadable => T::default(),
        }
    }

    /// As [`Facts::own_or_none`], of the counterparty.
    pub(crate) fn payee_or_none<T: Default>(&self, get: impl FnOnce(&Payee) -> T) -> T {
        match &self.payee {
            Reading::Known(payee) => get(payee),
            Reading::Absent | Reading::Unreadable => T::default(),
        }
    }

    pub(crate) fn usual_minor(&self) -> i64 {
        self.own_or_none(|own| own.usual.mean_minor()).unwrap_or(0)
    }

    pub(crate) fn other_accounts(&self) -> i64 {
        match &self.device {
            Reading::Known(device) => device.other_accounts,
            Reading::Absent | Reading::Unreadable => 0,
        }
    }

    pub(crate) fn trip_accounts(&self) -> i64 {
        match &self.graph {
            Reading::Known(graph) => graph.round_trip.map_or(0, |trip| trip.accounts),
            Reading::Absent | Reading::Unreadable => 0,
        }
    }

    pub(crate) fn available_minor(&self) -> i64 {
        match &self.balance {
            Reading::Known(balance) => balance.available_minor,
            Reading::Absent | Reading::Unreadable => 0,
        }
    }

    pub fn outgoing(&self) -> bool {
        self.kind != TransactionKind::Deposit
    }

    /// Hour of the bank's local day, 0 to 23.
    pub fn local_hour(&self) -> usize {
        usize::from(crate::history::account::local_hour(self.at_ms, self.local_offset_ms))
    }

    /// Saturday or Sunday by the bank's local day.
    pub fn at_weekend(&self) -> bool {
        // 1970-01-01 was a Thursday: days 2 and 3 of each week counted from it.
        let day = self.at_ms.saturating_add(self.local_offset_ms).div_euclid(DAY_MS);
        matches!(day.rem_euclid(7), 2 | 3)
    }
}
