//! Those who acted and wait for the fact. Registered before the command is produced, so that no fact is missed.
//!
//! Bounded; a waiter that is dropped leaves nothing behind.

use domain::{Fact, FactBody};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;
use uuid::Uuid;

/// More at once is not waiting but damage: the form answers that nothing is known to be taken.
const MOST: usize = 50_000;

type Waiting = Arc<Mutex<HashMap<Uuid, oneshot::Sender<Arc<Fact>>>>>;

#[derive(Debug, Default, Clone)]
pub struct Waiters(Waiting);

/// Too many wait already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many commands are waited for")]
pub struct TooManyWaiters;

/// Resolves with the fact that answers one command.
#[derive(Debug)]
pub struct Waiter {
    command_id: Uuid,
    waiting: Waiting,
    receiver: oneshot::Receiver<Arc<Fact>>,
}

impl Waiters {
    /// Each attempt has a command id of its own, so nobody waits for the same one twice.
    ///
    /// # Errors
    /// [`TooManyWaiters`].
    pub fn register(&self, command_id: Uuid) -> Result<Waiter, TooManyWaiters> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= MOST {
            return Err(TooManyWaiters);
        }
        waiting.insert(command_id, sender);
        Ok(Waiter { command_id, waiting: Arc::clone(&self.0), receiver })
    }

    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Wakes whoever waits for one of these.
    pub fn resolve<'a>(&self, facts: impl Iterator<Item = &'a Arc<Fact>>) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for fact in facts {
            if waiting.is_empty() {
                return;
            }
            let Some(command_id) = fact.command_id.filter(|_| answers(fact)) else { continue };
            if let Some(sender) = waiting.remove(&command_id) {
                // A waiter that is gone needs no answer.
                let _ = sender.send(Arc::clone(fact));
            }
        }
    }
}

/// A dead letter is followed by the refusal of its command, if that could be read; then the refusal answers.
fn answers(fact: &Fact) -> bool {
    !matches!(fact.body, FactBody::RecordDeadLettered(_)) || fact.position.last
}

impl Waiter {
    pub fn command_id(&self) -> Uuid {
        self.command_id
    }

    /// The fact. Callers bound the wait; may be called again after giving up.
    pub async fn fact(&mut self) -> Option<Arc<Fact>> {
        (&mut self.receiver).await.ok()
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.command_id);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::feed::sample::{answered, with_position};
    use domain::fact::{DeadLetterFact, DeadLetterReason};

    #[tokio::test]
    async fn a_waiter_gets_the_fact_of_its_command_and_no_other() {
        let waiters = Waiters::default();
        let mut waiter = waiters.register(Uuid::from_u128(5)).unwrap();
        let facts: Vec<_> = (0..9).map(|n| Arc::new(with_position(answered(), 0, n, 0, true))).collect();
        waiters.resolve(facts.iter());
        assert_eq!(waiter.fact().await.unwrap().position.offset, 5);
        assert_eq!(waiters.count(), 0);
    }

    #[tokio::test]
    async fn a_dead_letter_that_is_followed_by_a_refusal_does_not_answer() {
        let waiters = Waiters::default();
        let letter = || {
            let (reason, detail) = (DeadLetterReason::TooLarge, String::new());
            FactBody::RecordDeadLettered(DeadLetterFact { reason, detail, length: 1, sha256: String::new() })
        };
        let _waiter = waiters.register(Uuid::from_u128(3)).unwrap();
        waiters.resolve([Arc::new(with_position(letter(), 0, 3, 0, false))].iter());
        assert_eq!(waiters.count(), 1);
        waiters.resolve([Arc::new(with_position(letter(), 0, 3, 0, true))].iter());
        assert_eq!(waiters.count(), 0);
    }

    #[test]
    fn a_dropped_waiter_leaves_nothing_behind() {
        let waiters = Waiters::default();
        drop(waiters.register(Uuid::from_u128(1)).unwrap());
        assert_eq!(waiters.count(), 0);
    }

    #[test]
    fn there_is_a_limit_to_how_many_wait() {
        let waiters = Waiters::default();
        let kept: Vec<_> = (0..MOST as u128).map(|n| waiters.register(Uuid::from_u128(n)).unwrap()).collect();
        assert_eq!(waiters.register(Uuid::from_u128(MOST as u128)).unwrap_err(), TooManyWaiters);
        drop(kept);
        assert!(waiters.register(Uuid::from_u128(1)).is_ok());
    }
}
