//! What is remembered of an account, a counterparty, a device: bounded, in event time, the same after replay.
//!
//! One code for the worker and for training: rows go in with `push` in the order of the log, labels with `label` when
//! they become known, and every question names the time it is asked for. Promises: a row that arrives late is put in
//! its place, so the answers equal those of a history built in order; sums are whole numbers. Absent: clock, storage.

pub mod account;
pub mod counterparty;
pub mod device;
pub mod labels;
pub mod pair;
pub mod past;
mod sums;
#[cfg(test)]
mod tests;
pub mod timeline;

pub use account::AccountHistory;
pub use counterparty::{CounterpartyHistory, Received};
pub use device::{DeviceHistory, Use};
pub use domain::TransactionKind;
pub use labels::{Label, Labels};
pub use pair::{Pair, Pairs, RefusedAttempt};
pub use past::Past;
pub use timeline::Sums;

use crate::payment::{DAY_MS, Payment};
use serde::{Deserialize, Serialize};

/// Rows older than this, seen from the newest, are forgotten: the longest window (30 days), before it the delay of
/// labels (7 days), and room for habits.
pub const REMEMBERED_MS: i64 = 100 * DAY_MS;

/// To be called before a payment is judged: asks for the memory of what will be asked, and remembers where its windows
/// begin. Changes no answer, but without it each question looks for itself. Whoever knows the next payments asks for
/// their memory while this one is judged, and waits less still. Who pays in has no history.
pub fn look(payment: &Payment, account: &mut AccountHistory, counterparty: Option<&mut CounterpartyHistory>) {
    // Cold to the processor, all of it: what does not wait for something else comes together.
    account.prefetch_head();
    if let Some(counterparty) = &counterparty {
        counterparty.prefetch_head();
    }
    account.prefetch(payment.counterparty);
    if let Some(counterparty) = &counterparty {
        counterparty.prefetch();
    }
    account.look(payment.at_ms);
    if let Some(counterparty) = counterparty {
        counterparty.look(payment.at_ms);
    }
}

/// What became of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Posted,
    /// Money reserved, not yet moved.
    Held,
    Refused,
}
