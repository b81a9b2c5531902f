//! The past: everything that happened in a span of days, one event after another.
//!
//! Promises: in the order of time; memory for the days at hand and no more; who asks for a part of the customers (whole
//! circles) gets what happened to them in the whole. Labels follow after [`Span::label_delay`], as far as the span goes;
//! what was stolen is given back after that.

use crate::bank::{Bank, subject};
use crate::event::{Event, FraudType, What};
use crate::fraud::{self, Pace};
use crate::habits::{Day, by_itself, moment, number};
use crate::intent::{Amount, Intent};
use crate::purse::{Blocked, Purses};
use crate::random::Chance;
use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};
use domain::TransactionKind;
use domain::command::SubmitTransaction;
use std::collections::BTreeMap;
use std::ops::Range;

/// Frauds per million payments, unless somebody says otherwise: one in two hundred.
pub const FRAUD_PER_MILLION: u32 = 5_000;

#[derive(Debug, Clone)]
pub struct Span {
    pub first_day: NaiveDate,
    /// Included.
    pub last_day: NaiveDate,
    /// By index; whole circles of [`crate::bank::CIRCLE`].
    pub customers: Range<usize>,
    pub fraud_per_million: u32,
    /// After which a fraud becomes known.
    pub label_delay: TimeDelta,
}

impl Span {
    /// So many days until the last one, with everybody and everything as usual.
    pub fn of_days(bank: &Bank, days: u64, last_day: NaiveDate) -> Span {
        let first_day = last_day.checked_sub_days(chrono::Days::new(days.max(1) - 1)).unwrap_or(last_day);
        Span {
            first_day,
            last_day,
            customers: 0..bank.customers.len(),
            fraud_per_million: FRAUD_PER_MILLION,
            label_delay: TimeDelta::days(7),
        }
    }
}

/// A card is blocked when it turns out to be copied; the new one comes by post.
const NEW_CARD_AFTER: TimeDelta = TimeDelta::days(6);

enum Pending {
    Intent(Intent),
    /// The fraud becomes known.
    Label(SubmitTransaction, FraudType),
}

/// Iterates over [`Event`]s. `Z` is the bank's time zone: habits have local hours.
pub struct History<'a, Z> {
    bank: &'a Bank,
    zone: Z,
    span: Span,
    /// The next day that nobody has thought about yet.
    day: NaiveDate,
    /// What is to come, by time and then by when it was meant.
    pending: BTreeMap<(DateTime<Utc>, u64), Pending>,
    meant: u64,
    purses: Purses,
    blocked: Blocked,
    chance: Chance,
    ids: Chance,
    genuine: u64,
    stolen: u64,
    next_frauds: Vec<FraudType>,
}

impl<'a, Z: TimeZone> History<'a, Z> {
    pub fn new(bank: &'a Bank, span: Span, zone: Z) -> Self {
        let mut purses = Purses::default();
        for customer in bank.customers.get(span.customers.clone()).unwrap_or_default() {
            purses.set(customer.current.clone(), customer.overdraft_minor);
            if let Some(savings) = &customer.savings {
                purses.set(savings.clone(), 0);
            }
        }
        for mule in &bank.mules {
            purses.set(mule.clone(), 0);
        }
        let from = [span.customers.start as u64, number(span.first_day).unsigned_abs()];
        History {
            chance: bank.chance(subject::FRAUD, &from),
            ids: bank.chance(subject::IDS, &from),
            day: span.first_day,
            pending: BTreeMap::new(),
            meant: 0,
            genuine: 0,
            stolen: 0,
            next_frauds: Vec::new(),
            blocked: Blocked::default(),
            purses,
            bank,
            zone,
            span,
        }
    }

    /// The day that the last event belongs to, from 0.
    pub fn day_index(&self) -> u64 {
        u64::try_from((self.day - self.span.first_day).num_days()).unwrap_or(0)
    }

    /// What customers have at the end of what was iterated so far.
    pub fn purses(&self) -> &Purses {
        &self.purses
    }

    fn add(&mut self, at: DateTime<Utc>, pending: Pending) {
        self.pending.insert((at, self.meant), pending);
        self.meant += 1;
    }

    fn think_of_the_day(&mut self) {
        let bank = self.bank;
        let first = self.day == self.span.first_day;
        for customer in bank.customers.get(self.span.customers.clone()).unwrap_or_default() {
            for intent in Day::new(bank, &self.zone, customer, self.day).intents(first) {
                self.genuine += 1;
                self.add(intent.at, Pending::Intent(intent));
            }
        }
        // Habits come first: on the first day there is nothing to steal.
        while !first && self.stolen * 1_000_000 < (self.genuine + self.stolen) * u64::from(self.span.fraud_per_million)
        {
            if !self.steal() {
                break;
            }
        }
        self.day = self.day.succ_opt().unwrap_or(self.day);
    }

    fn steal(&mut self) -> bool {
        let fraud = next_fraud(&mut self.next_frauds, &mut self.chance);
        let at = moment(&self.zone, self.day, self.chance.between(0, fraud::DAY - 1));
        let (customers, chance) = (self.span.customers.clone(), &mut self.chance);
        let intents = fraud::plot(fraud, self.bank, customers, &self.purses, Pace::Patient, at, chance);
        self.stolen += intents.len() as u64;
        let found = !intents.is_empty();
        for intent in intents {
            self.add(intent.at, Pending::Intent(intent));
        }
        found
    }

    fn happen(&mut self, at: DateTime<Utc>, pending: Pending) -> Option<Event> {
        let intent = match pending {
            Pending::Label(payment, fraud) => {
                if fraud.has_victim() {
                    self.give_back(&payment, at);
                }
                self.blocked.after(fraud, &payment, at, NEW_CARD_AFTER);
                return Some(Event::label(&payment, at));
            }
            Pending::Intent(intent) if self.blocked.forbids(&intent) => return None,
            Pending::Intent(intent) => intent,
        };
        let (command, fraud) = intent.settle(&mut self.purses, &mut self.ids, self.bank.settings.currency, true)?;
        if let Some(fraud) = fraud {
            self.add(at + self.span.label_delay, Pending::Label(command.clone(), fraud));
        }
        Some(Event { at, what: What::Payment { command, fraud } })
    }

    /// What was stolen from a customer comes back some hours after it became known.
    fn give_back(&mut self, payment: &SubmitTransaction, known_at: DateTime<Utc>) {
        let Some(refunds) = self.bank.others.refunds.first() else { return };
        let at = known_at + TimeDelta::seconds(self.chance.between(fraud::HOUR, fraud::DAY));
        let intent = Intent {
            at,
            kind: TransactionKind::Deposit,
            debit: refunds.clone(),
            credit: payment.debit.clone(),
            amount: Amount::Exact(payment.amount_minor),
            context: by_itself("credit-transfer"),
            fraud: None,
        };
        self.add(at, Pending::Intent(intent));
    }
}

/// One type after another, so that each occurs; in an order of chance.
fn next_fraud(coming: &mut Vec<FraudType>, chance: &mut Chance) -> FraudType {
    if coming.is_empty() {
        coming.extend(FraudType::ALL);
        chance.shuffle(coming);
    }
    coming.pop().unwrap_or(FraudType::CardLeaked)
}

impl<Z: TimeZone> Iterator for History<'_, Z> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        loop {
            let dawn = moment(&self.zone, self.day, 0);
            match self.pending.first_key_value() {
                // Nothing that is still to be thought of can come before it.
                Some(((at, _), _)) if *at < dawn => {
                    let ((at, _), pending) = self.pending.pop_first()?;
                    if let Some(event) = self.happen(at, pending) {
                        return Some(event);
                    }
                }
                _ if self.day <= self.span.last_day => self.think_of_the_day(),
                _ => return None,
            }
        }
    }
}
