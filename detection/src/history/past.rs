//! One earlier payment of an account, whole and in the two parts it is kept in.
//!
//! Promises: what windows and scans ask of many rows fits into half a cache line. Absent: how many are kept.

use super::Outcome;
use super::timeline::{Removable, Row, Sums};
use crate::payment::{DAY_MS, HOUR_MS, MINUTE_MS, Party, Payment, Place};
use domain::TransactionKind;
use uuid::Uuid;

/// Of which an account is asked at every payment.
pub const WINDOWS_MS: [i64; 7] = [10 * MINUTE_MS, HOUR_MS, DAY_MS, 7 * DAY_MS, 14 * DAY_MS, 30 * DAY_MS, 74 * DAY_MS];

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
    /// The first payment to this counterparty. Set by [`super::AccountHistory::push`].
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

    /// Money that came from another customer, as a row of the one who got it.
    pub fn credit(id: Uuid, at_ms: i64, local_offset_ms: i64, amount_minor: i64, from: Party) -> Self {
        Past {
            id,
            at_ms,
            amount_minor,
            party: from,
            outgoing: false,
            kind: TransactionKind::Transfer,
            outcome: Outcome::Posted,
            local_hour: local_hour(at_ms, local_offset_ms),
            first_of_pair: false,
            device: None,
            place: None,
        }
    }

    /// Whether the row is part of the spending habit.
    pub fn spent(&self) -> bool {
        self.class() == Class::Spent
    }

    pub(super) fn class(&self) -> Class {
        Class::of(self.outcome, self.outgoing)
    }
}

/// What features and rules ask of many rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(32))]
pub struct Brief {
    pub at_ms: i64,
    pub amount_minor: i64,
    pub party: Party,
    pub(super) class: Class,
    pub outgoing: bool,
    pub kind: TransactionKind,
    pub outcome: Outcome,
    local_hour: u8,
    pub first_of_pair: bool,
    has_device: bool,
    pub(super) has_place: bool,
}

/// What is asked of few.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    pub(super) id: Uuid,
    device: Party,
    place: Place,
}

impl Brief {
    pub fn spent(&self) -> bool {
        self.class == Class::Spent
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Spent,
    Credit,
    Refused,
    /// Taken out.
    Gap,
}

impl Class {
    fn of(outcome: Outcome, outgoing: bool) -> Self {
        match (outcome, outgoing) {
            (Outcome::Refused, _) => Class::Refused,
            (Outcome::Posted | Outcome::Held, true) => Class::Spent,
            (Outcome::Posted | Outcome::Held, false) => Class::Credit,
        }
    }
}

/// Hour of the local day, 0 to 23.
pub fn local_hour(at_ms: i64, local_offset_ms: i64) -> u8 {
    u8::try_from(at_ms.saturating_add(local_offset_ms).rem_euclid(DAY_MS) / HOUR_MS).unwrap_or(0)
}

impl super::timeline::Brief for Brief {
    fn at_ms(&self) -> i64 {
        self.at_ms
    }

    fn sums(&self) -> Sums {
        match self.class {
            Class::Spent => Sums { firsts: u32::from(self.first_of_pair), ..Sums::spending(self.amount_minor) },
            Class::Credit => Sums { credits_minor: self.amount_minor, ..Sums::default() },
            Class::Refused => Sums { refused: 1, ..Sums::default() },
            Class::Gap => Sums::default(),
        }
    }

    fn is_gap(&self) -> bool {
        self.class == Class::Gap
    }
}

impl Removable for Brief {
    fn gap(self) -> Self {
        Brief { class: Class::Gap, ..self }
    }
}

impl Row for Past {
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
            party: self.party,
            class: self.class(),
            outgoing: self.outgoing,
            kind: self.kind,
            outcome: self.outcome,
            local_hour: self.local_hour,
            first_of_pair: self.first_of_pair,
            has_device: self.device.is_some(),
            has_place: self.place.is_some(),
        };
        let nowhere = Place { latitude_e6: 0, longitude_e6: 0 };
        let (device, place) = (self.device.unwrap_or(Party(0)), self.place.unwrap_or(nowhere));
        (brief, Rest { id: self.id, device, place })
    }

    fn join(brief: Brief, rest: Rest) -> Self {
        Past {
            id: rest.id,
            at_ms: brief.at_ms,
            amount_minor: brief.amount_minor,
            party: brief.party,
            outgoing: brief.outgoing,
            kind: brief.kind,
            outcome: brief.outcome,
            local_hour: brief.local_hour,
            first_of_pair: brief.first_of_pair,
            device: brief.has_device.then_some(rest.device),
            place: brief.has_place.then_some(rest.place),
        }
    }
}
