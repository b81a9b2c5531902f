//! Who is woken by a push: those whom its facts concern. A node of ten thousand sockets has no time to wake each of
//! them two hundred times a second, and the one who waits would stand in their queue.
//!
//! Promises: a listener is woken by every fact that bears a name of its interest, also if that came before it waited;
//! it may be woken in vain. Bounded by the listeners, who leave when they are dropped.

use domain::fact::{AccountFact, LinkFact};
use domain::{AccountNumber, Fact, FactBody};
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use uuid::Uuid;

/// What a listener wants to be woken for.
#[derive(Debug, Clone)]
pub enum Interest {
    Everything,
    /// What moves these accounts, and what gives or takes rights of this person.
    Own {
        person: Uuid,
        accounts: Arc<BTreeSet<AccountNumber>>,
    },
}

/// Who is to be woken; told apart by their addresses.
type Ears = Vec<Arc<Notify>>;

#[derive(Debug, Default)]
struct Listening {
    everything: Ears,
    accounts: HashMap<AccountNumber, Ears>,
    people: HashMap<Uuid, Ears>,
}

/// Cheap to clone.
#[derive(Debug, Default, Clone)]
pub struct Bell(Arc<Mutex<Listening>>);

/// Listens until dropped.
#[derive(Debug)]
pub struct Listener {
    bell: Bell,
    interest: Interest,
    woken: Arc<Notify>,
}

impl Bell {
    fn listening(&self) -> MutexGuard<'_, Listening> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn listen(&self, interest: Interest) -> Listener {
        let woken = Arc::new(Notify::new());
        let mut listening = self.listening();
        match &interest {
            Interest::Everything => listening.everything.push(Arc::clone(&woken)),
            Interest::Own { person, accounts } => {
                listening.people.entry(*person).or_default().push(Arc::clone(&woken));
                for account in accounts.iter() {
                    listening.accounts.entry(account.clone()).or_default().push(Arc::clone(&woken));
                }
            }
        }
        drop(listening);
        Listener { bell: self.clone(), interest, woken }
    }

    /// Wakes those whom these facts concern.
    pub fn ring<'a>(&self, facts: impl Iterator<Item = &'a Arc<Fact>>) {
        let listening = self.listening();
        wake(&listening.everything);
        if listening.people.is_empty() {
            return;
        }
        for fact in facts {
            let (accounts, person) = concerned(&fact.body);
            for account in accounts.into_iter().flatten() {
                listening.accounts.get(account).into_iter().for_each(wake);
            }
            person.and_then(|person| listening.people.get(&person)).into_iter().for_each(wake);
        }
    }

    pub fn ring_for_all(&self) {
        let listening = self.listening();
        wake(&listening.everything);
        listening.people.values().for_each(wake);
    }
}

fn wake(ears: &Ears) {
    ears.iter().for_each(|woken| woken.notify_one());
}

/// Whose accounts and whose rights a fact is about. What nobody but analysts sees concerns nobody here.
fn concerned(body: &FactBody) -> ([Option<&AccountNumber>; 2], Option<Uuid>) {
    match body {
        FactBody::TransactionPosted(f) | FactBody::TransactionHeld(f) | FactBody::TransactionRefused(f) => {
            ([Some(&f.debit.account), Some(&f.credit.account)], None)
        }
        FactBody::AccountOpened(AccountFact { account, owner, .. })
        | FactBody::AccountChanged(AccountFact { account, owner, .. }) => ([Some(account), None], *owner),
        FactBody::AccountLinked(LinkFact { person, .. }) | FactBody::AccountUnlinked(LinkFact { person, .. }) => {
            ([None, None], Some(*person))
        }
        FactBody::AlertRaised(_)
        | FactBody::TransactionLabelled(_)
        | FactBody::CommandAnswered(_)
        | FactBody::CommandRefused(_)
        | FactBody::RecordDeadLettered(_)
        | FactBody::PolicyChanged(_)
        | FactBody::ModelPromoted(_)
        | FactBody::ChangeRefused(_) => ([None, None], None),
    }
}

impl Listener {
    /// Returns once something concerns the listener, at once if it did since the last time.
    pub async fn woken(&self) {
        self.woken.notified().await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let others = |ears: &mut Ears| ears.retain(|woken| !Arc::ptr_eq(woken, &self.woken));
        let mut listening = self.bell.listening();
        match &self.interest {
            Interest::Everything => others(&mut listening.everything),
            Interest::Own { person, accounts } => {
                leave(&mut listening.people, person, others);
                for account in accounts.iter() {
                    leave(&mut listening.accounts, account, others);
                }
            }
        }
    }
}

fn leave<K: Eq + Hash>(ears: &mut HashMap<K, Ears>, name: &K, others: impl Fn(&mut Ears)) {
    let Some(theirs) = ears.get_mut(name) else { return };
    others(theirs);
    if theirs.is_empty() {
        ears.remove(name);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::feed::sample::{answered, side, transaction, with_position};
    use domain::{TransactionKind, TransactionState};
    use futures::FutureExt as _;

    fn own(person: u128, accounts: &[&str]) -> Interest {
        let accounts = accounts.iter().map(|account| account.parse().unwrap()).collect();
        Interest::Own { person: Uuid::from_u128(person), accounts: Arc::new(accounts) }
    }

    fn payment(debit: &str, credit: &str) -> Arc<Fact> {
        let (debit, credit) = (side(debit, None), side(credit, None));
        let body = transaction(TransactionKind::Transfer, TransactionState::Posted, debit, credit);
        Arc::new(with_position(body, 0, 0, 0, true))
    }

    fn was_woken(listener: &Listener) -> bool {
        listener.woken().now_or_never().is_some()
    }

    fn linked(account: &str, person: u128) -> Arc<Fact> {
        let link = LinkFact { account: account.parse().unwrap(), person: Uuid::from_u128(person) };
        Arc::new(with_position(FactBody::AccountLinked(link), 0, 0, 0, true))
    }

    #[test]
    fn both_sides_and_who_sees_everything_are_woken_and_nobody_else() {
        let bell = Bell::default();
        let payer = bell.listen(own(1, &["A1", "A2"]));
        let payee = bell.listen(own(2, &["B1"]));
        let payee_again = bell.listen(own(2, &["B1"]));
        let other = bell.listen(own(3, &["C1"]));
        let analyst = bell.listen(Interest::Everything);
        bell.ring([payment("A2", "B1")].iter());
        assert!(was_woken(&payer) && was_woken(&payee) && was_woken(&payee_again) && was_woken(&analyst));
        assert!(!was_woken(&other));
        assert!(!was_woken(&payer), "once");
        bell.ring([Arc::new(with_position(answered(), 0, 1, 0, true))].iter());
        assert!(was_woken(&analyst) && !was_woken(&payer));
        bell.ring_for_all();
        assert!(was_woken(&other) && was_woken(&analyst));
    }

    #[test]
    fn a_right_that_is_given_wakes_who_gets_it() {
        let bell = Bell::default();
        let person = bell.listen(own(1, &[]));
        bell.ring([linked("A1", 2)].iter());
        assert!(!was_woken(&person));
        bell.ring([linked("A1", 1)].iter());
        assert!(was_woken(&person));
    }

    #[test]
    fn who_leaves_leaves_nothing_behind() {
        let bell = Bell::default();
        let stays = bell.listen(own(1, &["A1"]));
        drop([bell.listen(own(1, &["A1"])), bell.listen(Interest::Everything), bell.listen(own(2, &["A1", "B1"]))]);
        bell.ring([payment("A1", "B1")].iter());
        assert!(was_woken(&stays));
        drop(stays);
        let listening = bell.listening();
        assert!(listening.everything.is_empty() && listening.accounts.is_empty() && listening.people.is_empty());
    }
}
