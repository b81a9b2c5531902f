//! The fold of the facts: accounts, stripes and transactions as the log tells them, to be held against the tables.

use super::tables::Tables;
use crate::wire::{After, Fact, Side};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// What a fact says that was booked and reserved.
#[derive(Debug, Clone, Copy, Default)]
struct Moved {
    booked: i64,
    held: i64,
}

/// A transaction's first outcome, and the end of its hold.
struct Told {
    first: Fact,
    end: Option<Fact>,
}

impl Told {
    fn now(&self) -> &Fact {
        self.end.as_ref().unwrap_or(&self.first)
    }
}

#[derive(Default)]
pub struct Fold {
    external: HashSet<String>,
    /// By account, or by stripe of an external one: each version with the state after it and what was moved.
    histories: BTreeMap<String, BTreeMap<i64, (After, Moved)>>,
    status: HashMap<String, (i64, String)>,
    transactions: HashMap<Uuid, Told>,
    repeated_versions: Vec<String>,
}

impl Fold {
    pub fn take(&mut self, facts: &[Fact]) {
        let opened = |fact: &&Fact| matches!(fact.fact.as_str(), "account_opened" | "account_changed");
        for fact in facts.iter().filter(opened) {
            let (Some(account), Some(after)) = (&fact.account, fact.after) else { continue };
            if fact.kind.as_deref() == Some("external") {
                self.external.insert(account.clone());
            }
            let status = self.status.entry(account.clone()).or_default();
            if status.0 <= after.version {
                *status = (after.version, fact.status.clone().unwrap_or_default());
            }
            self.add(account.clone(), after, Moved::default());
        }
        for fact in facts.iter().filter(|fact| fact.is_outcome()) {
            self.take_outcome(fact);
        }
    }

    /// More than one outcome, or one end of a hold, is found elsewhere; here the first of each counts.
    fn take_outcome(&mut self, fact: &Fact) {
        let Some(id) = fact.id else { return };
        let ends = self.transactions.contains_key(&id);
        let amount = fact.amount_minor.unwrap_or(0);
        // Only a customer's money is reserved.
        let reserved = if fact.kind.as_deref() == Some("deposit") { 0 } else { amount };
        let released = if ends { -reserved } else { 0 };
        let (debit, credit) = match fact.fact.as_str() {
            "transaction_posted" => (Moved { booked: -amount, held: released }, Moved { booked: amount, held: 0 }),
            "transaction_held" => (Moved { booked: 0, held: reserved }, Moved::default()),
            _ => (Moved { booked: 0, held: released }, Moved::default()),
        };
        for (side, moved) in [(&fact.debit, debit), (&fact.credit, credit)] {
            if let Some(Side { account, after: Some(after) }) = side {
                let name = self.side_name(account, fact.position.partition);
                self.add(name, *after, moved);
            }
        }
        match self.transactions.get_mut(&id) {
            Some(told) => _ = told.end.get_or_insert_with(|| fact.clone()),
            None => _ = self.transactions.insert(id, Told { first: fact.clone(), end: None }),
        }
    }

    fn side_name(&self, account: &str, partition: i32) -> String {
        if self.external.contains(account) { format!("{account}/{partition}") } else { account.to_owned() }
    }

    fn add(&mut self, side: String, after: After, moved: Moved) {
        if self.histories.entry(side.clone()).or_default().insert(after.version, (after, moved)).is_some() {
            self.repeated_versions.push(format!("{side}: two facts for version {}", after.version));
        }
    }

    /// Versions that are missing or doubled, and balances that do not follow from the one before.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = self.repeated_versions.clone();
        for (side, history) in &self.histories {
            let mut expected = (0_i64, 0_i64);
            for (version, (after, moved)) in history {
                expected = (expected.0 + 1, expected.1 + moved.booked);
                if *version != expected.0 {
                    faults.push(format!("{side}: version {version} follows {}", expected.0 - 1));
                }
                if after.booked_minor != expected.1 {
                    faults.push(format!(
                        "{side}: {} booked at version {version}, {} expected",
                        after.booked_minor, expected.1
                    ));
                }
                expected = (*version, after.booked_minor);
            }
        }
        faults
    }

    /// Where what an account holds back does not follow from the holds and their ends.
    pub fn held_faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        for (side, history) in &self.histories {
            let mut held = 0;
            for (version, (after, moved)) in history {
                held += moved.held;
                if after.held_minor != held {
                    faults.push(format!("{side}: {} held at version {version}, {held} expected", after.held_minor));
                }
                held = after.held_minor;
            }
        }
        faults
    }

    /// Where the tables say something else.
    pub fn differences(&self, tables: &Tables) -> Vec<String> {
        let mut differences = Vec::new();
        self.compare_accounts(tables, &mut differences);
        self.compare_transactions(tables, &mut differences);
        differences
    }

    fn last(&self, side: &str) -> Option<After> {
        self.histories.get(side)?.last_key_value().map(|(_, (after, _))| *after)
    }

    fn compare_accounts(&self, tables: &Tables, differences: &mut Vec<String>) {
        for (number, row) in &tables.accounts {
            let status = match self.status.get(number).map(|(_, status)| status.as_str()) {
                Some("open") => 1,
                Some("frozen") => 2,
                Some("closed") => 3,
                _ => 0,
            };
            let folded = self
                .last(number)
                .map(|after| (after.version, after.booked_minor, after.held_minor, after.overdraft_minor, status));
            let found = (row.version, row.booked_minor, row.held_minor, row.overdraft_minor, row.status);
            if folded != Some(found) {
                differences.push(format!("account {number}: facts {folded:?}, table {found:?}"));
            }
        }
        for ((number, stripe), (booked, version)) in &tables.stripes {
            let folded = self.last(&format!("{number}/{stripe}")).map(|after| (after.booked_minor, after.version));
            if folded.unwrap_or((0, 0)) != (*booked, *version) {
                differences.push(format!("stripe {number}/{stripe}: facts {folded:?}, table {:?}", (booked, version)));
            }
        }
        for side in self.histories.keys().filter(|side| tables.booked(side).is_none()) {
            differences.push(format!("{side}: in the facts, not in the tables"));
        }
    }

    fn compare_transactions(&self, tables: &Tables, differences: &mut Vec<String>) {
        for (id, told) in &self.transactions {
            let (first, fact) = (&told.first, told.now());
            let Some(row) = tables.transactions.get(id) else {
                differences.push(format!("transaction {id}: in the facts, not in the table"));
                continue;
            };
            let posted = fact.fact == "transaction_posted";
            let state = match fact.state.as_deref() {
                Some("posted") => 1,
                Some("held") => 2,
                Some("refused") => 3,
                Some("expired") => 4,
                _ => 0,
            };
            let judged = first.judgement.map(|said| (said.verdict.number(), said.score_e9, said.policy_version));
            let side = |side: &Option<Side>| {
                side.as_ref().map(|side| {
                    (
                        side.account.clone(),
                        side.after.filter(|_| posted).map(|after| (after.version, after.booked_minor)),
                    )
                })
            };
            let same = row.state == state
                && Some(row.amount_minor) == fact.amount_minor
                && Some((row.debit.clone(), row.debit_after)) == side(&fact.debit)
                && Some((row.credit.clone(), row.credit_after)) == side(&fact.credit)
                && row.judged == judged
                // Its row stands where it was submitted, however its hold ended.
                && (row.partition, row.offset) == (first.position.partition, first.position.offset);
            if !same {
                differences.push(format!("transaction {id}: fact {fact:?}, row {row:?}"));
            }
        }
        for id in tables.transactions.keys().filter(|id| !self.transactions.contains_key(id)) {
            differences.push(format!("transaction {id}: in the table, not in the facts"));
        }
    }
}
