//! What must hold of any books and any facts, however they came about.

use crate::database::Database;
use domain::fact::{AccountAfter, Fact, FactBody, LabelFact, Repeat, RiskVerdict, TransactionFact};
use domain::ledger::{Body, Input, Record};
use domain::{AccountKind, AccountNumber, Command, TransactionState};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The sum over customers and stripes is zero in every currency.
pub fn money_is_neither_made_nor_lost(database: &Database) {
    let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
    for account in database.accounts.values() {
        *sums.entry(account.currency.as_str()).or_default() += i128::from(account.after.booked_minor);
    }
    for ((number, _), (_, booked_minor)) in &database.stripes {
        *sums.entry(database.accounts[number].currency.as_str()).or_default() += i128::from(*booked_minor);
    }
    for (currency, sum) in sums {
        assert_eq!(sum, 0, "the {currency} ledger is out of balance");
    }
}

/// Held is never negative, equals the sum of the held transactions, and external accounts hold nothing.
pub fn holds_are_the_sum_of_held_transactions(database: &Database) {
    let mut held: BTreeMap<&AccountNumber, i64> = BTreeMap::new();
    for transaction in database.transactions.values().filter(|transaction| transaction.state == TransactionState::Held)
    {
        *held.entry(&transaction.body.debit).or_default() += transaction.body.amount_minor;
    }
    for (number, account) in &database.accounts {
        let expected = match account.kind {
            AccountKind::Customer => held.get(number).copied().unwrap_or_default(),
            AccountKind::External => 0,
        };
        assert!(account.after.held_minor >= 0);
        assert_eq!(account.after.held_minor, expected, "{number}");
    }
}

/// Each record leaves facts 0, 1, … of which exactly the final one is marked `last`; at its own position.
pub fn each_record_leaves_its_facts(log: &[Record], facts: &BTreeMap<i32, Vec<Fact>>) {
    for (partition, facts) in facts {
        let mut records = log.iter().filter(|record| record.partition == *partition);
        let mut ordinal = 0;
        let mut current = records.next();
        for fact in facts {
            let record = current.expect("a fact of no record");
            assert_eq!((fact.position.partition, fact.position.offset), (*partition, record.offset));
            assert_eq!(fact.position.ordinal, ordinal);
            assert_eq!((fact.command_id, fact.recorded_at), (record.command_id, record.recorded_at));
            ordinal += 1;
            if fact.position.last {
                (current, ordinal) = (records.next(), 0);
            }
        }
        assert!(current.is_none() && ordinal == 0, "a record without its last fact");
    }
    let named: usize = facts.values().map(|facts| facts.iter().filter(|fact| fact.position.last).count()).sum();
    assert_eq!(named, log.len());
}

/// Versions rise by one per change, and each change is exactly what its fact says.
#[derive(Default)]
pub struct Chains {
    customers: BTreeMap<AccountNumber, AccountAfter>,
    externals: BTreeMap<AccountNumber, i64>,
    held: BTreeSet<Uuid>,
    stripes: BTreeMap<(AccountNumber, i32), (i64, i64)>,
}

impl Chains {
    /// Facts in the order of their commits.
    pub fn unbroken(facts: &[Fact]) {
        let mut chains = Chains::default();
        for fact in facts {
            match &fact.body {
                FactBody::AccountOpened(said) | FactBody::AccountChanged(said) => {
                    let version = match said.kind {
                        AccountKind::External => chains.externals.entry(said.account.clone()).or_default(),
                        AccountKind::Customer => {
                            let before = chains.customers.insert(said.account.clone(), said.after);
                            let before = before.unwrap_or(AccountAfter { version: 0, ..said.after });
                            let money = |after: &AccountAfter| (after.booked_minor, after.held_minor);
                            assert_eq!(money(&before), money(&said.after), "no money moves here");
                            assert_eq!(before.version + 1, said.after.version);
                            continue;
                        }
                    };
                    *version += 1;
                    assert_eq!(*version, said.after.version);
                }
                FactBody::TransactionPosted(said) => {
                    let amount = said.amount_minor;
                    let reserve = if chains.held.remove(&said.id) { -amount } else { 0 };
                    let debit = &said.debit;
                    chains.moved(fact.position.partition, &debit.account, debit.after, -amount, reserve);
                    chains.moved(
                        fact.position.partition,
                        &said.credit.account,
                        said.credit.after,
                        said.amount_minor,
                        0,
                    );
                }
                FactBody::TransactionHeld(said) => {
                    if said.debit.after.is_some() {
                        let debit = &said.debit;
                        chains.moved(fact.position.partition, &debit.account, debit.after, 0, said.amount_minor);
                    }
                    assert_eq!(said.credit.after, None);
                    assert!(chains.held.insert(said.id), "{} was held twice", said.id);
                }
                FactBody::TransactionRefused(said) => {
                    assert_eq!(said.credit.after, None, "a refusal moves nothing");
                    if chains.held.remove(&said.id) && said.debit.after.is_some() {
                        let debit = &said.debit;
                        chains.moved(fact.position.partition, &debit.account, debit.after, 0, -said.amount_minor);
                    } else {
                        assert_eq!(said.debit.after, None, "a refusal changes nothing");
                    }
                }
                _ => {}
            }
        }
    }

    fn moved(&mut self, partition: i32, number: &AccountNumber, after: Option<AccountAfter>, booked: i64, held: i64) {
        let after = after.expect("a side that moved says how it stands");
        match self.customers.get_mut(number) {
            Some(before) => {
                let expected = AccountAfter {
                    version: before.version + 1,
                    booked_minor: before.booked_minor + booked,
                    held_minor: before.held_minor + held,
                    overdraft_minor: before.overdraft_minor,
                };
                assert_eq!(after, expected, "{number}");
                *before = after;
            }
            None => {
                assert!(self.externals.contains_key(number), "{number} moved before it was opened");
                let stripe = self.stripes.entry((number.clone(), partition)).or_default();
                *stripe = (stripe.0 + 1, stripe.1 + booked);
                assert_eq!((after.version, after.booked_minor), *stripe, "{number} stripe {partition}");
            }
        }
    }
}

/// Only history may take an account below its limit.
pub fn only_history_overdraws(database: &Database, facts: &[Fact]) {
    let mut held = BTreeSet::new();
    for fact in facts {
        let (FactBody::TransactionPosted(said) | FactBody::TransactionHeld(said)) = &fact.body else { continue };
        if matches!(fact.body, FactBody::TransactionHeld(_)) {
            held.insert(said.id);
        } else if held.contains(&said.id) {
            // Its money was reserved; limits may have been lowered since.
            continue;
        }
        let customer = database.accounts[&said.debit.account].kind == AccountKind::Customer;
        if customer && !said.history {
            let after = said.debit.after.expect("a customer's side says how it stands");
            assert!(after.available_minor() >= 0, "{said:?}");
        }
    }
}

/// The first attempt of an id decides; every other is answered with what was decided.
pub fn each_id_has_one_effect(log: &[Record], facts: &[Fact]) {
    let mut decided: BTreeMap<Uuid, &TransactionFact> = BTreeMap::new();
    for fact in facts {
        match &fact.body {
            FactBody::TransactionPosted(said)
            | FactBody::TransactionHeld(said)
            | FactBody::TransactionRefused(said) => {
                let before = decided.insert(said.id, said);
                let ended = before.is_none_or(|before| {
                    before.state == TransactionState::Held && said.state != TransactionState::Held
                });
                assert!(ended, "{} was decided twice", said.id);
            }
            FactBody::CommandAnswered(answer) => {
                let Some(id) = answer.transaction_id else { continue };
                let first = decided[&id];
                assert_eq!((answer.state, answer.reason), (Some(first.state), first.reason));
                let Some(asked) = submission_at(log, fact) else { continue };
                let same = asked
                    == Body {
                        kind: first.kind,
                        debit: first.debit.account.clone(),
                        credit: first.credit.account.clone(),
                        amount_minor: first.amount_minor,
                        currency: first.currency,
                    };
                assert_eq!(answer.repeat, if same { Repeat::Duplicate } else { Repeat::Conflict });
            }
            _ => {}
        }
    }
}

/// Whatever was not simply allowed has one alert, right behind its own fact, and nothing else has any; an alert closes
/// when its hold ends or somebody says what it was, and stays open until then.
pub fn each_alert_comes_once(database: &Database, facts: &BTreeMap<i32, Vec<Fact>>) {
    let mut raised = BTreeSet::new();
    for facts in facts.values() {
        for (index, fact) in facts.iter().enumerate() {
            let alert = match facts.get(index + 1).map(|next| &next.body) {
                Some(FactBody::AlertRaised(alert)) => Some(alert),
                _ => None,
            };
            let (FactBody::TransactionPosted(said)
            | FactBody::TransactionHeld(said)
            | FactBody::TransactionRefused(said)) = &fact.body
            else {
                assert_eq!(alert, None, "an alert that no transaction explains");
                continue;
            };
            let judgement = said.judgement.filter(|judgement| judgement.verdict != RiskVerdict::Allow);
            assert_eq!(alert.map(|alert| alert.judgement), judgement, "{}", said.id);
            let Some(alert) = alert else { continue };
            assert_eq!((alert.transaction_id, facts[index + 1].position.offset), (said.id, fact.position.offset));
            assert!(raised.insert(said.id), "{} was alerted twice", said.id);
            assert_eq!(Some(alert), database.alerts.get(&said.id).map(|row| &row.alert));
        }
    }
    assert_eq!(raised, database.alerts.keys().copied().collect(), "a row for each alert and for nothing else");
    for (id, row) in &database.alerts {
        let transaction = &database.transactions[id];
        let ended = transaction.was_held && transaction.state != TransactionState::Held;
        assert_eq!(row.closed_at.is_some(), ended || database.labels.contains_key(id), "{id}");
    }
}

/// What is said of a transaction changes only to something else, by nobody of lower authority; the last word stands.
pub fn each_label_comes_once(database: &Database, facts: &BTreeMap<i32, Vec<Fact>>) {
    let mut labels: BTreeMap<Uuid, &LabelFact> = BTreeMap::new();
    for fact in facts.values().flatten() {
        let FactBody::TransactionLabelled(said) = &fact.body else { continue };
        let row = &database.transactions[&said.transaction_id];
        assert_eq!((&said.account, &said.counterparty), (row.body.account_at_risk(), row.body.counterparty()));
        assert_eq!(said.occurred_at, row.event_time);
        if let Some(before) = labels.insert(said.transaction_id, said) {
            let (now, earlier) = ((said.source, said.label), (before.source, before.label));
            assert!(now != earlier && said.source >= before.source, "{earlier:?}, then {now:?}");
        }
    }
    assert!(labels.into_iter().eq(database.labels.iter().map(|(id, label)| (*id, label))));
}

/// None where something else than a submission was answered.
fn submission_at(log: &[Record], fact: &Fact) -> Option<Body> {
    let place = (fact.position.partition, fact.position.offset);
    let record = log.iter().find(|record| (record.partition, record.offset) == place).unwrap();
    match &record.input {
        Input::Command(Command::SubmitTransaction(submission)) => Some(Body::from(submission)),
        Input::Command(
            Command::ReleaseHold(_) | Command::RefuseHold(_) | Command::ExpireHold(_) | Command::ReportFraud(_),
        ) => None,
        other => panic!("{other:?} was answered as a transaction"),
    }
}
