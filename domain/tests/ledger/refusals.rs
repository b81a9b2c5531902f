//! Every reason for a refusal, reached by the smallest story that leads there.

use crate::world::{moment, number};
use domain::command::{Command, SettleHold, SubmitTransaction};
use domain::fact::{AccountAfter, Fact, FactBody, Repeat};
use domain::ledger::{Account, AllowAll, Attempt, Books, Decide, Input, Judged, Record, Stripe, Verdict, step};
use domain::money::MAX_AMOUNT_MINOR;
use domain::{
    AccountKind, AccountStatus, Currency, HoldTerms, OnExpiry, RefusalReason, TransactionKind, TransactionState,
};
use std::collections::HashSet;
use uuid::Uuid;

/// A judge of one word.
struct Always(Verdict);

impl Decide for Always {
    fn decide(&mut self, _: &Attempt<'_>, _: &Account, _: &Account) -> Judged {
        self.0.into()
    }
}

fn hold() -> Verdict {
    Verdict::Hold(HoldTerms { until: moment(60), on_expiry: OnExpiry::Expire })
}

/// C1 has 10.00, C2 nothing; X1 is external; the others are as their names say.
fn books() -> Books {
    let mut books = Books::default();
    let mut add = |text: &str, kind, currency, status, booked_minor, held_minor, overdraft_minor| {
        books.add_account(Account {
            id: Some(1),
            number: number(text),
            kind,
            currency,
            status,
            after: AccountAfter { version: 3, booked_minor, held_minor, overdraft_minor },
            opened_at: moment(0),
            version_read: 3,
        })
    };
    let (customer, open, eur) = (AccountKind::Customer, AccountStatus::Open, Currency::EUR);
    add("C1", customer, eur, open, 1_000, 0, 0);
    add("C2", customer, eur, open, 0, 0, 0);
    add("FROZEN", customer, eur, AccountStatus::Frozen, 1_000, 0, 0);
    add("CLOSED", customer, eur, AccountStatus::Closed, 0, 0, 0);
    add("CZK", customer, Currency::CZK, open, 1_000, 0, 0);
    add("FULL", customer, eur, open, i64::MAX - 50, 0, 0);
    add("HELD", customer, eur, open, i64::MAX, i64::MAX - 50, MAX_AMOUNT_MINOR);
    add("X2", AccountKind::External, eur, open, 0, 0, 0);
    let external = add("X1", AccountKind::External, eur, open, 0, 0, 0);
    books.add_stripe(external, 0, Stripe { version: 1, booked_minor: i64::MIN + 50, version_read: 1 });
    books
}

fn submission(kind: TransactionKind, debit: &str, credit: &str, amount_minor: i64) -> SubmitTransaction {
    SubmitTransaction {
        transaction_id: Uuid::from_u128(7),
        kind,
        debit: number(debit),
        credit: number(credit),
        amount_minor,
        currency: Currency::EUR,
        occurred_at: moment(0),
        history: false,
        reference: None,
        context: None,
    }
}

fn record(offset: i64, submission: SubmitTransaction) -> Record {
    Record {
        partition: 0,
        offset,
        recorded_at: moment(offset),
        command_id: None,
        length: 1,
        sha256: [0; 32],
        input: Input::Command(Command::SubmitTransaction(submission)),
    }
}

fn only_fact(books: &mut Books, submission: SubmitTransaction, decide: &mut impl Decide) -> FactBody {
    let mut outcome = step(books, &[record(0, submission)], decide);
    assert_eq!(outcome.facts.len(), 1);
    let Fact { body, position, .. } = outcome.facts.remove(0);
    assert!(position.last);
    body
}

#[test]
fn every_reason_for_a_refusal_can_be_reached_and_moves_nothing() {
    use RefusalReason::*;
    use TransactionKind::{Deposit, Transfer, Withdrawal};
    let foreign = SubmitTransaction { currency: Currency::CZK, ..submission(Transfer, "C1", "C2", 1) };
    let stories = [
        (submission(Transfer, "NOBODY", "C1", 1), UnknownDebitAccount),
        (submission(Transfer, "C1", "NOBODY", 1), UnknownCreditAccount),
        (submission(Transfer, "FROZEN", "C1", 1), DebitAccountFrozen),
        (submission(Transfer, "C1", "FROZEN", 1), CreditAccountFrozen),
        (submission(Transfer, "CLOSED", "C1", 1), DebitAccountClosed),
        (submission(Transfer, "C1", "CLOSED", 1), CreditAccountClosed),
        (submission(Transfer, "C1", "C2", 1_001), InsufficientFunds),
        (submission(Transfer, "C1", "CZK", 1), CurrencyMismatch),
        (submission(Transfer, "CZK", "C1", 1), CurrencyMismatch),
        (foreign, CurrencyMismatch),
        (submission(Transfer, "C1", "C1", 1), SameAccount),
        (submission(Transfer, "C1", "C2", 0), AmountOutOfBounds),
        (submission(Transfer, "C1", "C2", -1), AmountOutOfBounds),
        (submission(Transfer, "C1", "C2", i64::MIN), AmountOutOfBounds),
        (submission(Deposit, "X2", "C1", MAX_AMOUNT_MINOR + 1), AmountOutOfBounds),
        (submission(Deposit, "C1", "C2", 1), WrongAccountKind),
        (submission(Withdrawal, "C1", "C2", 1), WrongAccountKind),
        (submission(Transfer, "X1", "C1", 1), WrongAccountKind),
        (submission(Transfer, "C1", "FULL", 51), BalanceOverflow),
        (submission(Deposit, "X1", "C1", 51), BalanceOverflow),
    ];
    let mut reached: HashSet<RefusalReason> = HashSet::new();
    for (story, expected) in stories {
        let mut books = books();
        let before: Vec<Account> = books.accounts().map(|(_, account)| account.clone()).collect();
        let FactBody::TransactionRefused(fact) = only_fact(&mut books, story.clone(), &mut AllowAll) else {
            panic!("{story:?} was not refused");
        };
        assert_eq!(fact.reason, Some(expected), "{story:?}");
        assert_eq!(books.accounts().map(|(_, account)| account.clone()).collect::<Vec<_>>(), before);
        reached.insert(expected);
    }
    let judged = submission(Transfer, "C1", "C2", 1);
    let FactBody::TransactionRefused(fact) = only_fact(&mut books(), judged, &mut Always(Verdict::Refuse(NotApproved)))
    else {
        panic!("the judge was not heard");
    };
    reached.extend(fact.reason);
    assert_eq!(reached, RefusalReason::ALL.into_iter().collect());
}

#[test]
fn the_borders_themselves_are_allowed() {
    use TransactionKind::{Deposit, Transfer, Withdrawal};
    for story in [
        submission(Transfer, "C1", "C2", 1_000),
        submission(Transfer, "C1", "FULL", 50),
        submission(Deposit, "X1", "C1", 50),
        submission(Deposit, "X2", "C1", MAX_AMOUNT_MINOR),
        submission(Withdrawal, "C1", "X1", 1),
    ] {
        let fact = only_fact(&mut books(), story.clone(), &mut AllowAll);
        assert!(matches!(fact, FactBody::TransactionPosted(_)), "{story:?}: {fact:?}");
    }
}

#[test]
fn history_may_overdraw_but_not_overflow() {
    let past = SubmitTransaction { history: true, ..submission(TransactionKind::Transfer, "C1", "C2", 1_001) };
    let FactBody::TransactionPosted(fact) = only_fact(&mut books(), past.clone(), &mut AllowAll) else {
        panic!("history happened");
    };
    assert_eq!(fact.debit.after.map(|after| after.booked_minor), Some(-1));
    let full = SubmitTransaction { credit: number("FULL"), ..past };
    let FactBody::TransactionRefused(fact) = only_fact(&mut books(), full, &mut AllowAll) else {
        panic!("no balance is wrong by wrapping");
    };
    assert_eq!(fact.reason, Some(RefusalReason::BalanceOverflow));
}

#[test]
fn a_hold_reserves_and_the_reserve_cannot_be_spent_or_overflow() {
    let mut books = books();
    let mut held = submission(TransactionKind::Transfer, "C1", "C2", 900);
    let FactBody::TransactionHeld(fact) = only_fact(&mut books, held.clone(), &mut Always(hold())) else {
        panic!("not held");
    };
    let after = fact.debit.after.unwrap();
    assert_eq!((after.booked_minor, after.held_minor, after.version, fact.credit.after), (1_000, 900, 4, None));
    held.transaction_id = Uuid::from_u128(8);
    held.amount_minor = 101;
    let FactBody::TransactionRefused(fact) = only_fact(&mut books, held, &mut AllowAll) else {
        panic!("reserved money was spent");
    };
    assert_eq!(fact.reason, Some(RefusalReason::InsufficientFunds));

    let mut beyond = submission(TransactionKind::Transfer, "HELD", "C2", 51);
    beyond.transaction_id = Uuid::from_u128(9);
    let FactBody::TransactionRefused(fact) = only_fact(&mut books, beyond, &mut Always(hold())) else {
        panic!("a reserve beyond 64 bits");
    };
    assert_eq!(fact.reason, Some(RefusalReason::BalanceOverflow));
}

/// C1's transfer of 9.00 to C2 is held; what ends it comes as record 1 and 2.
fn held_then(first: fn(SettleHold) -> Command, second: fn(SettleHold) -> Command) -> (Books, Vec<FactBody>) {
    let mut books = books();
    let held = submission(TransactionKind::Transfer, "C1", "C2", 900);
    let settle = SettleHold { transaction_id: held.transaction_id, account: number("C1"), person: None };
    let ends = [first(settle.clone()), second(settle)].map(Input::Command);
    let mut records = vec![record(0, held)];
    for (index, input) in ends.into_iter().enumerate() {
        // The deadline is a minute after moment 0.
        let recorded_at = moment(50 + 20 * index as i64);
        records.push(Record { offset: index as i64 + 1, recorded_at, input, ..records[0].clone() });
    }
    let outcome = step(&mut books, &records, &mut Always(hold()));
    (books, outcome.facts.into_iter().map(|fact| fact.body).collect())
}

fn money(books: &Books, text: &str) -> (i64, i64) {
    let after = books.account(books.slot(&number(text)).unwrap()).after;
    (after.booked_minor, after.held_minor)
}

#[test]
fn a_release_moves_the_money_once_and_a_later_refusal_is_a_conflict() {
    let (books, facts) = held_then(Command::ReleaseHold, Command::RefuseHold);
    assert!(matches!(&facts[1], FactBody::TransactionPosted(fact) if fact.hold.is_none()), "{facts:?}");
    let FactBody::CommandAnswered(answer) = &facts[2] else { panic!("ended twice: {facts:?}") };
    assert_eq!((answer.repeat, answer.state), (Repeat::Conflict, Some(TransactionState::Posted)));
    assert_eq!((money(&books, "C1"), money(&books, "C2")), ((100, 0), (900, 0)));
}

#[test]
fn a_refusal_gives_the_reserve_back_and_again_is_a_duplicate() {
    let (books, facts) = held_then(Command::RefuseHold, Command::RefuseHold);
    let FactBody::TransactionRefused(fact) = &facts[1] else { panic!("not refused: {facts:?}") };
    assert_eq!((fact.reason, fact.credit.after), (Some(RefusalReason::NotApproved), None));
    assert!(matches!(&facts[2], FactBody::CommandAnswered(answer) if answer.repeat == Repeat::Duplicate));
    assert_eq!((money(&books, "C1"), money(&books, "C2")), ((1_000, 0), (0, 0)));
}

#[test]
fn a_hold_expires_when_its_time_is_over_and_not_before() {
    let (books, facts) = held_then(Command::ExpireHold, Command::ExpireHold);
    let FactBody::CommandAnswered(answer) = &facts[1] else { panic!("ended too early: {facts:?}") };
    assert_eq!((answer.repeat, answer.state), (Repeat::NotDue, Some(TransactionState::Held)));
    assert!(matches!(&facts[2], FactBody::TransactionRefused(fact) if fact.state == TransactionState::Expired));
    assert_eq!(money(&books, "C1"), (1_000, 0));
}

#[test]
fn a_release_that_the_payee_cannot_take_gives_the_money_back_with_the_reason() {
    let mut books = books();
    let mut held = record(0, submission(TransactionKind::Transfer, "C1", "C2", 900));
    let outcome = step(&mut books, [&held], &mut Always(hold()));
    assert!(matches!(outcome.facts[0].body, FactBody::TransactionHeld(_)));
    let freeze = domain::command::ChangeAccountStatus { account: number("C2"), status: AccountStatus::Frozen };
    let settle =
        SettleHold { transaction_id: Uuid::from_u128(7), account: number("C1"), person: Some(Uuid::from_u128(1)) };
    let mut facts = Vec::new();
    for command in [Command::ChangeAccountStatus(freeze), Command::ReleaseHold(settle)] {
        held.offset += 1;
        held.input = Input::Command(command);
        facts.extend(step(&mut books, [&held], &mut AllowAll).facts);
    }
    let FactBody::TransactionRefused(fact) = &facts[1].body else { panic!("{facts:?}") };
    assert_eq!(fact.reason, Some(RefusalReason::CreditAccountFrozen));
    assert_eq!(money(&books, "C1"), (1_000, 0));
}

#[test]
fn the_end_of_a_hold_nobody_knows_is_a_dead_letter_that_is_answered() {
    let settle = SettleHold { transaction_id: Uuid::from_u128(7), account: number("C1"), person: None };
    let input = Input::Command(Command::ReleaseHold(settle));
    let asked = Record { input, ..record(0, submission(TransactionKind::Transfer, "C1", "C2", 900)) };
    let outcome = step(&mut books(), [&asked], &mut AllowAll);
    assert_eq!(outcome.dead_letters.len(), 1);
    assert!(matches!(&outcome.facts[1].body, FactBody::CommandRefused(said) if said.transaction_id.is_some()));
}

#[test]
fn a_reused_id_is_a_duplicate_with_the_same_body_and_a_conflict_with_another() {
    let first = submission(TransactionKind::Transfer, "C1", "C2", 100);
    let mut later_clock = first.clone();
    later_clock.occurred_at = moment(5_000);
    later_clock.reference = Some("sealed".to_owned());
    let others = [
        SubmitTransaction { amount_minor: 101, ..first.clone() },
        SubmitTransaction { credit: number("FULL"), ..first.clone() },
        SubmitTransaction { debit: number("FULL"), ..first.clone() },
        SubmitTransaction { kind: TransactionKind::Deposit, ..first.clone() },
        SubmitTransaction { currency: Currency::CZK, ..first.clone() },
    ];
    let same = [first.clone(), later_clock];
    let attempts = same.iter().map(|body| (body, Repeat::Duplicate));
    for (attempt, expected) in attempts.chain(others.iter().map(|body| (body, Repeat::Conflict))) {
        let mut books = books();
        let outcome = step(&mut books, &[record(0, first.clone()), record(1, attempt.clone())], &mut AllowAll);
        let FactBody::CommandAnswered(answer) = &outcome.facts[1].body else {
            panic!("{attempt:?} was decided again");
        };
        assert_eq!(answer.repeat, expected, "{attempt:?}");
        assert_eq!(answer.state, Some(TransactionState::Posted));
        assert_eq!(outcome.rows.len(), 1);
    }
}
