//! The fixed mix of every measurement: 40 % deposits and withdrawals, 60 % transfers, accounts drawn by Zipf's law.

use crate::wire::{Kind, Payment};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use uuid::Uuid;

pub const CASH: &str = "CASH-EUR";
/// Deep enough that no payment of the mix is refused.
pub const OVERDRAFT_MINOR: i64 = 100_000_000_000;

/// Draws 0..n with probability proportional to 1/(k+1)^s.
pub struct Zipf {
    cumulated: Vec<f64>,
}

impl Zipf {
    pub fn new(n: usize, s: f64) -> Self {
        let mut sum = 0.0;
        let cumulated = (1..=n).map(|k| {
            sum += 1.0 / (k as f64).powf(s);
            sum
        });
        Zipf { cumulated: cumulated.collect() }
    }

    pub fn draw(&self, rng: &mut StdRng) -> usize {
        let total = self.cumulated.last().copied().unwrap_or(0.0);
        let point = rng.random::<f64>() * total;
        self.cumulated.partition_point(|sum| *sum < point).min(self.cumulated.len().saturating_sub(1))
    }
}

/// Which accounts take the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// Zipf 1.0 over all accounts.
    Zipf,
    /// Every payment debits or credits the first account.
    Hot,
}

/// An endless, reproducible stream of payments.
pub struct Mix {
    accounts: Vec<String>,
    zipf: Zipf,
    spread: Spread,
    rng: StdRng,
}

impl Mix {
    pub fn new(accounts: Vec<String>, spread: Spread, seed: u64) -> Self {
        let zipf = Zipf::new(accounts.len(), 1.0);
        Mix { accounts, zipf, spread, rng: StdRng::seed_from_u64(seed) }
    }

    /// Kind, debited and credited account by index (none is the cash desk), amount.
    pub fn draw(&mut self) -> (Kind, Option<usize>, Option<usize>, i64) {
        let amount = self.rng.random_range(1..=50_000);
        let own = match self.spread {
            Spread::Zipf => self.zipf.draw(&mut self.rng),
            Spread::Hot => 0,
        };
        match self.rng.random_range(0..10) {
            0 | 1 => (Kind::Deposit, None, Some(own), amount),
            2 | 3 => (Kind::Withdrawal, Some(own), None, amount),
            _ => {
                let mut other = self.zipf.draw(&mut self.rng);
                if other == own {
                    other = (own + 1) % self.accounts.len();
                }
                (Kind::Transfer, Some(own), Some(other), amount)
            }
        }
    }

    pub fn payment(&mut self) -> Payment {
        let (kind, debit, credit, amount_minor) = self.draw();
        let number = |side: Option<usize>| side.map_or_else(|| CASH.to_owned(), |index| self.accounts[index].clone());
        Payment { transaction_id: Uuid::now_v7(), kind, debit: number(debit), credit: number(credit), amount_minor }
    }
}

/// Numbers of the accounts of a run.
pub fn account_numbers(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("L{index:05}")).collect()
}
