//! How the customers of a crash run pay: mostly as they always do, now and then as no honest customer would, so that
//! the built-in policy lets most through and still reviews, holds and refuses all the time.
//!
//! Promises: the same seed gives the same payments. Most accounts pay small sums to two payees of their own and to one
//! payee that hundreds share (its account is credited from every partition at once), and more comes in than leaves. One
//! payment in forty is of a few restless accounts, which pay far too much, far too often, to anybody: their payments
//! are held or refused. A few others are tiny, and a few far above habit.

use crate::load::CASH;
use crate::wire::{Kind, Payment};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use uuid::Uuid;

/// One account in so many is a payee that all the others share.
const SHARED_EVERY: usize = 400;
/// One account in so many pays far too often.
const RESTLESS_EVERY: usize = 300;

pub struct Habits {
    accounts: Vec<String>,
    rng: StdRng,
}

impl Habits {
    pub fn new(accounts: Vec<String>, seed: u64) -> Self {
        Habits { accounts, rng: StdRng::seed_from_u64(seed) }
    }

    pub fn rng(&mut self) -> &mut StdRng {
        &mut self.rng
    }

    pub fn payment(&mut self) -> Payment {
        let count = self.accounts.len();
        let restless = self.rng.random_range(0..40) == 0;
        let own = if restless {
            self.rng.random_range(0..count.div_ceil(RESTLESS_EVERY)) * RESTLESS_EVERY
        } else {
            self.rng.random_range(0..count)
        };
        let amount_minor = if restless { self.rng.random_range(5_000..30_000) } else { self.amount() };
        let (kind, payee, amount_minor) = match self.rng.random_range(0..10) {
            0 | 1 => (Kind::Deposit, None, 3 * amount_minor),
            2 | 3 => (Kind::Withdrawal, None, amount_minor),
            _ => (Kind::Transfer, Some(self.payee(own, restless)), amount_minor),
        };
        let (own, other) = (self.accounts[own].clone(), payee.map_or(CASH, |payee| &self.accounts[payee]).to_owned());
        let (debit, credit) = if kind == Kind::Deposit { (other, own) } else { (own, other) };
        Payment { transaction_id: Uuid::now_v7(), kind, debit, credit, amount_minor }
    }

    /// Never the payer: the steps are short of the number of accounts, and no few of them lead back.
    fn payee(&mut self, own: usize, restless: bool) -> usize {
        let count = self.accounts.len();
        let other = match self.rng.random_range(0..10) {
            _ if restless => self.rng.random_range(0..count),
            0 => own / SHARED_EVERY * SHARED_EVERY + 7,
            1..=4 => own + 1,
            _ => own + 11,
        } % count;
        if other == own { (own + 1) % count } else { other }
    }

    fn amount(&mut self) -> i64 {
        match self.rng.random_range(0..100) {
            0 => self.rng.random_range(1..=200),
            1 => self.rng.random_range(25_000..=70_000),
            _ => self.rng.random_range(201..=1_500),
        }
    }
}
