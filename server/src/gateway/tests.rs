//! What each fact means to the person who waited for it.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::feed::sample::{account, side, transaction, with_position};
use domain::fact::CommandAnswered;

fn fact(body: FactBody) -> Fact {
    with_position(body, 0, 0, 0, true)
}

fn answered(repeat: Repeat, state: Option<TransactionState>) -> Fact {
    let reason = (state == Some(TransactionState::Refused)).then_some(RefusalReason::InsufficientFunds);
    fact(FactBody::CommandAnswered(CommandAnswered { repeat, transaction_id: None, state, reason }))
}

fn refused(reason: DeadLetterReason) -> Fact {
    fact(FactBody::CommandRefused(CommandRefused { account: None, transaction_id: None, reason }))
}

#[test]
fn the_first_decision_and_a_repeated_attempt_get_the_same_answer() {
    let state = TransactionState::Posted;
    let body = transaction(TransactionKind::Transfer, state, side("C1", Some((1, 1))), side("C2", Some((1, 1))));
    let decided = Submission::Decided { state, reason: None };
    assert_eq!(submission(&fact(body)), Ok(decided));
    assert_eq!(submission(&answered(Repeat::Duplicate, Some(state))), Ok(decided));
    let refused = answered(Repeat::Duplicate, Some(TransactionState::Refused));
    let reason = Some(RefusalReason::InsufficientFunds);
    assert_eq!(submission(&refused), Ok(Submission::Decided { state: TransactionState::Refused, reason }));
}

#[test]
fn the_same_id_with_another_body_is_a_conflict() {
    assert_eq!(submission(&answered(Repeat::Conflict, Some(TransactionState::Posted))), Ok(Submission::Conflict));
}

#[test]
fn an_absurd_amount_is_refused_and_any_other_dead_letter_is_our_fault() {
    let out_of_bounds = Some(RefusalReason::AmountOutOfBounds);
    assert_eq!(
        submission(&refused(DeadLetterReason::AbsurdAmount)),
        Ok(Submission::Decided { state: TransactionState::Refused, reason: out_of_bounds })
    );
    assert_eq!(submission(&refused(DeadLetterReason::BadSignature)), Err(PortError::Unavailable));
}

#[test]
fn an_opened_account_answers_each_attempt_and_a_taken_number_asks_for_another() {
    let number: AccountNumber = "C1".parse().unwrap();
    let person = Uuid::from_u128(1);
    let opening = fact(FactBody::AccountOpened(account("C1", AccountKind::Customer, Some(person))));
    let done = Ok(Some(Opened::Opened(number.clone())));
    assert_eq!(opened(&opening, number.clone()), done);
    assert_eq!(opened(&answered(Repeat::Duplicate, None), number.clone()), done);
    assert_eq!(opened(&refused(DeadLetterReason::AccountMismatch), number.clone()), Ok(None));
    assert_eq!(opened(&refused(DeadLetterReason::Undecodable), number), Err(PortError::Unavailable));
}
