//! The demo bank's people and accounts. Nobody of these exists.

use super::random::Chance;
use crate::bulk::desk;
use app::ports::Role;
use domain::account::cash_desk;
use domain::command::OpenAccount;
use domain::{AccountKind, AccountNumber, AmountMinor, Currency};

/// Somebody with a sign-in.
#[derive(Debug, Clone, Copy)]
pub struct DemoPerson {
    pub username: &'static str,
    pub name: &'static str,
    pub role: Role,
    /// Offered on the sign-in page in demo mode; the others are customers with a password that nobody knows.
    pub offered: bool,
}

const fn customer(username: &'static str, name: &'static str, offered: bool) -> DemoPerson {
    DemoPerson { username, name, role: Role::Customer, offered }
}

/// Two dozen customers, in the order of their account numbers.
pub const CUSTOMERS: [DemoPerson; 24] = [
    customer("alice", "Alice Marchand", true),
    customer("bruno", "Bruno Keller", true),
    customer("chloe", "Chloé Dubosc", true),
    customer("david", "David Novotný", true),
    customer("emma", "Emma Rossetti", true),
    customer("felix", "Felix Wagenaar", true),
    customer("gabriel", "Gabriel Petitjean", true),
    customer("hanna", "Hanna Lindqvist", true),
    customer("ivan", "Ivan Horák", true),
    customer("julia", "Julia Moreno", true),
    customer("karim", "Karim Belkacem", true),
    customer("lea", "Léa Fontanel", true),
    customer("marek", "Marek Zieliński", false),
    customer("nadia", "Nadia Osman", false),
    customer("olivier", "Olivier Castagne", false),
    customer("paula", "Paula Brandt", false),
    customer("quentin", "Quentin Rousselot", false),
    customer("rosa", "Rosa Almeida", false),
    customer("samuel", "Samuel Adeyemi", false),
    customer("tereza", "Tereza Králová", false),
    customer("ugo", "Ugo Ferrante", false),
    customer("vera", "Vera Steiner", false),
    customer("william", "William Ashdown", false),
    customer("yasmin", "Yasmin Haddadi", false),
];

pub const STAFF: [DemoPerson; 2] = [
    DemoPerson { username: "analyst", name: "Noor van Dijk", role: Role::Analyst, offered: true },
    DemoPerson { username: "operator", name: "Oscar Lemaire", role: Role::Operator, offered: true },
];

/// How a customer lives: what decides the year's transactions.
#[derive(Debug, Clone)]
pub struct Household {
    pub username: &'static str,
    pub current: AccountNumber,
    pub savings: Option<AccountNumber>,
    pub overdraft_minor: AmountMinor,
    pub salary_minor: AmountMinor,
    /// Day of the month.
    pub salary_day: u32,
    pub rent_minor: AmountMinor,
    pub rent_day: u32,
    /// Pays rent to another customer of the bank rather than elsewhere.
    pub landlord: Option<AccountNumber>,
    /// Visits to shops on a working day, in percent.
    pub shopping_percent: i64,
    pub drinks_coffee_out: bool,
}

/// The external accounts behind the demo's deposits and withdrawals.
pub struct Desks {
    pub cash: AccountNumber,
    /// Card terminals in shops.
    pub cards: AccountNumber,
    /// Salaries from and bills to other banks.
    pub banks: AccountNumber,
}

impl Desks {
    /// None only if a currency had more letters than an account number takes.
    pub fn of(currency: Currency) -> Option<Desks> {
        Some(Desks {
            cash: cash_desk(currency),
            cards: format!("CARDS-{currency}").parse().ok()?,
            banks: format!("BANKS-{currency}").parse().ok()?,
        })
    }

    pub fn openings(&self, currency: Currency) -> [OpenAccount; 3] {
        [&self.cash, &self.cards, &self.banks].map(|account| desk(account.clone(), currency))
    }
}

/// Number of the account of a kind (`C` current, `S` savings) of the customer with this index.
fn number(kind: char, index: usize) -> Option<AccountNumber> {
    format!("{kind}{}", 1001 + index).parse().ok()
}

/// The two dozen households, always the same.
pub fn households() -> Vec<Household> {
    let mut chance = Chance::new(0x0076_6967_6965);
    let landlord = number('C', CUSTOMERS.len() - 1);
    let households = CUSTOMERS.iter().enumerate().filter_map(|(index, person)| {
        let salary_minor = chance.between(165, 420) * 1_000;
        let rent_percent = chance.between(26, 34);
        let is_landlord = index == CUSTOMERS.len() - 1;
        Some(Household {
            username: person.username,
            current: number('C', index)?,
            savings: number('S', index).filter(|_| index % 3 == 0),
            overdraft_minor: if index % 2 == 1 { chance.between(2, 15) * 10_000 } else { 0 },
            salary_minor,
            salary_day: u32::try_from(chance.between(24, 28)).unwrap_or(25),
            rent_minor: salary_minor * rent_percent / 100 / 500 * 500,
            rent_day: u32::try_from(chance.between(1, 5)).unwrap_or(1),
            landlord: landlord.clone().filter(|_| index % 4 == 1 && !is_landlord),
            shopping_percent: chance.between(45, 80),
            drinks_coffee_out: chance.happens(40),
        })
    });
    households.collect()
}

impl Household {
    /// The accounts to open, for their owner.
    pub fn openings(&self, currency: Currency, owner: uuid::Uuid) -> Vec<OpenAccount> {
        let open = |account: &AccountNumber, overdraft_minor| OpenAccount {
            account: account.clone(),
            kind: AccountKind::Customer,
            currency,
            overdraft_minor,
            owner: Some(owner),
        };
        std::iter::once(open(&self.current, self.overdraft_minor))
            .chain(self.savings.iter().map(|savings| open(savings, 0)))
            .collect()
    }
}
