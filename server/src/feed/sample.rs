//! Facts for tests of the feed and of the live socket.

#![allow(clippy::unwrap_used)]

use domain::fact::{AccountAfter, AccountFact, CommandAnswered, Repeat, SideFact, TransactionFact};
use domain::{AccountKind, AccountStatus, Currency, Fact, FactBody, Position, TransactionKind, TransactionState};
use uuid::Uuid;

pub fn with_position(body: FactBody, partition: i32, offset: i64, ordinal: u32, last: bool) -> Fact {
    Fact {
        position: Position { partition, offset, ordinal, last },
        command_id: Some(Uuid::from_u128(offset as u128)),
        recorded_at: chrono::DateTime::from_timestamp(1_700_000_000 + offset, 0).unwrap(),
        body,
    }
}

pub fn answered() -> FactBody {
    FactBody::CommandAnswered(CommandAnswered {
        repeat: Repeat::Duplicate,
        transaction_id: Some(Uuid::from_u128(1)),
        state: Some(TransactionState::Posted),
        reason: None,
    })
}

pub fn side(account: &str, after: Option<(i64, i64)>) -> SideFact {
    let after = after.map(|(version, booked_minor)| AccountAfter {
        version,
        booked_minor,
        held_minor: 0,
        overdraft_minor: 5_000,
    });
    SideFact { account: account.parse().unwrap(), unknown: false, after }
}

pub fn transaction(kind: TransactionKind, state: TransactionState, debit: SideFact, credit: SideFact) -> FactBody {
    let fact = TransactionFact {
        id: Uuid::from_u128(7),
        kind,
        state,
        amount_minor: 1_234,
        currency: Currency::EUR,
        debit,
        credit,
        occurred_at: "2025-07-15T12:00:00Z".parse().unwrap(),
        history: false,
        reason: None,
        reference: Some("v1:sealed".to_owned()),
        hold: None,
        context: None,
        judgement: None,
    };
    match state {
        TransactionState::Posted => FactBody::TransactionPosted(fact),
        TransactionState::Held => FactBody::TransactionHeld(fact),
        TransactionState::Refused | TransactionState::Expired => FactBody::TransactionRefused(fact),
    }
}

pub fn account(number: &str, kind: AccountKind, owner: Option<Uuid>) -> AccountFact {
    AccountFact {
        account: number.parse().unwrap(),
        kind,
        currency: Currency::EUR,
        status: AccountStatus::Open,
        after: AccountAfter { version: 1, booked_minor: 10_000, held_minor: 2_000, overdraft_minor: 500 },
        opened_at: "2025-01-15T12:00:00Z".parse().unwrap(),
        owner,
    }
}
