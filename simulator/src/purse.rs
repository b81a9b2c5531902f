//! What customers have, and what is blocked: so that nobody pays with what is not there.

use crate::event::FraudType;
use crate::intent::Intent;
use chrono::{DateTime, TimeDelta, Utc};
use domain::command::SubmitTransaction;
use domain::{AccountNumber, AmountMinor, TransactionKind};
use std::collections::HashMap;

/// Available money by customer account; external accounts have none and no end of it. Looked up, never walked: the
/// order of a hash map decides nothing.
#[derive(Debug, Clone, Default)]
pub struct Purses(HashMap<AccountNumber, AmountMinor>);

impl Purses {
    pub fn set(&mut self, account: AccountNumber, available_minor: AmountMinor) {
        self.0.insert(account, available_minor);
    }

    /// None of an external account.
    pub fn available_minor(&self, account: &AccountNumber) -> Option<AmountMinor> {
        self.0.get(account).copied()
    }

    /// Moves the money, if whoever pays has it.
    pub fn pay(&mut self, debit: &AccountNumber, credit: &AccountNumber, amount_minor: AmountMinor) -> bool {
        if self.0.get(debit).is_some_and(|available| *available < amount_minor) {
            return false;
        }
        if let Some(purse) = self.0.get_mut(debit) {
            *purse -= amount_minor;
        }
        if let Some(purse) = self.0.get_mut(credit) {
            *purse += amount_minor;
        }
        true
    }
}

/// Until a terminal that was tampered with is replaced.
const TERMINAL: TimeDelta = TimeDelta::days(30);

/// Customers whose card is blocked, and terminals that were tampered with and are out of order; and until when.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blocked(HashMap<AccountNumber, DateTime<Utc>>);

impl Blocked {
    /// What is done about a fraud that became known: the card, for as long, and the terminal for a month.
    pub fn after(&mut self, fraud: FraudType, payment: &SubmitTransaction, known_at: DateTime<Utc>, card: TimeDelta) {
        if fraud.has_victim() {
            self.until(payment.debit.clone(), known_at + card);
        }
        if fraud == FraudType::TerminalCompromised {
            self.until(payment.credit.clone(), known_at + TERMINAL);
        }
    }

    fn until(&mut self, account: AccountNumber, until: DateTime<Utc>) {
        self.0.insert(account, until);
    }

    /// Whether the account's card is blocked then, or the terminal out of order.
    pub fn is(&self, account: &AccountNumber, at: DateTime<Utc>) -> bool {
        self.0.get(account).is_some_and(|until| at < *until)
    }

    /// Whether an honest payment needs a card that is blocked or a terminal that is out of order.
    pub fn forbids(&self, intent: &Intent) -> bool {
        let channel = intent.context.channel.as_deref();
        // From the web page people pay by transfer too; that they wait with it is no great error.
        let card = matches!(channel, Some("terminal" | "atm" | "web"));
        let blocked = card && (self.is(&intent.debit, intent.at) || self.is(&intent.credit, intent.at));
        // What comes in needs neither.
        intent.fraud.is_none() && intent.kind == TransactionKind::Withdrawal && blocked
    }
}
