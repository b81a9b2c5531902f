//! Puts facts of several partitions into one order that respects every account's versions.
//!
//! Each partition's facts come in its own order. A credit decided by one partition falls between debits decided by
//! another; the account's version says where. Pure.

use domain::{Fact, FactBody};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

/// Merges the partitions' queues: per partition in its order, per account by version, else by recorded time.
pub fn merge(queues: Vec<Vec<Arc<Fact>>>) -> Vec<Arc<Fact>> {
    let mut queues: Vec<VecDeque<Arc<Fact>>> =
        queues.into_iter().filter(|queue| !queue.is_empty()).map(VecDeque::from).collect();
    if queues.len() <= 1 {
        return queues.pop().map(Vec::from).unwrap_or_default();
    }
    let mut waiting: HashMap<String, BTreeSet<i64>> = HashMap::new();
    for fact in queues.iter().flatten() {
        for (account, version) in versions(fact) {
            waiting.entry(account.to_owned()).or_default().insert(version);
        }
    }
    let mut merged = Vec::with_capacity(queues.iter().map(VecDeque::len).sum());
    while let Some(next) = pick(&queues, &waiting) {
        let Some(fact) = queues[next].pop_front() else { break };
        for (account, version) in versions(&fact) {
            if let Some(versions) = waiting.get_mut(account) {
                versions.remove(&version);
            }
        }
        merged.push(fact);
        if queues[next].is_empty() {
            queues.swap_remove(next);
        }
    }
    merged
}

/// The queue whose head comes next: the earliest whose accounts wait for no lower version. Should none be free (facts
/// that contradict each other), the earliest of all, so that nothing is withheld.
fn pick(queues: &[VecDeque<Arc<Fact>>], waiting: &HashMap<String, BTreeSet<i64>>) -> Option<usize> {
    let free = |fact: &Fact| {
        versions(fact).all(|(account, version)| waiting.get(account).is_none_or(|v| v.first() >= Some(&version)))
    };
    let heads = || queues.iter().enumerate().filter_map(|(index, queue)| Some((index, queue.front()?)));
    let earliest = |found: &(usize, &Arc<Fact>)| (found.1.recorded_at, found.1.position);
    let head = heads().filter(|(_, fact)| free(fact)).min_by_key(earliest).or_else(|| heads().min_by_key(earliest));
    head.map(|(index, _)| index)
}

/// The account versions that a fact made. Of external accounts too: a stripe belongs to one partition, and orders
/// nothing across them, so those are left out.
fn versions(fact: &Fact) -> impl Iterator<Item = (&str, i64)> {
    use domain::TransactionKind::{Deposit, Withdrawal};
    let (first, second) = match &fact.body {
        FactBody::TransactionPosted(f) | FactBody::TransactionHeld(f) | FactBody::TransactionRefused(f) => (
            (f.kind != Deposit).then_some((f.debit.account.as_str(), f.debit.after)),
            (f.kind != Withdrawal).then_some((f.credit.account.as_str(), f.credit.after)),
        ),
        FactBody::AccountOpened(f) | FactBody::AccountChanged(f) => {
            let customer = f.kind == domain::AccountKind::Customer;
            (customer.then_some((f.account.as_str(), Some(f.after))), None)
        }
        _ => (None, None),
    };
    [first, second].into_iter().flatten().filter_map(|(account, after)| Some((account, after?.version)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::feed::sample::{side, transaction, with_position};
    use domain::{TransactionKind, TransactionState};
    use proptest::prelude::*;

    fn transfer(partition: i32, offset: i64, debit: (&str, i64), credit: (&str, i64)) -> Arc<Fact> {
        let (debit, credit) = (side(debit.0, Some((debit.1, 0))), side(credit.0, Some((credit.1, 0))));
        let body = transaction(TransactionKind::Transfer, TransactionState::Posted, debit, credit);
        Arc::new(with_position(body, partition, offset, 0, true))
    }

    #[test]
    fn a_credit_from_another_partition_stands_where_its_version_says() {
        // By time alone the credit (version 2, recorded later in its own partition) would come last.
        let own = vec![transfer(0, 1, ("A", 1), ("B", 1)), transfer(0, 2, ("A", 3), ("B", 2))];
        let other = vec![transfer(1, 9, ("C", 1), ("A", 2))];
        let merged = merge(vec![own, other]);
        let order: Vec<_> = merged.iter().map(|fact| (fact.position.partition, fact.position.offset)).collect();
        assert_eq!(order, [(0, 1), (1, 9), (0, 2)]);
    }

    #[test]
    fn facts_that_contradict_each_other_are_all_shown() {
        let one = vec![transfer(0, 1, ("A", 2), ("B", 1))];
        let two = vec![transfer(1, 1, ("B", 2), ("A", 1)), transfer(1, 2, ("A", 1), ("B", 1))];
        assert_eq!(merge(vec![one, two]).len(), 3);
    }

    proptest! {
        #[test]
        fn any_history_dealt_to_partitions_comes_back_in_version_order(
            moves in prop::collection::vec((0..6_usize, 1..6_usize), 1..80), skew in prop::collection::vec(0..50_i64, 6),
        ) {
            let mut versions = [0_i64; 6];
            let mut queues: Vec<Vec<Arc<Fact>>> = vec![Vec::new(); 6];
            for (debit, step) in moves {
                let credit = (debit + step) % 6;
                versions[debit] += 1;
                versions[credit] += 1;
                let name = |account: usize| format!("C{account}");
                // Each partition counts its own offsets, hence its own (skewed) clock.
                let offset = skew[debit] + queues[debit].len() as i64;
                let sides = ((name(debit), versions[debit]), (name(credit), versions[credit]));
                let fact = transfer(debit as i32, offset, (&sides.0.0, sides.0.1), (&sides.1.0, sides.1.1));
                queues[debit].push(fact);
            }
            let mut seen = HashMap::<String, i64>::new();
            for fact in merge(queues) {
                for (account, version) in super::versions(&fact) {
                    let last = seen.insert(account.to_owned(), version).unwrap_or(0);
                    prop_assert_eq!(version, last + 1);
                }
            }
        }
    }
}
