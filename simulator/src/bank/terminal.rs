//! Where cards are used: shops, cash machines, the net.

use super::{Settings, subject};
use crate::geography::{FAR, HOLIDAYS, HOMES};
use crate::random::Chance;
use domain::AccountNumber;
use domain::command::{PaymentContext, Place};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trade {
    CashMachine,
    /// A shop on the net, which has no place.
    Net,
    /// Something to eat where the holidays are.
    Holiday,
    Groceries,
    Coffee,
    Restaurant,
    Fuel,
    Clothes,
}

#[derive(Debug, Clone)]
pub struct Terminal {
    pub account: AccountNumber,
    pub trade: Trade,
    /// Index of the home town it stands in.
    pub town: Option<usize>,
    pub country: &'static str,
    /// None on the net.
    pub place: Option<Place>,
    /// Old and badly kept: those that are tampered with.
    pub(crate) weak: bool,
}

/// The place in the street of the weak one.
const WEAK: usize = 11;

/// What stands in every street, in this order.
const TRADES: [Trade; 20] = [
    Trade::CashMachine,
    Trade::CashMachine,
    Trade::Net,
    Trade::Net,
    Trade::Net,
    Trade::Holiday,
    Trade::Holiday,
    Trade::Groceries,
    Trade::Groceries,
    Trade::Groceries,
    Trade::Groceries,
    Trade::Groceries,
    Trade::Coffee,
    Trade::Coffee,
    Trade::Coffee,
    Trade::Restaurant,
    Trade::Restaurant,
    Trade::Fuel,
    Trade::Clothes,
    Trade::Clothes,
];

/// Countries of shops on the net.
const NET: [&str; 5] = ["FR", "FR", "DE", "NL", "IE"];

impl Terminal {
    pub(super) fn new(settings: &Settings, index: usize, street: usize, towns: usize) -> Option<Terminal> {
        let mut chance = Chance::of(&[settings.seed, subject::TERMINAL, index as u64]);
        let trade = TRADES[index % TRADES.len()];
        let name = match trade {
            Trade::CashMachine => "ATM",
            Trade::Net => "WEB",
            _ => "SHOP",
        };
        let account = format!("{}{name}-{:04}", settings.prefix, index + 1).parse().ok()?;
        let home = (index / street) % towns;
        let (town, country, place) = match trade {
            Trade::Net => (None, NET[chance.below(NET.len())], None),
            Trade::Holiday => {
                let town = &HOLIDAYS[index % HOLIDAYS.len()];
                (None, town.country, Some(town.somewhere(&mut chance)))
            }
            _ => (Some(home), HOMES[home].country, Some(HOMES[home].somewhere(&mut chance))),
        };
        Some(Terminal { account, trade, town, country, place, weak: index % TRADES.len() == WEAK })
    }

    /// A shop on another continent, every other one on the net: where customers seldom buy and copied cards are used.
    pub(super) fn abroad(settings: &Settings, index: usize) -> Option<Terminal> {
        let mut chance = Chance::of(&[settings.seed, subject::ABROAD, index as u64]);
        let town = &FAR[index / 2 % FAR.len()];
        let net = index.is_multiple_of(2);
        Some(Terminal {
            account: format!("{}ABROAD-{:03}", settings.prefix, index + 1).parse().ok()?,
            trade: if net { Trade::Net } else { Trade::Groceries },
            town: None,
            country: town.country,
            place: (!net).then(|| town.somewhere(&mut chance)),
            weak: false,
        })
    }

    /// How a payment with a card looks here; on the net it also shows a device, where the terminal has a place.
    pub(crate) fn context(&self, device: Option<&str>, whereabouts: Place) -> PaymentContext {
        let channel = match self.trade {
            Trade::CashMachine => "atm",
            Trade::Net => "web",
            _ => "terminal",
        };
        PaymentContext {
            device: device.filter(|_| self.trade == Trade::Net).map(str::to_owned),
            place: Some(self.place.unwrap_or(whereabouts)),
            channel: Some(channel.to_owned()),
            country: Some(self.country.to_owned()),
            session_risk: None,
        }
    }
}
