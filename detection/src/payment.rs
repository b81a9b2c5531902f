//! A payment as detection sees it: who, to whom, how much, when, from where. Nothing here names a person.

use chrono::{DateTime, Offset as _, TimeZone, Utc};
use domain::command::SubmitTransaction;
use domain::{AccountNumber, TransactionKind};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use uuid::Uuid;

pub const SECOND_MS: i64 = 1_000;
pub const MINUTE_MS: i64 = 60 * SECOND_MS;
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
pub const DAY_MS: i64 = 24 * HOUR_MS;

/// An account, a counterparty or a device: the first 64 bits of the SHA-256 of its number. Two of a million parties
/// collide with a chance below 10⁻⁷; the same on every machine and for ever, unlike a hash map's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Party(pub u64);

impl Party {
    pub fn of(text: &str) -> Self {
        let digest = Sha256::digest(text.as_bytes());
        Party(u64::from_be_bytes(digest[..8].try_into().unwrap_or_default()))
    }
}

impl From<&AccountNumber> for Party {
    fn from(number: &AccountNumber) -> Self {
        Party::of(number.as_str())
    }
}

/// Where a payment was made, in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub latitude_e6: i32,
    pub longitude_e6: i32,
}

/// One payment before it is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    pub id: Uuid,
    pub kind: TransactionKind,
    /// The account at risk, whose partition decides.
    pub payer: Party,
    /// The other side: payee, terminal, cash desk.
    pub counterparty: Party,
    pub amount_minor: i64,
    /// Event time: the customer's clock where it can be believed, else the broker's append time. Milliseconds since
    /// 1970, UTC.
    pub at_ms: i64,
    /// What must be added to UTC for the bank's local time then: hours, nights and weekends are local.
    pub local_offset_ms: i64,
    pub device: Option<Party>,
    pub place: Option<Place>,
    /// Lower-case name of the channel (`web`, `app`, `terminal`, `atm`), as the risk list knows it.
    pub channel: Option<Arc<str>>,
    /// ISO 3166 country of the counterparty, upper case.
    pub country: Option<Arc<str>>,
    /// Signs of malware or remote control, 0 (none) to 100, as the channel reports them.
    pub session_risk: Option<u8>,
}

impl Payment {
    /// What was submitted, as it happened at that time by the bank's clocks in that zone.
    pub fn of<Z: TimeZone>(submission: &SubmitTransaction, at: DateTime<Utc>, zone: &Z) -> Self {
        let counterparty = match submission.kind {
            TransactionKind::Deposit => &submission.debit,
            TransactionKind::Withdrawal | TransactionKind::Transfer => &submission.credit,
        };
        let context = submission.context.as_deref();
        Payment {
            id: submission.transaction_id,
            kind: submission.kind,
            payer: Party::from(submission.account_at_risk()),
            counterparty: Party::from(counterparty),
            amount_minor: submission.amount_minor,
            at_ms: at.timestamp_millis(),
            local_offset_ms: local_offset_ms(at, zone),
            device: context.and_then(|context| context.device.as_deref()).map(Party::of),
            place: context
                .and_then(|context| context.place)
                .map(|place| Place { latitude_e6: place.latitude_e6, longitude_e6: place.longitude_e6 }),
            channel: context.and_then(|context| context.channel.as_deref()).map(Arc::from),
            country: context.and_then(|context| context.country.as_deref()).map(Arc::from),
            session_risk: context.and_then(|context| context.session_risk),
        }
    }
}

/// What must be added to UTC for the zone's local time then.
pub fn local_offset_ms<Z: TimeZone>(at: DateTime<Utc>, zone: &Z) -> i64 {
    i64::from(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()) * 1_000
}
