//! What was decided, as other lanes and workers need to hear it: small, and nothing of a person but hashes.

use crate::store::local_offset_ms;
use chrono::DateTime;
use chrono_tz::Tz;
use detection::history::account::local_hour;
use detection::history::{Outcome, Past, Received};
use detection::payment::{Party, Payment, Place};
use domain::TransactionKind;
use domain::ledger::{Attempt, Body};
use uuid::Uuid;

#[derive(Debug, Clone)]
pub enum Observed {
    Decided {
        id: Uuid,
        at_ms: i64,
        amount_minor: i64,
        payer: Party,
        device: Option<Party>,
        /// None of what is paid in.
        received: Option<Received>,
        counterparty: Party,
        /// The counterparty is a customer whose money came.
        credited: bool,
    },
    Settled {
        id: Uuid,
        at_ms: i64,
        payer: Party,
        counterparty: Party,
        outcome: Outcome,
        /// What came to a customer who is the counterparty.
        credited_minor: Option<i64>,
    },
    Labelled {
        id: Uuid,
        at_ms: i64,
        known_at_ms: i64,
        payer: Party,
        counterparty: Party,
        fraud: bool,
    },
}

/// The payment as detection sees it.
pub fn payment_of(attempt: &Attempt<'_>, zone: Tz) -> Payment {
    let submission = attempt.submission;
    let body = Body::from(submission);
    let at = attempt.event_time();
    let context = submission.context.as_deref();
    Payment {
        id: submission.transaction_id,
        kind: submission.kind,
        payer: Party::from(body.account_at_risk()),
        counterparty: Party::from(body.counterparty()),
        amount_minor: submission.amount_minor,
        at_ms: at.timestamp_millis(),
        local_offset_ms: local_offset_ms(at, zone),
        device: context.and_then(|context| context.device.as_deref()).map(Party::of),
        place: context
            .and_then(|context| context.place)
            .map(|place| Place { latitude_e6: place.latitude_e6, longitude_e6: place.longitude_e6 }),
        channel: context.and_then(|context| context.channel.clone()),
        country: context.and_then(|context| context.country.clone()),
        session_risk: context.and_then(|context| context.session_risk),
    }
}

/// Money that came, as a row of the customer who got it.
pub fn credit(id: Uuid, at_ms: i64, amount_minor: i64, from: Party, zone: Tz) -> Past {
    let at = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    Past {
        id,
        at_ms,
        amount_minor,
        party: from,
        outgoing: false,
        kind: TransactionKind::Transfer,
        outcome: Outcome::Posted,
        local_hour: local_hour(at_ms, local_offset_ms(at, zone)),
        first_of_pair: false,
        device: None,
        place: None,
    }
}
