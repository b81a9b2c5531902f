//! The books a batch works on: the accounts, stripes, links and known transactions it names, and nothing else.

use super::Body;
use crate::command::{FraudLabel, LabelSource};
use crate::fact::AccountAfter;
use crate::money::AmountMinor;
use crate::{AccountKind, AccountNumber, AccountStatus, Currency, HoldTerms, RefusalReason, TransactionState};
use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The account's key in the database.
pub type AccountId = i32;
/// An account's place in the [`Books`] of one batch.
pub type Slot = usize;

#[derive(Debug, Clone, PartialEq)]
pub struct Account {
    /// None while opened in this very batch.
    pub id: Option<AccountId>,
    pub number: AccountNumber,
    pub kind: AccountKind,
    pub currency: Currency,
    pub status: AccountStatus,
    /// A customer's money; of an external account only version and overdraft limit mean something here.
    pub after: AccountAfter,
    pub opened_at: DateTime<Utc>,
    /// The version it had when the batch began.
    pub version_read: i64,
}

impl Account {
    pub fn is_changed(&self) -> bool {
        self.after.version != self.version_read
    }

    /// Whether its money lies in stripes, one per partition.
    pub fn is_striped(&self) -> bool {
        self.kind == AccountKind::External
    }
}

/// The part of an external account that one partition moves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stripe {
    pub version: i64,
    pub booked_minor: AmountMinor,
    /// The version it had when the batch began; 0 where there was none.
    pub version_read: i64,
}

impl Stripe {
    pub fn is_changed(&self) -> bool {
        self.version != self.version_read
    }
}

/// A transaction that was decided before (in this batch or an earlier one).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTransaction {
    pub body: Body,
    pub state: TransactionState,
    pub reason: Option<RefusalReason>,
    /// What is needed to end it, while it is held.
    pub held: Option<Held>,
    /// See [`super::Attempt::event_time`].
    pub event_time: DateTime<Utc>,
    pub label: Option<KnownLabel>,
}

/// What a transaction is said to have been, so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownLabel {
    pub label: FraudLabel,
    pub source: LabelSource,
}

/// A hold as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub terms: HoldTerms,
    pub occurred_at: DateTime<Utc>,
    pub history: bool,
    pub reference: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Books {
    accounts: Vec<Account>,
    slots: HashMap<AccountNumber, Slot>,
    stripes: HashMap<(Slot, i32), Stripe>,
    links: HashSet<(Slot, Uuid)>,
    known: HashMap<Uuid, KnownTransaction>,
}

impl Books {
    pub fn add_account(&mut self, account: Account) -> Slot {
        let slot = self.accounts.len();
        self.slots.insert(account.number.clone(), slot);
        self.accounts.push(account);
        slot
    }

    pub fn add_stripe(&mut self, slot: Slot, partition: i32, stripe: Stripe) {
        self.stripes.insert((slot, partition), stripe);
    }

    pub fn add_link(&mut self, slot: Slot, person: Uuid) {
        self.links.insert((slot, person));
    }

    pub fn add_known(&mut self, id: Uuid, known: KnownTransaction) {
        self.known.insert(id, known);
    }

    pub fn slot(&self, number: &AccountNumber) -> Option<Slot> {
        self.slots.get(number).copied()
    }

    pub fn account(&self, slot: Slot) -> &Account {
        &self.accounts[slot]
    }

    pub fn accounts(&self) -> impl Iterator<Item = (Slot, &Account)> {
        self.accounts.iter().enumerate()
    }

    pub fn stripes(&self) -> impl Iterator<Item = (Slot, i32, &Stripe)> {
        self.stripes.iter().map(|((slot, partition), stripe)| (*slot, *partition, stripe))
    }

    /// The sides of the held transactions that were loaded: their accounts are needed too.
    pub fn held_bodies(&self) -> impl Iterator<Item = &Body> {
        self.known.values().filter(|known| known.held.is_some()).map(|known| &known.body)
    }

    /// Whether a transaction of that id was decided before.
    pub fn is_known(&self, id: &Uuid) -> bool {
        self.known.contains_key(id)
    }

    pub(super) fn known(&self, id: &Uuid) -> Option<&KnownTransaction> {
        self.known.get(id)
    }

    pub(super) fn is_linked(&self, slot: Slot, person: Uuid) -> bool {
        self.links.contains(&(slot, person))
    }

    pub(super) fn set_link(&mut self, slot: Slot, person: Uuid, linked: bool) {
        if linked {
            self.links.insert((slot, person));
        } else {
            self.links.remove(&(slot, person));
        }
    }

    /// Changes the account and raises its version, by which it is known as changed.
    pub(super) fn change(&mut self, slot: Slot, change: impl FnOnce(&mut Account)) -> AccountAfter {
        let account = &mut self.accounts[slot];
        change(account);
        account.after.version += 1;
        account.after
    }

    /// The balance of the side if `amount` were added, or none if it left the range of a 64-bit integer.
    pub(super) fn booked_with(&self, slot: Slot, partition: i32, amount: AmountMinor) -> Option<AmountMinor> {
        let booked = match self.accounts[slot].kind {
            AccountKind::Customer => self.accounts[slot].after.booked_minor,
            AccountKind::External => self.stripes.get(&(slot, partition)).map_or(0, |stripe| stripe.booked_minor),
        };
        booked.checked_add(amount)
    }

    /// Sets the side's booked money: of the account, or of the external account's stripe of this partition.
    pub(super) fn set_booked(&mut self, slot: Slot, partition: i32, booked_minor: AmountMinor) -> AccountAfter {
        match self.accounts[slot].kind {
            AccountKind::Customer => self.change(slot, |account| account.after.booked_minor = booked_minor),
            AccountKind::External => {
                let stripe = self.stripes.entry((slot, partition)).or_default();
                stripe.booked_minor = booked_minor;
                stripe.version += 1;
                AccountAfter { version: stripe.version, booked_minor, held_minor: 0, overdraft_minor: 0 }
            }
        }
    }
}
