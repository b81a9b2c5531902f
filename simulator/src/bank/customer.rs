//! How a customer lives: what decides their payments.

use super::terminal::Trade;
use super::{Bank, CIRCLE, subject};
use crate::geography::HOMES;
use crate::random::Chance;
use domain::command::{PaymentContext, Place};
use domain::{AccountNumber, AmountMinor};

#[derive(Debug, Clone)]
pub struct Customer {
    pub index: usize,
    pub current: AccountNumber,
    pub savings: Option<AccountNumber>,
    pub overdraft_minor: AmountMinor,
    pub home: Place,
    /// Index of the town.
    pub(crate) town: usize,
    pub salary_minor: AmountMinor,
    /// Day of the month.
    pub(crate) salary_day: u32,
    pub(crate) employer: AccountNumber,
    pub(crate) rent_minor: AmountMinor,
    pub(crate) rent_day: u32,
    pub(crate) landlord: Landlord,
    pub(crate) bills: Vec<(u32, AccountNumber, AmountMinor)>,
    /// Favourite terminals by trade, the first visited most.
    favourites: Vec<(Trade, Vec<usize>)>,
    /// One or two: a telephone, perhaps a computer. The telephone is replaced on a day of its own.
    devices: Vec<String>,
    renewal_day: i64,
    /// Visits to shops on a working day, in percent.
    pub(crate) shopping_percent: i64,
    pub(crate) drinks_coffee_out: bool,
    /// Earlier or later than others, in hours.
    pub(crate) rises: i64,
    /// First day of the holiday within the year, and its length.
    holiday: (i64, i64),
    pub(crate) friends: Vec<AccountNumber>,
}

#[derive(Debug, Clone)]
pub(crate) enum Landlord {
    Customer(AccountNumber),
    Other(AccountNumber),
}

/// A telephone lasts this many days.
const TELEPHONE_DAYS: i64 = 500;

impl Customer {
    pub(super) fn new(bank: &Bank, index: usize, towns: usize) -> Option<Customer> {
        let settings = &bank.settings;
        let mut chance = bank.chance(subject::CUSTOMER, &[index as u64]);
        let of_circle = |member: usize| Bank::number(settings, 'C', index / CIRCLE * CIRCLE + member);
        let town = chance.below(towns);
        let salary_minor = chance.between(165, 420) * 1_000;
        let rent_minor = salary_minor * chance.between(26, 34) / 100 / 500 * 500;
        let member = index % CIRCLE;
        // One of each circle lets rooms to some of the others.
        let landlord = if member % 4 == 1 && index / CIRCLE * CIRCLE + CIRCLE <= settings.customers {
            Landlord::Customer(of_circle(CIRCLE - 1)?)
        } else {
            Landlord::Other(chance.one_of(&bank.others.landlords)?.clone())
        };
        let mut friends: Vec<AccountNumber> =
            (0..3).filter_map(|_| of_circle(chance.below(CIRCLE.min(settings.customers)))).collect();
        let current = Bank::number(settings, 'C', index)?;
        friends.retain(|friend| *friend != current);
        let mut device = |which: &str| format!("{which}-{:016x}", chance.bits());
        let devices = [device("phone"), device("phone"), device("computer")];
        Some(Customer {
            index,
            savings: Bank::number(settings, 'S', index).filter(|_| member.is_multiple_of(3)),
            overdraft_minor: if member % 2 == 1 { chance.between(2, 15) * 10_000 } else { 0 },
            home: HOMES[town].somewhere(&mut chance),
            town,
            salary_minor,
            salary_day: u32::try_from(chance.between(24, 28)).unwrap_or(25),
            employer: chance.one_of(&bank.others.employers)?.clone(),
            rent_minor,
            rent_day: u32::try_from(chance.between(1, 5)).unwrap_or(1),
            landlord,
            bills: bills(bank, &mut chance),
            favourites: favourites(bank, town, &mut chance),
            devices: devices.into_iter().take(2 + chance.below(2)).collect(),
            renewal_day: chance.between(0, TELEPHONE_DAYS - 1),
            shopping_percent: chance.between(45, 80),
            drinks_coffee_out: chance.happens(40),
            rises: chance.between(-1, 1),
            holiday: (chance.between(150, 240), chance.between(6, 10)),
            friends,
            current,
        })
    }

    /// The telephone in use on that day (counted from 1970), or now and then the computer.
    pub(crate) fn device(&self, day: i64, chance: &mut Chance) -> &str {
        let telephone = usize::from((day + self.renewal_day) / TELEPHONE_DAYS % 2 == 1);
        let computer = chance.happens(25);
        let device = self.devices.get(2).filter(|_| computer).or_else(|| self.devices.get(telephone));
        device.map_or("phone", String::as_str)
    }

    /// The terminal of that trade they go to, mostly the first.
    pub(crate) fn favourite(&self, trade: Trade, chance: &mut Chance) -> Option<usize> {
        let (_, known) = self.favourites.iter().find(|(known, _)| *known == trade)?;
        let index = chance.below(known.len()).min(chance.below(known.len()));
        known.get(index).copied()
    }

    /// The terminal of that trade they go to most.
    pub(crate) fn nearest(&self, trade: Trade) -> Option<usize> {
        let (_, known) = self.favourites.iter().find(|(known, _)| *known == trade)?;
        known.first().copied()
    }

    /// Where they go for daily things.
    pub(crate) fn haunts(&self) -> impl Iterator<Item = usize> {
        self.favourites.iter().filter(|(trade, _)| *trade == Trade::Groceries).flat_map(|(_, known)| known).copied()
    }

    /// The day of the holiday that a day of the year (from 1) is: from 0, and whether it is the last.
    pub(crate) fn holiday(&self, day_of_year: i64) -> Option<(i64, bool)> {
        let (first, days) = self.holiday;
        let day = day_of_year - first;
        (0..days).contains(&day).then_some((day, day == days - 1))
    }

    /// How a payment from their own hands looks: the banking app or the web page, at home.
    pub(crate) fn app(&self, day: i64, chance: &mut Chance) -> PaymentContext {
        let device = self.device(day, chance).to_owned();
        let channel = if device.starts_with("phone") { "app" } else { "web" };
        PaymentContext {
            device: Some(device),
            place: Some(self.home),
            channel: Some(channel.to_owned()),
            country: Some("FR".to_owned()),
            session_risk: None,
        }
    }
}

/// Energy, telephone, insurance: each on its day, hardly changing.
fn bills(bank: &Bank, chance: &mut Chance) -> Vec<(u32, AccountNumber, AmountMinor)> {
    let kinds = [(8, 4_500, 13_000), (12, 999, 3_999), (20, 1_500, 6_000)];
    let bills = kinds.into_iter().filter_map(|(day, low, high)| {
        let payee = chance.one_of(&bank.others.bills)?.clone();
        Some((day, payee, chance.between(low, high)))
    });
    bills.collect()
}

fn favourites(bank: &Bank, town: usize, chance: &mut Chance) -> Vec<(Trade, Vec<usize>)> {
    let trades = [
        (Trade::CashMachine, 2),
        (Trade::Net, 3),
        (Trade::Groceries, 3),
        (Trade::Coffee, 1),
        (Trade::Restaurant, 3),
        (Trade::Fuel, 1),
        (Trade::Clothes, 3),
    ];
    let known = trades
        .into_iter()
        .map(|(trade, count)| (trade, (0..count).filter_map(|_| bank.terminal(trade, Some(town), chance)).collect()));
    known.collect()
}
