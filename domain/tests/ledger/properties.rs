//! Any sequence of commands, in one batch, in many, or one by one.

use crate::fold::{fold, once};
use crate::invariants::{
    Chains, each_alert_comes_once, each_id_has_one_effect, each_label_comes_once, each_record_leaves_its_facts,
    holds_are_the_sum_of_held_transactions, money_is_neither_made_nor_lost, only_history_overdraws,
};
use crate::worker::{Attempt, End, World, run, run_calmly};
use crate::world::any_log;
use domain::Command;
use domain::ledger::{Input, Record};
use proptest::prelude::*;

/// Everything that must hold of a finished run.
pub fn hold(log: &[Record], world: &World) {
    money_is_neither_made_nor_lost(&world.database);
    holds_are_the_sum_of_held_transactions(&world.database);
    let facts = once(&world.events);
    each_record_leaves_its_facts(log, &facts);
    Chains::unbroken(&world.committed);
    only_history_overdraws(&world.database, &world.committed);
    each_id_has_one_effect(log, &world.committed);
    each_alert_comes_once(&world.database, &facts);
    each_label_comes_once(&world.database, &facts);
    assert!(world.database.announcements.is_empty(), "something was never said");
    assert_eq!(fold(&facts), world.database, "the facts do not tell the books");
}

fn batches(sizes: &[usize]) -> Vec<Attempt> {
    sizes.iter().map(|size| Attempt { records_max: *size, end: End::Done, first: None }).collect()
}

proptest! {
    #[test]
    fn no_sequence_of_commands_breaks_the_books(log in any_log()) {
        for length in 0..=log.len() {
            if length % 8 == 0 || length == log.len() {
                hold(&log[..length], &run_calmly(&log[..length]));
            }
        }
    }

    #[test]
    fn any_split_into_batches_gives_the_same_facts_and_books(
        log in any_log(),
        sizes in prop::collection::vec(1..20_usize, 0..20),
    ) {
        let expected = run_calmly(&log);
        for sizes in [sizes, vec![log.len()]] {
            let found = run(&log, &batches(&sizes));
            prop_assert_eq!(&found.committed, &expected.committed);
            prop_assert_eq!(&found.events, &expected.events);
            prop_assert_eq!(&found.database, &expected.database);
        }
    }

    #[test]
    fn the_whole_log_again_changes_nothing(log in any_log()) {
        let first = run_calmly(&log);
        // What ends a hold may come too early, and in time when it comes again: that is no repetition.
        let ends_a_hold = |input: &Input| {
            matches!(input, Input::Command(Command::ReleaseHold(_) | Command::RefuseHold(_) | Command::ExpireHold(_)))
        };
        let inputs = || log.iter().map(|record| record.input.clone());
        let again: Vec<_> = inputs().chain(inputs().filter(|input| !ends_a_hold(input))).collect();
        let twice = run_calmly(&crate::world::log(again));
        let kept: Vec<_> = twice.database.transactions.keys().collect();
        prop_assert_eq!(kept, first.database.transactions.keys().collect::<Vec<_>>());
        for (id, transaction) in &first.database.transactions {
            let now = &twice.database.transactions[id];
            prop_assert_eq!((&now.body, now.state, now.reason), (&transaction.body, transaction.state, transaction.reason));
            prop_assert_eq!((now.debit, now.credit), (transaction.debit, transaction.credit));
        }
        for (number, account) in &first.database.accounts {
            let now = &twice.database.accounts[number];
            prop_assert_eq!(now.after.booked_minor, account.after.booked_minor, "{}", number);
            prop_assert_eq!(now.after.held_minor, account.after.held_minor, "{}", number);
        }
        let alerts = |world: &World| world.database.alerts.values().map(|row| row.alert.clone()).collect::<Vec<_>>();
        prop_assert_eq!(alerts(&twice), alerts(&first));
        prop_assert_eq!(twice.database.stripes, first.database.stripes);
    }
}
