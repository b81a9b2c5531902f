//! What a reader makes of the facts alone: partition after partition, duplicates dropped by position, newer versions
//! over older ones. It must come out as the books.

use crate::database::{Database, StoredAccount, StoredAlert, StoredTransaction};
use domain::fact::{AccountAfter, AccountFact, Fact, FactBody, TransactionFact};
use domain::ledger::{Body, Held, out_of_bounds};
use domain::{AccountKind, TransactionState};
use std::collections::BTreeMap;

/// Facts as they arrived, per partition, without those seen before.
pub fn once(arrived: &BTreeMap<i32, Vec<Fact>>) -> BTreeMap<i32, Vec<Fact>> {
    let first_time = |facts: &Vec<Fact>| {
        let mut seen = (-1, 0);
        let mut kept = Vec::new();
        for fact in facts {
            let place = (fact.position.offset, fact.position.ordinal);
            if place > seen {
                seen = place;
                kept.push(fact.clone());
            }
        }
        kept
    };
    arrived.iter().map(|(partition, facts)| (*partition, first_time(facts))).collect()
}

/// The books as the facts tell them. Accounts first, because a transaction may name one of another partition.
pub fn fold(facts: &BTreeMap<i32, Vec<Fact>>) -> Database {
    let mut database = Database::default();
    for fact in facts.values().flatten() {
        fold_account(&mut database, fact);
    }
    for fact in facts.values().flatten() {
        fold_rest(&mut database, fact);
    }
    database
}

fn fold_account(database: &mut Database, fact: &Fact) {
    match &fact.body {
        FactBody::AccountOpened(account) | FactBody::AccountChanged(account) => set_account(database, account),
        FactBody::AccountLinked(link) => _ = database.links.insert((link.account.clone(), link.person)),
        FactBody::AccountUnlinked(link) => _ = database.links.remove(&(link.account.clone(), link.person)),
        _ => {}
    }
}

fn set_account(database: &mut Database, fact: &AccountFact) {
    if let Some(owner) = fact.owner {
        database.links.insert((fact.account.clone(), owner));
    }
    let stored = database.accounts.entry(fact.account.clone()).or_insert_with(|| StoredAccount {
        kind: fact.kind,
        currency: fact.currency,
        status: fact.status,
        after: fact.after,
        opened_at: fact.opened_at,
    });
    // Only the account's own partition changes its status: its order is the log's.
    stored.status = fact.status;
    newer(&mut stored.after, fact.after);
}

fn newer(stored: &mut AccountAfter, said: AccountAfter) {
    if said.version > stored.version {
        *stored = said;
    }
}

fn fold_rest(database: &mut Database, fact: &Fact) {
    match &fact.body {
        FactBody::TransactionPosted(said) | FactBody::TransactionHeld(said) | FactBody::TransactionRefused(said) => {
            set_transaction(database, fact, said);
        }
        FactBody::AlertRaised(alert) => {
            let stored = StoredAlert { alert: alert.clone(), raised_at: fact.recorded_at, closed_at: None };
            database.alerts.insert(alert.transaction_id, stored);
        }
        FactBody::TransactionLabelled(label) => {
            database.labels.insert(label.transaction_id, label.clone());
            database.close_alert(label.transaction_id, fact.recorded_at);
        }
        FactBody::RecordDeadLettered(letter) => {
            database.dead_letters.insert((fact.position.partition, fact.position.offset), letter.reason);
        }
        _ => {}
    }
    if fact.position.last {
        database.fences.insert(fact.position.partition, fact.position.offset + 1);
    }
}

fn set_transaction(database: &mut Database, fact: &Fact, said: &TransactionFact) {
    for side in [&said.debit, &said.credit] {
        let Some(after) = side.after else { continue };
        let account = database.accounts.get_mut(&side.account).expect("money moves between accounts that were opened");
        if account.kind == AccountKind::Customer {
            newer(&mut account.after, after);
            continue;
        }
        let stripe = database.stripes.entry((side.account.clone(), fact.position.partition)).or_default();
        if after.version > stripe.0 {
            *stripe = (after.version, after.booked_minor);
        }
    }
    let posted = |after: Option<AccountAfter>| {
        after.filter(|_| said.state == TransactionState::Posted).map(|after| (after.version, after.booked_minor))
    };
    let stored = StoredTransaction {
        body: Body {
            kind: said.kind,
            debit: said.debit.account.clone(),
            credit: said.credit.account.clone(),
            amount_minor: said.amount_minor,
            currency: said.currency,
        },
        state: said.state,
        reason: said.reason,
        debit: posted(said.debit.after),
        credit: posted(said.credit.after),
        history: said.history,
        was_held: said.hold.is_some(),
        held: said.hold.map(|terms| Held {
            terms,
            occurred_at: said.occurred_at,
            history: said.history,
            reference: said.reference.clone(),
        }),
        judgement: said.judgement,
        event_time: match out_of_bounds(said.history, said.occurred_at, fact.recorded_at) {
            true => fact.recorded_at,
            false => said.occurred_at,
        },
        origin: (fact.position.partition, fact.position.offset),
    };
    if let Some(first) = database.transactions.get_mut(&said.id) {
        assert_eq!((first.state, &first.body), (TransactionState::Held, &stored.body), "only a hold is decided twice");
        let (origin, judgement, event_time) = (first.origin, first.judgement, first.event_time);
        *first = StoredTransaction { origin, judgement, event_time, was_held: true, ..stored };
        database.close_alert(said.id, fact.recorded_at);
    } else {
        database.transactions.insert(said.id, stored);
    }
}
