//! Where a person's wish becomes a command on the log, and waits for its fact.
//!
//! Promises: the waiter stands before the command is sent; within 4 s the log has acknowledged, or the answer is "not
//! known to be taken, the same id is safe"; within 2 s more the fact has come, or the answer is "still processing".
//! Nobody pays from an account that is not theirs. Deliberately absent: any judgement of the payment, which is the
//! ledger's, and any writing of business tables, which is the worker's.

mod account_number;
mod desk;

use crate::feed::{Feed, Waiter};
use crate::kafka::command_producer::{CommandProducer, Source};
use crate::store::Store;
use app::ports::{Opened, PayingRight, Payment, Person, PortError, Role, Submission};
use chrono::Utc;
use domain::account::cash_desk;
use domain::command::{OpenAccount, PaymentContext, SubmitTransaction};
use domain::fact::{CommandRefused, DeadLetterReason, Repeat};
use domain::{AccountKind, AccountNumber, Command, Currency, Fact, FactBody, RefusalReason};
use domain::{TransactionKind, TransactionState};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// How long a person waits for the log, then for the fact.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(4);
const DECIDED_WITHIN: Duration = Duration::from_secs(2);
/// Minted numbers that may turn out to be taken before giving up.
const NUMBERS: u8 = 5;

/// The acting half of the ports for accounts and transactions. Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    store: Store,
    feed: Feed,
    producer: CommandProducer,
}

impl Gateway {
    pub fn new(store: Store, feed: Feed, producer: CommandProducer) -> Self {
        Gateway { store, feed, producer }
    }

    /// Sends a command under an id of its own and waits: the fact, or none if it is not there yet.
    async fn act(&self, source: Source, command: &Command) -> Result<Option<Arc<Fact>>, PortError> {
        let command_id = Uuid::now_v7();
        let mut waiter = self.feed.wait_for(command_id).map_err(|error| {
            tracing::error!(%error, "a command was turned away");
            PortError::NotTaken
        })?;
        let acknowledged =
            tokio::time::timeout(ACKNOWLEDGED_WITHIN, self.acknowledged(command_id, source, command, &mut waiter));
        if let Some(fact) = acknowledged.await.map_err(|_| PortError::NotTaken)?? {
            return Ok(Some(fact));
        }
        Ok(tokio::time::timeout(DECIDED_WITHIN, waiter.fact()).await.ok().flatten())
    }

    /// Waits for the log; the fact, should it come first, says the same and more.
    async fn acknowledged(
        &self,
        command_id: Uuid,
        source: Source,
        command: &Command,
        waiter: &mut Waiter,
    ) -> Result<Option<Arc<Fact>>, PortError> {
        tokio::select! {
            sent = self.producer.send(command_id, source, command) => match sent {
                Ok(_) => Ok(None),
                Err(error) => {
                    tracing::warn!(%error, "a command was not acknowledged");
                    Err(PortError::NotTaken)
                }
            },
            Some(fact) = waiter.fact() => Ok(Some(fact)),
        }
    }

    async fn command(&self, person: Uuid, payment: &Payment) -> Result<Command, PortError> {
        let own = payment.own.clone();
        let (debit, credit) = match payment.kind {
            TransactionKind::Deposit => (cash_desk(payment.currency), own),
            TransactionKind::Withdrawal => (own, cash_desk(payment.currency)),
            TransactionKind::Transfer => (own, payment.payee.clone().ok_or(PortError::NotFound)?),
        };
        let reference = match payment.reference.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            None => None,
            Some(text) => {
                Some(self.store.seal_reference(person, payment.transaction_id, text).await.map_err(|error| {
                    tracing::error!(%error, "a free text cannot be sealed");
                    PortError::Unavailable
                })?)
            }
        };
        Ok(Command::SubmitTransaction(SubmitTransaction {
            transaction_id: payment.transaction_id,
            kind: payment.kind,
            debit,
            credit,
            amount_minor: payment.amount_minor,
            currency: payment.currency,
            occurred_at: Utc::now(),
            history: false,
            reference,
            context: web_context(),
        }))
    }
}

/// The web form knows of its circumstances only that it is the web form.
fn web_context() -> Option<Box<PaymentContext>> {
    Some(Box::new(PaymentContext { channel: Some("web".to_owned()), ..PaymentContext::default() }))
}

/// What a fact says about the submission that waited for it.
fn submission(fact: &Fact) -> Result<Submission, PortError> {
    match &fact.body {
        FactBody::TransactionPosted(transaction)
        | FactBody::TransactionHeld(transaction)
        | FactBody::TransactionRefused(transaction) => {
            Ok(Submission::Decided { state: transaction.state, reason: transaction.reason })
        }
        FactBody::CommandAnswered(answer) => match (answer.repeat, answer.state) {
            (Repeat::Conflict, _) => Ok(Submission::Conflict),
            (Repeat::Duplicate | Repeat::NotDue, Some(state)) => {
                Ok(Submission::Decided { state, reason: answer.reason })
            }
            (Repeat::Duplicate | Repeat::NotDue, None) => Ok(Submission::StillProcessing),
        },
        FactBody::CommandRefused(CommandRefused { reason: DeadLetterReason::AbsurdAmount, .. }) => {
            let reason = Some(RefusalReason::AmountOutOfBounds);
            Ok(Submission::Decided { state: TransactionState::Refused, reason })
        }
        other => {
            tracing::error!(fact = other.type_name(), position = ?fact.position, "a submission was set aside");
            Err(PortError::Unavailable)
        }
    }
}

/// What a fact says about the opening of an account; none: the number is taken by another account.
fn opened(fact: &Fact, account: AccountNumber) -> Result<Option<Opened>, PortError> {
    match &fact.body {
        FactBody::AccountOpened(_) => Ok(Some(Opened::Opened(account))),
        FactBody::CommandAnswered(answer) => match answer.repeat {
            Repeat::Duplicate => Ok(Some(Opened::Opened(account))),
            Repeat::Conflict | Repeat::NotDue => Ok(None),
        },
        FactBody::CommandRefused(CommandRefused { reason: DeadLetterReason::AccountMismatch, .. }) => Ok(None),
        other => {
            tracing::error!(fact = other.type_name(), position = ?fact.position, "an account opening was set aside");
            Err(PortError::Unavailable)
        }
    }
}

impl Gateway {
    /// Sends a payment and waits for what became of it.
    ///
    /// # Errors
    /// [`PortError::Forbidden`] when the right is to another account; [`PortError::NotTaken`] when the log did not
    /// acknowledge in time.
    pub async fn submit(&self, right: &PayingRight, payment: &Payment) -> Result<Submission, PortError> {
        if (&right.account, right.currency) != (&payment.own, payment.currency) {
            return Err(PortError::Forbidden);
        }
        let command = self.command(right.person, payment).await?;
        self.act(Source::Web, &command).await?.map_or(Ok(Submission::StillProcessing), |fact| submission(&fact))
    }

    /// Sends a payment that the decision API has read and allowed, and waits for the fact that answers it; none if it
    /// is not there yet.
    ///
    /// # Errors
    /// [`PortError::NotTaken`] when the log did not acknowledge in time.
    pub async fn decide(&self, submission: SubmitTransaction) -> Result<Option<Arc<Fact>>, PortError> {
        self.act(Source::Api, &Command::SubmitTransaction(submission)).await
    }

    /// Opens an account for a customer. The same wish, sent again, names the same account.
    ///
    /// # Errors
    /// [`PortError::Forbidden`] for all but customers; [`PortError::NotTaken`] when the log did not acknowledge in time.
    pub async fn open(&self, person: &Person, wish: Uuid, currency: Currency) -> Result<Opened, PortError> {
        if person.role != Role::Customer {
            return Err(PortError::Forbidden);
        }
        for attempt in 0..NUMBERS {
            let account = account_number::mint(person.id, wish, attempt).ok_or(PortError::Unavailable)?;
            let command = Command::OpenAccount(OpenAccount {
                account: account.clone(),
                kind: AccountKind::Customer,
                currency,
                overdraft_minor: 0,
                owner: Some(person.id),
            });
            let Some(fact) = self.act(Source::Web, &command).await? else {
                return Ok(Opened::StillProcessing(account));
            };
            if let Some(opened) = opened(&fact, account)? {
                return Ok(opened);
            }
        }
        tracing::error!("no free account number was found");
        Err(PortError::Unavailable)
    }
}

#[cfg(test)]
#[path = "gateway/tests.rs"]
mod tests;
