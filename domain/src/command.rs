//! Commands: requests on `bank.commands`. Imperative names, one record each, keyed by the account at risk.

use crate::money::AmountMinor;
use crate::{AccountKind, AccountNumber, AccountStatus, Currency, TransactionKind};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Any command. On the wire the variant is the record's `ce_type`, the value is the inner struct alone.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    SubmitTransaction(SubmitTransaction),
    OpenAccount(OpenAccount),
    LinkAccount(LinkAccount),
    UnlinkAccount(LinkAccount),
    ChangeAccountStatus(ChangeAccountStatus),
    ChangeOverdraft(ChangeOverdraft),
    /// Moves the money of a held transaction.
    ReleaseHold(SettleHold),
    /// Gives the reserved money back.
    RefuseHold(SettleHold),
    /// The hold's time is over: produced by the owner of its partition.
    ExpireHold(SettleHold),
}

/// Moves money between two accounts. `transaction_id` is the client's and is the dedupe key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SubmitTransaction {
    pub transaction_id: Uuid,
    pub kind: TransactionKind,
    pub debit: AccountNumber,
    pub credit: AccountNumber,
    /// Minor units, positive.
    pub amount_minor: AmountMinor,
    pub currency: Currency,
    /// The customer's clock. Free for history; on live channels kept and flagged when out of bounds.
    pub occurred_at: DateTime<Utc>,
    /// Imported history: may overdraw, because it happened.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub history: bool,
    /// The payer's free text, sealed by the web node with the payer's key. Never part of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl SubmitTransaction {
    /// The account whose money is at risk, hence the Kafka key: the debited one if it is a customer's, else the
    /// credited one.
    pub fn account_at_risk(&self) -> &AccountNumber {
        match self.kind {
            TransactionKind::Deposit => &self.credit,
            TransactionKind::Withdrawal | TransactionKind::Transfer => &self.debit,
        }
    }
}

/// Opens an account; the same body again is answered as a duplicate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenAccount {
    pub account: AccountNumber,
    pub kind: AccountKind,
    pub currency: Currency,
    #[serde(default)]
    pub overdraft_minor: AmountMinor,
    /// The person who may see and use it from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Uuid>,
}

/// Gives (`LinkAccount`) or takes (`UnlinkAccount`) a person's right to see and use an account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkAccount {
    pub account: AccountNumber,
    pub person: Uuid,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeAccountStatus {
    pub account: AccountNumber,
    pub status: AccountStatus,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeOverdraft {
    pub account: AccountNumber,
    pub overdraft_minor: AmountMinor,
}

/// Ends a hold, by a person or by its deadline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SettleHold {
    pub transaction_id: Uuid,
    /// The held transaction's account at risk, whose partition decides.
    pub account: AccountNumber,
    /// Who decided; none where time did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Uuid>,
}

impl Command {
    /// The Kafka key: the account whose order this command belongs to.
    pub fn key(&self) -> &AccountNumber {
        match self {
            Command::SubmitTransaction(c) => c.account_at_risk(),
            Command::OpenAccount(c) => &c.account,
            Command::LinkAccount(c) | Command::UnlinkAccount(c) => &c.account,
            Command::ChangeAccountStatus(c) => &c.account,
            Command::ChangeOverdraft(c) => &c.account,
            Command::ReleaseHold(c) | Command::RefuseHold(c) | Command::ExpireHold(c) => &c.account,
        }
    }

    /// The record's `ce_type`.
    pub fn type_name(&self) -> &'static str {
        match self {
            Command::SubmitTransaction(_) => "vigie.transaction.submit.v1",
            Command::OpenAccount(_) => "vigie.account.open.v1",
            Command::LinkAccount(_) => "vigie.account.link.v1",
            Command::UnlinkAccount(_) => "vigie.account.unlink.v1",
            Command::ChangeAccountStatus(_) => "vigie.account.change-status.v1",
            Command::ChangeOverdraft(_) => "vigie.account.change-overdraft.v1",
            Command::ReleaseHold(_) => "vigie.hold.release.v1",
            Command::RefuseHold(_) => "vigie.hold.refuse.v1",
            Command::ExpireHold(_) => "vigie.hold.expire.v1",
        }
    }
}
