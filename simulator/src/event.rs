//! What comes out: payments with their truth, and what is said about them later.

use crate::random::Chance;
use chrono::{DateTime, Utc};
use domain::Command;
use domain::command::{FraudLabel, LabelSource, ReportFraud, SubmitTransaction};
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// How a payment was stolen, or what it hides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FraudType {
    /// A copied card is used elsewhere and on the net until it is blocked.
    CardLeaked,
    /// One terminal charges the cards that were used there once more.
    TerminalCompromised,
    /// Somebody else signs in, from a new device, and empties the account.
    AccountTakeover,
    /// Money that came in moves on at once, in pieces, through accounts lent for it.
    MuleChain,
    /// Sums cut into pieces that stay just under the threshold.
    Structuring,
    /// Tiny payments that find out which cards still work.
    CardTesting,
    /// The customers themselves pay somebody they never paid, because they were lied to.
    ScamNewPayee,
}

impl FraudType {
    pub const ALL: [FraudType; 7] = [
        FraudType::AccountTakeover,
        FraudType::CardTesting,
        FraudType::CardLeaked,
        FraudType::ScamNewPayee,
        FraudType::MuleChain,
        FraudType::TerminalCompromised,
        FraudType::Structuring,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            FraudType::CardLeaked => "card_leaked",
            FraudType::TerminalCompromised => "terminal_compromised",
            FraudType::AccountTakeover => "account_takeover",
            FraudType::MuleChain => "mule_chain",
            FraudType::Structuring => "structuring",
            FraudType::CardTesting => "card_testing",
            FraudType::ScamNewPayee => "scam_new_payee",
        }
    }

    /// Whether a customer lost the money and gets it back.
    pub(crate) fn has_victim(self) -> bool {
        !matches!(self, FraudType::MuleChain | FraudType::Structuring)
    }
}

impl fmt::Display for FraudType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// Of a payment its `occurred_at`, of a label the time it became known.
    pub at: DateTime<Utc>,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Payment {
        command: SubmitTransaction,
        /// The truth; none is genuine.
        fraud: Option<FraudType>,
    },
    Label(ReportFraud),
}

impl Event {
    /// What is sent to the log.
    pub fn command(self) -> Command {
        match self.what {
            What::Payment { command, .. } => Command::SubmitTransaction(command),
            What::Label(report) => Command::ReportFraud(report),
        }
    }

    /// The payment's id and what it was, if it was fraud.
    pub fn truth(&self) -> Option<(Uuid, FraudType)> {
        match &self.what {
            What::Payment { command, fraud } => fraud.map(|fraud| (command.transaction_id, fraud)),
            What::Label(_) => None,
        }
    }

    /// The bank's late word on a payment that was fraud.
    pub(crate) fn label(payment: &SubmitTransaction, at: DateTime<Utc>) -> Event {
        Event {
            at,
            what: What::Label(ReportFraud {
                transaction_id: payment.transaction_id,
                account: payment.account_at_risk().clone(),
                label: FraudLabel::Fraud,
                source: LabelSource::Analyst,
                known_at: at,
                history: payment.history,
                person: None,
            }),
        }
    }
}

/// A transaction id: a UUIDv8 that begins with its moment, as imported rows have it; the rest is chance.
pub(crate) fn transaction_id(at: DateTime<Utc>, chance: &mut Chance) -> Uuid {
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&at.timestamp_millis().max(0).to_be_bytes()[2..]);
    bytes[6..14].copy_from_slice(&chance.bits().to_be_bytes());
    bytes[14..].copy_from_slice(&chance.bits().to_be_bytes()[..2]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}
