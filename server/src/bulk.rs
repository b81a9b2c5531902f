//! Many commands one after another, in order, and the wait until the worker has decided them: what import, demo and
//! start-up have in common.
//!
//! Promises: commands of one partition reach the log in the order given; at most [`IN_FLIGHT_MAX`] are unacknowledged;
//! "decided" is read from the fences, which move in the same database transaction as the books. Stopping half-way and
//! starting again is safe, because ids are the callers' and stable.

use crate::config::Config;
use crate::kafka::command_producer::{CommandProducer, Delivery, ProduceError, Source};
use crate::store::Store;
use domain::account::{cash_desk, history_desk};
use domain::command::OpenAccount;
use domain::{AccountKind, AccountNumber, Command, Currency};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// The most commands under way to the log.
pub const IN_FLIGHT_MAX: usize = 5_000;
/// How long nothing may be decided before the wait is given up.
pub const PATIENCE: Duration = Duration::from_secs(60);
const ASK_EVERY: Duration = Duration::from_millis(50);

#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    #[error(transparent)]
    Produce(#[from] ProduceError),
    #[error("the database cannot be used: {0}")]
    Database(#[from] sqlx::Error),
    #[error("partition {partition} is halted: {reason}")]
    Halted { partition: i32, reason: String },
    #[error("{undecided} commands are in the log, and no worker decided any for {} s; is one running?", PATIENCE.as_secs())]
    Undecided { undecided: u64 },
    #[error("account {0} exists with another currency or kind")]
    AccountDiffers(AccountNumber),
    #[error("account {0} could not be opened")]
    NotOpened(AccountNumber),
}

/// Where commands stand in the log: offsets by partition, ascending.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Sent(BTreeMap<i32, Vec<i64>>);

impl Sent {
    pub fn count(&self) -> u64 {
        self.0.values().map(|offsets| offsets.len() as u64).sum()
    }

    fn add(&mut self, (partition, offset): (i32, i64)) {
        self.0.entry(partition).or_default().push(offset);
    }

    /// How many are decided when `next_offset` of their partition is this.
    fn decided(&self, partition: i32, next_offset: i64) -> u64 {
        self.0.get(&partition).map_or(0, |offsets| offsets.partition_point(|offset| *offset < next_offset) as u64)
    }

    fn waits_for(&self, partition: i32, next_offset: i64) -> bool {
        self.0.get(&partition).is_some_and(|offsets| offsets.last().is_some_and(|last| *last >= next_offset))
    }
}

/// Sends many commands.
#[derive(Clone)]
pub struct Bulk {
    producer: CommandProducer,
    store: Store,
}

impl Bulk {
    /// # Errors
    /// When librdkafka refuses its configuration.
    pub fn new(config: &Config, store: &Store) -> Result<Self, ProduceError> {
        Ok(Bulk { producer: CommandProducer::batching(config)?, store: store.clone() })
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Sends the commands in order; `told` hears how many the log has taken.
    ///
    /// # Errors
    /// When the log did not take one. Those before it may be in the log.
    pub async fn send(
        &self,
        source: Source,
        commands: impl IntoIterator<Item = (Uuid, Command)>,
        mut told: impl FnMut(u64),
    ) -> Result<Sent, BulkError> {
        let mut sent = Sent::default();
        let mut in_flight: VecDeque<Delivery> = VecDeque::new();
        for (id, command) in commands {
            let delivery = loop {
                if in_flight.len() < IN_FLIGHT_MAX
                    && let Some(delivery) = self.producer.enqueue(id, source, &command)?
                {
                    break delivery;
                }
                match in_flight.pop_front() {
                    Some(oldest) => sent.add(oldest.acknowledged().await?),
                    // The queue is full of other senders' records.
                    None => tokio::time::sleep(ASK_EVERY).await,
                }
                told(sent.count());
            };
            in_flight.push_back(delivery);
        }
        for oldest in in_flight {
            sent.add(oldest.acknowledged().await?);
            told(sent.count());
        }
        Ok(sent)
    }

    /// Waits until all of them are decided; `told` hears how many are.
    ///
    /// # Errors
    /// When a partition halts before them, or nothing moves for [`PATIENCE`].
    pub async fn wait_until_decided(&self, sent: &Sent, mut told: impl FnMut(u64)) -> Result<(), BulkError> {
        let total = sent.count();
        let (mut decided, mut moved) = (0, Instant::now());
        loop {
            let fences = self.store.decided_up_to().await?;
            let now_decided = fences.iter().map(|fence| sent.decided(fence.partition, fence.next_offset)).sum();
            if now_decided != decided {
                (decided, moved) = (now_decided, Instant::now());
                told(decided);
            }
            if decided == total {
                return Ok(());
            }
            let halted = fences
                .into_iter()
                .find(|fence| fence.halted.is_some() && sent.waits_for(fence.partition, fence.next_offset));
            if let Some(fence) = halted {
                return Err(BulkError::Halted { partition: fence.partition, reason: fence.halted.unwrap_or_default() });
            }
            if moved.elapsed() > PATIENCE {
                return Err(BulkError::Undecided { undecided: total - decided });
            }
            tokio::time::sleep(ASK_EVERY).await;
        }
    }

    /// Opens those that are not there and waits until they are.
    ///
    /// # Errors
    /// When one exists with another kind or currency, or cannot be opened.
    pub async fn open_accounts(&self, source: Source, accounts: &[OpenAccount]) -> Result<(), BulkError> {
        let missing = self.missing(accounts).await?;
        if missing.is_empty() {
            return Ok(());
        }
        let commands = missing.into_iter().map(|open| (opening_id(&open.account), Command::OpenAccount(open)));
        let sent = self.send(source, commands, |_| {}).await?;
        self.wait_until_decided(&sent, |_| {}).await?;
        match self.missing(accounts).await?.into_iter().next() {
            Some(open) => Err(BulkError::NotOpened(open.account)),
            None => Ok(()),
        }
    }

    async fn missing(&self, accounts: &[OpenAccount]) -> Result<Vec<OpenAccount>, BulkError> {
        let numbers: BTreeSet<&AccountNumber> = accounts.iter().map(|open| &open.account).collect();
        let known = self.store.known_accounts(&numbers.into_iter().collect::<Vec<_>>()).await?;
        let differs = accounts.iter().find(|open| {
            known.get(&open.account).is_some_and(|known| (known.kind, known.currency) != (open.kind, open.currency))
        });
        match differs {
            Some(open) => Err(BulkError::AccountDiffers(open.account.clone())),
            None => Ok(accounts.iter().filter(|open| !known.contains_key(&open.account)).cloned().collect()),
        }
    }

    /// Sees to it that the desks behind deposits and withdrawals exist: a cash desk and a history desk per currency.
    ///
    /// # Errors
    /// As [`Bulk::open_accounts`].
    pub async fn ensure_desks(&self, currencies: &[Currency]) -> Result<(), BulkError> {
        let desks: Vec<OpenAccount> = currencies
            .iter()
            .flat_map(|currency| [desk(cash_desk(*currency), *currency), desk(history_desk(*currency), *currency)])
            .collect();
        self.open_accounts(Source::Operator, &desks).await
    }
}

/// An external account.
pub fn desk(account: AccountNumber, currency: Currency) -> OpenAccount {
    OpenAccount { account, kind: AccountKind::External, currency, overdraft_minor: 0, owner: None }
}

/// The same opening has the same command id, whoever asks for it.
fn opening_id(account: &AccountNumber) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("vigie:open-account:{account}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_below_the_fence_is_decided() {
        let mut sent = Sent::default();
        for place in [(0, 3), (1, 0), (0, 5), (1, 1)] {
            sent.add(place);
        }
        assert_eq!((sent.count(), sent.decided(0, 3), sent.decided(0, 4), sent.decided(0, 6)), (4, 0, 1, 2));
        assert_eq!((sent.decided(2, 100), sent.waits_for(2, 0)), (0, false));
        assert_eq!((sent.waits_for(1, 1), sent.waits_for(1, 2)), (true, false));
    }
}
