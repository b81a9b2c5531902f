//! Alerts: what detection asks bank staff to look at, and what they decide. Analysts and operators only.
//!
//! Reasons arrive as finished sentences in the reader's language; the pages know no rule and no model.

use super::{Person, PortError};
use crate::language::Language;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::command::{FraudLabel, LabelSource};
use domain::fact::RiskVerdict;
use domain::money::AmountMinor;
use domain::view::{ResumeToken, TransactionView};
use domain::{Currency, OnExpiry, RefusalReason, TransactionKind, TransactionState};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

#[async_trait]
pub trait Alerts: Send + Sync {
    /// Open ones first, then the newest.
    async fn list(&self, person: &Person, query: &AlertQuery) -> Result<AlertPage, PortError>;
    /// One with its reasons. [`PortError::NotFound`] where nobody was alerted.
    async fn one(&self, person: &Person, id: Uuid, language: Language) -> Result<AlertDetail, PortError>;
    /// How many are open, counted up to [`OPEN_COUNTED`].
    async fn open_count(&self, person: &Person) -> Result<i64, PortError>;
    /// A verdict in detection's words.
    fn verdict(&self, verdict: RiskVerdict, language: Language) -> &'static str;
    /// Ends a hold; waits for the log and for the fact as a payment does.
    ///
    /// # Errors
    /// [`PortError::NotTaken`] when the log did not acknowledge: trying again is safe, a hold ends once.
    async fn settle(&self, person: &Person, id: Uuid, how: Settle) -> Result<Settled, PortError>;
    /// Says what a transaction was. Not while it is held.
    ///
    /// # Errors
    /// As [`Alerts::settle`].
    async fn label(&self, person: &Person, id: Uuid, label: FraudLabel) -> Result<Labelled, PortError>;
}

/// More open alerts than this are "more than".
pub const OPEN_COUNTED: i64 = 999;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertQuery {
    pub open: Option<bool>,
    pub verdict: Option<RiskVerdict>,
    /// Keyset: only what comes after this one.
    pub after: Option<AlertKey>,
    pub limit: i64,
}

/// An alert's place in the list; `o.1700000000000.UUID` in addresses, `c.…` for a closed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertKey {
    pub open: bool,
    pub raised_at_ms: i64,
    pub id: Uuid,
}

impl fmt::Display for AlertKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", if self.open { 'o' } else { 'c' }, self.raised_at_ms, self.id)
    }
}

/// No place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a place in the list of alerts")]
pub struct ParseAlertKeyError;

impl FromStr for AlertKey {
    type Err = ParseAlertKeyError;
    fn from_str(text: &str) -> Result<Self, ParseAlertKeyError> {
        let mut parts = text.splitn(3, '.');
        let open = match parts.next() {
            Some("o") => true,
            Some("c") => false,
            _ => return Err(ParseAlertKeyError),
        };
        let raised_at_ms = parts.next().and_then(|part| part.parse().ok()).ok_or(ParseAlertKeyError)?;
        let id = parts.next().and_then(|part| part.parse().ok()).ok_or(ParseAlertKeyError)?;
        Ok(AlertKey { open, raised_at_ms, id })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertPage {
    pub rows: Vec<AlertRow>,
    /// Where the next page begins.
    pub older: Option<AlertKey>,
    pub resume: ResumeToken,
}

/// An alert as its list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRow {
    /// The transaction's.
    pub id: Uuid,
    pub raised_at: DateTime<Utc>,
    /// The account at risk.
    pub account: String,
    pub counterparty: String,
    pub kind: TransactionKind,
    pub amount_minor: AmountMinor,
    pub currency: Currency,
    /// 0 to 100, in points × 10⁻⁹.
    pub score_e9: i64,
    pub verdict: RiskVerdict,
    pub state: TransactionState,
    pub open: bool,
    /// While it is held.
    pub held_until: Option<DateTime<Utc>>,
    pub label: Option<FraudLabel>,
}

impl AlertRow {
    pub fn key(&self) -> AlertKey {
        AlertKey { open: self.open, raised_at_ms: self.raised_at.timestamp_millis(), id: self.id }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertDetail {
    pub alert: AlertRow,
    pub transaction: TransactionView,
    pub closed_at: Option<DateTime<Utc>>,
    /// While it is held.
    pub on_expiry: Option<OnExpiry>,
    /// Who said what it was.
    pub labelled_by: Option<LabelSource>,
    pub policy_version: Option<i64>,
    /// None: decided by rules alone.
    pub model_version: Option<i64>,
    /// None: the evidence was written by another version and cannot be read by this one.
    pub explanation: Option<Explanation>,
    pub resume: ResumeToken,
}

/// Why, in finished sentences. Points are × 10⁻⁹.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What the reasons add up to: the score, cut at 100.
    pub score_e9: i64,
    pub thresholds: Thresholds,
    pub reasons: Vec<Reason>,
    /// What a reader must know beside the reasons.
    pub flags: Vec<&'static str>,
    /// What would have been allowed.
    pub counterfactual: Option<String>,
    /// (what, value) of every fact that was looked at.
    pub facts: Vec<(String, String)>,
}

/// Scores from which on a payment is reviewed, held, refused; above 100 is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    pub review: u32,
    pub hold: u32,
    pub refuse: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub text: String,
    /// None: could not be answered.
    pub points_e9: Option<i64>,
}

/// How a person ends a hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// The money moves.
    Release,
    /// The money is given back.
    Refuse,
}

/// What became of it within the bounded wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// By this very wish. A release that could not be booked gives the money back, with the reason.
    Done { state: TransactionState, reason: Option<RefusalReason> },
    /// Somebody, or time, was first.
    Already { state: TransactionState },
    /// Taken by the log, not decided yet.
    StillProcessing,
}

/// What became of a label within the bounded wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Labelled {
    Done,
    /// The same was said before.
    Already,
    /// Release or refuse it first.
    StillHeld,
    StillProcessing,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_is_read_back_from_its_address() {
        for open in [true, false] {
            let key = AlertKey { open, raised_at_ms: 1_700_000_000_123, id: Uuid::from_u128(7) };
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        for wrong in ["", "o", "x.1.2", "o.one.00000000-0000-0000-0000-000000000007", "o.1.two"] {
            assert_eq!(wrong.parse::<AlertKey>(), Err(ParseAlertKeyError), "{wrong}");
        }
    }
}
