//! Whose turn it is to decide. Lanes decide one after another, each by what those before have decided, without waiting
//! for their commits: while Postgres saves one batch, the next is judged.
//!
//! Promises: what a batch was decided by is committed before the batch is, or the batch is not kept either. Batches that
//! have no account in common wait for each other's decisions only.

use domain::ledger::{AccountId, Books};
use std::collections::HashSet;
use tokio::sync::{Mutex, MutexGuard, watch};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Open,
    Kept,
}

/// What became of a batch, for those behind it.
type Seen = watch::Receiver<Fate>;

/// A batch that was decided and perhaps not committed.
struct Open {
    /// The accounts that it changes.
    changes: HashSet<AccountId, foldhash::fast::RandomState>,
    seen: Seen,
}

impl Open {
    fn is_open(&self) -> bool {
        *self.seen.borrow() == Fate::Open && self.seen.has_changed().is_ok()
    }
}

#[derive(Default)]
pub struct Turns {
    open: Mutex<Vec<Open>>,
}

/// Nobody else of this process decides.
pub struct Turn<'a> {
    /// Those that were open when the turn began, whatever became of them since.
    open: MutexGuard<'a, Vec<Open>>,
}

/// A batch that was decided and is not committed. Dropped, it was not kept.
pub struct Decided {
    before: Vec<Seen>,
    fate: watch::Sender<Fate>,
}

impl Turns {
    pub async fn take(&self) -> Turn<'_> {
        let mut open = self.open.lock().await;
        open.retain(Open::is_open);
        Turn { open }
    }
}

impl Turn<'_> {
    /// Waits until no batch is in between: then the tables say all there is.
    pub async fn alone(&mut self) {
        for before in self.open.drain(..) {
            is_kept(before.seen).await;
        }
    }

    /// The batch is decided, and the next one's turn.
    pub fn end(mut self, books: &Books) -> Decided {
        let ids = || books.accounts().filter_map(|(_, account)| Some((account.id?, account.is_changed())));
        let rests_on = |before: &&Open| ids().any(|(id, _)| before.changes.contains(&id));
        let before = self.open.iter().filter(rests_on).map(|before| before.seen.clone()).collect();
        let (fate, seen) = watch::channel(Fate::Open);
        self.open.push(Open { changes: ids().filter(|(_, is_changed)| *is_changed).map(|(id, _)| id).collect(), seen });
        Decided { before, fate }
    }
}

impl Decided {
    /// Waits for the batches it rests on; false: one was not kept, and this one was decided by what never was.
    pub async fn stands(&mut self) -> bool {
        for before in std::mem::take(&mut self.before) {
            if !is_kept(before).await {
                return false;
            }
        }
        true
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
    use chrono::DateTime;
    use domain::fact::AccountAfter;
    use domain::ledger::Account;
    use domain::{AccountKind, AccountStatus, Currency};
    use std::time::Duration;

    const SOON: Duration = Duration::from_millis(50);

    /// The books of a batch that changes the first account and reads the others.
    fn books(ids: &[AccountId]) -> Books {
        let mut books = Books::default();
        for id in ids {
            books.add_account(Account {
                id: Some(*id),
                number: format!("C{id}").parse().expect("is a number"),
                kind: AccountKind::Customer,
                currency: Currency::EUR,
                status: AccountStatus::Open,
                after: AccountAfter { version: 2, booked_minor: 0, held_minor: 0, overdraft_minor: 0 },
                opened_at: DateTime::UNIX_EPOCH,
                version_read: if *id == ids[0] { 1 } else { 2 },
            });
        }
        books
    }

    async fn decide(turns: &Turns, ids: &[AccountId]) -> Decided {
        turns.take().await.end(&books(ids))
    }

    #[tokio::test]
    async fn a_batch_stands_when_those_before_it_are_kept_and_not_before() {
        let turns = Turns::default();
        let mut first = decide(&turns, &[1]).await;
        let mut second = decide(&turns, &[2, 1]).await;
        assert!(first.stands().await, "nothing is before it");
        let mut third = decide(&turns, &[3, 2, 1]).await;
        assert!(tokio::time::timeout(SOON, second.stands()).await.is_err(), "the first is still open");
        first.keep();
        assert!(tokio::time::timeout(SOON, third.stands()).await.is_err(), "the second is still open");
        second.keep();
        let mut fourth = decide(&turns, &[3]).await;
        third.keep();
        assert!(fourth.stands().await);
    }

    #[tokio::test]
    async fn what_was_decided_by_a_batch_that_is_not_kept_falls_with_it() {
        let turns = Turns::default();
        let first = decide(&turns, &[1]).await;
        let mut second = decide(&turns, &[2, 1]).await;
        let third = turns.take().await;
        drop(first);
        assert!(!second.stands().await);
        drop(second);
        let mut third = third.end(&books(&[3, 2]));
        assert!(!third.stands().await, "what it rests on fell while it was decided");
        drop(third);
        let mut again = turns.take().await;
        tokio::time::timeout(SOON, again.alone()).await.expect("all have ended");
        assert!(again.end(&books(&[1, 2, 3])).stands().await, "what ended before it began is in the tables or nowhere");
    }

    #[tokio::test]
    async fn batches_without_a_changed_account_in_common_do_not_wait_for_each_other() {
        let turns = Turns::default();
        let _first = decide(&turns, &[1, 2]).await;
        let mut second = decide(&turns, &[3, 2]).await;
        tokio::time::timeout(SOON, second.stands()).await.expect("both only read the second account");
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
