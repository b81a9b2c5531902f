//! Facts: what the worker decided, on `bank.events`. Past-tense names; they carry state, not increments.

use crate::command::{FraudLabel, LabelSource, PaymentContext};
use crate::control::{CONTROL_PARTITION, ChangeRefused, ModelPromoted, PolicyChanged};
use crate::money::AmountMinor;
use crate::{
    AccountKind, AccountNumber, AccountStatus, Currency, HoldTerms, RefusalReason, TransactionKind, TransactionState,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where in the log a fact comes from. Commands partition = events partition, so a vector of these, one per
/// partition, says exactly what a reader has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Partition of `bank.commands` and of `bank.events`; [`CONTROL_PARTITION`] for what `bank.control` ordered.
    pub partition: i32,
    /// Offset of the command on `bank.commands` or `bank.control`.
    pub offset: i64,
    /// Counts the facts of one command from 0.
    pub ordinal: u32,
    /// Whether this is its command's last fact.
    pub last: bool,
}

impl Position {
    /// The partition of `bank.events` that carries the fact. Those of `bank.control` travel with the first one's, under
    /// a position of their own, so that both orders stand.
    pub fn events_partition(&self) -> i32 {
        if self.partition == CONTROL_PARTITION { 0 } else { self.partition }
    }
}

/// A fact with its origin. The value of one record on `bank.events`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    pub position: Position,
    /// `ce_id` of the command; none when the record could not be read that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_id: Option<Uuid>,
    /// The broker's append time of the command.
    pub recorded_at: DateTime<Utc>,
    #[serde(flatten)]
    pub body: FactBody,
}

/// What happened. On the wire the variant is also the record's `ce_type`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum FactBody {
    /// At once, or when its hold was released.
    TransactionPosted(TransactionFact),
    TransactionHeld(TransactionFact),
    /// At once, or after a hold: then the debit side says how it stands without it. Its state tells an expired one.
    TransactionRefused(TransactionFact),
    /// A transaction that detection did not simply allow; follows the transaction's own fact. For staff.
    AlertRaised(AlertFact),
    /// What a transaction turned out to be. For staff.
    TransactionLabelled(LabelFact),
    AccountOpened(AccountFact),
    AccountLinked(LinkFact),
    AccountUnlinked(LinkFact),
    /// Status or overdraft limit changed.
    AccountChanged(AccountFact),
    /// A later attempt of something already decided: wakes waiters and changes nothing.
    CommandAnswered(CommandAnswered),
    /// A readable command that cannot be served; stands beside its dead letter.
    CommandRefused(CommandRefused),
    /// A record that could not be read or applied. Its first bytes are on `bank.dead-letters`.
    RecordDeadLettered(DeadLetterFact),
    /// From here on decisions are made by it. For staff.
    PolicyChanged(PolicyChanged),
    /// From here on decisions are made with it. For staff.
    ModelPromoted(ModelPromoted),
    /// A policy or model that is not taken. For staff.
    ChangeRefused(ChangeRefused),
}

/// One transaction with both sides as they are after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransactionFact {
    pub id: Uuid,
    pub kind: TransactionKind,
    pub state: TransactionState,
    pub amount_minor: AmountMinor,
    pub currency: Currency,
    pub debit: SideFact,
    pub credit: SideFact,
    pub occurred_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub history: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RefusalReason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Of a transaction that is held: until when, and what then. For staff and for rebuilding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<HoldTerms>,
    /// From where it was made. For staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Box<PaymentContext>>,
    /// What detection said, if it was asked. For staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judgement: Option<Judgement>,
}

/// What detection said of a transaction, in brief.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    pub verdict: RiskVerdict,
    /// Uncapped score in points × 10⁻⁹.
    pub score_e9: i64,
    pub policy_version: i64,
    /// None: decided by rules alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_version: Option<i64>,
    /// The payer's first payment to this counterparty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub first_of_pair: bool,
    /// Far above what the payer was used to spend.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub large: bool,
}

/// In order of severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskVerdict {
    /// Booked.
    Allow,
    /// Booked, with an alert.
    Review,
    /// Reserved, with an alert.
    Hold,
    Refuse,
}

/// Why somebody should look at a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertFact {
    pub transaction_id: Uuid,
    /// The account at risk.
    pub account: AccountNumber,
    pub judgement: Judgement,
    /// Everything the decision was made from and what came out, as detection wrote it: enough to decide again.
    pub evidence: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelFact {
    pub transaction_id: Uuid,
    pub account: AccountNumber,
    pub label: FraudLabel,
    pub source: LabelSource,
    /// When it became known.
    pub known_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Uuid>,
    /// Of the transaction, for whoever keeps histories by counterparty.
    pub counterparty: AccountNumber,
    pub occurred_at: DateTime<Utc>,
}

/// One side of a transaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SideFact {
    pub account: AccountNumber,
    /// There was no such account when this was decided.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    /// The account after the transaction; none if it was not changed (refused at once, or a hold's credit side).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<AccountAfter>,
}

/// State of an account (of one stripe, for an external account) right after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountAfter {
    /// Counts this account's (stripe's) changes, whichever partition made them.
    pub version: i64,
    pub booked_minor: AmountMinor,
    pub held_minor: AmountMinor,
    pub overdraft_minor: AmountMinor,
}

impl AccountAfter {
    /// booked − held + overdraft.
    pub fn available_minor(&self) -> AmountMinor {
        self.booked_minor.saturating_sub(self.held_minor).saturating_add(self.overdraft_minor)
    }
}

/// A whole account after a change that is not a transaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccountFact {
    pub account: AccountNumber,
    pub kind: AccountKind,
    pub currency: Currency,
    pub status: AccountStatus,
    pub after: AccountAfter,
    pub opened_at: DateTime<Utc>,
    /// Set by `AccountOpened` when the account was opened for somebody: the first link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Uuid>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkFact {
    pub account: AccountNumber,
    pub person: Uuid,
}

/// How a repeated attempt relates to what was decided first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// Same id, same body: the first answer stands.
    Duplicate,
    /// Same id, another body: refused; the original stands.
    Conflict,
    /// A hold whose time is not over yet.
    NotDue,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommandAnswered {
    pub repeat: Repeat,
    /// The transaction that was decided first, in its current state; none for commands on accounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<TransactionState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RefusalReason>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CommandRefused {
    pub account: Option<AccountNumber>,
    pub transaction_id: Option<Uuid>,
    pub reason: DeadLetterReason,
}

/// Why a record went to the dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadLetterReason {
    /// A header is missing or malformed, or the value is not the JSON its type promises.
    Undecodable,
    /// `ce_type` is none that this worker knows (or of another version).
    UnknownType,
    /// Neither our signature nor a producer's.
    BadSignature,
    /// A producer of its own signature that may not send this, or no more.
    NotAuthorised,
    /// The key is not the account at risk, or its partition another one.
    WrongPartition,
    /// An amount that is no payment: zero, negative or beyond any bank.
    AbsurdAmount,
    TooLarge,
    /// The account to be linked or changed does not exist, or the one to be opened exists with another body.
    AccountMismatch,
    /// An account with money, holds or a limit in the way of what was asked.
    AccountBusy,
    /// No transaction of that account has this id.
    NoSuchTransaction,
    /// SQL refused the values of this one record.
    DataRejected,
    /// An operator skipped it past a halt.
    Skipped,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeadLetterFact {
    pub reason: DeadLetterReason,
    /// Short, technical, never a value from the record.
    pub detail: String,
    /// Bytes of the record's value.
    pub length: i64,
    /// Lower-case hex of the value's SHA-256.
    pub sha256: String,
}

impl FactBody {
    /// The record's `ce_type`.
    pub fn type_name(&self) -> &'static str {
        match self {
            FactBody::TransactionPosted(_) => "vigie.transaction.posted.v1",
            FactBody::TransactionHeld(_) => "vigie.transaction.held.v1",
            FactBody::TransactionRefused(_) => "vigie.transaction.refused.v1",
            FactBody::AlertRaised(_) => "vigie.alert.raised.v1",
            FactBody::TransactionLabelled(_) => "vigie.transaction.labelled.v1",
            FactBody::AccountOpened(_) => "vigie.account.opened.v1",
            FactBody::AccountLinked(_) => "vigie.account.linked.v1",
            FactBody::AccountUnlinked(_) => "vigie.account.unlinked.v1",
            FactBody::AccountChanged(_) => "vigie.account.changed.v1",
            FactBody::CommandAnswered(_) => "vigie.command.answered.v1",
            FactBody::CommandRefused(_) => "vigie.command.refused.v1",
            FactBody::RecordDeadLettered(_) => "vigie.record.dead-lettered.v1",
            FactBody::PolicyChanged(_) => "vigie.policy.changed.v1",
            FactBody::ModelPromoted(_) => "vigie.model.promoted.v1",
            FactBody::ChangeRefused(_) => "vigie.change.refused.v1",
        }
    }
}
