//! Demo data, all of it through the real pipeline: people with sign-ins, two dozen customers' accounts, a year of
//! simulated history with its frauds, and the sample file imported like anybody's.
//!
//! Promises: loading twice adds nothing; a load that was broken off goes on where it stopped, also on another day (the
//! history ends the day before the first demo person was added). Deliberately absent: any row written past the worker.

pub mod people;
pub mod traffic;

use crate::bulk::{Bulk, BulkError};
use crate::identity::{HashError, generate_password, hash_password};
use crate::import::file::{FileError, Split};
use crate::import::run::{Plan, Progress, run};
use crate::kafka::command_producer::Source;
use crate::store::identity::PersonError;
use chrono::NaiveDate;
use domain::Currency;
use people::{CUSTOMERS, DemoPerson, STAFF};
use simulator::{Bank, History, Settings, Span, What};
use std::collections::HashMap;
use std::ops::Range;
use tokio::sync::watch;
use uuid::Uuid;

/// The sample file, in the student bank's form; the import page offers it as well.
pub const SAMPLE: &[u8] = include_bytes!("../../public/samples/client_transactions.csv");

#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    #[error(transparent)]
    Bulk(#[from] BulkError),
    #[error(transparent)]
    Person(#[from] PersonError),
    #[error("a password could not be hashed: {0}")]
    Hash(#[from] HashError),
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the sample file: {0}")]
    Sample(#[from] FileError),
}

/// Days of history that the demo people have.
const DAYS: u64 = 365;
const SEED: u64 = 0x0076_6967_6965;
const TERMINALS: usize = 160;

/// The demo bank with so many customers. The first two dozen are the demo people, and stay the same in a larger one.
fn bank(customers: usize, currency: Currency) -> Bank {
    let settings = Settings::new(SEED, customers, TERMINALS, currency);
    Bank::new(Settings { prefix: String::new(), ..settings })
}

/// What happened to some of the customers in the days up to the one before the first demo person was added.
async fn plan(bulk: &Bulk, bank: &Bank, customers: Range<usize>, days: u64) -> Result<Plan, DemoError> {
    let zone = bulk.store().time_zone();
    let last_day: NaiveDate = bulk.store().demo_since().await?.with_timezone(&zone).date_naive();
    let span =
        Span { customers: customers.clone(), ..Span::of_days(bank, days, last_day.pred_opt().unwrap_or(last_day)) };
    let mut plan = Plan { accounts: bank.openings(customers), ..Plan::default() };
    for event in History::new(bank, span, zone) {
        match event.what {
            What::Payment { command, .. } => plan.transactions.push(command),
            What::Label(report) => plan.labels.push((plan.transactions.len(), report)),
        }
    }
    Ok(plan)
}

/// Loads what is missing of the demo bank; progress goes to `told`.
///
/// # Errors
/// When the database, the log or the worker cannot go on. Loading again goes on where it stopped.
pub async fn load(bulk: &Bulk, currency: Currency, told: &watch::Sender<Progress>) -> Result<Progress, DemoError> {
    let ids = people(bulk).await?;
    let bank = bank(CUSTOMERS.len(), currency);
    let mut plan = plan(bulk, &bank, 0..CUSTOMERS.len(), DAYS).await?;
    for (customer, person) in bank.customers.iter().zip(&CUSTOMERS) {
        let own = [Some(&customer.current), customer.savings.as_ref()];
        for opening in plan.accounts.iter_mut().filter(|opening| own.contains(&Some(&opening.account))) {
            opening.owner = ids.get(person.username).copied();
        }
    }
    let sample = sample(currency, bulk.store().time_zone())?;
    plan.accounts.extend(sample.accounts);
    plan.transactions.extend(sample.transactions);
    Ok(run(bulk, Source::Operator, &plan, told).await?)
}

fn sample(currency: Currency, zone: chrono_tz::Tz) -> Result<Plan, FileError> {
    let split = Split::new(SAMPLE, None)?;
    Ok(Plan::of_reading(&split.read(&split.suggest(None, currency), zone)?))
}

/// Adds those who are missing, and gives everybody's id by name. They all get the hash of one password that nobody
/// knows: demo people sign in by one click, the others not at all until an operator sets a password.
async fn people(bulk: &Bulk) -> Result<HashMap<&'static str, Uuid>, DemoError> {
    let mut ids = HashMap::new();
    let mut hash: Option<String> = None;
    for person in CUSTOMERS.iter().chain(&STAFF) {
        let known = match bulk.store().person_named(person.username).await {
            Ok(known) => known.id,
            Err(PersonError::Unknown(_)) => {
                let hash = match &hash {
                    Some(hash) => hash,
                    None => hash.insert(hash_password(&generate_password())?),
                };
                add(bulk, person, hash).await?
            }
            Err(error) => return Err(error.into()),
        };
        ids.insert(person.username, known);
    }
    Ok(ids)
}

/// Two loads may meet: the second takes the first's person.
async fn add(bulk: &Bulk, person: &DemoPerson, hash: &str) -> Result<Uuid, PersonError> {
    let store = bulk.store();
    match store.add_person(person.username, person.name, person.role, hash, person.offered).await {
        Ok(person) => Ok(person.id),
        Err(PersonError::Taken(_)) => Ok(store.person_named(person.username).await?.id),
        Err(error) => Err(error),
    }
}
