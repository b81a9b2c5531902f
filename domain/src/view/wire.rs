//! How a frame is read back: flat, with everything that any kind may hold.
//!
//! serde's own reading of tagged enums first takes the whole value into memory as untyped content and brings a second
//! reader for every type into the browser; this brings one.

use super::{AccountView, AlertView, Change, Frame, ResumeToken, SideView, Stamp, TransactionView};
use crate::money::AmountMinor;
use crate::{AccountKind, AccountStatus, Currency, RefusalReason, TransactionKind, TransactionState};
use serde::Deserialize;
use uuid::Uuid;

/// A field that this kind of frame or change must have is missing, or its kind is not this one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not all there")]
pub struct Incomplete;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum FrameKind {
    Snapshot,
    Update,
    Heartbeat,
    Goodbye,
}

#[derive(Deserialize)]
pub(super) struct WireFrame {
    kind: FrameKind,
    #[serde(default)]
    resume: Option<ResumeToken>,
    #[serde(default)]
    missed: Option<u64>,
    #[serde(default)]
    accounts: Vec<AccountView>,
    #[serde(default)]
    transactions: Vec<TransactionView>,
    #[serde(default)]
    changes: Vec<Change>,
    #[serde(default)]
    now_ms: Option<i64>,
}

impl TryFrom<WireFrame> for Frame {
    type Error = Incomplete;
    fn try_from(wire: WireFrame) -> Result<Self, Incomplete> {
        let WireFrame { kind, resume, missed, accounts, transactions, changes, now_ms } = wire;
        let now_ms = now_ms.ok_or(Incomplete);
        Ok(match kind {
            FrameKind::Snapshot => {
                let resume = resume.ok_or(Incomplete)?;
                Frame::Snapshot { resume, missed, accounts, transactions, now_ms: now_ms? }
            }
            FrameKind::Update => Frame::Update { resume: resume.ok_or(Incomplete)?, changes, now_ms: now_ms? },
            FrameKind::Heartbeat => Frame::Heartbeat { now_ms: now_ms? },
            FrameKind::Goodbye => Frame::Goodbye,
        })
    }
}

/// The kinds of a transaction and of an account share a name on the wire, never a value.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum AnyKind {
    Deposit,
    Withdrawal,
    Transfer,
    Customer,
    External,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ChangeName {
    Transaction,
    Account,
    Alert,
}

#[derive(Deserialize)]
pub(super) struct WireChange {
    change: ChangeName,
    #[serde(default)]
    kind: Option<AnyKind>,
    #[serde(default)]
    currency: Option<Currency>,
    #[serde(default)]
    open: Option<bool>,
    #[serde(default)]
    id: Option<Uuid>,
    #[serde(default)]
    state: Option<TransactionState>,
    #[serde(default)]
    amount_minor: Option<AmountMinor>,
    #[serde(default)]
    debit: Option<SideView>,
    #[serde(default)]
    credit: Option<SideView>,
    #[serde(default)]
    occurred_at: Option<Stamp>,
    #[serde(default)]
    recorded_at: Option<Stamp>,
    #[serde(default)]
    history: bool,
    #[serde(default)]
    reason: Option<RefusalReason>,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    account: Option<String>,
    #[serde(default)]
    status: Option<AccountStatus>,
    #[serde(default)]
    version: Option<i64>,
    #[serde(default)]
    booked_minor: Option<AmountMinor>,
    #[serde(default)]
    held_minor: Option<AmountMinor>,
    #[serde(default)]
    overdraft_minor: Option<AmountMinor>,
    #[serde(default)]
    available_minor: Option<AmountMinor>,
}

impl WireChange {
    fn transaction(self) -> Option<TransactionView> {
        let kind = match self.kind? {
            AnyKind::Deposit => TransactionKind::Deposit,
            AnyKind::Withdrawal => TransactionKind::Withdrawal,
            AnyKind::Transfer => TransactionKind::Transfer,
            AnyKind::Customer | AnyKind::External => return None,
        };
        Some(TransactionView {
            id: self.id?,
            kind,
            state: self.state?,
            amount_minor: self.amount_minor?,
            currency: self.currency?,
            debit: self.debit?,
            credit: self.credit?,
            occurred_at: self.occurred_at?,
            recorded_at: self.recorded_at?,
            history: self.history,
            reason: self.reason,
            reference: self.reference,
        })
    }

    fn account(self) -> Option<AccountView> {
        let kind = match self.kind? {
            AnyKind::Customer => AccountKind::Customer,
            AnyKind::External => AccountKind::External,
            AnyKind::Deposit | AnyKind::Withdrawal | AnyKind::Transfer => return None,
        };
        Some(AccountView {
            account: self.account?,
            kind,
            currency: self.currency?,
            status: self.status?,
            version: self.version?,
            booked_minor: self.booked_minor?,
            held_minor: self.held_minor?,
            overdraft_minor: self.overdraft_minor?,
            available_minor: self.available_minor?,
        })
    }
}

impl TryFrom<WireChange> for Change {
    type Error = Incomplete;
    fn try_from(wire: WireChange) -> Result<Self, Incomplete> {
        match wire.change {
            ChangeName::Transaction => wire.transaction().map(Change::Transaction),
            ChangeName::Account => wire.account().map(Change::Account),
            ChangeName::Alert => wire.id.zip(wire.open).map(|(id, open)| Change::Alert(AlertView { id, open })),
        }
        .ok_or(Incomplete)
    }
}
