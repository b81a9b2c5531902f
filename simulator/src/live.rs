//! The present: one payment after another, whenever somebody says that it is time for one.
//!
//! Time is not compressed: each payment happens now. So the rate is spread over all customers in turn, with small
//! amounts at known places, and pay comes in when a purse is nearly empty; habits by hour and month belong to the past
//! (see `history`). Thieves are hasty: what takes days elsewhere takes minutes here.

use crate::bank::customer::Customer;
use crate::bank::terminal::Trade;
use crate::bank::{Bank, subject};
use crate::event::{Event, FraudType, What};
use crate::fraud::{self, Pace};
use crate::habits::by_itself;
use crate::intent::{Amount, Intent};
use crate::purse::{Blocked, Purses};
use crate::random::Chance;
use chrono::{DateTime, TimeDelta, Utc};
use domain::TransactionKind;
use domain::command::SubmitTransaction;
use std::collections::{BTreeMap, VecDeque};

/// Frauds per million payments: more than in life, so that those who watch need not wait for hours.
pub const FRAUD_PER_MILLION: u32 = 20_000;

/// Below this, pay comes in.
const LOW_MINOR: i64 = 30_000;

/// A customer from whom was stolen gets a new card and stays calm for as long.
const CARE: TimeDelta = TimeDelta::days(14);

#[derive(Debug, Clone)]
pub struct LiveSettings {
    pub fraud_per_million: u32,
    /// After which a fraud becomes known.
    pub label_delay: TimeDelta,
    /// How long nothing is stolen at first.
    pub first_fraud_after: TimeDelta,
}

impl Default for LiveSettings {
    fn default() -> Self {
        LiveSettings {
            fraud_per_million: FRAUD_PER_MILLION,
            label_delay: TimeDelta::seconds(60),
            first_fraud_after: TimeDelta::seconds(10),
        }
    }
}

/// Live traffic. Moments given to it never go back.
pub struct Live {
    bank: Bank,
    settings: LiveSettings,
    purses: Purses,
    blocked: Blocked,
    chance: Chance,
    ids: Chance,
    /// Whose turn it is, by index, in laps.
    turns: VecDeque<usize>,
    begun: Option<DateTime<Utc>>,
    plotted: BTreeMap<(DateTime<Utc>, u64), Intent>,
    known: BTreeMap<(DateTime<Utc>, u64), (SubmitTransaction, FraudType)>,
    count: u64,
    stolen: u64,
    next_frauds: VecDeque<FraudType>,
}

impl Live {
    /// With what is available on the customers' accounts. `run` tells one run from the next: the same run in the same
    /// bank, asked at the same moments, gives the same payments.
    pub fn new(bank: Bank, settings: LiveSettings, purses: Purses, run: u64) -> Live {
        Live {
            chance: bank.chance(subject::LIVE, &[run]),
            ids: bank.chance(subject::IDS, &[run, u64::MAX]),
            bank,
            settings,
            purses,
            blocked: Blocked::default(),
            turns: VecDeque::new(),
            begun: None,
            plotted: BTreeMap::new(),
            known: BTreeMap::new(),
            count: 0,
            stolen: 0,
            // What shows itself at once comes first.
            next_frauds: FraudType::ALL.into(),
        }
    }

    /// The next payment, which happens now: a theft that is due, else somebody's ordinary one. None if whoever's turn
    /// it was could not pay.
    pub fn payment(&mut self, now: DateTime<Utc>) -> Option<Event> {
        let begun = *self.begun.get_or_insert(now);
        if now - begun >= self.settings.first_fraud_after && self.steals() {
            self.plot(now);
        }
        let due = self.plotted.first_key_value().is_some_and(|((at, _), _)| *at <= now);
        let stolen = if due { self.plotted.pop_first() } else { None };
        let intent = match stolen {
            Some((_, intent)) => Intent { at: now, ..intent },
            None => self.ordinary(now)?,
        };
        let (command, fraud) = intent.settle(&mut self.purses, &mut self.ids, self.bank.settings.currency, false)?;
        self.count += 1;
        if let Some(fraud) = fraud {
            self.known.insert((now + self.settings.label_delay, self.count), (command.clone(), fraud));
        }
        Some(Event { at: now, what: What::Payment { command, fraud } })
    }

    /// What has become known by now.
    pub fn label(&mut self, now: DateTime<Utc>) -> Option<Event> {
        let due = self.known.first_key_value().is_some_and(|((at, _), _)| *at <= now);
        let (_, (payment, fraud)) = if due { self.known.pop_first()? } else { return None };
        self.blocked.after(fraud, &payment, now, CARE);
        Some(Event::label(&payment, now))
    }

    fn steals(&self) -> bool {
        let few = self.stolen * 1_000_000 <= (self.count + self.stolen) * u64::from(self.settings.fraud_per_million);
        self.settings.fraud_per_million > 0 && (self.stolen == 0 || few)
    }

    fn plot(&mut self, now: DateTime<Utc>) {
        if self.next_frauds.is_empty() {
            let mut all = FraudType::ALL;
            self.chance.shuffle(&mut all);
            self.next_frauds.extend(all);
        }
        // Where one finds no victim, another does.
        while let Some(fraud) = self.next_frauds.pop_front() {
            let everybody = 0..self.bank.customers.len();
            let intents = fraud::plot(fraud, &self.bank, everybody, &self.purses, Pace::Hasty, now, &mut self.chance);
            let found = !intents.is_empty();
            for intent in intents {
                self.stolen += 1;
                self.plotted.insert((intent.at, self.stolen), intent);
            }
            if found {
                return;
            }
        }
    }

    fn ordinary(&mut self, now: DateTime<Utc>) -> Option<Intent> {
        if self.turns.is_empty() {
            let mut everybody: Vec<usize> = (0..self.bank.customers.len()).collect();
            self.chance.shuffle(&mut everybody);
            self.turns.extend(everybody);
        }
        let customer = loop {
            let customer = self.bank.customers.get(self.turns.pop_front()?)?;
            if !self.blocked.is(&customer.current, now) {
                break customer;
            }
        };
        let intent = |kind, debit, credit, amount_minor, context| Intent {
            at: now,
            kind,
            debit,
            credit,
            amount: Amount::Exact(amount_minor),
            context,
            fraud: None,
        };
        let own = customer.current.clone();
        if self.purses.available_minor(&own).unwrap_or(0) < LOW_MINOR {
            let (pay, context) = (customer.salary_minor, by_itself("credit-transfer"));
            return Some(intent(TransactionKind::Deposit, customer.employer.clone(), own, pay, context));
        }
        let day = now.timestamp() / fraud::DAY;
        if let (true, Some(friend)) = (self.chance.happens(6), customer.friends.first()) {
            let (amount_minor, context) = (self.chance.mostly_small(3, 30) * 100, customer.app(day, &mut self.chance));
            return Some(intent(TransactionKind::Transfer, own, friend.clone(), amount_minor, context));
        }
        let (index, amount_minor) = purchase(customer, &mut self.chance)?;
        let out_of_order = self.blocked.is(&self.bank.terminals[index].account, now);
        let coffee = customer.nearest(Trade::Coffee).filter(|_| out_of_order);
        let terminal = &self.bank.terminals[coffee.unwrap_or(index)];
        let context = terminal.context(Some(customer.device(day, &mut self.chance)), customer.home);
        Some(intent(TransactionKind::Withdrawal, own, terminal.account.clone(), amount_minor, context))
    }
}

/// Where, and for how much. Few places, always the same: at this rate more would look like somebody else.
fn purchase(customer: &Customer, chance: &mut Chance) -> Option<(usize, i64)> {
    let (trade, low, high) = match chance.between(1, 100) {
        1..=40 => (Trade::Coffee, 220, 580),
        41..=85 => (Trade::Groceries, 350, 2_800),
        _ if customer.index.is_multiple_of(2) => (Trade::Net, 700, 4_000),
        _ => (Trade::Restaurant, 700, 3_500),
    };
    Some((customer.nearest(trade)?, chance.mostly_small(low, high)))
}
