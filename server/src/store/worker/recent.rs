//! Accounts as this process last saw or decided them: what a batch is decided by before anything of it is locked.
//!
//! Promises: nothing here is a truth. What is read from here is compared with the tables by version when the batch is
//! saved; what was decided by a batch that is not kept is forgotten with it. Bounded: when full, it starts anew.

use super::books::AccountRow;
use domain::AccountNumber;
use domain::ledger::{Account, AccountId, Books, Stripe};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// About 200 bytes each.
const ACCOUNTS_MAX: usize = 500_000;

#[derive(Default)]
struct Seen {
    accounts: HashMap<AccountNumber, Account, foldhash::fast::RandomState>,
    stripes: HashMap<(AccountId, i32), Stripe, foldhash::fast::RandomState>,
}

/// What is known of some accounts.
#[derive(Default)]
pub struct Known {
    /// Their ids and versions.
    pub customers: Vec<(AccountId, i64)>,
    pub externals: HashMap<AccountNumber, AccountId>,
}

impl Known {
    pub fn is_external(&self, number: &AccountNumber) -> bool {
        self.externals.contains_key(number)
    }
}

#[derive(Default)]
pub struct Recent {
    seen: Mutex<Seen>,
}

impl Seen {
    fn stripe(&self, account: &Account, partition: i32) -> Option<Stripe> {
        self.stripes.get(&(account.id?, partition)).copied()
    }

    fn is_whole(&self, account: &Account, partitions: &BTreeSet<i32>) -> bool {
        !account.is_striped() || partitions.iter().all(|partition| self.stripe(account, *partition).is_some())
    }
}

impl Recent {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what is known of these to the books, and answers of which nothing is.
    pub fn copy<'a>(
        &self,
        books: &mut Books,
        numbers: impl Iterator<Item = &'a AccountNumber>,
        partitions: &BTreeSet<i32>,
    ) -> Vec<&'a AccountNumber> {
        let seen = self.seen();
        let mut missing = Vec::new();
        for number in numbers {
            match seen.accounts.get(number) {
                Some(account) if seen.is_whole(account, partitions) => {
                    let slot = books.add_account(account.clone());
                    if account.is_striped() {
                        for partition in partitions {
                            let stripe = seen.stripe(account, *partition).unwrap_or_default();
                            books.add_stripe(slot, *partition, stripe);
                        }
                    }
                }
                _ => missing.push(number),
            }
        }
        missing
    }

    /// What is known of these, to be compared with the tables.
    pub fn known(&self, numbers: &[&AccountNumber]) -> Known {
        let seen = self.seen();
        let mut known = Known::default();
        for account in numbers.iter().filter_map(|number| seen.accounts.get(*number)) {
            match (account.id, account.is_striped()) {
                (Some(id), true) => drop(known.externals.insert(account.number.clone(), id)),
                (Some(id), false) => known.customers.push((id, account.after.version)),
                (None, _) => {}
            }
        }
        known
    }

    /// Takes over what the tables say now.
    pub fn read(&self, rows: Vec<AccountRow>, partitions: &BTreeSet<i32>) {
        let mut seen = self.seen();
        if seen.accounts.len() > ACCOUNTS_MAX {
            *seen = Seen::default();
        }
        for AccountRow { account, stripe } in rows {
            if let Some(id) = account.id
                && account.is_striped()
            {
                for partition in partitions {
                    seen.stripes.entry((id, *partition)).or_default();
                }
                if let Some((partition, stripe)) = stripe {
                    seen.stripes.insert((id, partition), stripe);
                }
            }
            seen.accounts.insert(account.number.clone(), account);
        }
    }

    /// Takes over what a batch decided, before it is saved. What the batch opened has no id yet, and is read later.
    pub fn decided(&self, books: &Books) {
        let mut seen = self.seen();
        for (_, account) in books.accounts().filter(|(_, account)| account.is_changed()) {
            if let Some(known) = seen.accounts.get_mut(&account.number) {
                known.status = account.status;
                known.after = account.after;
                known.version_read = account.after.version;
            }
        }
        for (slot, partition, stripe) in books.stripes().filter(|(_, _, stripe)| stripe.is_changed()) {
            if let Some(id) = books.account(slot).id {
                seen.stripes.insert((id, partition), Stripe { version_read: stripe.version, ..*stripe });
            }
        }
    }

    /// Forgets what a batch read or decided.
    pub fn forget(&self, books: &Books) {
        let mut seen = self.seen();
        for (_, account) in books.accounts() {
            seen.accounts.remove(&account.number);
        }
        for (slot, partition, _) in books.stripes() {
            if let Some(id) = books.account(slot).id {
                seen.stripes.remove(&(id, partition));
            }
        }
    }
}
