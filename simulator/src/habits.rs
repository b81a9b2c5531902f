//! A customer's ordinary day: what they mean to pay, by the month, by the week, by the hour.
//!
//! Ordinary is not the same as alike: holidays abroad, a new telephone, a new sofa and a craftsman never paid before
//! happen to honest people too.

use crate::bank::customer::{Customer, Landlord};
use crate::bank::terminal::{Terminal, Trade};
use crate::bank::{Bank, subject};
use crate::intent::{Amount, Intent};
use crate::random::Chance;
use chrono::{DateTime, Datelike as _, MappedLocalTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc, Weekday};
use domain::command::PaymentContext;
use domain::{AccountNumber, AmountMinor, TransactionKind};

/// Seconds of the bank's local day as a moment. An hour that the clocks jump over happens an hour later.
pub(crate) fn moment<Z: TimeZone>(zone: &Z, day: NaiveDate, seconds: i64) -> DateTime<Utc> {
    let local = day.and_time(NaiveTime::MIN) + TimeDelta::seconds(seconds);
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => at.with_timezone(&Utc),
        MappedLocalTime::None => zone
            .from_local_datetime(&(local + TimeDelta::hours(1)))
            .earliest()
            .map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc)),
    }
}

/// One customer's day.
pub(crate) struct Day<'a, Z> {
    pub bank: &'a Bank,
    pub zone: &'a Z,
    pub customer: &'a Customer,
    pub day: NaiveDate,
    chance: Chance,
    intents: Vec<Intent>,
}

impl<'a, Z: TimeZone> Day<'a, Z> {
    pub fn new(bank: &'a Bank, zone: &'a Z, customer: &'a Customer, day: NaiveDate) -> Self {
        let chance = bank.chance(subject::DAY, &[customer.index as u64, number(day).unsigned_abs()]);
        Day { bank, zone, customer, day, chance, intents: Vec::new() }
    }

    /// What is meant to be done, in no order.
    pub fn intents(mut self, first: bool) -> Vec<Intent> {
        if first {
            let opening = self.chance.between(60, 300) * 1_000;
            let employer = self.customer.employer.clone();
            self.receive(8, employer, opening);
        }
        self.by_the_month();
        match self.customer.holiday(i64::from(self.day.ordinal())) {
            // A day to travel: nobody is in two places.
            Some((0, _) | (_, true)) => {}
            Some(_) => self.on_holiday(),
            None => self.by_the_week(),
        }
        self.intents
    }

    fn by_the_month(&mut self) {
        let customer = self.customer;
        let day = self.day.day();
        if day == customer.salary_day {
            let extra = if self.day.month() == 12 { customer.salary_minor / 4 } else { 0 };
            self.receive(6, customer.employer.clone(), customer.salary_minor + extra);
        }
        if day == customer.rent_day {
            match &customer.landlord {
                Landlord::Customer(landlord) => self.standing_order(landlord, customer.rent_minor, true),
                Landlord::Other(landlord) => self.standing_order(landlord, customer.rent_minor, false),
            }
        }
        for (bill_day, payee, amount_minor) in &customer.bills {
            if day == *bill_day {
                let amount_minor = amount_minor * self.chance.between(95, 105) / 100;
                self.standing_order(payee, amount_minor, false);
            }
        }
        if let (Some(savings), 2) = (&customer.savings, day) {
            let amount_minor = customer.salary_minor * self.chance.between(4, 10) / 100 / 100 * 100;
            self.standing_order(savings, amount_minor, true);
        }
        if self.chance.seldom(6) {
            self.by_transfer_to_a_trade();
        }
    }

    fn by_the_week(&mut self) {
        let weekday = self.day.weekday();
        let at_work = !matches!(weekday, Weekday::Sat | Weekday::Sun);
        if self.customer.drinks_coffee_out && at_work && self.chance.happens(45) {
            let amount_minor = self.chance.between(22, 58) * 10;
            self.shop(Trade::Coffee, 8, amount_minor);
        }
        let percent = match weekday {
            Weekday::Sat => 95,
            Weekday::Sun => 25,
            _ => self.customer.shopping_percent,
        };
        if self.chance.happens(self.flush(percent)) {
            let top = self.customer.salary_minor / if weekday == Weekday::Sat { 20 } else { 45 };
            let amount_minor = self.chance.mostly_small(350, top);
            let hour = if at_work { self.chance.between(12, 19) } else { self.chance.between(9, 17) };
            self.shop(Trade::Groceries, hour, amount_minor);
        }
        if matches!(weekday, Weekday::Fri | Weekday::Sat) && self.chance.happens(self.flush(40)) {
            let amount_minor = self.chance.between(9, 65) * 100 + self.chance.between(0, 9) * 10;
            self.shop(Trade::Restaurant, 20, amount_minor);
        }
        if self.chance.happens(7) {
            let amount_minor = self.chance.mostly_small(2, 12) * 1_000;
            self.shop(Trade::CashMachine, 16, amount_minor);
        }
        if self.chance.happens(8) {
            let amount_minor = self.chance.between(2_500, 8_000);
            self.shop(Trade::Fuel, 18, amount_minor);
        }
        if self.chance.happens(self.flush(13)) {
            let amount_minor = self.chance.mostly_small(700, 9_000);
            let hour = self.chance.between(18, 22);
            if self.chance.seldom(25) {
                self.order_from_abroad(amount_minor);
            } else {
                self.shop(Trade::Net, hour, amount_minor);
            }
        }
        if self.chance.happens(if at_work { 3 } else { 9 }) {
            // Now and then something large.
            let top = if self.chance.happens(12) { 60_000 } else { 11_000 };
            let amount_minor = self.chance.mostly_small(1_500, top);
            self.shop(Trade::Clothes, 15, amount_minor);
        }
        if self.chance.happens(6) {
            self.settle_with_a_friend();
        }
        if self.chance.happens(1) {
            self.give_back();
        }
    }

    /// Just after pay-day people go out more than just before it; before Christmas most of all.
    fn flush(&self, percent: i64) -> i64 {
        let since = (i64::from(self.day.day()) - i64::from(self.customer.salary_day)).rem_euclid(30);
        let season = if self.day.month() == 12 { 115 } else { 100 };
        percent * (110 - since) / 100 * season / 100
    }

    fn on_holiday(&mut self) {
        // The same place all along.
        let mut where_to = self
            .bank
            .chance(subject::CUSTOMER, &[self.customer.index as u64, u64::from(self.day.year().unsigned_abs())]);
        let Some(index) = self.bank.terminal(Trade::Holiday, None, &mut where_to) else { return };
        for hour in [13, 20] {
            if self.chance.happens(70) {
                let amount_minor = self.chance.mostly_small(800, 7_500);
                self.at(index, hour, amount_minor);
            }
        }
    }

    fn settle_with_a_friend(&mut self) {
        let Some(friend) = self.chance.one_of(&self.customer.friends).cloned() else { return };
        let amount_minor = self.chance.mostly_small(5, 90) * 100;
        let (at, context) = (self.hour(9, 21), self.customer.app(number(self.day), &mut self.chance));
        self.mean(at, TransactionKind::Transfer, self.customer.current.clone(), friend, amount_minor, context);
    }

    fn by_transfer_to_a_trade(&mut self) {
        let Some(payee) = self.chance.one_of(&self.bank.others.trades).cloned() else { return };
        let amount_minor = self.chance.mostly_small(60, 700) * 100;
        let (at, context) = (self.hour(9, 20), self.customer.app(number(self.day), &mut self.chance));
        self.mean(at, TransactionKind::Withdrawal, self.customer.current.clone(), payee, amount_minor, context);
    }

    fn shop(&mut self, trade: Trade, hour: i64, amount_minor: AmountMinor) {
        // Seldom somewhere else than always.
        let elsewhere = self.chance.happens(6);
        let town = Some(self.customer.town);
        let index = if elsewhere {
            self.bank.terminal(trade, town, &mut self.chance)
        } else {
            self.customer.favourite(trade, &mut self.chance)
        };
        if let Some(index) = index {
            self.at(index, (hour + self.customer.rises).clamp(7, 22), amount_minor);
        }
    }

    fn order_from_abroad(&mut self, amount_minor: AmountMinor) {
        let net: Vec<_> = self.bank.others.abroad.iter().filter(|shop| shop.trade == Trade::Net).collect();
        if let Some(shop) = self.chance.one_of(&net) {
            self.at_terminal(shop, 21, amount_minor);
        }
    }

    fn at(&mut self, index: usize, hour: i64, amount_minor: AmountMinor) {
        self.at_terminal(&self.bank.terminals[index], hour, amount_minor);
    }

    fn at_terminal(&mut self, terminal: &Terminal, hour: i64, amount_minor: AmountMinor) {
        let device = self.customer.device(number(self.day), &mut self.chance);
        let context = terminal.context(Some(device), self.customer.home);
        let at = self.hour(hour, hour);
        let payee = terminal.account.clone();
        self.mean(at, TransactionKind::Withdrawal, self.customer.current.clone(), payee, amount_minor, context);
    }

    /// Something bought is brought back.
    fn give_back(&mut self) {
        let Some(index) = self.customer.favourite(Trade::Clothes, &mut self.chance) else { return };
        let terminal = &self.bank.terminals[index];
        let amount_minor = self.chance.between(1_000, 9_000);
        let at = self.hour(10, 18);
        let context = terminal.context(None, self.customer.home);
        let own = self.customer.current.clone();
        self.mean(at, TransactionKind::Deposit, terminal.account.clone(), own, amount_minor, context);
    }

    fn receive(&mut self, hour: i64, from: AccountNumber, amount_minor: AmountMinor) {
        let at = self.hour(hour, hour);
        let own = self.customer.current.clone();
        self.mean(at, TransactionKind::Deposit, from, own, amount_minor, by_itself("credit-transfer"));
    }

    /// Paid by the bank's machines in the morning, with no device and from no place.
    fn standing_order(&mut self, to: &AccountNumber, amount_minor: AmountMinor, customer: bool) {
        let kind = if customer { TransactionKind::Transfer } else { TransactionKind::Withdrawal };
        let at = self.hour(7, 7);
        let own = self.customer.current.clone();
        self.mean(at, kind, own, to.clone(), amount_minor, by_itself("standing-order"));
    }

    /// Some moment of those hours, both included.
    fn hour(&mut self, first: i64, last: i64) -> DateTime<Utc> {
        let seconds = first * 3_600 + self.chance.between(0, (last - first + 1) * 3_600 - 1);
        moment(self.zone, self.day, seconds)
    }

    fn mean(
        &mut self,
        at: DateTime<Utc>,
        kind: TransactionKind,
        debit: AccountNumber,
        credit: AccountNumber,
        amount_minor: AmountMinor,
        context: PaymentContext,
    ) {
        self.intents.push(Intent {
            at,
            kind,
            debit,
            credit,
            amount: Amount::Exact(amount_minor),
            context,
            fraud: None,
        });
    }
}

/// A payment that no person makes at that moment.
pub(crate) fn by_itself(channel: &str) -> PaymentContext {
    PaymentContext { channel: Some(channel.to_owned()), country: Some("FR".to_owned()), ..PaymentContext::default() }
}

/// Days since 1970.
pub(crate) fn number(day: NaiveDate) -> i64 {
    i64::from(day.num_days_from_ce()) - 719_163
}
