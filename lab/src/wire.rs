//! The wire as the lab understands it, written from the description and not from the product's code: commands out,
//! facts in.

use chrono::{DateTime, Utc};
use hmac::{Hmac, Mac as _};
use rdkafka::message::{Header, OwnedHeaders};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

pub const SUBMIT: &str = "vigie.transaction.submit.v1";
pub const OPEN: &str = "vigie.account.open.v1";
pub const RELEASE: &str = "vigie.hold.release.v1";
pub const REFUSE: &str = "vigie.hold.refuse.v1";
pub const EXPIRE: &str = "vigie.hold.expire.v1";
pub const REPORT: &str = "vigie.fraud.report.v1";
pub const SOURCE: &str = "vigie/operator";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Deposit,
    Withdrawal,
    Transfer,
}

/// A payment, as it is sent and as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    pub transaction_id: Uuid,
    pub kind: Kind,
    pub debit: String,
    pub credit: String,
    pub amount_minor: i64,
}

impl Payment {
    /// Kafka key: the debited account if it is a customer's, else the credited one.
    pub fn key(&self) -> &str {
        if self.kind == Kind::Deposit { &self.credit } else { &self.debit }
    }

    pub fn value(&self, occurred_at: &str) -> Vec<u8> {
        let kind = match self.kind {
            Kind::Deposit => "deposit",
            Kind::Withdrawal => "withdrawal",
            Kind::Transfer => "transfer",
        };
        format!(
            r#"{{"transaction_id":"{}","kind":"{kind}","debit":"{}","credit":"{}","amount_minor":{},"currency":"EUR","occurred_at":"{occurred_at}"}}"#,
            self.transaction_id, self.debit, self.credit, self.amount_minor
        )
        .into_bytes()
    }
}

/// What is asked about a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    Release,
    Refuse,
    /// By its time; whoever asks too early is told so.
    Expire,
}

/// A command that would end a hold, as it is sent and as the journal keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    pub transaction_id: Uuid,
    /// The account at risk, and Kafka key.
    pub account: String,
    pub end: End,
}

/// The value of an `OpenAccount` command.
pub fn open_account(account: &str, external: bool, overdraft_minor: i64, owner: Option<Uuid>) -> Vec<u8> {
    let kind = if external { "external" } else { "customer" };
    let owner = owner.map(|owner| format!(r#","owner":"{owner}""#)).unwrap_or_default();
    format!(r#"{{"account":"{account}","kind":"{kind}","currency":"EUR","overdraft_minor":{overdraft_minor}{owner}}}"#)
        .into_bytes()
}

/// Now, as commands write it.
pub fn now_text() -> String {
    time_text(chrono::Utc::now())
}

pub fn time_text(time: chrono::DateTime<chrono::Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// A record ready to be sent.
#[derive(Debug, Clone)]
pub struct Record {
    pub key: Box<str>,
    pub id: Uuid,
    pub kind: &'static str,
    pub value: Box<[u8]>,
    pub signature: Box<str>,
}

/// Signs with the nodes' common key.
#[derive(Clone)]
pub struct Signer(Hmac<Sha256>);

impl Signer {
    pub fn new(secret: &str) -> anyhow::Result<Self> {
        Ok(Signer(Hmac::new_from_slice(secret.as_bytes())?))
    }

    pub fn record(&self, key: &str, kind: &'static str, value: Vec<u8>) -> Record {
        let id = Uuid::now_v7();
        let mut mac = self.0.clone();
        let id_text = id.to_string();
        for part in [key.as_bytes(), id_text.as_bytes(), kind.as_bytes(), SOURCE.as_bytes(), &value] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let tag: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        Record { key: key.into(), id, kind, value: value.into(), signature: format!("v1,{tag}").into() }
    }

    pub fn payment(&self, payment: &Payment, occurred_at: &str) -> Record {
        self.record(payment.key(), SUBMIT, payment.value(occurred_at))
    }

    /// A payment made with a device; which one is no part of what makes two payments the same.
    pub fn payment_with(&self, payment: &Payment, occurred_at: &str, device: &str) -> Record {
        let mut value = payment.value(occurred_at);
        value.pop();
        value.extend_from_slice(format!(r#","context":{{"device":"{device}"}}}}"#).as_bytes());
        self.record(payment.key(), SUBMIT, value)
    }

    /// A payment of the past: booked whatever it leaves, scored and never held.
    pub fn history(&self, payment: &Payment, occurred_at: &str) -> Record {
        let mut value = payment.value(occurred_at);
        value.pop();
        value.extend_from_slice(br#","history":true}"#);
        self.record(payment.key(), SUBMIT, value)
    }

    /// What became known of a payment of the past.
    pub fn fraud(&self, transaction_id: Uuid, account: &str, known_at: &str) -> Record {
        let value = format!(
            r#"{{"transaction_id":"{transaction_id}","account":"{account}","label":"fraud","source":"analyst","known_at":"{known_at}","history":true}}"#
        );
        self.record(account, REPORT, value.into_bytes())
    }

    pub fn settle(&self, settle: &Settle) -> Record {
        let kind = match settle.end {
            End::Release => RELEASE,
            End::Refuse => REFUSE,
            End::Expire => EXPIRE,
        };
        let value = format!(r#"{{"transaction_id":"{}","account":"{}"}}"#, settle.transaction_id, settle.account);
        self.record(&settle.account, kind, value.into_bytes())
    }
}

impl Record {
    pub fn headers(&self, time: &str) -> OwnedHeaders {
        let mut id = [0; 36];
        let pairs: [(&str, &str); 7] = [
            ("ce_specversion", "1.0"),
            ("ce_id", self.id.hyphenated().encode_lower(&mut id)),
            ("ce_type", self.kind),
            ("ce_source", SOURCE),
            ("ce_time", time),
            ("content-type", "application/json"),
            ("vigie_signature", &self.signature),
        ];
        let headers = OwnedHeaders::new_with_capacity(pairs.len());
        pairs.into_iter().fold(headers, |headers, (key, value)| headers.insert(Header { key, value: Some(value) }))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct Position {
    pub partition: i32,
    pub offset: i64,
    pub ordinal: u32,
    pub last: bool,
}

/// A fact, as far as the checks need it. Unknown fields are left alone.
#[derive(Debug, Clone, Deserialize)]
pub struct Fact {
    pub position: Position,
    #[serde(default)]
    pub command_id: Option<Uuid>,
    pub recorded_at: DateTime<Utc>,
    pub fact: String,
    // transactions
    #[serde(default)]
    pub id: Option<Uuid>,
    #[serde(default)]
    pub state: Option<String>,
    #[serde(default)]
    pub hold: Option<HoldTerms>,
    #[serde(default)]
    pub judgement: Option<Judgement>,
    #[serde(default)]
    pub kind: Option<String>,
    #[serde(default)]
    pub amount_minor: Option<i64>,
    #[serde(default)]
    pub debit: Option<Side>,
    #[serde(default)]
    pub credit: Option<Side>,
    // accounts
    #[serde(default)]
    pub account: Option<String>,
    #[serde(default)]
    pub status: Option<String>,
    #[serde(default)]
    pub after: Option<After>,
    // answers
    #[serde(default)]
    pub repeat: Option<String>,
    #[serde(default)]
    pub transaction_id: Option<Uuid>,
    // alerts
    #[serde(default)]
    pub evidence: Option<String>,
    // refused policies and models
    #[serde(default)]
    pub field: Option<String>,
    #[serde(default)]
    pub said: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnExpiry {
    Release,
    Expire,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct HoldTerms {
    pub until: DateTime<Utc>,
    pub on_expiry: OnExpiry,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RiskVerdict {
    Allow,
    Review,
    Hold,
    Refuse,
}

impl RiskVerdict {
    /// As the tables number it.
    pub fn number(self) -> i16 {
        match self {
            RiskVerdict::Allow => 1,
            RiskVerdict::Review => 2,
            RiskVerdict::Hold => 3,
            RiskVerdict::Refuse => 4,
        }
    }
}

/// What detection said of a transaction, in brief.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Judgement {
    pub verdict: RiskVerdict,
    /// Points × 10⁻⁹, uncapped.
    pub score_e9: i64,
    pub policy_version: i64,
    #[serde(default)]
    pub model_version: Option<i64>,
}

impl Fact {
    /// Of what may be one outcome of a transaction: its first, or the end of its hold.
    pub fn is_outcome(&self) -> bool {
        matches!(self.fact.as_str(), "transaction_posted" | "transaction_held" | "transaction_refused")
    }

    /// The account whose money is at risk: the debited one if it is a customer's, else the credited one.
    pub fn account_at_risk(&self) -> Option<&str> {
        let side = if self.kind.as_deref() == Some("deposit") { &self.credit } else { &self.debit };
        side.as_ref().map(|side| side.account.as_str())
    }
}

#[derive(Debug, Clone, Deserialize)]
pub struct Side {
    pub account: String,
    #[serde(default)]
    pub after: Option<After>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct After {
    pub version: i64,
    pub booked_minor: i64,
    pub held_minor: i64,
    pub overdraft_minor: i64,
}
