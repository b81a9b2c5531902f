//! A judge with a memory: what it says depends on what it said and heard before, so that a batch counted twice, or not
//! at all, shows at once.

use crate::database::Database;
use chrono::TimeDelta;
use domain::command::FraudLabel;
use domain::fact::{Judgement, LabelFact, RiskVerdict};
use domain::ledger::{Account, Attempt, Decide, Judged, Verdict};
use domain::{AccountNumber, HoldTerms, OnExpiry, RefusalReason};
use std::collections::BTreeMap;
use uuid::Uuid;

/// What is remembered: how many transactions of each payer were judged, and what was said of which.
#[derive(Debug, Default, Clone, PartialEq)]
struct Memory {
    judged: BTreeMap<AccountNumber, u32>,
    fraud: BTreeMap<Uuid, (AccountNumber, bool)>,
}

/// Holds every fourth, refuses every seventh and reviews every third transaction that an account may otherwise make,
/// and every one of an account of which a fraud is known.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Judge {
    kept: Memory,
    staged: Memory,
}

impl Judge {
    /// What the tables say was judged and labelled: the only way a new owner learns it.
    pub fn derived_from(database: &Database) -> Self {
        let mut judge = Judge::default();
        for transaction in database.transactions.values().filter(|transaction| transaction.judgement.is_some()) {
            *judge.kept.judged.entry(transaction.body.debit.clone()).or_default() += 1;
        }
        for label in database.labels.values() {
            judge.kept.fraud.insert(label.transaction_id, said(label));
        }
        judge
    }

    fn knows_fraud_of(&self, number: &AccountNumber) -> bool {
        let kept = self.kept.fraud.iter().filter(|(id, _)| !self.staged.fraud.contains_key(*id));
        kept.chain(&self.staged.fraud).any(|(_, (account, fraud))| *fraud && account == number)
    }
}

fn said(label: &LabelFact) -> (AccountNumber, bool) {
    (label.account.clone(), label.label == FraudLabel::Fraud)
}

impl Decide for Judge {
    fn decide(&mut self, attempt: &Attempt<'_>, _: &Account, _: &Account) -> Judged {
        let (submission, at) = (attempt.submission, attempt.recorded_at);
        let suspect = self.knows_fraud_of(submission.account_at_risk());
        let staged = self.staged.judged.entry(submission.debit.clone()).or_default();
        *staged += 1;
        let count = *staged + self.kept.judged.get(&submission.debit).copied().unwrap_or_default();
        let (verdict, says) = match count {
            count if count % 7 == 0 => (Verdict::Refuse(RefusalReason::NotApproved), RiskVerdict::Refuse),
            count if count % 4 == 0 => {
                let on_expiry = if count % 8 == 0 { OnExpiry::Release } else { OnExpiry::Expire };
                (Verdict::Hold(HoldTerms { until: at + TimeDelta::seconds(10), on_expiry }), RiskVerdict::Hold)
            }
            count if suspect || count % 3 == 0 => (Verdict::Allow, RiskVerdict::Review),
            _ => (Verdict::Allow, RiskVerdict::Allow),
        };
        let judgement = Judgement {
            verdict: says,
            score_e9: i64::from(count) * 1_000_000_000,
            policy_version: 1,
            model_version: None,
            first_of_pair: count == 1,
            large: suspect,
        };
        let evidence = format!("{} of {}, suspect: {suspect}", count, submission.debit.as_str());
        Judged { verdict, judgement: Some(judgement), evidence: (says != RiskVerdict::Allow).then_some(evidence) }
    }

    fn labelled(&mut self, label: &LabelFact) {
        self.staged.fraud.insert(label.transaction_id, said(label));
    }

    fn keep(&mut self) {
        let staged = std::mem::take(&mut self.staged);
        for (number, count) in staged.judged {
            *self.kept.judged.entry(number).or_default() += count;
        }
        self.kept.fraud.extend(staged.fraud);
    }

    fn forget(&mut self) {
        self.staged = Memory::default();
    }
}
