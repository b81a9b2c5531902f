//! Whose turn it is to decide. Lanes decide one after another, each by what the one before has decided, without waiting
//! for its commit: while Postgres saves one batch, the next is judged.
//!
//! Promises: what a batch was decided by is committed before the batch is, or the batch is not kept either.

use tokio::sync::{Mutex, MutexGuard, watch};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    Kept,
}

/// What became of a batch, for the one behind it.
type Seen = watch::Receiver<Fate>;

#[derive(Default)]
pub struct Turns {
    before: Mutex<Option<Seen>>,
}

/// Nobody else of this process decides.
pub struct Turn<'a> {
    before: MutexGuard<'a, Option<Seen>>,
}

/// A batch that was decided and is not committed. Dropped, it was not kept.
pub struct Decided {
    before: Option<Seen>,
    fate: watch::Sender<Fate>,
}

impl Turns {
    pub async fn take(&self) -> Turn<'_> {
        Turn { before: self.before.lock().await }
    }
}

impl Turn<'_> {
    /// Waits until no batch is in between: then the tables say all there is.
    pub async fn alone(&mut self) {
        if let Some(before) = self.before.take() {
            is_kept(before).await;
        }
    }

    /// The batch is decided, and the next one's turn.
    pub fn end(mut self) -> Decided {
        let (fate, seen) = watch::channel(Fate::Open);
        Decided { before: self.before.replace(seen), fate }
    }
}

impl Decided {
    /// Waits for the batch before; false: it was not kept, and this one was decided by what never was.
    pub async fn stands(&mut self) -> bool {
        match self.before.take() {
            Some(before) => is_kept(before).await,
            None => true,
        }
    }

    pub fn keep(self) {
        self.fate.send_replace(Fate::Kept);
    }
}

async fn is_kept(mut before: Seen) -> bool {
    before.wait_for(|fate| *fate == Fate::Kept).await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const SOON: Duration = Duration::from_millis(50);

    #[tokio::test]
    async fn a_batch_stands_when_the_one_before_it_is_kept_and_not_before() {
        let turns = Turns::default();
        let mut first = turns.take().await.end();
        let mut second = turns.take().await.end();
        assert!(first.stands().await, "nothing is before it");
        assert!(tokio::time::timeout(SOON, second.stands()).await.is_err(), "the first is still open");
        let mut third = turns.take().await.end();
        first.keep();
        second.keep();
        assert!(third.stands().await);
    }

    #[tokio::test]
    async fn what_was_decided_by_a_batch_that_is_not_kept_falls_with_it() {
        let turns = Turns::default();
        let first = turns.take().await.end();
        let mut second = turns.take().await.end();
        let mut third = turns.take().await.end();
        drop(first);
        assert!(!second.stands().await);
        drop(second);
        assert!(!third.stands().await);
        drop(third);
        let mut again = turns.take().await;
        tokio::time::timeout(SOON, again.alone()).await.expect("all have ended");
        assert!(again.end().stands().await, "what ended before it began is in the tables or nowhere");
    }

    #[tokio::test]
    async fn one_decides_at_a_time() {
        let turns = Turns::default();
        let turn = turns.take().await;
        assert!(tokio::time::timeout(SOON, turns.take()).await.is_err());
        drop(turn);
        tokio::time::timeout(SOON, turns.take()).await.expect("a turn that ends without a decision blocks nobody");
    }
}
