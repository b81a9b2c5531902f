//! The ledger step: what a batch of commands does to the books. Sans-IO: the worker loads the accounts and known
//! transactions a batch names into [`Books`], calls [`step`], and stores what came out in the same database
//! transaction. A simulated database with crashes drives the very same code in tests.
//!
//! Promises: money only moves from one side to the other, so the sum over all accounts never changes; a transaction
//! id has one effect; every record leaves at least one fact. Deliberately absent: any judgement about fraud, which is
//! [`Decide`]'s.

mod account_commands;
mod books;
mod label;
mod settle;
mod submit;

pub use books::{Account, AccountId, Books, Held, KnownLabel, KnownTransaction, Slot, Stripe};
pub use settle::Settlement;
pub use submit::{Body, event_time, out_of_bounds};

use crate::command::{Command, SubmitTransaction};
use crate::fact::{
    AlertFact, CommandRefused, DeadLetterFact, DeadLetterReason, Fact, FactBody, Judgement, LabelFact, Position,
};
use crate::hex::hex;
use crate::{HoldTerms, RefusalReason, TransactionState};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A record of `bank.commands` after decoding.
#[derive(Debug, Clone)]
pub struct Record {
    pub partition: i32,
    pub offset: i64,
    /// The broker's append time.
    pub recorded_at: DateTime<Utc>,
    pub command_id: Option<Uuid>,
    /// Bytes of the value.
    pub length: i64,
    /// SHA-256 of the value.
    pub sha256: [u8; 32],
    pub input: Input,
}

/// What decoding made of a record.
#[derive(Debug, Clone)]
pub enum Input {
    Command(Command),
    /// Cannot be served. With the command when it could be read that far, so that whoever waits is answered.
    DeadLetter {
        reason: DeadLetterReason,
        detail: String,
        command: Option<Command>,
    },
}

/// A transaction as it comes to be judged.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    pub submission: &'a SubmitTransaction,
    pub partition: i32,
    pub offset: i64,
    pub recorded_at: DateTime<Utc>,
}

impl<'a> Attempt<'a> {
    /// What this record asks for.
    pub fn of(record: &Record, submission: &'a SubmitTransaction) -> Self {
        Attempt { submission, partition: record.partition, offset: record.offset, recorded_at: record.recorded_at }
    }

    /// The time that windows count in: the customer's clock where it can be believed, else the broker's.
    pub fn event_time(&self) -> DateTime<Utc> {
        event_time(self.submission.history, self.submission.occurred_at, self.recorded_at)
    }
}

/// Judges a transaction that the ledger could book, and is told of all others. Staged state is kept or dropped with
/// the batch.
pub trait Decide {
    fn decide(&mut self, attempt: &Attempt<'_>, debit: &Account, credit: &Account) -> Judged;
    /// The ledger's own rules refused it.
    fn refused(&mut self, _attempt: &Attempt<'_>) {}
    /// A hold ended.
    fn settled(&mut self, _settlement: &Settlement, _body: &Body, _event_time: DateTime<Utc>) {}
    /// A transaction was labelled.
    fn labelled(&mut self, _label: &LabelFact) {}
    /// The batch was committed.
    fn keep(&mut self) {}
    /// The batch was rolled back.
    fn forget(&mut self) {}
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Allow,
    /// Reserve the money, do not move it.
    Hold(HoldTerms),
    Refuse(RefusalReason),
}

/// What the ledger must do, and what is written down of the reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    pub verdict: Verdict,
    pub judgement: Option<Judgement>,
    /// Of an alert: see [`AlertFact::evidence`].
    pub evidence: Option<String>,
}

impl From<Verdict> for Judged {
    fn from(verdict: Verdict) -> Self {
        Judged { verdict, judgement: None, evidence: None }
    }
}

/// Allows everything: the ledger's own rules decide alone.
#[derive(Debug, Default, Clone, Copy)]
pub struct AllowAll;

impl Decide for AllowAll {
    fn decide(&mut self, _: &Attempt<'_>, _: &Account, _: &Account) -> Judged {
        Verdict::Allow.into()
    }
}

/// A row for the transaction table. Sides name slots of the [`Books`], because a new account has no id yet.
#[derive(Debug, Clone)]
pub struct TransactionRow {
    pub submission: SubmitTransaction,
    pub partition: i32,
    pub offset: i64,
    pub recorded_at: DateTime<Utc>,
    pub state: TransactionState,
    pub reason: Option<RefusalReason>,
    /// Of a held one.
    pub hold: Option<HoldTerms>,
    pub judgement: Option<Judgement>,
    pub debit: RowSide,
    pub credit: RowSide,
    /// `occurred_at` was out of bounds on a live channel.
    pub clock_out_of_bounds: bool,
}

/// One side of a row: the account, if it exists, and version and balance after, if it was posted.
#[derive(Debug, Clone, Copy, Default)]
pub struct RowSide {
    pub slot: Option<Slot>,
    pub posted: Option<(i64, i64)>,
}

/// A row for the alert table.
#[derive(Debug, Clone)]
pub struct AlertRow {
    pub alert: AlertFact,
    pub account: Slot,
    pub raised_at: DateTime<Utc>,
}

/// A row for the label table.
#[derive(Debug, Clone)]
pub struct LabelRow {
    pub label: LabelFact,
    pub recorded_at: DateTime<Utc>,
}

/// A person's link to an account, added or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkChange {
    pub slot: Slot,
    pub person: Uuid,
    pub linked: bool,
}

/// A dead letter; `record` indexes the batch.
#[derive(Debug, Clone)]
pub struct DeadLetter {
    pub record: usize,
    pub reason: DeadLetterReason,
    pub detail: String,
}

/// What a batch does, to be stored and announced as one.
#[derive(Debug, Default)]
pub struct Outcome {
    /// In the order of the records; each record has at least one, the final one marked `last`.
    pub facts: Vec<Fact>,
    pub rows: Vec<TransactionRow>,
    /// Ends of holds, of rows above or of earlier batches: to be stored after the rows.
    pub settlements: Vec<Settlement>,
    /// What transactions, of rows above or of earlier batches, turned out to be.
    pub labels: Vec<LabelRow>,
    pub alerts: Vec<AlertRow>,
    pub links: Vec<LinkChange>,
    pub dead_letters: Vec<DeadLetter>,
}

/// Applies a batch, in order.
pub fn step<'a>(books: &mut Books, records: impl IntoIterator<Item = &'a Record>, decide: &mut impl Decide) -> Outcome {
    let mut outcome = Outcome::default();
    for (index, record) in records.into_iter().enumerate() {
        match &record.input {
            Input::Command(Command::SubmitTransaction(submission)) => {
                let (body, alert) = submit::apply(books, record, submission, decide, &mut outcome.rows);
                outcome.facts.push(fact(record, 0, alert.is_none(), body));
                if let Some(row) = alert {
                    outcome.facts.push(fact(record, 1, true, FactBody::AlertRaised(row.alert.clone())));
                    outcome.alerts.push(row);
                }
            }
            Input::Command(
                command @ (Command::ReleaseHold(settle) | Command::RefuseHold(settle) | Command::ExpireHold(settle)),
            ) => match settle::apply(books, record, command, settle, decide, &mut outcome.settlements) {
                Ok(body) => outcome.facts.push(fact(record, 0, true, body)),
                Err((reason, detail)) => bury(&mut outcome, index, record, reason, detail.to_owned(), Some(command)),
            },
            Input::Command(command @ Command::ReportFraud(report)) => {
                match label::apply(books, record, report, decide, &mut outcome.labels) {
                    Ok(body) => outcome.facts.push(fact(record, 0, true, body)),
                    Err((reason, detail)) => {
                        bury(&mut outcome, index, record, reason, detail.to_owned(), Some(command));
                    }
                }
            }
            Input::Command(command) => match account_commands::apply(books, record, command, &mut outcome.links) {
                Ok(body) => outcome.facts.push(fact(record, 0, true, body)),
                Err((reason, detail)) => bury(&mut outcome, index, record, reason, detail.to_owned(), Some(command)),
            },
            Input::DeadLetter { reason, detail, command } => {
                bury(&mut outcome, index, record, *reason, detail.clone(), command.as_ref());
            }
        }
    }
    outcome
}

fn fact(record: &Record, ordinal: u32, last: bool, body: FactBody) -> Fact {
    Fact {
        position: Position { partition: record.partition, offset: record.offset, ordinal, last },
        command_id: record.command_id,
        recorded_at: record.recorded_at,
        body,
    }
}

/// A dead letter, and beside it the answer to whoever waits for the command.
fn bury(
    outcome: &mut Outcome,
    index: usize,
    record: &Record,
    reason: DeadLetterReason,
    detail: String,
    command: Option<&Command>,
) {
    let letter = DeadLetterFact { reason, detail: detail.clone(), length: record.length, sha256: hex(&record.sha256) };
    let refused = command.map(|command| CommandRefused {
        account: Some(command.key().clone()),
        transaction_id: match command {
            Command::SubmitTransaction(submission) => Some(submission.transaction_id),
            Command::ReleaseHold(c) | Command::RefuseHold(c) | Command::ExpireHold(c) => Some(c.transaction_id),
            Command::ReportFraud(c) => Some(c.transaction_id),
            _ => None,
        },
        reason,
    });
    outcome.facts.push(fact(record, 0, refused.is_none(), FactBody::RecordDeadLettered(letter)));
    if let Some(refused) = refused {
        outcome.facts.push(fact(record, 1, true, FactBody::CommandRefused(refused)));
    }
    outcome.dead_letters.push(DeadLetter { record: index, reason, detail });
}
