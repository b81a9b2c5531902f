//! A customer's transaction: what it is, where it stands, why it was refused.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionKind {
    /// External account → customer account.
    Deposit,
    /// Customer account → external account.
    Withdrawal,
    /// Customer account → customer account.
    Transfer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionState {
    Posted,
    /// Money reserved, not moved.
    Held,
    Refused,
    Expired,
}

/// What becomes of a held transaction that nobody decides about in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnExpiry {
    /// The money moves.
    Release,
    /// The money is given back.
    Expire,
}

/// How long a hold lasts, and what then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldTerms {
    pub until: DateTime<Utc>,
    pub on_expiry: OnExpiry,
}

/// Why a transaction was refused, as data: the sentence stands in the translations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalReason {
    UnknownDebitAccount,
    UnknownCreditAccount,
    DebitAccountFrozen,
    CreditAccountFrozen,
    DebitAccountClosed,
    CreditAccountClosed,
    InsufficientFunds,
    CurrencyMismatch,
    SameAccount,
    AmountOutOfBounds,
    /// A deposit must come from an external account, a withdrawal go to one, a transfer touch none.
    WrongAccountKind,
    /// The balance would leave the range of a 64-bit integer.
    BalanceOverflow,
    /// A held transaction that an analyst or a rule refused. Says no more, on purpose.
    NotApproved,
}

impl RefusalReason {
    pub const ALL: [RefusalReason; 13] = [
        RefusalReason::UnknownDebitAccount,
        RefusalReason::UnknownCreditAccount,
        RefusalReason::DebitAccountFrozen,
        RefusalReason::CreditAccountFrozen,
        RefusalReason::DebitAccountClosed,
        RefusalReason::CreditAccountClosed,
        RefusalReason::InsufficientFunds,
        RefusalReason::CurrencyMismatch,
        RefusalReason::SameAccount,
        RefusalReason::AmountOutOfBounds,
        RefusalReason::WrongAccountKind,
        RefusalReason::BalanceOverflow,
        RefusalReason::NotApproved,
    ];
}
