//! Commands on accounts: what is answered, what is refused and why, what changes.

use crate::world::{log, moment, number};
use domain::command::{ChangeAccountStatus, ChangeOverdraft, Command, LinkAccount, OpenAccount, SubmitTransaction};
use domain::fact::{DeadLetterReason, FactBody};
use domain::ledger::{AllowAll, Books, Input, step};
use domain::money::MAX_AMOUNT_MINOR;
use domain::{AccountKind, AccountStatus, Currency, TransactionKind};
use uuid::Uuid;

fn open(text: &str, kind: AccountKind) -> Command {
    Command::OpenAccount(OpenAccount {
        account: number(text),
        kind,
        currency: Currency::EUR,
        overdraft_minor: 0,
        owner: None,
    })
}

fn status(text: &str, status: AccountStatus) -> Command {
    Command::ChangeAccountStatus(ChangeAccountStatus { account: number(text), status })
}

fn overdraft(text: &str, overdraft_minor: i64) -> Command {
    Command::ChangeOverdraft(ChangeOverdraft { account: number(text), overdraft_minor })
}

fn deposit(text: &str) -> Command {
    Command::SubmitTransaction(SubmitTransaction {
        transaction_id: Uuid::from_u128(1),
        kind: TransactionKind::Deposit,
        debit: number("X1"),
        credit: number(text),
        amount_minor: 100,
        currency: Currency::EUR,
        occurred_at: moment(0),
        history: false,
        reference: None,
        context: None,
    })
}

/// The facts of a story: C1 and X1 are open.
fn told(story: impl IntoIterator<Item = Command>) -> Vec<FactBody> {
    let opened = [open("C1", AccountKind::Customer), open("X1", AccountKind::External)];
    let records = log(opened.into_iter().chain(story).map(Input::Command));
    let outcome = step(&mut Books::default(), &records, &mut AllowAll);
    outcome.facts.into_iter().skip(2).map(|fact| fact.body).collect()
}

#[test]
fn what_cannot_be_done_to_an_account_is_a_dead_letter_with_its_reason_and_an_answer() {
    use DeadLetterReason::{AbsurdAmount, AccountBusy, AccountMismatch};
    let person = Uuid::from_u128(9);
    let taken = Command::OpenAccount(OpenAccount {
        account: number("C1"),
        kind: AccountKind::Customer,
        currency: Currency::CZK,
        overdraft_minor: 0,
        owner: None,
    });
    let absurd = Command::OpenAccount(OpenAccount {
        account: number("C2"),
        kind: AccountKind::Customer,
        currency: Currency::EUR,
        overdraft_minor: MAX_AMOUNT_MINOR + 1,
        owner: None,
    });
    let stories = [
        (vec![taken], AccountMismatch),
        (vec![open("C1", AccountKind::External)], AccountMismatch),
        (vec![absurd], AbsurdAmount),
        (vec![Command::LinkAccount(LinkAccount { account: number("NOBODY"), person })], AccountMismatch),
        (vec![status("NOBODY", AccountStatus::Frozen)], AccountMismatch),
        (vec![overdraft("NOBODY", 1)], AccountMismatch),
        (vec![overdraft("C1", -1)], AbsurdAmount),
        (vec![overdraft("C1", MAX_AMOUNT_MINOR + 1)], AbsurdAmount),
        (vec![deposit("C1"), status("C1", AccountStatus::Closed)], AccountBusy),
        (vec![status("X1", AccountStatus::Closed)], AccountBusy),
        (vec![status("C1", AccountStatus::Closed), status("C1", AccountStatus::Open)], AccountMismatch),
    ];
    for (story, expected) in stories {
        let facts = told(story.clone());
        let [.., FactBody::RecordDeadLettered(letter), FactBody::CommandRefused(refused)] = &facts[..] else {
            panic!("{story:?} gave {facts:?}");
        };
        assert_eq!((letter.reason, refused.reason), (expected, expected), "{story:?}");
        assert_eq!(refused.account.as_ref(), story.last().map(Command::key));
    }
}

#[test]
fn asking_again_for_what_is_so_already_is_answered_and_changes_nothing() {
    let link = LinkAccount { account: number("C1"), person: Uuid::from_u128(9) };
    for story in [
        vec![open("C1", AccountKind::Customer)],
        vec![Command::UnlinkAccount(link.clone())],
        vec![Command::LinkAccount(link.clone()), Command::LinkAccount(link)],
        vec![status("C1", AccountStatus::Open)],
        vec![overdraft("C1", 0)],
    ] {
        let facts = told(story.clone());
        assert!(matches!(facts.last(), Some(FactBody::CommandAnswered(_))), "{story:?} gave {facts:?}");
    }
}

#[test]
fn an_account_is_opened_frozen_thawed_and_closed_one_version_each() {
    let facts = told([
        status("C1", AccountStatus::Frozen),
        status("C1", AccountStatus::Open),
        overdraft("C1", 5),
        status("C1", AccountStatus::Closed),
    ]);
    let versions: Vec<i64> = facts
        .iter()
        .map(|fact| match fact {
            FactBody::AccountChanged(account) => account.after.version,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(versions, [2, 3, 4, 5]);
}
