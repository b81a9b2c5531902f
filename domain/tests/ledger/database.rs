//! A database in memory, with the tables and the constraints that matter. A database transaction is a copy that
//! replaces the original, or is dropped.

use chrono::{DateTime, Utc};
use domain::command::Command;
use domain::fact::{AccountAfter, AlertFact, DeadLetterReason, Fact, Judgement, LabelFact};
use domain::ledger::{
    Account, Attempt, Body, Books, Held, Input, KnownLabel, KnownTransaction, Outcome, Record, Settlement, Stripe,
};
use domain::{AccountKind, AccountNumber, AccountStatus, Currency, RefusalReason, TransactionState};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

#[derive(Debug, Clone, PartialEq)]
pub struct StoredAccount {
    pub kind: AccountKind,
    pub currency: Currency,
    pub status: AccountStatus,
    pub after: AccountAfter,
    pub opened_at: DateTime<Utc>,
}

/// Version and balance after; none until posted.
pub type Posted = Option<(i64, i64)>;

#[derive(Debug, Clone, PartialEq)]
pub struct StoredTransaction {
    pub body: Body,
    pub state: TransactionState,
    pub reason: Option<RefusalReason>,
    pub debit: Posted,
    pub credit: Posted,
    pub history: bool,
    pub held: Option<Held>,
    /// Held once, however it ended.
    pub was_held: bool,
    pub judgement: Option<Judgement>,
    pub event_time: DateTime<Utc>,
    pub origin: (i32, i64),
}

#[derive(Debug, Clone, PartialEq)]
pub struct StoredAlert {
    pub alert: AlertFact,
    pub raised_at: DateTime<Utc>,
    /// When its hold ended, or somebody said what it was, whichever came first.
    pub closed_at: Option<DateTime<Utc>>,
}

/// The business tables: what a rebuild must give again.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Database {
    pub accounts: BTreeMap<AccountNumber, StoredAccount>,
    pub stripes: BTreeMap<(AccountNumber, i32), (i64, i64)>,
    pub links: BTreeSet<(AccountNumber, Uuid)>,
    pub transactions: BTreeMap<Uuid, StoredTransaction>,
    pub alerts: BTreeMap<Uuid, StoredAlert>,
    pub labels: BTreeMap<Uuid, LabelFact>,
    pub dead_letters: BTreeMap<(i32, i64), DeadLetterReason>,
    /// Partition → next offset.
    pub fences: BTreeMap<i32, i64>,
    /// What may not have been said yet, by partition and first offset.
    pub announcements: BTreeMap<(i32, i64), Vec<Fact>>,
}

impl Database {
    pub fn next_offset(&self, partition: i32) -> i64 {
        self.fences.get(&partition).copied().unwrap_or_default()
    }

    /// Loads what the batch names, and nothing else, as the worker does.
    pub fn load(&self, batch: &[Record]) -> Books {
        let mut books = Books::default();
        let partitions: BTreeSet<i32> = batch.iter().map(|record| record.partition).collect();
        let commands = batch.iter().filter_map(|record| match &record.input {
            Input::Command(command) => Some(command),
            Input::DeadLetter { .. } => None,
        });
        let (mut named, mut linked) = (BTreeSet::new(), BTreeSet::new());
        for command in commands {
            if let Command::SubmitTransaction(submission) = command {
                named.extend([submission.debit.clone(), submission.credit.clone()]);
                self.load_known(&mut books, submission.transaction_id);
            } else if let Command::ReleaseHold(settle) | Command::RefuseHold(settle) | Command::ExpireHold(settle) =
                command
            {
                named.insert(settle.account.clone());
                self.load_known(&mut books, settle.transaction_id);
            } else if let Command::ReportFraud(report) = command {
                self.load_known(&mut books, report.transaction_id);
            } else {
                named.insert(command.key().clone());
                linked.insert(command.key().clone());
            }
        }
        named.extend(books.held_bodies().flat_map(|body| [body.debit.clone(), body.credit.clone()]));
        for number in named {
            let Some(stored) = self.accounts.get(&number) else { continue };
            let slot = books.add_account(Account {
                id: Some(1),
                number: number.clone(),
                kind: stored.kind,
                currency: stored.currency,
                status: stored.status,
                after: stored.after,
                opened_at: stored.opened_at,
                version_read: stored.after.version,
            });
            for partition in &partitions {
                if let Some((version, booked_minor)) = self.stripes.get(&(number.clone(), *partition)) {
                    let stripe = Stripe { version: *version, booked_minor: *booked_minor, version_read: *version };
                    books.add_stripe(slot, *partition, stripe);
                }
            }
            if linked.contains(&number) {
                for (_, person) in self.links.iter().filter(|(account, _)| *account == number) {
                    books.add_link(slot, *person);
                }
            }
        }
        books
    }

    fn load_known(&self, books: &mut Books, id: Uuid) {
        if let Some(known) = self.transactions.get(&id) {
            let (body, state, reason) = (known.body.clone(), known.state, known.reason);
            let (held, event_time) = (known.held.clone(), known.event_time);
            let label = self.labels.get(&id).map(|said| KnownLabel { label: said.label, source: said.source });
            books.add_known(id, KnownTransaction { body, state, reason, held, event_time, label });
        }
    }

    /// Moves the fences, stores what the step did, and the facts as announcements.
    ///
    /// # Panics
    /// Where the real schema would refuse.
    pub fn save(&mut self, batch: &[Record], books: &Books, outcome: &Outcome) {
        self.save_accounts(books);
        for link in &outcome.links {
            let entry = (books.account(link.slot).number.clone(), link.person);
            let changed = if link.linked { self.links.insert(entry) } else { self.links.remove(&entry) };
            assert!(changed, "a link that was there already, or never");
        }
        for row in &outcome.rows {
            let posted = row.state == TransactionState::Posted;
            assert_eq!(row.debit.posted.is_some(), posted, "a posted row is complete, another moved nothing");
            assert_eq!(row.credit.posted.is_some(), posted, "a posted row is complete, another moved nothing");
            assert_eq!(row.state == TransactionState::Refused, row.reason.is_some(), "refused says why");
            let stored = StoredTransaction {
                body: Body::from(&row.submission),
                state: row.state,
                reason: row.reason,
                debit: row.debit.posted,
                credit: row.credit.posted,
                history: row.submission.history,
                was_held: row.hold.is_some(),
                held: row.hold.map(|terms| Held {
                    terms,
                    occurred_at: row.submission.occurred_at,
                    history: row.submission.history,
                    reference: row.submission.reference.clone(),
                }),
                judgement: row.judgement,
                event_time: Attempt {
                    submission: &row.submission,
                    partition: row.partition,
                    offset: row.offset,
                    recorded_at: row.recorded_at,
                }
                .event_time(),
                origin: (row.partition, row.offset),
            };
            let before = self.transactions.insert(row.submission.transaction_id, stored);
            assert_eq!(before, None, "a transaction id is a primary key");
        }
        for row in &outcome.alerts {
            assert_eq!(books.account(row.account).number, row.alert.account);
            let stored = StoredAlert { alert: row.alert.clone(), raised_at: row.raised_at, closed_at: None };
            let before = self.alerts.insert(row.alert.transaction_id, stored);
            assert_eq!(before, None, "one alert per transaction");
        }
        for settlement in &outcome.settlements {
            self.settle(settlement);
        }
        for row in &outcome.labels {
            let id = row.label.transaction_id;
            assert!(self.transactions.contains_key(&id), "a label of a transaction that is there");
            self.labels.insert(id, row.label.clone());
            self.close_alert(id, row.recorded_at);
        }
        for letter in &outcome.dead_letters {
            let record = &batch[letter.record];
            let before = self.dead_letters.insert((record.partition, record.offset), letter.reason);
            assert_eq!(before, None, "one dead letter per record");
        }
        for fact in &outcome.facts {
            let first = self.next_offset(fact.position.partition);
            self.announcements.entry((fact.position.partition, first)).or_default().push(fact.clone());
        }
        for record in batch {
            assert!(record.offset >= self.next_offset(record.partition), "a record behind the fence");
        }
        for record in batch {
            self.fences.insert(record.partition, record.offset + 1);
        }
    }

    fn settle(&mut self, settlement: &Settlement) {
        let row = self.transactions.get_mut(&settlement.transaction_id).expect("what was held is there");
        assert_eq!(row.state, TransactionState::Held, "a hold ends once");
        let posted = settlement.state == TransactionState::Posted;
        assert_eq!((settlement.debit.is_some(), settlement.credit.is_some()), (posted, posted));
        (row.state, row.reason, row.held) = (settlement.state, settlement.reason, None);
        (row.debit, row.credit) = (settlement.debit, settlement.credit);
        self.close_alert(settlement.transaction_id, settlement.settled_at);
    }

    /// The first to close it says when.
    pub fn close_alert(&mut self, id: Uuid, at: DateTime<Utc>) {
        if let Some(row) = self.alerts.get_mut(&id) {
            row.closed_at = Some(row.closed_at.map_or(at, |before| before.min(at)));
        }
    }

    fn save_accounts(&mut self, books: &Books) {
        for (_, account) in books.accounts() {
            let stored = StoredAccount {
                kind: account.kind,
                currency: account.currency,
                status: account.status,
                after: account.after,
                opened_at: account.opened_at,
            };
            if account.id.is_none() {
                let before = self.accounts.insert(account.number.clone(), stored);
                assert_eq!(before, None, "an account number is unique");
            } else if account.is_changed() {
                self.accounts.insert(account.number.clone(), stored);
            } else {
                assert_eq!(
                    self.accounts[&account.number], stored,
                    "changed, but not marked so: it would not be stored"
                );
            }
        }
        for (slot, partition, stripe) in books.stripes().filter(|(_, _, stripe)| stripe.is_changed()) {
            let number = books.account(slot).number.clone();
            assert_eq!(books.account(slot).kind, AccountKind::External, "only external accounts have stripes");
            self.stripes.insert((number, partition), (stripe.version, stripe.booked_minor));
        }
    }
}
