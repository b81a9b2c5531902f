//! The load of a crash run: signed payments straight to the log, and forms posted by signed-in customers.
//!
//! Some attempts repeat an earlier transaction id, with the same body or with another one: each has to be answered.

use super::habits::Habits;
use super::journal::{Entry, Journal};
use crate::http::Visitor;
use crate::sender::producer_settings;
use crate::wire::{Kind, Payment, Record, Signer, now_text};
use rand::Rng as _;
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// What the conductor of a crash run watches while the load goes on.
#[derive(Default)]
pub struct Progress {
    pub stop: AtomicBool,
    pub offered: AtomicU64,
    pub accepted: AtomicU64,
    pub failed: AtomicU64,
    pub received: AtomicU64,
    pub refused_posts: AtomicU64,
    /// Commands about holds that the log acknowledged.
    pub settles: AtomicU64,
    in_flight: AtomicU64,
    /// One past the highest acknowledged offset of each partition.
    heads: Mutex<BTreeMap<i32, i64>>,
}

impl Progress {
    pub fn heads(&self) -> BTreeMap<i32, i64> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Commands sent and not yet answered for by the log.
    pub fn in_flight(&self) -> u64 {
        self.in_flight.load(Ordering::Relaxed)
    }

    fn acknowledged(&self, counter: Counter, partition: i32, offset: i64) {
        counter(self).fetch_add(1, Ordering::Relaxed);
        let mut heads = self.heads.lock().unwrap_or_else(PoisonError::into_inner);
        let head = heads.entry(partition).or_insert(0);
        *head = (*head).max(offset + 1);
    }
}

/// Where an acknowledged command counts.
pub type Counter = fn(&Progress) -> &AtomicU64;

/// Unacknowledged commands at most; beyond it the load waits, as real producers would.
pub const IN_FLIGHT: u64 = 20_000;

pub struct Direct {
    pub brokers: String,
    pub topic: String,
    pub signer: Signer,
    pub accounts: Vec<String>,
    pub per_second: u32,
    pub seed: u64,
}

impl Direct {
    /// Sends at its rate until told to stop, then waits for what is in flight.
    pub async fn run(self, journal: Arc<Journal>, progress: Arc<Progress>) -> anyhow::Result<()> {
        let producer: FutureProducer = producer_settings(&self.brokers).set("linger.ms", "1").create()?;
        let mut habits = Habits::new(self.accounts.clone(), self.seed);
        let mut recent: VecDeque<Payment> = VecDeque::new();
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / self.per_second);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
        while !progress.stop.load(Ordering::Relaxed) {
            ticks.tick().await;
            if progress.in_flight.load(Ordering::Relaxed) > IN_FLIGHT {
                continue;
            }
            let payment = next(&mut habits, &mut recent, &self.accounts);
            // A device for each account, and one that a hundred share.
            let device = if payment.key().starts_with("L079") { "shared" } else { payment.key() };
            let record = self.signer.payment_with(&payment, &now_text(), device);
            journal.write(&Entry::Sent { command_id: record.id, payment })?;
            progress.offered.fetch_add(1, Ordering::Relaxed);
            send(&producer, &self.topic, &record, &journal, &progress, |progress| &progress.accepted)?;
        }
        finish(producer, &journal, &progress).await
    }
}

/// Waits until the log has answered for everything in flight.
pub async fn finish(producer: FutureProducer, journal: &Journal, progress: &Progress) -> anyhow::Result<()> {
    let begun = Instant::now();
    while progress.in_flight() > 0 && begun.elapsed() < Duration::from_secs(120) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    journal.flush()?;
    tokio::task::spawn_blocking(move || producer.flush(Duration::from_secs(5))).await??;
    Ok(())
}

/// A fresh payment; now and then an earlier one again (1 %), or its id with another amount or payer (0.5 %).
fn next(habits: &mut Habits, recent: &mut VecDeque<Payment>, accounts: &[String]) -> Payment {
    let chance: f64 = habits.rng().random();
    if chance < 0.015 && !recent.is_empty() {
        let index = habits.rng().random_range(0..recent.len());
        let mut again = recent[index].clone();
        if chance < 0.0025 {
            again.amount_minor += 1;
        } else if chance < 0.005 && again.kind != Kind::Deposit {
            let other = habits.rng().random_range(0..accounts.len());
            if accounts[other] != again.credit {
                again.debit = accounts[other].clone();
            }
        }
        return again;
    }
    let payment = habits.payment();
    if recent.len() == 5_000 {
        recent.pop_front();
    }
    recent.push_back(payment.clone());
    payment
}

pub fn send(
    producer: &FutureProducer,
    topic: &str,
    record: &Record,
    journal: &Arc<Journal>,
    progress: &Arc<Progress>,
    counter: Counter,
) -> anyhow::Result<()> {
    let message: FutureRecord<'_, str, [u8]> =
        FutureRecord::to(topic).key(&*record.key).payload(&*record.value).headers(record.headers(&now_text()));
    let delivery = match producer.send_result(message) {
        Ok(delivery) => delivery,
        Err(_) => {
            progress.failed.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
    };
    progress.in_flight.fetch_add(1, Ordering::Relaxed);
    let (journal, progress, command_id) = (journal.clone(), progress.clone(), record.id);
    tokio::spawn(async move {
        match delivery.await {
            Ok(Ok(delivery)) => {
                let (partition, offset) = (delivery.partition, delivery.offset);
                if journal.write(&Entry::Accepted { command_id, partition, offset }).is_ok() {
                    progress.acknowledged(counter, partition, offset);
                }
            }
            _ => {
                progress.failed.fetch_add(1, Ordering::Relaxed);
            }
        }
        progress.in_flight.fetch_sub(1, Ordering::Relaxed);
    });
    Ok(())
}

/// A signed-in customer who pays in and out of the own account, by form, until told to stop.
pub struct Customer {
    pub visitor: Visitor,
    pub username: String,
    pub password: String,
    pub account: String,
    pub payees: Vec<String>,
    /// Between two payments.
    pub pause: Duration,
}

impl Customer {
    pub async fn run(mut self, journal: Arc<Journal>, progress: Arc<Progress>) -> anyhow::Result<()> {
        let mut turn = 0_usize;
        let mut ticks = tokio::time::interval(self.pause);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !progress.stop.load(Ordering::Relaxed) {
            ticks.tick().await;
            turn += 1;
            let payment = self.payment(turn);
            journal.write(&Entry::Posted { payment: payment.clone() })?;
            // The same id until somebody says it was received.
            while !progress.stop.load(Ordering::Relaxed) {
                if self.post(&payment).await {
                    journal.write(&Entry::Received { transaction_id: payment.transaction_id })?;
                    progress.received.fetch_add(1, Ordering::Relaxed);
                    break;
                }
                progress.refused_posts.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        Ok(())
    }

    fn payment(&self, turn: usize) -> Payment {
        let own = self.account.clone();
        let cash = crate::load::CASH.to_owned();
        // Few payees, ever other amounts, and more in than out: often enough for an alert, not for more.
        let amount_minor = 201 + (turn * 7_919 % 1_200) as i64;
        let (kind, debit, credit, amount_minor) = match turn % 3 {
            0 => (Kind::Deposit, cash, own, 3 * amount_minor),
            1 => (Kind::Withdrawal, own, cash, amount_minor),
            _ => (Kind::Transfer, own, self.payees[turn % self.payees.len().min(2)].clone(), amount_minor),
        };
        Payment { transaction_id: Uuid::now_v7(), kind, debit, credit, amount_minor }
    }

    /// Whether the node answered that it was received: decided, refused or on its way.
    async fn post(&mut self, payment: &Payment) -> bool {
        match post_payment(&mut self.visitor, payment).await {
            Ok(answer) if answer.status == 303 && answer.location().starts_with("/transactions/") => true,
            Ok(answer) if answer.location().starts_with("/sign-in") => {
                let _ = self.visitor.sign_in(&self.username, &self.password).await;
                false
            }
            Ok(answer) if answer.status == 303 => self.is_refused(answer.location(), payment).await,
            _ => false,
        }
    }

    /// Whether the form came back for another payment: with what was typed, under a new id. Under the same id nothing is
    /// known to be taken. Sent again and again, what the detection refuses would end the load, customer by customer.
    async fn is_refused(&mut self, form: &str, payment: &Payment) -> bool {
        let Ok(page) = self.visitor.get(form, None).await else { return false };
        let html = String::from_utf8_lossy(&page.body);
        let typed = format!("value=\"{}\"", typed_amount(payment));
        page.status == 200 && html.contains(&typed) && !html.contains(&payment.transaction_id.to_string())
    }
}

/// Posts the bank's payment form for the customer's own side of the payment.
pub async fn post_payment(visitor: &mut Visitor, payment: &Payment) -> anyhow::Result<crate::http::Response> {
    let id = payment.transaction_id.to_string();
    let amount = typed_amount(payment);
    let (kind, own, payee) = match payment.kind {
        Kind::Deposit => ("deposit", &payment.credit, ""),
        Kind::Withdrawal => ("withdrawal", &payment.debit, ""),
        Kind::Transfer => ("transfer", &payment.debit, payment.credit.as_str()),
    };
    let fields = [
        ("transaction_id", id.as_str()),
        ("kind", kind),
        ("account", own),
        ("payee", payee),
        ("amount", &amount),
        ("reference", ""),
    ];
    visitor.post("/do/submit_transaction", &fields).await
}

fn typed_amount(payment: &Payment) -> String {
    format!("{}.{:02}", payment.amount_minor / 100, payment.amount_minor % 100)
}
