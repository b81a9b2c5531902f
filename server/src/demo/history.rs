//! A year of a household's money: salary and rent by the month, shops by the week, and what friends owe each other.
//!
//! Pure and repeatable: the same households and the same last day give the same transactions with the same ids. Nobody
//! spends what is not there: a purchase that would go beyond the overdraft limit does not happen.

use super::people::{Desks, Household};
use super::random::Chance;
use crate::import::row::id_v8;
use chrono::{Datelike as _, Days, NaiveDate, NaiveDateTime, TimeZone as _, Utc, Weekday};
use chrono_tz::Tz;
use domain::command::SubmitTransaction;
use domain::{AccountNumber, AmountMinor, Currency, TransactionKind};
use std::collections::HashMap;

pub const DAYS: u64 = 365;

/// Something that somebody means to do.
struct Intent {
    at: NaiveDateTime,
    kind: TransactionKind,
    debit: AccountNumber,
    credit: AccountNumber,
    amount_minor: AmountMinor,
}

/// Everything the households did in the [`DAYS`] that end with `last_day`, in order.
pub fn year(
    households: &[Household],
    desks: &Desks,
    currency: Currency,
    last_day: NaiveDate,
    zone: Tz,
) -> Vec<SubmitTransaction> {
    let first_day = last_day.checked_sub_days(Days::new(DAYS - 1)).unwrap_or(last_day);
    let mut intents = Vec::new();
    for (index, household) in households.iter().enumerate() {
        let mut life =
            Life { household, households, desks, chance: Chance::new(1_000 + index as u64), intents: &mut intents };
        life.live(first_day, last_day);
    }
    intents.sort_by(|left, right| (left.at, &left.debit, &left.credit).cmp(&(right.at, &right.debit, &right.credit)));
    let mut purses: HashMap<AccountNumber, AmountMinor> = households
        .iter()
        .map(|household| (household.current.clone(), household.overdraft_minor))
        .chain(households.iter().filter_map(|household| Some((household.savings.clone()?, 0))))
        .collect();
    intents
        .into_iter()
        .enumerate()
        .filter(|(_, intent)| afford(&mut purses, intent))
        .map(|(index, intent)| submission(intent, index, currency, zone))
        .collect()
}

/// Moves the money between the purses of customers, if the one who pays has it.
fn afford(purses: &mut HashMap<AccountNumber, AmountMinor>, intent: &Intent) -> bool {
    if let Some(purse) = purses.get_mut(&intent.debit) {
        if *purse < intent.amount_minor {
            return false;
        }
        *purse -= intent.amount_minor;
    }
    if let Some(purse) = purses.get_mut(&intent.credit) {
        *purse += intent.amount_minor;
    }
    true
}

fn submission(intent: Intent, index: usize, currency: Currency, zone: Tz) -> SubmitTransaction {
    let Intent { at, kind, debit, credit, amount_minor } = intent;
    let line = format!("{at}|{debit}|{credit}|{amount_minor}|{index}");
    let occurred_at =
        zone.from_local_datetime(&at).earliest().map_or_else(|| at.and_utc(), |at| at.with_timezone(&Utc));
    SubmitTransaction {
        transaction_id: id_v8(at.and_utc().timestamp_millis(), &["demo", &line]),
        kind,
        debit,
        credit,
        amount_minor,
        currency,
        occurred_at,
        history: true,
        reference: None,
        context: None,
    }
}

struct Life<'a> {
    household: &'a Household,
    households: &'a [Household],
    desks: &'a Desks,
    chance: Chance,
    intents: &'a mut Vec<Intent>,
}

impl Life<'_> {
    fn live(&mut self, first_day: NaiveDate, last_day: NaiveDate) {
        let opening = self.chance.between(4, 30) * 10_000;
        self.receive(first_day, 8, &self.desks.banks, opening);
        for day in first_day.iter_days().take_while(|day| *day <= last_day) {
            self.by_the_month(day);
            self.by_the_week(day);
        }
    }

    fn by_the_month(&mut self, day: NaiveDate) {
        let household = self.household;
        if day.day() == household.salary_day {
            self.receive(day, 6, &self.desks.banks, household.salary_minor);
        }
        if day.day() == household.rent_day {
            match &household.landlord {
                Some(landlord) => self.transfer(day, &household.current, landlord, household.rent_minor),
                None => self.pay(day, 7, &self.desks.banks, household.rent_minor),
            }
        }
        // Energy, telephone, insurance: each on its day.
        for (bill_day, low, high) in [(8, 4_500, 13_000), (12, 999, 3_999), (20, 1_500, 6_000)] {
            if day.day() == bill_day {
                let amount = self.chance.between(low, high);
                self.pay(day, 5, &self.desks.banks, amount);
            }
        }
        if let (Some(savings), 2) = (&household.savings, day.day()) {
            let amount = household.salary_minor * self.chance.between(4, 12) / 100 / 100 * 100;
            self.transfer(day, &household.current, savings, amount);
        }
    }

    fn by_the_week(&mut self, day: NaiveDate) {
        let weekday = day.weekday();
        let at_work = !matches!(weekday, Weekday::Sat | Weekday::Sun);
        if self.household.drinks_coffee_out && at_work && self.chance.happens(45) {
            let amount = self.chance.between(22, 58) * 10;
            self.pay(day, 8, &self.desks.cards, amount);
        }
        let percent = match weekday {
            Weekday::Sat => 95,
            Weekday::Sun => 25,
            _ => self.household.shopping_percent,
        };
        if self.chance.happens(percent) {
            let top = self.household.salary_minor / if weekday == Weekday::Sat { 16 } else { 40 };
            let amount = self.chance.mostly_small(350, top);
            let hour = if at_work { self.chance.between(12, 19) } else { self.chance.between(9, 17) };
            self.pay(day, hour, &self.desks.cards, amount);
        }
        if matches!(weekday, Weekday::Fri | Weekday::Sat) && self.chance.happens(35) {
            let amount = self.chance.between(9, 75) * 100 + self.chance.between(0, 9) * 10;
            self.pay(day, 20, &self.desks.cards, amount);
        }
        if self.chance.happens(9) {
            let amount = self.chance.mostly_small(2, 15) * 1_000;
            self.pay(day, 17, &self.desks.cash, amount);
        }
        if self.chance.happens(6) {
            self.settle_with_a_friend(day);
        }
        if self.chance.happens(2) {
            let amount = self.chance.between(1_000, 9_000);
            self.receive(day, 10, &self.desks.cards, amount);
        }
    }

    fn settle_with_a_friend(&mut self, day: NaiveDate) {
        let last = i64::try_from(self.households.len()).unwrap_or(1) - 1;
        let friend = usize::try_from(self.chance.between(0, last)).unwrap_or(0);
        let amount = self.chance.mostly_small(5, 90) * 100;
        let friend = &self.households[friend].current;
        if *friend != self.household.current {
            self.transfer(day, &self.household.current, friend, amount);
        }
    }

    fn receive(&mut self, day: NaiveDate, hour: i64, from: &AccountNumber, amount_minor: AmountMinor) {
        let own = self.household.current.clone();
        self.mean(day, hour, TransactionKind::Deposit, from.clone(), own, amount_minor);
    }

    fn pay(&mut self, day: NaiveDate, hour: i64, to: &AccountNumber, amount_minor: AmountMinor) {
        let own = self.household.current.clone();
        self.mean(day, hour, TransactionKind::Withdrawal, own, to.clone(), amount_minor);
    }

    fn transfer(&mut self, day: NaiveDate, from: &AccountNumber, to: &AccountNumber, amount_minor: AmountMinor) {
        let hour = self.chance.between(9, 21);
        self.mean(day, hour, TransactionKind::Transfer, from.clone(), to.clone(), amount_minor);
    }

    fn mean(
        &mut self,
        day: NaiveDate,
        hour: i64,
        kind: TransactionKind,
        debit: AccountNumber,
        credit: AccountNumber,
        amount_minor: AmountMinor,
    ) {
        let seconds = hour * 3_600 + self.chance.between(0, 3_599);
        let at = day.and_time(chrono::NaiveTime::MIN) + chrono::TimeDelta::seconds(seconds);
        if amount_minor > 0 {
            self.intents.push(Intent { at, kind, debit, credit, amount_minor });
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::people::households;
    use super::*;
    use std::collections::HashSet;

    fn a_year() -> Vec<SubmitTransaction> {
        let last_day = NaiveDate::from_ymd_opt(2026, 3, 14).unwrap();
        let desks = Desks::of(Currency::EUR).unwrap();
        year(&households(), &desks, Currency::EUR, last_day, chrono_tz::Europe::Paris)
    }

    #[test]
    fn the_same_day_gives_the_same_year_with_ids_of_their_own() {
        let history = a_year();
        assert_eq!(history, a_year());
        let ids: HashSet<_> = history.iter().map(|transaction| transaction.transaction_id).collect();
        assert_eq!(ids.len(), history.len());
        assert!((10_000..=15_000).contains(&history.len()), "{}", history.len());
    }

    #[test]
    fn the_year_runs_forward_day_by_day_with_all_three_kinds_and_never_beyond_a_limit() {
        let history = a_year();
        assert!(history.windows(2).all(|pair| pair[0].occurred_at <= pair[1].occurred_at));
        let days: HashSet<_> = history.iter().map(|transaction| transaction.occurred_at.date_naive()).collect();
        assert!(days.len() as u64 >= DAYS - 1);
        let limits: HashMap<_, _> =
            households().into_iter().map(|household| (household.current, household.overdraft_minor)).collect();
        let mut booked: HashMap<AccountNumber, i64> = HashMap::new();
        let mut below_zero = HashSet::new();
        for transaction in &history {
            *booked.entry(transaction.debit.clone()).or_default() -= transaction.amount_minor;
            *booked.entry(transaction.credit.clone()).or_default() += transaction.amount_minor;
            let after = booked[&transaction.debit];
            if let Some(limit) = limits.get(&transaction.debit) {
                assert!(after >= -limit, "{} stands at {after}", transaction.debit);
                if after < 0 {
                    below_zero.insert(transaction.debit.clone());
                }
            }
        }
        assert!(!below_zero.is_empty() && below_zero.len() < 12, "{below_zero:?}");
        for kind in [TransactionKind::Deposit, TransactionKind::Withdrawal, TransactionKind::Transfer] {
            assert!(history.iter().filter(|transaction| transaction.kind == kind).count() > 400, "{kind:?}");
        }
    }
}
