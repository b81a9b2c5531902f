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
    /// Says afterwards what a transaction was: the labels that detection learns from.
    ReportFraud(ReportFraud),
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
    /// From where it was made, as its channel tells. Never part of the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Box<PaymentContext>>,
}

/// Circumstances of a payment, for detection alone. All optional: what a channel does not know it leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentContext {
    /// Opaque id of the device, 1 to 64 printable ASCII characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// `web`, `app`, `terminal`, `atm`, …: 1 to 32 lower-case letters, digits or hyphens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// ISO 3166 country of the counterparty: two capital letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Signs of malware or remote control, 0 (none) to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_risk: Option<u8>,
}

/// A place on Earth, in millionths of a degree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub latitude_e6: i32,
    pub longitude_e6: i32,
}

impl PaymentContext {
    /// The name of the first field that is not as described.
    pub fn invalid_field(&self) -> Option<&'static str> {
        let name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let within =
            |text: &str, most: usize, fits: fn(u8) -> bool| (1..=most).contains(&text.len()) && text.bytes().all(fits);
        let device = |text: &str| within(text, 64, |byte| byte.is_ascii_graphic());
        let country = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        let place = |place: &Place| {
            place.latitude_e6.unsigned_abs() <= 90_000_000 && place.longitude_e6.unsigned_abs() <= 180_000_000
        };
        let checks = [
            ("device", self.device.as_deref().is_none_or(device)),
            ("place", self.place.as_ref().is_none_or(place)),
            ("channel", self.channel.as_deref().is_none_or(|text| within(text, 32, name))),
            ("country", self.country.as_deref().is_none_or(country)),
            ("session_risk", self.session_risk.is_none_or(|risk| risk <= 100)),
        ];
        checks.into_iter().find(|(_, fits)| !fits).map(|(name, _)| name)
    }
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

/// What a transaction turned out to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportFraud {
    pub transaction_id: Uuid,
    /// The transaction's account at risk, whose partition decides.
    pub account: AccountNumber,
    pub label: FraudLabel,
    pub source: LabelSource,
    /// When it became known. Believed for history only; else the broker's append time counts.
    pub known_at: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub history: bool,
    /// Who says so; none where another system does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Uuid>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FraudLabel {
    Fraud,
    Genuine,
    /// Looked at without a result: nothing learns from it.
    Inconclusive,
}

/// Who said it; in order of authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelSource {
    Customer,
    Analyst,
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
            Command::ReportFraud(c) => &c.account,
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
            Command::ReportFraud(_) => "vigie.fraud.report.v1",
        }
    }
}
