//! What thieves mean to do: one small file for each family of fraud, each payment with its type.
//!
//! Promises: every type shows the pattern it is known by, in either pace; payees and terminals are those that exist.
//! Absent: whether the money is there (see `purse`), and what anybody makes of it.

mod accounts;
mod cards;

use crate::bank::customer::Customer;
use crate::bank::{Bank, terminal::Terminal};
use crate::event::FraudType;
use crate::geography::FAR;
use crate::intent::{Amount, Intent};
use crate::purse::Purses;
use crate::random::Chance;
use chrono::{DateTime, TimeDelta, Utc};
use domain::command::{PaymentContext, Place};
use domain::{AccountNumber, AmountMinor, TransactionKind};
use std::ops::Range;

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// How fast thieves work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// As in life: hours and days.
    Patient,
    /// So that somebody who watches sees it: seconds and minutes.
    Hasty,
}

/// One fraud in the making.
pub(crate) struct Plot<'a> {
    pub bank: &'a Bank,
    pub customers: Range<usize>,
    pub purses: &'a Purses,
    pub pace: Pace,
    /// When the next thing happens.
    pub at: DateTime<Utc>,
    pub chance: &'a mut Chance,
    intents: Vec<Intent>,
    fraud: FraudType,
}

/// What a fraud consists of, in order; empty if it finds no victim.
pub(crate) fn plot(
    fraud: FraudType,
    bank: &Bank,
    customers: Range<usize>,
    purses: &Purses,
    pace: Pace,
    at: DateTime<Utc>,
    chance: &mut Chance,
) -> Vec<Intent> {
    let mut plot = Plot { bank, customers, purses, pace, at, chance, intents: Vec::new(), fraud };
    let done = match fraud {
        FraudType::CardLeaked => cards::leaked(&mut plot),
        FraudType::TerminalCompromised => cards::terminal_compromised(&mut plot),
        FraudType::CardTesting => cards::testing(&mut plot),
        FraudType::AccountTakeover => accounts::takeover(&mut plot),
        FraudType::ScamNewPayee => accounts::scam(&mut plot),
        FraudType::MuleChain => accounts::mule_chain(&mut plot),
        FraudType::Structuring => accounts::structuring(&mut plot),
    };
    // Somebody was missing: what was begun is not done either.
    if done.is_none() { Vec::new() } else { plot.intents }
}

impl<'a> Plot<'a> {
    /// Lets so many seconds pass: patient thieves some of the first range, hasty ones of the second.
    fn wait(&mut self, patient: (i64, i64), hasty: (i64, i64)) {
        let (low, high) = if self.pace == Pace::Patient { patient } else { hasty };
        self.at += TimeDelta::milliseconds(self.chance.between(low * 1_000, high * 1_000));
    }

    /// A customer with at least so much; some tries, then none.
    fn victim(&mut self, least_minor: AmountMinor) -> Option<&'a Customer> {
        let bank = self.bank;
        let customers = bank.customers.get(self.customers.clone())?;
        for _ in 0..40 {
            let customer = self.chance.one_of(customers)?;
            if self.purses.available_minor(&customer.current)? >= least_minor {
                return Some(customer);
            }
        }
        None
    }

    fn mule(&mut self) -> Option<&'a AccountNumber> {
        let bank = self.bank;
        self.chance.one_of(&bank.mules)
    }

    fn stranger(&mut self) -> Option<&'a AccountNumber> {
        let bank = self.bank;
        self.chance.one_of(&bank.others.strangers)
    }

    /// A device nobody used before, far away.
    fn foreign_device(&mut self, channel: &str) -> PaymentContext {
        let town = &FAR[self.chance.below(FAR.len())];
        PaymentContext {
            device: Some(format!("phone-{:016x}", self.chance.bits())),
            place: Some(town.somewhere(self.chance)),
            channel: Some(channel.to_owned()),
            country: Some("FR".to_owned()),
            session_risk: None,
        }
    }

    /// A copied card at a terminal that it does not know, somewhere far or on the net.
    fn with_copied_card(&mut self, terminal: &Terminal, from: Place) -> PaymentContext {
        PaymentContext { place: Some(terminal.place.unwrap_or(from)), ..terminal.context(None, from) }
    }

    fn pay(
        &mut self,
        kind: TransactionKind,
        debit: &AccountNumber,
        credit: &AccountNumber,
        amount: Amount,
        context: &PaymentContext,
    ) {
        let (debit, credit) = (debit.clone(), credit.clone());
        let fraud = Some(self.fraud);
        self.intents.push(Intent { at: self.at, kind, debit, credit, amount, context: context.clone(), fraud });
    }
}
