//! Payments at a fixed pace, so many in each hundredth of a second, from a thread of its own.

use crate::bank::Bank;
use crate::load::CASH;
use crate::sender::Sender;
use crate::wire::{Kind, Payment, Signer, now_text};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use uuid::Uuid;

const TICK: Duration = Duration::from_millis(10);

pub struct Load {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<anyhow::Result<Sent>>,
}

pub struct Sent {
    pub ids: Vec<Uuid>,
    pub per_second: f64,
}

impl Load {
    pub fn begin(bank: &Bank, accounts: Vec<String>, rate: u32) -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let (told, signer) = (stop.clone(), bank.signer.clone());
        let sender = Sender::new(&bank.brokers, &bank.commands)?;
        let thread = std::thread::spawn(move || send(&told, sender, &signer, &accounts, rate));
        Ok(Load { stop, thread })
    }

    /// Stops and waits until everything is acknowledged.
    pub fn end(self) -> anyhow::Result<Sent> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow::anyhow!("the load panicked"))?
    }
}

fn send(
    stop: &AtomicBool,
    mut sender: Sender,
    signer: &Signer,
    accounts: &[String],
    rate: u32,
) -> anyhow::Result<Sent> {
    let mut rng = StdRng::seed_from_u64(11);
    let mut ids = Vec::new();
    let begun = Instant::now();
    while !stop.load(Ordering::Relaxed) {
        let due = (begun.elapsed().as_secs_f64() * f64::from(rate)) as usize;
        let time = now_text();
        while ids.len() < due {
            let payment = draw(accounts, &mut rng);
            sender.send(&signer.payment(&payment, &time))?;
            ids.push(payment.transaction_id);
        }
        std::thread::sleep(TICK);
    }
    sender.flush()?;
    let per_second = ids.len() as f64 / begun.elapsed().as_secs_f64();
    Ok(Sent { ids, per_second })
}

/// One in five comes in, one in five goes out, the rest is between any two.
fn draw(accounts: &[String], rng: &mut StdRng) -> Payment {
    let own = rng.random_range(0..accounts.len());
    let other = (own + rng.random_range(1..accounts.len())) % accounts.len();
    let (kind, debit, credit) = match rng.random_range(0..10) {
        0 | 1 => (Kind::Deposit, CASH, &*accounts[own]),
        2 | 3 => (Kind::Withdrawal, &*accounts[own], CASH),
        _ => (Kind::Transfer, &*accounts[own], &*accounts[other]),
    };
    Payment {
        transaction_id: Uuid::now_v7(),
        kind,
        debit: debit.to_owned(),
        credit: credit.to_owned(),
        amount_minor: rng.random_range(100..=50_000),
    }
}
