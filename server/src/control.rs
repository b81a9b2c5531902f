//! Where a person's wish to change policy or model becomes a command on `bank.control`, and waits for its fact.
//!
//! Promises: the waiter stands before the command is sent; a model's file is in the database before the command that
//! names it; what is refused is answered with the field. Absent: who may ask, which the callers check.

use crate::config::Config;
use crate::feed::{Feed, TooManyWaiters};
use crate::kafka::command_producer::{ProduceError, Source};
use crate::kafka::control_log::ControlProducer;
use crate::kafka::tail::{Tail, TailError};
use crate::store::Store;
use detection::model::{Model, ModelError};
use domain::FactBody;
use domain::control::{ChangePolicy, ControlCommand, PromoteModel};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use uuid::Uuid;

const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(4);
const DECIDED_WITHIN: Duration = Duration::from_secs(10);
/// How long a feed may take to find the end of the log.
const FEED_READY_WITHIN: Duration = Duration::from_secs(15);

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// In force from this version on.
    InForce(i64),
    /// What is wrong, and where.
    Refused { field: String, said: String },
    /// In the log, not decided yet.
    StillProcessing,
}

#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nothing is known to be taken.
    #[error("the log did not take it: {0}")]
    NotTaken(#[from] ProduceError),
    #[error("the log did not take it within 4 s; the same again is safe")]
    NotAcknowledged,
    #[error(transparent)]
    Crowded(#[from] TooManyWaiters),
    #[error("the facts cannot be followed: {0}")]
    Tail(#[from] TailError),
    #[error("the facts cannot be followed: the log does not tell its end")]
    NoFeed,
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error("this is no model file: {0}")]
    Model(#[from] ModelError),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Control {
    store: Store,
    feed: Feed,
    producer: ControlProducer,
}

impl Control {
    pub fn new(store: Store, feed: Feed, producer: ControlProducer) -> Self {
        Control { store, feed, producer }
    }

    /// With a feed of its own, for a process that has none. The tail must live as long as somebody waits.
    ///
    /// # Errors
    /// When the log does not answer.
    pub async fn alone(config: &Config, store: Store) -> Result<(Self, Tail), ControlError> {
        // Only what comes from now on matters.
        let config = Config { ring_facts: 1, ..config.clone() };
        let feed = Feed::new(&config);
        let tail = Tail::start(&config, &feed)?;
        let ready = async {
            while feed.age().is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(FEED_READY_WITHIN, ready).await.map_err(|_| ControlError::NoFeed)?;
        let producer = ControlProducer::new(&config)?;
        Ok((Control::new(store, feed, producer), tail))
    }

    /// # Errors
    /// See [`ControlError`].
    pub async fn change_policy(
        &self,
        policy: String,
        reason: &str,
        person: Option<Uuid>,
    ) -> Result<Answer, ControlError> {
        let reason = reason.to_owned();
        self.act(&ControlCommand::ChangePolicy(ChangePolicy { policy, reason, person })).await
    }

    /// Puts the file into the database and makes it the model.
    ///
    /// # Errors
    /// See [`ControlError`]; a broken file is refused before anything is sent.
    pub async fn promote_model(
        &self,
        bytes: &[u8],
        reason: &str,
        person: Option<Uuid>,
    ) -> Result<Answer, ControlError> {
        let sha256 = Some(add_model_file(&self.store, bytes).await?);
        self.act(&ControlCommand::PromoteModel(PromoteModel { sha256, reason: reason.to_owned(), person })).await
    }

    /// From then on the rules decide alone.
    ///
    /// # Errors
    /// See [`ControlError`].
    pub async fn retire_model(&self, reason: &str, person: Option<Uuid>) -> Result<Answer, ControlError> {
        self.act(&ControlCommand::PromoteModel(PromoteModel { sha256: None, reason: reason.to_owned(), person })).await
    }

    async fn act(&self, command: &ControlCommand) -> Result<Answer, ControlError> {
        let id = Uuid::now_v7();
        let mut waiter = self.feed.wait_for(id)?;
        let sent = tokio::time::timeout(ACKNOWLEDGED_WITHIN, self.producer.send(id, Source::Operator, command));
        sent.await.map_err(|_| ControlError::NotAcknowledged)??;
        let fact = tokio::time::timeout(DECIDED_WITHIN, waiter.fact()).await.ok().flatten();
        Ok(fact.map_or(Answer::StillProcessing, |fact| answer(&fact.body)))
    }
}

fn answer(body: &FactBody) -> Answer {
    match body {
        FactBody::PolicyChanged(fact) => Answer::InForce(fact.version),
        FactBody::ModelPromoted(fact) => Answer::InForce(fact.version),
        FactBody::ChangeRefused(fact) => Answer::Refused { field: fact.field.clone(), said: fact.said.clone() },
        FactBody::RecordDeadLettered(letter) => {
            Answer::Refused { field: crate::worker::reason_name(letter.reason), said: letter.detail.clone() }
        }
        _ => Answer::StillProcessing,
    }
}

/// Keeps a model's file, once it is seen to be one: its sha256, in hex.
///
/// # Errors
/// When it is no model file, or the database does not answer.
pub async fn add_model_file(store: &Store, bytes: &[u8]) -> Result<String, ControlError> {
    let model = Model::parse(bytes)?;
    store.add_model_file(&Sha256::digest(bytes), bytes).await?;
    Ok(model.id().to_string())
}
