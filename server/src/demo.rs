//! Demo data, all of it through the real pipeline: people with sign-ins, two dozen customers' accounts, a year of
//! history, and the sample file imported like anybody's.
//!
//! Promises: loading twice adds nothing; a load that was broken off goes on where it stopped, also on another day (the
//! history ends the day before the first demo person was added). Deliberately absent: any row written past the worker.

pub mod history;
pub mod people;
pub mod random;

use crate::bulk::{Bulk, BulkError};
use crate::identity::{HashError, generate_password, hash_password};
use crate::import::file::{FileError, Split};
use crate::import::run::{Plan, Progress, run};
use crate::kafka::command_producer::Source;
use crate::store::identity::PersonError;
use domain::Currency;
use people::{CUSTOMERS, DemoPerson, Desks, STAFF, households};
use std::collections::HashMap;
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
    #[error("{0} takes no desks")]
    Currency(Currency),
}

/// Loads what is missing of the demo bank; progress goes to `told`.
///
/// # Errors
/// When the database, the log or the worker cannot go on. Loading again goes on where it stopped.
pub async fn load(bulk: &Bulk, currency: Currency, told: &watch::Sender<Progress>) -> Result<Progress, DemoError> {
    let ids = people(bulk).await?;
    let zone = bulk.store().time_zone();
    let last_day = bulk.store().demo_since().await?.with_timezone(&zone).date_naive();
    let last_day = last_day.pred_opt().unwrap_or(last_day);
    let desks = Desks::of(currency).ok_or(DemoError::Currency(currency))?;
    let households = households();
    let mut plan = sample(currency, zone)?;
    plan.accounts.extend(desks.openings(currency));
    for household in &households {
        if let Some(owner) = ids.get(household.username) {
            plan.accounts.extend(household.openings(currency, *owner));
        }
    }
    plan.transactions.extend(history::year(&households, &desks, currency, last_day, zone));
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
