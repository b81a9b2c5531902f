//! One round: a batch in one database transaction, with the fences of every partition in it.

use super::{Booker, Ready};
use crate::store::worker::{Changes, Concurrency, Db, FenceAdvance, Said};
use crate::worker::decode::Decoded;
use crate::worker::fault::Fault;
use crate::worker::papers::{announcements, letters, named};
use crate::worker::sender::Batch;
use crate::worker::turns::Decided;
use domain::ledger::{self, Books, Outcome};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// The facts of a batch, being written.
enum Writing {
    Done(Result<Vec<Batch>, Fault>),
    Elsewhere(JoinHandle<Result<Vec<Batch>, Fault>>),
}

/// Below this many records, writing the facts on another core costs more than it gains.
const WORTH_A_CORE: usize = 64;

impl Booker {
    pub(super) async fn in_one_transaction(
        &mut self,
        batch: &Arc<Vec<Decoded>>,
        advances: &[FenceAdvance],
        concurrency: Concurrency,
    ) -> Result<(), Fault> {
        self.judge.read(&self.store, batch, advances).await?;
        let mut db = match self.ready.take().filter(Ready::is_fresh) {
            Some(ready) => ready.db,
            None => self.store.begin().await?,
        };
        let named = named(batch);
        let advanced = self.store.advance(&mut db, advances, &named.transactions).await?;
        let (versions, mut books) = advanced.ok_or(Fault::Fenced)?;
        self.judge.decide_by(&self.store, versions).await?;
        let turns = Arc::clone(&self.turns);
        let mut turn = turns.take().await;
        if concurrency == Concurrency::Pessimistic {
            // Locks taken while a batch before waits for its own would be waited for in a circle.
            turn.alone().await;
        }
        self.store.load(&mut db, &mut books, &named, concurrency).await?;
        let outcome = ledger::step(&mut books, batch.iter().map(|decoded| &decoded.record), &mut self.judge);
        self.store.decided(&books);
        let mut decided = turn.end(&books);
        let saved = self.save(db, batch, advances, &books, outcome, &mut decided).await;
        match saved {
            Ok(batches) => {
                decided.keep();
                self.sender.send(batches).await;
                Ok(())
            }
            Err(fault) => {
                // First forgotten, then let go: who comes next must not find it.
                self.store.forget(&books);
                Err(fault)
            }
        }
    }

    /// Stores and commits what was decided, once that by which it was decided is committed.
    async fn save(
        &mut self,
        mut db: Db,
        batch: &Arc<Vec<Decoded>>,
        advances: &[FenceAdvance],
        books: &Books,
        mut outcome: Outcome,
        decided: &mut Decided,
    ) -> Result<Vec<Batch>, Fault> {
        let changes = Changes::take(&mut outcome);
        let letters = letters(batch, &outcome);
        let writing = self.write_facts(batch, outcome, advances);
        if !decided.stands().await {
            return Err(Fault::Raced("the batch before it was not kept".to_owned()));
        }
        let writing = match writing {
            Writing::Elsewhere(writing) if writing.is_finished() => Writing::Done(written(writing).await),
            writing => writing,
        };
        let acknowledged = self.sender.acknowledged(self.lane);
        let (stands, batches) = match writing {
            Writing::Done(batches) => {
                let batches = batches?;
                (self.store.save(&mut db, books, &changes, &said(&batches, &acknowledged)).await?, batches)
            }
            // While Postgres inserts the rows, another core writes the facts.
            Writing::Elsewhere(writing) => {
                let stands = self.store.save(&mut db, books, &changes, &Said::default()).await;
                let batches = written(writing).await?;
                let stands = stands?;
                self.store.say(&mut db, &said(&batches, &acknowledged)).await?;
                (stands, batches)
            }
        };
        if !stands {
            return Err(Fault::Raced("an account is not as it was read".to_owned()));
        }
        self.store.save_dead_letters(&mut db, &letters).await?;
        match self.store.commit_and_begin(db).await {
            Ok(next) => self.ready = Some(Ready::now(next)),
            Err(error) => {
                // It may be committed all the same. Everything before this line is rolled back for certain.
                self.judge.doubt();
                return Err(error.into());
            }
        }
        self.sender.forgotten(&acknowledged);
        Ok(batches)
    }

    fn write_facts(&self, batch: &Arc<Vec<Decoded>>, outcome: Outcome, advances: &[FenceAdvance]) -> Writing {
        if batch.len() < WORTH_A_CORE {
            return Writing::Done(announcements(batch, &outcome, advances, &self.commands_topic));
        }
        let (batch, topic, advances) = (Arc::clone(batch), self.commands_topic.clone(), advances.to_vec());
        let write = move || announcements(&batch, &outcome, &advances, &topic);
        Writing::Elsewhere(tokio::task::spawn_blocking(write))
    }
}

async fn written(writing: JoinHandle<Result<Vec<Batch>, Fault>>) -> Result<Vec<Batch>, Fault> {
    writing.await.map_err(|error| Fault::Broken(error.to_string()))?
}

fn said<'a>(batches: &'a [Batch], acknowledged: &'a [(i32, i64)]) -> Said<'a> {
    Said { announcements: batches.iter().map(|batch| &batch.row).collect(), acknowledged }
}
