//! What a role may see: the shapes that pages render and sockets carry. Facts never go to a socket as they are;
//! these are made from them by an allow-list, so what is not named here cannot leak.

mod wire;

use crate::money::AmountMinor;
use crate::{AccountKind, AccountStatus, Currency, RefusalReason, TransactionKind, TransactionState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A moment as the bank's clocks on the wall show it, so that the browser needs no time-zone data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp {
    /// Milliseconds since 1970, UTC.
    pub ms: i64,
    /// Minutes east of UTC in the bank's time zone at that moment.
    pub offset_min: i32,
}

/// An account as its owner, or an analyst, sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    pub account: String,
    pub kind: AccountKind,
    pub currency: Currency,
    pub status: AccountStatus,
    pub version: i64,
    pub booked_minor: AmountMinor,
    pub held_minor: AmountMinor,
    pub overdraft_minor: AmountMinor,
    /// booked − held + overdraft.
    pub available_minor: AmountMinor,
}

/// One side of a transaction. `after` is present only if the viewer may see that account, and never for an external
/// account: its versions and balances are those of one stripe, which is nobody's balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SideView {
    pub account: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<AfterView>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterView {
    pub version: i64,
    pub booked_minor: AmountMinor,
    /// As the fact said it. None in rows read back later: the tables keep the booked balance after each row, not what
    /// was held or allowed then. The account's own [`AccountView`] says what is available now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available_minor: Option<AmountMinor>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionView {
    pub id: Uuid,
    pub kind: TransactionKind,
    pub state: TransactionState,
    pub amount_minor: AmountMinor,
    pub currency: Currency,
    pub debit: SideView,
    pub credit: SideView,
    pub occurred_at: Stamp,
    pub recorded_at: Stamp,
    /// Imported history, which may overdraw.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub history: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<RefusalReason>,
    /// The payer's free text, opened for those who may read it. Pages only; never on a socket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

/// That something about an alert has changed, for bank staff: its page says the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertView {
    /// The transaction's.
    pub id: Uuid,
    /// Just raised; else somebody said what the transaction was.
    pub open: bool,
}

/// What a reader has seen: per partition the next command offset (all below are seen, wholly). Valid at every node;
/// grants no rights. A partition that is absent stands at 0.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ResumeToken(pub BTreeMap<i32, i64>);

impl<'de> Deserialize<'de> for ResumeToken {
    /// By hand, because JSON's keys are text and a map inside a tagged enum is not told that numbers are wanted.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = ResumeToken;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("offsets by partition")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<ResumeToken, A::Error> {
                let mut token = ResumeToken::default();
                while let Some((partition, next)) = map.next_entry::<std::borrow::Cow<'de, str>, i64>()? {
                    token.0.insert(partition.parse().map_err(serde::de::Error::custom)?, next);
                }
                Ok(token)
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// What a socket is asked to carry. Sent by the browser as its first message, and again to change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribe {
    /// What the page, or the last frame before the cut, had seen.
    pub resume: Option<ResumeToken>,
    /// Analysts only: every account. Otherwise the person's own accounts.
    #[serde(default)]
    pub all: bool,
}

/// A message from the node to the browser. `kind` names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", try_from = "wire::WireFrame")]
pub enum Frame {
    /// Everything afresh: sent when the token is too old or absent. `missed` counts what this client will not get one
    /// by one (none if that cannot be known).
    Snapshot {
        resume: ResumeToken,
        missed: Option<u64>,
        accounts: Vec<AccountView>,
        transactions: Vec<TransactionView>,
        now_ms: i64,
    },
    /// What happened since the last frame, in order per account.
    Update { resume: ResumeToken, changes: Vec<Change>, now_ms: i64 },
    /// Nothing happened for a while: proof of life, and the server's clock.
    Heartbeat { now_ms: i64 },
    /// Signed out, disabled, or rights changed: the page must be loaded again.
    Goodbye,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case", try_from = "wire::WireChange")]
pub enum Change {
    Transaction(TransactionView),
    Account(AccountView),
    Alert(AlertView),
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn account() -> AccountView {
        AccountView {
            account: "C100".into(),
            kind: AccountKind::Customer,
            currency: Currency::EUR,
            status: AccountStatus::Frozen,
            version: 7,
            booked_minor: -5,
            held_minor: 1,
            overdraft_minor: 20,
            available_minor: 14,
        }
    }

    fn transaction(reason: Option<RefusalReason>, after: Option<AfterView>) -> TransactionView {
        let at = |ms| Stamp { ms, offset_min: 60 };
        TransactionView {
            id: Uuid::from_u128(9),
            kind: TransactionKind::Transfer,
            state: TransactionState::Refused,
            amount_minor: 12_34,
            currency: Currency::CZK,
            debit: SideView { account: "C100".into(), after },
            credit: SideView { account: "C200".into(), after: None },
            occurred_at: at(1),
            recorded_at: at(2),
            history: after.is_some(),
            reason,
            reference: None,
        }
    }

    #[test]
    fn a_frame_is_read_back_as_it_was_written() {
        let resume = ResumeToken([(0, 17), (11, 4)].into());
        let after = AfterView { version: 3, booked_minor: 5, available_minor: None };
        let changes = vec![
            Change::Account(account()),
            Change::Transaction(transaction(Some(RefusalReason::SameAccount), None)),
            Change::Transaction(transaction(None, Some(after))),
            Change::Alert(AlertView { id: Uuid::from_u128(9), open: true }),
        ];
        let (accounts, transactions) = (vec![account()], vec![transaction(None, None)]);
        for frame in [
            Frame::Update { resume: resume.clone(), changes, now_ms: 5 },
            Frame::Snapshot { resume, missed: Some(3), accounts, transactions, now_ms: 5 },
            Frame::Heartbeat { now_ms: 6 },
            Frame::Goodbye,
        ] {
            let wire = serde_json::to_string(&frame).unwrap();
            assert_eq!(serde_json::from_str::<Frame>(&wire).unwrap(), frame, "{wire}");
        }
    }

    #[test]
    fn a_frame_that_is_not_all_there_is_an_error() {
        for wire in [
            r#"{"kind":"update","changes":[],"now_ms":1}"#,
            r#"{"kind":"heartbeat"}"#,
            r#"{"kind":"other","now_ms":1}"#,
            r#"{"kind":"update","resume":{"x":1},"now_ms":1}"#,
            r#"{"kind":"update","resume":{},"now_ms":1,"changes":[{"change":"account","kind":"deposit","currency":"EUR"}]}"#,
            r#"{"kind":"update","resume":{},"now_ms":1,"changes":[{"change":"alert","open":true}]}"#,
        ] {
            assert!(serde_json::from_str::<Frame>(wire).is_err(), "{wire}");
        }
    }
}
