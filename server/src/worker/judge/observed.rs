//! What was decided, as other lanes and workers need to hear it: small, and nothing of a person but hashes.

use detection::history::{Outcome, Received};
use detection::payment::Party;
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
