//! Who and what is in the bank: customers, terminals, the accounts of others, and accounts lent to thieves.
//!
//! Promises: each thing follows from the seed and its own number alone, so a bank with more customers holds those of the
//! smaller one unchanged, as long as the terminals are as many.

pub mod customer;
pub mod terminal;

use crate::random::Chance;
use customer::Customer;
use domain::command::OpenAccount;
use domain::{AccountKind, AccountNumber, Currency};
use std::ops::Range;
use terminal::{Terminal, Trade};

/// Customers whose friends are among themselves; a part of the bank lives alone if it is made of whole circles.
pub const CIRCLE: usize = 24;
/// Terminals of which each town has one of every kind.
const STREET: usize = 20;
/// Shops on other continents.
const ABROAD: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub seed: u64,
    pub customers: usize,
    /// Shops on the street and on the net, cash machines: 60 at least.
    pub terminals: usize,
    pub currency: Currency,
    /// Stands before every account number, `S1-` say, so that two simulated banks do not share accounts.
    pub prefix: String,
}

impl Settings {
    pub fn new(seed: u64, customers: usize, terminals: usize, currency: Currency) -> Self {
        Settings { seed, customers, terminals, currency, prefix: format!("S{seed:X}-") }
    }
}

/// Accounts of others than customers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Others {
    pub employers: Vec<AccountNumber>,
    pub landlords: Vec<AccountNumber>,
    /// Energy, telephone, insurance.
    pub bills: Vec<AccountNumber>,
    /// Craftsmen and the like: paid by transfer, now and then.
    pub trades: Vec<AccountNumber>,
    /// Accounts at other banks that nobody paid before.
    pub strangers: Vec<AccountNumber>,
    /// Shops on other continents.
    pub abroad: Vec<Terminal>,
    /// From where stolen money is given back.
    pub refunds: Vec<AccountNumber>,
}

/// The bank on its first day.
#[derive(Debug, Clone)]
pub struct Bank {
    pub settings: Settings,
    pub customers: Vec<Customer>,
    pub terminals: Vec<Terminal>,
    /// Customers' accounts that are lent to thieves; little happens on them else.
    pub mules: Vec<AccountNumber>,
    pub(crate) others: Others,
}

/// What a chance is about, so that no two subjects share one.
pub(crate) mod subject {
    pub const TERMINAL: u64 = 1;
    pub const CUSTOMER: u64 = 2;
    pub const DAY: u64 = 3;
    pub const FRAUD: u64 = 4;
    pub const IDS: u64 = 5;
    pub const LIVE: u64 = 6;
    pub const ABROAD: u64 = 7;
}

impl Bank {
    pub fn new(settings: Settings) -> Bank {
        let number = |name: &str, index: usize| format!("{}{name}-{index:03}", settings.prefix).parse().ok();
        let numbers = |name: &str, count: usize| (1..=count).filter_map(|index| number(name, index)).collect();
        let towns = (settings.terminals / (2 * STREET)).clamp(1, crate::geography::HOMES.len());
        let terminals: Vec<Terminal> = (0..settings.terminals.max(3 * STREET))
            .filter_map(|index| Terminal::new(&settings, index, STREET, towns))
            .collect();
        let others = Others {
            employers: numbers("EMPLOYER", 12),
            landlords: numbers("LANDLORD", 8),
            bills: numbers("BILLS", 6),
            trades: numbers("TRADES", 20),
            strangers: numbers("OTHER-BANK", 60),
            abroad: (0..ABROAD).filter_map(|index| Terminal::abroad(&settings, index)).collect(),
            refunds: numbers("REFUNDS", 1),
        };
        let mules = numbers("C9", 12 + settings.customers / 100);
        let mut bank = Bank { customers: Vec::new(), terminals, mules, others, settings };
        bank.customers = (0..bank.settings.customers).filter_map(|index| Customer::new(&bank, index, towns)).collect();
        bank
    }

    /// Number of the account of a kind (`C` current, `S` savings) of the customer with this index.
    pub fn number(settings: &Settings, kind: char, index: usize) -> Option<AccountNumber> {
        format!("{}{kind}{}", settings.prefix, 1_001 + index).parse().ok()
    }

    /// The accounts to open for these customers: theirs, without owner, and all that are not customers'.
    pub fn openings(&self, customers: Range<usize>) -> Vec<OpenAccount> {
        let currency = self.settings.currency;
        let open = move |account: &AccountNumber, kind, overdraft_minor| OpenAccount {
            account: account.clone(),
            kind,
            currency,
            overdraft_minor,
            owner: None,
        };
        let others = &self.others;
        let external = self.terminals.iter().chain(&others.abroad).map(|terminal| &terminal.account);
        let external = external.chain(others.employers.iter().chain(&others.landlords).chain(&others.bills));
        let external = external.chain(others.trades.iter().chain(&others.strangers).chain(&others.refunds));
        let mut openings: Vec<OpenAccount> = external.map(|account| open(account, AccountKind::External, 0)).collect();
        openings.extend(self.mules.iter().map(|account| open(account, AccountKind::Customer, 0)));
        for customer in self.customers.get(customers).unwrap_or_default() {
            openings.push(open(&customer.current, AccountKind::Customer, customer.overdraft_minor));
            openings.extend(customer.savings.iter().map(|savings| open(savings, AccountKind::Customer, 0)));
        }
        openings
    }

    pub(crate) fn chance(&self, subject: u64, parts: &[u64]) -> Chance {
        let all: Vec<u64> = [self.settings.seed, subject].into_iter().chain(parts.iter().copied()).collect();
        Chance::of(&all)
    }

    /// A terminal of a trade in a town; any of the trade if the town has none.
    pub(crate) fn terminal(&self, trade: Trade, town: Option<usize>, chance: &mut Chance) -> Option<usize> {
        let of_trade = |here: bool| {
            let fits = move |terminal: &Terminal| terminal.trade == trade && (!here || terminal.town == town);
            (0..self.terminals.len()).filter(|index| fits(&self.terminals[*index])).collect::<Vec<_>>()
        };
        let near = of_trade(true);
        let all = if near.is_empty() { of_trade(false) } else { near };
        chance.one_of(&all).copied()
    }
}
