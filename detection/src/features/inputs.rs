//! What the features are computed from: whole numbers, all as they were before this payment, gathered once.
//!
//! Promises: the payment's own amount stands in one place and is added when features are computed, so that the same
//! inputs, stored with the decision, can be scored again for another amount. Nothing made or known after the payment
//! is in here. Absent: floats.

use super::own::{Habit, Own};
use super::payee::Payee;
use super::{LARGE_ROWS_MIN, LARGE_TIMES};
use crate::facts::borrowed::Parties;
use crate::history::account::local_hour;
use crate::payment::{DAY_MS, Payment};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    pub amount_minor: i64,
    /// Milliseconds since 1970 by the bank's local clock.
    pub local_ms: i64,
    pub own: Own,
    pub pair: PairBefore,
    pub payee: Payee,
    pub device: Option<DeviceBefore>,
}

/// Payer and counterparty together, before this payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairBefore {
    pub count: u32,
    pub last_age_ms: Option<i64>,
    pub last_amount_minor: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceBefore {
    /// Since this account first used it; none if this is the first time.
    pub first_use_age_ms: Option<i64>,
    /// Other accounts it served in seven days.
    pub other_accounts_7d: u32,
}

impl Inputs {
    pub fn gather(payment: &Payment, parties: &Parties<'_>) -> Self {
        let Parties { account, counterparty, device, pair } = *parties;
        let at_ms = payment.at_ms;
        let local_ms = at_ms.saturating_add(payment.local_offset_ms);
        let hour = local_hour(at_ms, payment.local_offset_ms);
        Inputs {
            amount_minor: payment.amount_minor,
            local_ms,
            own: Own::gather(account, payment.counterparty, at_ms, hour),
            pair: PairBefore {
                count: pair.count,
                last_age_ms: (pair.count > 0).then(|| at_ms.saturating_sub(pair.last_at_ms)),
                last_amount_minor: pair.last_amount_minor,
            },
            payee: Payee::gather(counterparty, payment.payer, at_ms),
            device: device.filter(|_| payment.device.is_some()).map(|device| DeviceBefore {
                first_use_age_ms: device
                    .of_account(payment.payer)
                    .map(|known| at_ms.saturating_sub(known.first_at_ms))
                    .filter(|age_ms| *age_ms >= 0),
                other_accounts_7d: device.others(payment.payer, at_ms.saturating_sub(7 * DAY_MS), at_ms),
            }),
        }
    }

    /// The same payment, had it been of another amount.
    pub fn with_amount(&self, amount_minor: i64) -> Self {
        Inputs { amount_minor, ..*self }
    }

    /// Whether the payer has never paid this counterparty.
    pub fn is_first_of_pair(&self) -> bool {
        self.pair.count == 0
    }

    pub fn marks(&self) -> Marks {
        Marks { first_of_pair: self.is_first_of_pair(), large: self.is_large() }
    }

    /// Whether the amount lies far above the payer's habit: what `Received::large` remembers.
    pub fn is_large(&self) -> bool {
        self.own.sampled >= LARGE_ROWS_MIN && self.amount_minor > LARGE_TIMES.saturating_mul(self.own.median_minor)
    }
}

/// What is remembered of a payment beside itself, see `Received`: the two inputs that are asked for without a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    pub first_of_pair: bool,
    pub large: bool,
}

impl Marks {
    /// As [`Inputs::marks`] would say.
    pub fn gather(payment: &Payment, parties: &Parties<'_>) -> Self {
        Marks {
            first_of_pair: parties.pair.count == 0,
            large: Own::is_large(parties.account, payment.at_ms, payment.amount_minor),
        }
    }
}

/// Mean of the habit with this payment in it, in major units.
pub(super) fn mean_with(habit: Habit, amount_minor: i64) -> f64 {
    habit.sum_minor.saturating_add(amount_minor) as f64 / (f64::from(habit.count) + 1.0) / 100.0
}
