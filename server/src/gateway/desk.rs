//! What bank staff decide: the end of a hold, and what a transaction was.
//!
//! Of any number of people who end one hold exactly one does; each of the others is told how it had ended already.

use super::Gateway;
use crate::kafka::command_producer::Source;
use app::ports::alerts::{Labelled, Settle, Settled};
use app::ports::{Person, PortError};
use chrono::Utc;
use domain::command::{FraudLabel, LabelSource, ReportFraud, SettleHold};
use domain::fact::{CommandRefused, DeadLetterReason, Repeat};
use domain::{Command, Fact, FactBody, TransactionState};
use uuid::Uuid;

impl Gateway {
    /// Releases or refuses a held transaction and waits for what became of it.
    ///
    /// # Errors
    /// [`PortError::Forbidden`] for customers; [`PortError::NotFound`]; [`PortError::NotTaken`] when the log did not
    /// acknowledge in time.
    pub async fn settle(&self, person: &Person, transaction_id: Uuid, how: Settle) -> Result<Settled, PortError> {
        let account = self.store.at_risk(person, transaction_id).await?.account;
        let hold = SettleHold { transaction_id, account, person: Some(person.id) };
        let command = match how {
            Settle::Release => Command::ReleaseHold(hold),
            Settle::Refuse => Command::RefuseHold(hold),
        };
        self.act(Source::Web, &command).await?.map_or(Ok(Settled::StillProcessing), |fact| settled(&fact))
    }

    /// Says what a transaction was, as an analyst, and waits for the fact.
    ///
    /// # Errors
    /// As [`Gateway::settle`].
    pub async fn label(&self, person: &Person, transaction_id: Uuid, label: FraudLabel) -> Result<Labelled, PortError> {
        let at_risk = self.store.at_risk(person, transaction_id).await?;
        if at_risk.state == TransactionState::Held {
            return Ok(Labelled::StillHeld);
        }
        let command = Command::ReportFraud(ReportFraud {
            transaction_id,
            account: at_risk.account,
            label,
            source: LabelSource::Analyst,
            known_at: Utc::now(),
            history: false,
            person: Some(person.id),
        });
        self.act(Source::Web, &command).await?.map_or(Ok(Labelled::StillProcessing), |fact| labelled(&fact))
    }
}

/// What a fact says about the settlement that waited for it.
fn settled(fact: &Fact) -> Result<Settled, PortError> {
    match &fact.body {
        FactBody::TransactionPosted(ended) | FactBody::TransactionRefused(ended) => {
            Ok(Settled::Done { state: ended.state, reason: ended.reason })
        }
        FactBody::CommandAnswered(answer) => {
            Ok(answer.state.map_or(Settled::StillProcessing, |state| Settled::Already { state }))
        }
        _ => Err(set_aside(fact)),
    }
}

/// What a fact says about the label that waited for it.
fn labelled(fact: &Fact) -> Result<Labelled, PortError> {
    match &fact.body {
        FactBody::TransactionLabelled(_) => Ok(Labelled::Done),
        FactBody::CommandAnswered(answer) => Ok(match answer.repeat {
            Repeat::Duplicate | Repeat::Conflict | Repeat::NotDue => Labelled::Already,
        }),
        _ => Err(set_aside(fact)),
    }
}

fn set_aside(fact: &Fact) -> PortError {
    if let FactBody::CommandRefused(CommandRefused { reason: DeadLetterReason::NoSuchTransaction, .. }) = fact.body {
        return PortError::NotFound;
    }
    tracing::error!(fact = fact.body.type_name(), position = ?fact.position, "a decision of staff was set aside");
    PortError::Unavailable
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::feed::sample::{side, transaction, with_position};
    use domain::fact::CommandAnswered;
    use domain::{RefusalReason, TransactionKind};

    fn fact(body: FactBody) -> Fact {
        with_position(body, 0, 0, 0, true)
    }

    fn answered(repeat: Repeat, state: TransactionState) -> Fact {
        let state = Some(state);
        fact(FactBody::CommandAnswered(CommandAnswered { repeat, transaction_id: None, state, reason: None }))
    }

    #[test]
    fn whoever_ends_a_hold_is_told_how_and_everybody_else_how_it_had_ended() {
        let posted = TransactionState::Posted;
        let sides = (side("C1", Some((2, 1))), side("C2", Some((2, 1))));
        let body = transaction(TransactionKind::Transfer, posted, sides.0, sides.1);
        assert_eq!(settled(&fact(body)), Ok(Settled::Done { state: posted, reason: None }));
        for (repeat, state) in [
            (Repeat::Duplicate, posted),
            (Repeat::Conflict, TransactionState::Refused),
            (Repeat::Conflict, TransactionState::Expired),
        ] {
            assert_eq!(settled(&answered(repeat, state)), Ok(Settled::Already { state }));
        }
    }

    #[test]
    fn a_release_that_could_not_be_booked_says_why() {
        let state = TransactionState::Refused;
        let body = transaction(TransactionKind::Transfer, state, side("C1", Some((2, 1))), side("C2", None));
        let FactBody::TransactionRefused(mut given_back) = body else { panic!() };
        given_back.reason = Some(RefusalReason::CreditAccountClosed);
        let reason = given_back.reason;
        assert_eq!(settled(&fact(FactBody::TransactionRefused(given_back))), Ok(Settled::Done { state, reason }));
    }

    #[test]
    fn what_is_not_there_cannot_be_decided() {
        let refused =
            |reason| fact(FactBody::CommandRefused(CommandRefused { account: None, transaction_id: None, reason }));
        assert_eq!(settled(&refused(DeadLetterReason::NoSuchTransaction)), Err(PortError::NotFound));
        assert_eq!(labelled(&refused(DeadLetterReason::NoSuchTransaction)), Err(PortError::NotFound));
        assert_eq!(settled(&refused(DeadLetterReason::BadSignature)), Err(PortError::Unavailable));
        let again = answered(Repeat::Duplicate, TransactionState::Posted);
        assert_eq!(labelled(&again), Ok(Labelled::Already));
    }
}
