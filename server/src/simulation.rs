//! Carries what the simulator makes up to the log: a past as fast as it goes, a present as it happens.
//!
//! Promises: everything goes the way of real commands; the truth is written beside it, never into it. Absent: what
//! happens in the bank (see the crate `simulator`).

use crate::bulk::{Bulk, BulkError};
use crate::kafka::command_producer::Source;
use chrono::Utc;
use domain::Command;
use simulator::purse::Purses;
use simulator::{Bank, Event, History, Live, Span};
use std::cell::RefCell;
use std::fs::File;
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often live payments leave, at most.
const TICK: Duration = Duration::from_millis(20);
/// How many numbers are asked for in one statement.
const ASKED_AT_ONCE: usize = 10_000;

/// Which payments were fraud, as CSV: `transaction_id,type`. All others are genuine.
pub struct Truth(Option<csv::Writer<File>>);

impl Truth {
    /// Into that file, or nowhere.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(path: Option<&Path>) -> csv::Result<Truth> {
        let mut writer = path.map(csv::Writer::from_path).transpose()?;
        if let Some(writer) = &mut writer {
            writer.write_record(["transaction_id", "type"])?;
        }
        Ok(Truth(writer))
    }

    fn note(&mut self, event: &Event) -> csv::Result<()> {
        if let (Some(writer), Some((id, fraud))) = (&mut self.0, event.truth()) {
            writer.write_record([id.to_string().as_str(), fraud.as_str()])?;
        }
        Ok(())
    }

    /// # Errors
    /// When what was noted cannot be written.
    pub fn flush(&mut self) -> std::io::Result<()> {
        self.0.as_mut().map_or(Ok(()), csv::Writer::flush)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    #[error(transparent)]
    Bulk(#[from] BulkError),
    #[error("the truth cannot be written: {0}")]
    Truth(#[from] csv::Error),
    #[error("the truth cannot be written: {0}")]
    TruthFile(#[from] std::io::Error),
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
}

/// What was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sent {
    pub payments: u64,
    pub frauds: u64,
    pub labels: u64,
}

impl Sent {
    fn count(&mut self, event: &Event) {
        match event.what {
            simulator::What::Payment { fraud, .. } => {
                self.payments += 1;
                self.frauds += u64::from(fraud.is_some());
            }
            simulator::What::Label(_) => self.labels += 1,
        }
    }
}

/// How far a history came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// So many of so many days are in the log.
    Sending(u64, u64),
    /// So many of so many commands are decided.
    Deciding(u64, u64),
}

/// Opens what accounts are missing and sends the span's history; returns when all of it is decided.
///
/// # Errors
/// When the log, the database or the worker cannot go on, or the truth cannot be written.
pub async fn history(
    bulk: &Bulk,
    bank: &Bank,
    span: Span,
    truth: &mut Truth,
    mut told: impl FnMut(Step),
) -> Result<Sent, SimulationError> {
    bulk.open_accounts(Source::Operator, &bank.openings(span.customers.clone())).await?;
    let days = u64::try_from((span.last_day - span.first_day).num_days() + 1).unwrap_or(0);
    let events = RefCell::new(History::new(bank, span, bulk.store().time_zone()));
    let (mut sent, mut failed) = (Sent::default(), Ok(()));
    let commands = std::iter::from_fn(|| {
        let event = events.borrow_mut().next().filter(|_| failed.is_ok())?;
        failed = truth.note(&event);
        sent.count(&event);
        Some((Uuid::now_v7(), event.command()))
    });
    let in_log =
        bulk.send(Source::Operator, commands, |_| told(Step::Sending(events.borrow().day_index(), days))).await?;
    failed?;
    truth.flush()?;
    let total = in_log.count();
    bulk.wait_until_decided(&in_log, |decided| told(Step::Deciding(decided, total))).await?;
    Ok(sent)
}

/// What the bank's customers have now, as the books say.
///
/// # Errors
/// When the database does not answer.
pub async fn purses(bulk: &Bulk, bank: &Bank) -> sqlx::Result<Purses> {
    let own = bank.customers.iter().map(|customer| &customer.current).chain(&bank.mules);
    let numbers: Vec<_> = own.collect();
    let mut purses = Purses::default();
    for chunk in numbers.chunks(ASKED_AT_ONCE) {
        for (account, available_minor) in bulk.store().available(chunk).await? {
            purses.set(account, available_minor);
        }
    }
    Ok(purses)
}

/// Sends payments at that rate, and labels when they are due, until stopped. Pauses are not made up for.
///
/// # Errors
/// When the log does not take them, or the truth cannot be written.
pub async fn live(
    bulk: &Bulk,
    live: &mut Live,
    per_second: f64,
    stop: &CancellationToken,
    truth: &mut Truth,
    mut told: impl FnMut(Sent),
) -> Result<Sent, SimulationError> {
    let mut sent = Sent::default();
    let mut ticks = interval(Duration::from_secs_f64(1.0 / per_second).max(TICK));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut before, mut owed) = (Instant::now(), 1.0);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(sent),
            _ = ticks.tick() => {}
        }
        // More than a second's worth would be a burst that nobody asked for.
        owed = f64::min(owed + before.elapsed().as_secs_f64() * per_second, per_second.max(1.0));
        before = Instant::now();
        let mut commands: Vec<(Uuid, Command)> = Vec::new();
        let mut take = |event: Event| -> csv::Result<()> {
            truth.note(&event)?;
            sent.count(&event);
            commands.push((Uuid::now_v7(), event.command()));
            Ok(())
        };
        while owed >= 1.0 {
            owed -= 1.0;
            live.payment(Utc::now()).map_or(Ok(()), &mut take)?;
        }
        while let Some(event) = live.label(Utc::now()) {
            take(event)?;
        }
        bulk.send(Source::Operator, commands, |_| {}).await?;
        truth.flush()?;
        told(sent);
    }
}
