//! What a fact looks like to one viewer. The only way from a fact to a socket, by allow-list.
//!
//! Promises: a customer gets transactions of own accounts alone, and of the other side its number and nothing else; a
//! sealed text, a command id, a position never leave, and an expired hold looks like any that was not approved. Analysts
//! and operators get both sides, and that there is an alert. The same rules as the
//! store's, so that a page and its socket agree. Pure.

use crate::feed::Interest;
use crate::store::stamp;
use app::ports::{Person, Role};
use chrono_tz::Tz;
use domain::fact::{AccountFact, AlertFact, LabelFact, LinkFact, SideFact, TransactionFact};
use domain::view::{AccountView, AfterView, AlertView, Change, SideView, TransactionView};
use domain::{AccountKind, AccountNumber, Fact, FactBody, TransactionKind, TransactionState};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// The accounts linked to a person.
pub type Own = Arc<BTreeSet<AccountNumber>>;

/// Who looks, at what.
#[derive(Debug, Clone)]
pub struct Viewer {
    person: Uuid,
    /// Every account; none: the own ones.
    own: Option<Own>,
    time_zone: Tz,
}

impl Viewer {
    /// `all` is granted to analysts and operators only.
    pub fn new(person: &Person, all: bool, own: &Own, time_zone: Tz) -> Self {
        let all = all && matches!(person.role, Role::Analyst | Role::Operator);
        Viewer { person: person.id, own: (!all).then(|| Arc::clone(own)), time_zone }
    }

    pub fn sees_all(&self) -> bool {
        self.own.is_none()
    }

    /// What may be wanted by this viewer: wider than [`Viewer::wants`], never narrower.
    pub fn interest(&self) -> Interest {
        match &self.own {
            None => Interest::Everything,
            Some(own) => Interest::Own { person: self.person, accounts: Arc::clone(own) },
        }
    }

    /// May see the account.
    fn sees(&self, account: &AccountNumber) -> bool {
        self.own.as_ref().is_none_or(|own| own.contains(account))
    }

    /// May see the transaction: the account at risk is theirs, or they were credited. That somebody tried to pay them
    /// is not theirs to know.
    fn sees_transaction(&self, fact: &TransactionFact) -> bool {
        let credited = fact.state == TransactionState::Posted || fact.kind == TransactionKind::Deposit;
        // An account that did not exist then was nobody's.
        let sees = |side: &SideFact| self.own.is_none() || (!side.unknown && self.sees(&side.account));
        sees(&fact.debit) || (credited && sees(&fact.credit))
    }

    /// The fact gives or takes a right of this person: what they may see must be read again.
    pub fn is_regranted_by(&self, fact: &Fact) -> bool {
        match &fact.body {
            FactBody::AccountLinked(LinkFact { person, .. }) | FactBody::AccountUnlinked(LinkFact { person, .. }) => {
                *person == self.person
            }
            FactBody::AccountOpened(AccountFact { owner, .. }) => *owner == Some(self.person),
            _ => false,
        }
    }

    /// Whether the fact is anything to this viewer: cheap, for looking through many.
    pub fn wants(&self, fact: &Fact) -> bool {
        match &fact.body {
            FactBody::TransactionPosted(f) | FactBody::TransactionHeld(f) | FactBody::TransactionRefused(f) => {
                self.sees_transaction(f)
            }
            FactBody::AccountOpened(f) | FactBody::AccountChanged(f) => {
                self.sees_account(f) || self.is_regranted_by(fact)
            }
            FactBody::AccountLinked(_) | FactBody::AccountUnlinked(_) => self.is_regranted_by(fact),
            FactBody::AlertRaised(_) | FactBody::TransactionLabelled(_) => self.sees_all(),
            FactBody::CommandAnswered(_)
            | FactBody::CommandRefused(_)
            | FactBody::RecordDeadLettered(_)
            | FactBody::PolicyChanged(_)
            | FactBody::ModelPromoted(_)
            | FactBody::ChangeRefused(_) => false,
        }
    }

    /// What the viewer gets of the fact.
    pub fn change(&self, fact: &Fact) -> Option<Change> {
        match &fact.body {
            FactBody::TransactionPosted(f) | FactBody::TransactionHeld(f) | FactBody::TransactionRefused(f) => {
                self.sees_transaction(f).then(|| Change::Transaction(self.transaction(fact, f)))
            }
            FactBody::AccountOpened(f) | FactBody::AccountChanged(f) => {
                self.sees_account(f).then(|| Change::Account(account(f)))
            }
            FactBody::AlertRaised(AlertFact { transaction_id, .. }) => {
                self.sees_all().then_some(Change::Alert(AlertView { id: *transaction_id, open: true }))
            }
            FactBody::TransactionLabelled(LabelFact { transaction_id, .. }) => {
                self.sees_all().then_some(Change::Alert(AlertView { id: *transaction_id, open: false }))
            }
            FactBody::AccountLinked(_)
            | FactBody::AccountUnlinked(_)
            | FactBody::CommandAnswered(_)
            | FactBody::CommandRefused(_)
            | FactBody::RecordDeadLettered(_)
            | FactBody::PolicyChanged(_)
            | FactBody::ModelPromoted(_)
            | FactBody::ChangeRefused(_) => None,
        }
    }

    /// An external account's fact tells of one stripe, which is nobody's balance.
    fn sees_account(&self, fact: &AccountFact) -> bool {
        fact.kind == AccountKind::Customer && self.sees(&fact.account)
    }

    fn transaction(&self, fact: &Fact, transaction: &TransactionFact) -> TransactionView {
        let external = (transaction.kind == TransactionKind::Deposit, transaction.kind == TransactionKind::Withdrawal);
        let (state, reason) = match self.own {
            None => (transaction.state, transaction.reason),
            Some(_) => crate::store::outcome_for_customers(transaction.state, transaction.reason),
        };
        TransactionView {
            id: transaction.id,
            kind: transaction.kind,
            state,
            amount_minor: transaction.amount_minor,
            currency: transaction.currency,
            debit: self.side(&transaction.debit, external.0),
            credit: self.side(&transaction.credit, external.1),
            occurred_at: stamp(transaction.occurred_at, self.time_zone),
            recorded_at: stamp(fact.recorded_at, self.time_zone),
            history: transaction.history,
            reason,
            reference: None,
        }
    }

    fn side(&self, side: &SideFact, external: bool) -> SideView {
        let after = side.after.filter(|_| !external && self.sees(&side.account)).map(|after| AfterView {
            version: after.version,
            booked_minor: after.booked_minor,
            available_minor: Some(after.available_minor()),
        });
        SideView { account: side.account.to_string(), after }
    }
}

fn account(fact: &AccountFact) -> AccountView {
    AccountView {
        account: fact.account.to_string(),
        kind: fact.kind,
        currency: fact.currency,
        status: fact.status,
        version: fact.after.version,
        booked_minor: fact.after.booked_minor,
        held_minor: fact.after.held_minor,
        overdraft_minor: fact.after.overdraft_minor,
        available_minor: fact.after.available_minor(),
    }
}

#[cfg(test)]
#[path = "projection_tests.rs"]
mod tests;
