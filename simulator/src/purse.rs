//! What customers have: so that nobody pays with money that is not there.

use domain::{AccountNumber, AmountMinor};
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
