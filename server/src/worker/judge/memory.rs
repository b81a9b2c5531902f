//! A lane's memory of accounts, counterparties and devices: loaded on first touch, bounded in bytes, the least recently
//! used go first. What others tell may be told twice, or be in the tables already: their rows are known by their id.
//! What this lane decides is decided once.

use super::observed::Observed;
use crate::store::worker::Loaded;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use detection::facts::borrowed::Parties;
use detection::history::{AccountHistory, CounterpartyHistory, DeviceHistory, Outcome, Past, Received, look};
use detection::payment::{Party, Payment, local_offset_ms};
use domain::TransactionKind;
use foldhash::fast::RandomState;
use std::collections::HashMap;

mod ahead;

struct Kept<T> {
    history: T,
    /// The batch that last asked for it.
    used: u64,
    /// The attempt that last changed it.
    changed: u64,
}

struct Shelf<T> {
    /// Seeded: whoever names devices must not choose where they stand. Histories stand apart, so that the table stays near
    /// the processor and says where a history is without a look at it.
    kept: HashMap<Party, Box<Kept<T>>, RandomState>,
    /// Attempts at batches that ended, one way or the other.
    attempts: u64,
    /// Parties that the attempt in hand changed, each once: on a rollback their histories say too much.
    touched: Vec<Party>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Shelf { kept: HashMap::default(), attempts: 1, touched: Vec::new() }
    }
}

trait Sized {
    fn bytes(&self) -> usize;
}

impl Sized for AccountHistory {
    fn bytes(&self) -> usize {
        AccountHistory::bytes(self)
    }
}

impl Sized for CounterpartyHistory {
    fn bytes(&self) -> usize {
        CounterpartyHistory::bytes(self)
    }
}

impl Sized for DeviceHistory {
    fn bytes(&self) -> usize {
        DeviceHistory::bytes(self)
    }
}

impl<T: Sized> Shelf<T> {
    /// Whether it must be loaded; what is there is marked as used.
    fn wants(&mut self, party: Party, batch: u64) -> bool {
        match self.kept.get_mut(&party) {
            Some(kept) => {
                kept.used = batch;
                false
            }
            None => true,
        }
    }

    fn get(&self, party: Party) -> Option<&T> {
        self.kept.get(&party).map(|kept| &kept.history)
    }

    fn put(&mut self, party: Party, history: T, batch: u64) {
        self.kept.insert(party, Box::new(Kept { history, used: batch, changed: 0 }));
    }

    /// What is there, or begins with the payment at hand: then it goes with the batch if that is rolled back.
    fn begun(&mut self, party: Party, batch: u64, history: impl FnOnce() -> T) -> &mut T {
        let kept = self.kept.entry(party).or_insert_with(|| {
            self.touched.push(party);
            Box::new(Kept { history: history(), used: batch, changed: self.attempts })
        });
        &mut kept.history
    }

    /// Changes what is remembered; what is not will be loaded with the change in it.
    fn change(&mut self, party: Party, change: impl FnOnce(&mut T)) {
        if let Some(kept) = self.kept.get_mut(&party) {
            if kept.changed != self.attempts {
                kept.changed = self.attempts;
                self.touched.push(party);
            }
            change(&mut kept.history);
        }
    }

    fn keep_touched(&mut self) {
        self.touched.clear();
        self.attempts += 1;
    }

    fn forget_touched(&mut self) {
        for party in self.touched.drain(..) {
            self.kept.remove(&party);
        }
        self.attempts += 1;
    }

    fn bytes(&self) -> usize {
        self.kept.values().map(|kept| kept.history.bytes() + size_of::<(Party, Kept<T>)>()).sum()
    }

    /// Keeps what the newest batches asked for.
    fn evict(&mut self, before: u64) {
        self.kept.retain(|_, kept| kept.used >= before);
    }
}

pub struct Memory {
    accounts: Shelf<AccountHistory>,
    counterparties: Shelf<CounterpartyHistory>,
    devices: Shelf<DeviceHistory>,
    /// Of whom nothing is known.
    nobody: (AccountHistory, CounterpartyHistory),
    batch: u64,
    bytes: usize,
    bytes_max: usize,
}

/// What is not remembered of the parties to a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lacking {
    pub account: bool,
    pub counterparty: bool,
    pub device: bool,
}

/// Who pays in is the bank's own desk or an employer: nothing is learnt of them.
fn is_learnt_of(payment: &Payment) -> bool {
    payment.kind != TransactionKind::Deposit
}

/// Bytes are counted anew once in so many batches: counting walks over everything.
const COUNTED_EVERY: u64 = 256;

impl Memory {
    pub fn new(bytes_max: usize) -> Self {
        Memory {
            accounts: Shelf::default(),
            counterparties: Shelf::default(),
            devices: Shelf::default(),
            nobody: Default::default(),
            batch: 0,
            bytes: 0,
            bytes_max,
        }
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// What is remembered of the parties to a payment, or nothing at all.
    pub fn parties(&self, payment: &Payment) -> Parties<'_> {
        let counterparty = if is_learnt_of(payment) { self.counterparties.get(payment.counterparty) } else { None };
        Parties::of(
            payment,
            self.accounts.get(payment.payer).unwrap_or(&self.nobody.0),
            counterparty.unwrap_or(&self.nobody.1),
            payment.device.and_then(|device| self.devices.get(device)),
        )
    }

    /// What must be loaded to judge the payment; what is there is marked as used.
    pub fn lacking(&mut self, payment: &Payment) -> Lacking {
        let batch = self.batch;
        Lacking {
            account: self.accounts.wants(payment.payer, batch),
            counterparty: is_learnt_of(payment) && self.counterparties.wants(payment.counterparty, batch),
            device: payment.device.is_some_and(|device| self.devices.wants(device, batch)),
        }
    }

    pub fn put(&mut self, loaded: Loaded) {
        match loaded {
            Loaded::Account(party, history) => {
                self.bytes += history.bytes();
                self.accounts.put(party, *history, self.batch);
            }
            Loaded::Counterparty(party, history) => {
                self.bytes += history.bytes();
                self.counterparties.put(party, *history, self.batch);
            }
            Loaded::Device(party, history) => {
                self.bytes += history.bytes();
                self.devices.put(party, history, self.batch);
            }
        }
    }

    /// Readies the histories of payer and counterparty for what will be asked. Accounts that were not there when the batch
    /// was read were opened by this very batch, or by another lane just now.
    pub fn look(&mut self, payment: &Payment, opened_at: DateTime<Utc>) {
        let opened = || AccountHistory::opened(opened_at.timestamp_millis());
        let account = self.accounts.begun(payment.payer, self.batch, opened);
        let counterparty = is_learnt_of(payment)
            .then(|| self.counterparties.begun(payment.counterparty, self.batch, CounterpartyHistory::default));
        look(payment, account, counterparty);
    }

    pub fn begin_batch(&mut self) {
        self.batch += 1;
        if self.batch.is_multiple_of(COUNTED_EVERY) || self.bytes > self.bytes_max {
            self.count();
        }
        // Halves what is remembered by age until it fits; the batch in hand loads what it needs again.
        let mut age = self.batch;
        while self.bytes > self.bytes_max && age > 0 {
            age /= 2;
            let before = self.batch - age;
            self.accounts.evict(before);
            self.counterparties.evict(before);
            self.devices.evict(before);
            self.count();
        }
    }

    fn count(&mut self) {
        self.bytes = self.accounts.bytes() + self.counterparties.bytes() + self.devices.bytes();
    }

    pub fn clear(&mut self) {
        let (batch, bytes_max) = (self.batch, self.bytes_max);
        *self = Memory { batch, ..Memory::new(bytes_max) };
    }

    /// The batch was committed.
    pub fn keep(&mut self) {
        self.accounts.keep_touched();
        self.counterparties.keep_touched();
        self.devices.keep_touched();
    }

    /// The batch was rolled back: whatever it changed is read from the tables again.
    pub fn forget_touched(&mut self) {
        self.accounts.forget_touched();
        self.counterparties.forget_touched();
        self.devices.forget_touched();
    }

    /// A payment that this lane decided, as a row of its payer.
    pub fn push(&mut self, payer: Party, past: Past) {
        self.accounts.change(payer, |account| account.push(past));
    }

    /// Something this lane decided itself.
    pub fn apply_own(&mut self, observed: &Observed, zone: Tz) {
        match observed {
            // Its row is pushed by itself.
            Observed::Decided { .. } => {}
            Observed::Settled { id, at_ms, payer, outcome, .. } => {
                self.accounts.change(*payer, |account| account.settle(*id, *at_ms, *outcome));
            }
            Observed::Labelled { id, at_ms, known_at_ms, payer, fraud, .. } => {
                self.accounts.change(*payer, |account| match fraud {
                    true => account.label(*id, *at_ms, *known_at_ms),
                    false => account.unlabel(*id, *at_ms),
                });
            }
        }
        self.apply_shared(observed, zone, AccountHistory::push, CounterpartyHistory::push);
    }

    /// What other lanes and workers decided: of the payers' own histories they know better. Between batches.
    pub fn apply_foreign<'a>(&mut self, observed: impl Iterator<Item = &'a Observed>, zone: Tz) {
        let observed: Vec<&Observed> = observed.collect();
        for (place, now) in observed.iter().enumerate() {
            self.prefetch_foreign(&observed[place..]);
            self.apply_shared(now, zone, AccountHistory::push_once, CounterpartyHistory::push_once);
        }
        // It is committed already, whatever becomes of the batch in hand.
        self.keep();
    }

    fn apply_shared(
        &mut self,
        observed: &Observed,
        zone: Tz,
        push: fn(&mut AccountHistory, Past),
        receive: fn(&mut CounterpartyHistory, Received),
    ) {
        let credit = |id, at_ms, amount_minor, from| {
            let at = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
            Past::credit(id, at_ms, local_offset_ms(at, &zone), amount_minor, from)
        };
        match observed {
            Observed::Decided { id, at_ms, amount_minor, payer, device, received, counterparty, credited } => {
                if let Some(received) = received {
                    self.counterparties.change(*counterparty, |history| receive(history, *received));
                }
                if *credited {
                    let row = credit(*id, *at_ms, *amount_minor, *payer);
                    self.accounts.change(*counterparty, |account| push(account, row));
                }
                if let Some(device) = device {
                    self.devices.change(*device, |history| history.push(*payer, *at_ms));
                }
            }
            Observed::Settled { id, at_ms, payer, counterparty, outcome, credited_minor } => {
                if *outcome == Outcome::Refused {
                    self.counterparties.change(*counterparty, |history| history.refuse(*id, *at_ms));
                }
                if let Some(amount_minor) = credited_minor {
                    let row = credit(*id, *at_ms, *amount_minor, *payer);
                    self.accounts.change(*counterparty, |account| push(account, row));
                }
            }
            Observed::Labelled { id, at_ms, known_at_ms, counterparty, fraud, .. } => {
                self.counterparties.change(*counterparty, |history| match fraud {
                    true => history.label(*id, *at_ms, *known_at_ms),
                    false => history.unlabel(*id, *at_ms),
                });
            }
        }
    }
}
