//! The histories of this crate as a look-back: borrowed, read in place, never copied.
//!
//! Absent: where histories come from. What could not be loaded is given as [`Reading::Unreadable`] by whoever tried.

use super::lookback::Spending;
use super::lookback::{
    Contact, DeviceRow, Hop, Labelled, Lookback, PairMemory, PayeeRow, PayerMemory, PayerRow, Refused,
};
use super::{ContactChange, Inflow, Reading};
use crate::features::Inputs;
use crate::history::account::local_hour;
use crate::history::{AccountHistory, CounterpartyHistory, DeviceHistory, Pair};
use crate::payment::{Party, Payment};

/// What is remembered of the parties to one payment.
#[derive(Debug, Clone, Copy)]
pub struct Parties<'a> {
    pub account: &'a AccountHistory,
    pub counterparty: &'a CounterpartyHistory,
    pub device: Option<&'a DeviceHistory>,
    /// The payer's memory of the counterparty, before the payment.
    pub pair: Pair,
}

impl<'a> Parties<'a> {
    /// Of whom nothing is known, an empty history. Who pays in is the bank's own desk or an employer: nothing is learnt
    /// of them.
    pub fn of(
        payment: &Payment,
        account: &'a AccountHistory,
        counterparty: &'a CounterpartyHistory,
        device: Option<&'a DeviceHistory>,
    ) -> Self {
        Parties { account, counterparty, device, pair: account.pair_at(payment.counterparty, payment.at_ms) }
    }

    /// What rules are asked about, as far as it is remembered.
    pub fn histories(&self, payment: &Payment) -> Histories<'a> {
        Histories {
            at_ms: payment.at_ms,
            local_hour: local_hour(payment.at_ms, payment.local_offset_ms),
            payer: payment.payer,
            pair: self.pair,
            account: Reading::Known(self.account),
            counterparty: Reading::Known(self.counterparty),
            device: match (payment.device, self.device) {
                (None, _) => Reading::Absent,
                (Some(_), None) => Reading::Unreadable,
                (Some(_), Some(device)) => Reading::Known(device),
            },
            hops: Reading::Absent,
            available_minor: Reading::Absent,
            limit_minor: None,
            contact: Contact::Details,
        }
    }

    /// What the model is asked about.
    pub fn inputs(&self, payment: &Payment) -> Inputs {
        Inputs::gather(payment, self)
    }
}

pub struct Histories<'a> {
    pub at_ms: i64,
    pub local_hour: u8,
    pub payer: Party,
    pub pair: Pair,
    pub account: Reading<&'a AccountHistory>,
    pub counterparty: Reading<&'a CounterpartyHistory>,
    pub device: Reading<&'a DeviceHistory>,
    pub hops: Reading<&'a [Hop]>,
    pub available_minor: Reading<i64>,
    pub limit_minor: Option<i64>,
    /// What was changed when the account's contact was.
    pub contact: Contact,
}

impl<'a> Histories<'a> {
    fn counterparty(&self) -> Option<&'a CounterpartyHistory> {
        match self.counterparty {
            Reading::Known(history) => Some(history),
            Reading::Absent | Reading::Unreadable => None,
        }
    }
}

impl Lookback for Histories<'_> {
    fn payer(&self) -> Reading<PayerMemory> {
        self.account.map(|account| PayerMemory {
            opened_at_ms: account.opened_at_ms,
            contact_change: account.contact_changed_at_ms.map(|at_ms| ContactChange { what: self.contact, at_ms }),
            limit_minor: self.limit_minor,
            fraud_known_at_ms: account.labels().last_known_at_ms(self.at_ms),
            last_paid_at_ms: account.last_paid_at_ms(),
            hour_count: account.paid_at_hour(self.local_hour).into(),
            hours_total: account.paid_at_all_hours().into(),
        })
    }

    fn payer_rows(&self) -> impl Iterator<Item = PayerRow> {
        let mut rows = match self.account {
            Reading::Known(account) => Some(account.places_and_briefs()),
            Reading::Absent | Reading::Unreadable => None,
        };
        std::iter::from_fn(move || {
            let (place, row) = rows.as_mut()?.next()?;
            Some(PayerRow {
                at_ms: row.at_ms,
                amount_minor: row.amount_minor,
                party: row.party,
                outgoing: row.outgoing,
                kind: row.kind,
                outcome: row.outcome,
                place,
            })
        })
    }

    fn spending(&self, after_ms: i64, until_ms: i64) -> Spending {
        let Reading::Known(account) = self.account else { return Spending::default() };
        let sums = account.window(after_ms, until_ms);
        Spending { count: i64::from(sums.count), sum_minor: sums.amount_minor, squares: sums.squares }
    }

    fn inflow(&self, after_ms: i64, until_ms: i64) -> Option<Inflow> {
        let Reading::Known(account) = self.account else { return None };
        let (at_ms, sums) = account.since_first_credit(after_ms, until_ms)?;
        Some(Inflow { at_ms, in_minor: sums.credits_minor, out_minor: sums.amount_minor })
    }

    fn pair(&self) -> Reading<PairMemory> {
        let pair = &self.pair;
        self.account.map(|_| PairMemory {
            count: i64::from(pair.count),
            last_at_ms: pair.last_at_ms,
            last_amount_minor: pair.last_amount_minor,
            last_refused: pair
                .last_refused
                .map(|refused| Refused { at_ms: refused.at_ms, amount_minor: refused.amount_minor }),
        })
    }

    fn payee_rows(&self) -> Reading<impl Iterator<Item = PayeeRow>> {
        self.counterparty.map(|history| {
            history.rows().briefs_until(self.at_ms).map(|row| PayeeRow {
                at_ms: row.at_ms,
                amount_minor: row.amount_minor,
                payer: row.payer,
                first_of_pair: row.first_of_pair,
                refused: row.refused,
            })
        })
    }

    fn payee_reports(&self, after_ms: i64, until_ms: i64) -> i64 {
        self.counterparty().map_or(0, |history| i64::from(history.labels().known_within(after_ms, until_ms)))
    }

    fn payee_labelled(&self, after_ms: i64, until_ms: i64, known_by_ms: i64) -> Labelled {
        self.counterparty().map_or(Labelled::default(), |history| Labelled {
            count: i64::from(history.window(after_ms, until_ms).count),
            frauds: i64::from(history.labels().count(after_ms, until_ms, known_by_ms)),
        })
    }

    fn device_rows(&self) -> Reading<impl Iterator<Item = DeviceRow>> {
        self.device.map(|history| {
            history.newest_first().map(|used| DeviceRow { at_ms: used.last_at_ms, account: used.account })
        })
    }

    fn device_first_used_at_ms(&self) -> Option<i64> {
        match self.device {
            Reading::Known(history) => history.of_account(self.payer).map(|used| used.first_at_ms),
            Reading::Absent | Reading::Unreadable => None,
        }
    }

    fn hops(&self) -> Reading<&[Hop]> {
        self.hops
    }

    fn available_minor(&self) -> Reading<i64> {
        self.available_minor
    }
}
