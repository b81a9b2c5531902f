//! A judge with a memory: what it says depends on what it said before, so that a batch counted twice, or not at all,
//! shows at once.

use crate::database::Database;
use chrono::TimeDelta;
use domain::ledger::{Account, Attempt, Decide, Judged, Verdict};
use domain::{AccountNumber, HoldTerms, OnExpiry, RefusalReason, TransactionState};
use std::collections::BTreeMap;

/// Holds every fourth and refuses every seventh transaction that an account may otherwise make.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Judge {
    kept: BTreeMap<AccountNumber, u32>,
    staged: BTreeMap<AccountNumber, u32>,
}

impl Judge {
    /// What the tables say was judged: the only way a new owner learns it.
    pub fn derived_from(database: &Database) -> Self {
        let mut judge = Judge::default();
        for transaction in database.transactions.values() {
            let judged = transaction.was_held
                || transaction.state != TransactionState::Refused
                || transaction.reason == Some(RefusalReason::NotApproved);
            if judged {
                *judge.kept.entry(transaction.body.debit.clone()).or_default() += 1;
            }
        }
        judge
    }
}

impl Decide for Judge {
    fn decide(&mut self, attempt: &Attempt<'_>, _: &Account, _: &Account) -> Judged {
        let (submission, at) = (attempt.submission, attempt.recorded_at);
        let staged = self.staged.entry(submission.debit.clone()).or_default();
        *staged += 1;
        let count = *staged + self.kept.get(&submission.debit).copied().unwrap_or_default();
        let verdict = match count {
            count if count % 7 == 0 => Verdict::Refuse(RefusalReason::NotApproved),
            count if count % 4 == 0 => Verdict::Hold(HoldTerms {
                until: at + TimeDelta::seconds(10),
                on_expiry: if count % 8 == 0 { OnExpiry::Release } else { OnExpiry::Expire },
            }),
            _ => Verdict::Allow,
        };
        verdict.into()
    }

    fn keep(&mut self) {
        for (number, count) in std::mem::take(&mut self.staged) {
            *self.kept.entry(number).or_default() += count;
        }
    }

    fn forget(&mut self) {
        self.staged.clear();
    }
}
