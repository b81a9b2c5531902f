//! What facts are gathered from: a read-only view of the histories, whoever keeps them.
//!
//! Promises asked of an implementation: rows come newest first by event time (ties: later in the log first), this
//! payment is not among them, and a label is shown with the time it became known. Absent: any way to change history.

use super::{Inflow, Reading};
use crate::history::Outcome;
use crate::payment::{Party, Place};
use domain::TransactionKind;
use serde::{Deserialize, Serialize};

/// One earlier payment of the account at risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayerRow {
    pub at_ms: i64,
    pub amount_minor: i64,
    /// The other side.
    pub party: Party,
    pub outgoing: bool,
    pub kind: TransactionKind,
    pub outcome: Outcome,
    pub place: Option<Place>,
}

/// One earlier payment to the counterparty, from any account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayeeRow {
    pub at_ms: i64,
    pub amount_minor: i64,
    pub payer: Party,
    pub first_of_pair: bool,
    pub refused: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Labelled {
    pub count: i64,
    pub frauds: i64,
}

/// Own outgoing payments that were not refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spending {
    pub count: i64,
    pub sum_minor: i64,
    /// Of squared minor units.
    pub squares: i128,
}

/// One use of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceRow {
    pub at_ms: i64,
    pub account: Party,
}

/// One earlier transfer between customers' accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hop {
    pub from: Party,
    pub to: Party,
    pub at_ms: i64,
    pub amount_minor: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contact {
    Email,
    Phone,
    Address,
    Credentials,
    /// Some of them; it is not known which.
    Details,
}

/// What is known of the account at risk beside its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PayerMemory {
    pub opened_at_ms: Option<i64>,
    pub contact_change: Option<super::ContactChange>,
    pub limit_minor: Option<i64>,
    /// When a fraud on this account last became known, at or before this payment.
    pub fraud_known_at_ms: Option<i64>,
    /// Last own payment that was not refused, even if its row is long forgotten.
    pub last_paid_at_ms: Option<i64>,
    /// Own payments in this local hour of the day, and in all hours.
    pub hour_count: i64,
    pub hours_total: i64,
}

/// Payer and counterparty together. `count` 0: never paid before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairMemory {
    /// Payments that were not refused.
    pub count: i64,
    pub last_at_ms: i64,
    pub last_amount_minor: i64,
    pub last_refused: Option<Refused>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    pub at_ms: i64,
    pub amount_minor: i64,
}

pub trait Lookback {
    fn payer(&self) -> Reading<PayerMemory>;
    fn payer_rows(&self) -> impl Iterator<Item = PayerRow>;
    /// Of the own payments made after the one time and until the other.
    fn spending(&self, after_ms: i64, until_ms: i64) -> Spending;
    /// All that came in after the one time and until the other, and what was paid, until then, since the first of it.
    fn inflow(&self, after_ms: i64, until_ms: i64) -> Option<Inflow>;
    fn pair(&self) -> Reading<PairMemory>;
    /// Newest first, as all rows.
    fn payee_rows(&self) -> Reading<impl Iterator<Item = PayeeRow>>;
    /// Frauds at the counterparty that became known after the one time and until the other.
    fn payee_reports(&self, after_ms: i64, until_ms: i64) -> i64;
    /// Payments to the counterparty made in that time, and how many of them are known to be fraud by `known_by_ms`.
    fn payee_labelled(&self, after_ms: i64, until_ms: i64, known_by_ms: i64) -> Labelled;
    /// Uses of this payment's device, newest first.
    fn device_rows(&self) -> Reading<impl Iterator<Item = DeviceRow>>;
    /// First use of the device by this account, even if its row is long forgotten.
    fn device_first_used_at_ms(&self) -> Option<i64>;
    /// Transfers that may lie on a path to the payer, in any order; whoever keeps the graph bounds them.
    fn hops(&self) -> Reading<&[Hop]>;
    fn available_minor(&self) -> Reading<i64>;
}
