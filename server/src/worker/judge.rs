//! The lane's judge: asks `detection` about every payment, with what it remembers of payer, counterparty and device.
//!
//! Promises: what is remembered is derived from the tables on first touch and never a second truth; a batch that is
//! rolled back leaves nothing behind, because all it touched is forgotten and read again when it is needed; the policy
//! and the model of a batch are those whose versions its own database transaction read. What other lanes and workers
//! decide about a counterparty or a device arrives through the [`Exchange`], within a second. Deliberately absent: the
//! rules themselves, and the ledger's own.

mod exchange;
mod memory;
mod observed;
mod tail;

pub use exchange::{Exchange, Inbox};
pub use tail::follow_others;

use super::decode::Decoded;
use super::fault::Fault;
use crate::store::policy::{FIRST_POLICY, NO_MODEL, Versions, load_model, load_policy};
use crate::store::worker::{FenceAdvance, Needed, WorkerStore};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use detection::decision::{ModelScore, Verdict as Says, judge};
use detection::evidence::Evidence;
use detection::facts::borrowed::Histories;
use detection::facts::{Reading, gather};
use detection::features::{Inputs, Marks};
use detection::history::{Outcome, Past, Received};
use detection::model::Model;
use detection::payment::{Party, Payment};
use detection::policy::{HoldExpiry, Policy};
use domain::command::{Command, FraudLabel, SubmitTransaction};
use domain::fact::{Judgement, LabelFact, RiskVerdict};
use domain::ledger::{Account, Attempt, Body, Decide, Input, Judged, Settlement, Verdict};
use domain::{HoldTerms, OnExpiry, RefusalReason, TransactionKind, TransactionState};
use memory::{Lacking, Memory};
use observed::Observed;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub struct Judge {
    zone: Tz,
    /// Off: everything is allowed, and nothing is written down about it.
    on: bool,
    versions: Versions,
    policy: Arc<Policy>,
    /// None: rules alone.
    model: Option<Arc<Model>>,
    memory: Memory,
    inbox: Inbox,
    /// Of the batch in hand, by partition and offset, in its order.
    payments: VecDeque<((i32, i64), Payment)>,
    /// What this batch would tell the other lanes.
    staged: Vec<Observed>,
    /// Under which epoch each partition was last booked: another one means that somebody else decided meanwhile.
    epochs: BTreeMap<i32, i64>,
}

impl Judge {
    pub fn new(zone: Tz, on: bool, bytes_max: usize, inbox: Inbox) -> Self {
        Judge {
            zone,
            on,
            versions: Versions { policy: FIRST_POLICY, model: NO_MODEL },
            policy: Arc::default(),
            model: None,
            memory: Memory::new(bytes_max),
            inbox,
            payments: VecDeque::new(),
            staged: Vec::new(),
            epochs: BTreeMap::new(),
        }
    }

    /// Reads the batch, hears what the other lanes decided, and brings the histories it asks about: all that needs no
    /// account, so that none is locked meanwhile. What is decided between here and the locks is heard by the next batch,
    /// as is what is decided while histories are remembered.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(
        &mut self,
        store: &WorkerStore,
        batch: &[Decoded],
        advances: &[FenceAdvance],
    ) -> Result<(), Fault> {
        if !self.on {
            return Ok(());
        }
        let taken = advances.iter().filter(|advance| {
            self.epochs.insert(advance.partition, advance.epoch).is_some_and(|epoch| epoch != advance.epoch)
        });
        if taken.count() > 0 {
            self.memory.clear();
        }
        // First heard, then read: what is told of a history that is not here yet is in the tables already.
        self.inbox.drain(&mut self.memory, self.zone);
        self.memory.begin_batch();
        self.payments.clear();
        let mut needed = Needed::default();
        for decoded in batch {
            let Input::Command(Command::SubmitTransaction(submission)) = &decoded.record.input else { continue };
            let attempt = Attempt::of(&decoded.record, submission);
            let payment = self.seen(&attempt);
            let lacking = self.memory.lacking(&payment);
            if lacking != Lacking::default() {
                need(&mut needed, lacking, submission);
            }
            self.payments.push_back(((attempt.partition, attempt.offset), payment));
        }
        if !needed.is_empty() {
            let loaded = store.load_histories(&needed, self.zone).await?;
            metrics::counter!("vigie_worker_histories_read_total").increment(loaded.len() as u64);
            loaded.into_iter().for_each(|loaded| self.memory.put(loaded));
        }
        let lane = self.inbox.lane().index().to_string();
        metrics::gauge!("vigie_worker_history_bytes", "lane" => lane).set(self.memory.bytes() as f64);
        Ok(())
    }

    /// Brings policy and model to the versions that the batch's own transaction read.
    ///
    /// # Errors
    /// When the database does not answer, or a version cannot be loaded: then nothing is decided, rather than by another.
    pub async fn decide_by(&mut self, store: &WorkerStore, versions: Versions) -> Result<(), Fault> {
        if self.on { self.load_versions(store, versions).await } else { Ok(()) }
    }

    async fn load_versions(&mut self, store: &WorkerStore, versions: Versions) -> Result<(), Fault> {
        if versions.policy != self.versions.policy {
            self.policy = Arc::new(load_policy(store.store().pool(), versions.policy).await?);
        }
        if versions.model != self.versions.model {
            self.model = load_model(store.store().pool(), versions.model).await?;
        }
        self.versions = versions;
        Ok(())
    }

    /// The attempt as it was read.
    fn payment(&mut self, attempt: &Attempt<'_>) -> Payment {
        while let Some(((partition, offset), payment)) = self.payments.pop_front() {
            if (partition, offset) == (attempt.partition, attempt.offset) {
                self.memory.prefetch(&self.payments);
                return payment;
            }
        }
        self.seen(attempt)
    }

    fn seen(&self, attempt: &Attempt<'_>) -> Payment {
        Payment::of(attempt.submission, attempt.event_time(), &self.zone)
    }

    fn model_version(&self) -> Option<i64> {
        self.model.as_ref().map(|_| self.versions.model)
    }

    /// Remembers a decided payment, here and, once the batch is kept, elsewhere.
    fn remember(&mut self, payment: &Payment, outcome: Outcome, first_of_pair: bool, large: bool) {
        self.memory.push(payment.payer, Past::of(payment, outcome));
        let observed = Observed::Decided {
            id: payment.id,
            at_ms: payment.at_ms,
            amount_minor: payment.amount_minor,
            payer: payment.payer,
            device: payment.device,
            received: (payment.kind != TransactionKind::Deposit)
                .then(|| Received::of(payment, outcome, first_of_pair, large)),
            counterparty: payment.counterparty,
            credited: payment.kind == TransactionKind::Transfer && outcome == Outcome::Posted,
        };
        self.memory.apply_own(&observed, self.zone);
        self.staged.push(observed);
    }
}

impl Decide for Judge {
    fn decide(&mut self, attempt: &Attempt<'_>, debit: &Account, credit: &Account) -> Judged {
        if !self.on {
            return Verdict::Allow.into();
        }
        let payment = self.payment(attempt);
        let payer = if payment.kind == TransactionKind::Deposit { credit } else { debit };
        self.memory.look(&payment, payer.opened_at);
        let parties = self.memory.parties(&payment);
        let available_minor = Reading::Known(payer.after.available_minor());
        let facts = gather(&self.policy, &payment, &Histories { available_minor, ..parties.histories(&payment) });
        let model = self.model.as_deref();
        let inputs = || parties.inputs(&payment);
        let mut asked = model.map(|_| inputs());
        let score = model.zip(asked.as_ref()).map(|(model, inputs)| ModelScore::verdict_only(model, inputs));
        let decided = judge(&facts, &self.policy, score.as_ref());
        // What happened, happened: history is scored and booked.
        let says = if attempt.submission.history { Says::Allow } else { decided.verdict };
        let marks = asked.as_ref().map_or_else(|| Marks::gather(&payment, &parties), Inputs::marks);
        let judgement = Judgement {
            verdict: risk_verdict(says),
            score_e9: (decided.uncapped * 1e9).round() as i64,
            policy_version: self.versions.policy,
            model_version: self.model_version(),
            first_of_pair: payment.kind != TransactionKind::Deposit && marks.first_of_pair,
            large: marks.large,
        };
        let evidence = match says {
            Says::Allow => None,
            _ => {
                let inputs = asked.take().unwrap_or_else(inputs);
                Evidence::of(facts, inputs, &self.policy, model).to_json().ok()
            }
        };
        let (verdict, outcome) = match says {
            Says::Allow | Says::Review => (Verdict::Allow, Outcome::Posted),
            Says::Hold => (Verdict::Hold(self.hold_terms(attempt.recorded_at)), Outcome::Held),
            Says::Refuse => (Verdict::Refuse(RefusalReason::NotApproved), Outcome::Refused),
        };
        self.remember(&payment, outcome, judgement.first_of_pair, judgement.large);
        Judged { verdict, judgement: Some(judgement), evidence }
    }

    fn refused(&mut self, attempt: &Attempt<'_>) {
        if self.on {
            let payment = self.payment(attempt);
            self.remember(&payment, Outcome::Refused, false, false);
        }
    }

    fn settled(&mut self, settlement: &Settlement, body: &Body, event_time: DateTime<Utc>) {
        if !self.on {
            return;
        }
        let posted = settlement.state == TransactionState::Posted;
        let observed = Observed::Settled {
            id: settlement.transaction_id,
            at_ms: event_time.timestamp_millis(),
            payer: Party::from(body.account_at_risk()),
            counterparty: Party::from(body.counterparty()),
            outcome: if posted { Outcome::Posted } else { Outcome::Refused },
            credited_minor: (posted && body.kind == TransactionKind::Transfer).then_some(body.amount_minor),
        };
        self.memory.apply_own(&observed, self.zone);
        self.staged.push(observed);
    }

    fn labelled(&mut self, label: &LabelFact) {
        if !self.on {
            return;
        }
        let observed = Observed::Labelled {
            id: label.transaction_id,
            at_ms: label.occurred_at.timestamp_millis(),
            known_at_ms: label.known_at.timestamp_millis(),
            payer: Party::from(&label.account),
            counterparty: Party::from(&label.counterparty),
            fraud: label.label == FraudLabel::Fraud,
        };
        self.memory.apply_own(&observed, self.zone);
        self.staged.push(observed);
    }

    fn keep(&mut self) {
        self.memory.keep();
        self.inbox.tell_others(std::mem::take(&mut self.staged));
    }

    fn forget(&mut self) {
        self.staged.clear();
        self.memory.forget_touched();
    }
}

impl Judge {
    /// It is not known whether the last batch was committed: if it was, the other lanes were not told.
    pub fn doubt(&self) {
        self.inbox.start_afresh();
    }

    fn hold_terms(&self, recorded_at: DateTime<Utc>) -> HoldTerms {
        HoldTerms {
            until: recorded_at + TimeDelta::milliseconds(self.policy.hold_timeout_ms),
            on_expiry: match self.policy.hold_expiry {
                HoldExpiry::Release => OnExpiry::Release,
                HoldExpiry::Refuse => OnExpiry::Expire,
            },
        }
    }
}

/// What must be read to judge the submission.
fn need(needed: &mut Needed, lacking: Lacking, submission: &SubmitTransaction) {
    let body = Body::from(submission);
    if lacking.account {
        needed.add_account(body.account_at_risk());
    }
    if lacking.counterparty {
        needed.add_counterparty(body.counterparty());
    }
    if let Some(device) = submission.context.as_deref().and_then(|context| context.device.as_deref())
        && lacking.device
    {
        needed.add_device(device);
    }
}

fn risk_verdict(says: Says) -> RiskVerdict {
    match says {
        Says::Allow => RiskVerdict::Allow,
        Says::Review => RiskVerdict::Review,
        Says::Hold => RiskVerdict::Hold,
        Says::Refuse => RiskVerdict::Refuse,
    }
}
