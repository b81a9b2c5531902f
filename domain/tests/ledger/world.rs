//! A small bank in which everything collides: few accounts, few ids, amounts at every border.

use chrono::{DateTime, TimeDelta, Utc};
use domain::command::{
    ChangeAccountStatus, ChangeOverdraft, Command, FraudLabel, LabelSource, LinkAccount, OpenAccount, ReportFraud,
    SettleHold, SubmitTransaction,
};
use domain::fact::DeadLetterReason;
use domain::ledger::{Input, Record};
use domain::money::MAX_AMOUNT_MINOR;
use domain::partition::partition_of;
use domain::{AccountKind, AccountNumber, AccountStatus, Currency, TransactionKind};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

pub const PARTITIONS: i32 = 3;

/// The last two are never opened by [`opening`].
const CUSTOMERS: [&str; 7] = ["C1", "C2", "C3", "C4", "K1", "C8", "C9"];
const EXTERNALS: [&str; 3] = ["CASH-EUR", "SHOP-EUR", "CASH-CZK"];

pub fn number(text: &str) -> AccountNumber {
    text.parse().unwrap()
}

fn currency_of(text: &str) -> Currency {
    if text.starts_with('K') || text.ends_with("CZK") { Currency::CZK } else { Currency::EUR }
}

pub fn moment(offset: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_750_000_000, 0).unwrap() + TimeDelta::seconds(offset)
}

/// Puts inputs on the log: each at the end of the partition of its key.
pub fn log(inputs: impl IntoIterator<Item = Input>) -> Vec<Record> {
    let mut ends: BTreeMap<i32, i64> = BTreeMap::new();
    let to_record = |(index, input): (usize, Input)| {
        let command = match &input {
            Input::Command(command) | Input::DeadLetter { command: Some(command), .. } => Some(command),
            Input::DeadLetter { command: None, .. } => None,
        };
        let partition = command.map_or(0, |command| partition_of(command.key().as_str().as_bytes(), PARTITIONS));
        let end = ends.entry(partition).or_default();
        let offset = *end;
        // Logs may number with holes; nothing may lean on the next offset being the next number.
        *end += if index % 5 == 4 { 2 } else { 1 };
        Record {
            partition,
            offset,
            recorded_at: moment(index as i64),
            command_id: Some(Uuid::from_u128(0xC0 << 64 | index as u128)),
            length: 10,
            sha256: [index as u8; 32],
            input,
        }
    };
    inputs.into_iter().enumerate().map(to_record).collect()
}

/// Opens most accounts, so that sequences do more than refuse.
pub fn opening() -> Vec<Input> {
    let open = |text: &&str, kind| {
        Input::Command(Command::OpenAccount(OpenAccount {
            account: number(text),
            kind,
            currency: currency_of(text),
            overdraft_minor: if *text == "C2" { 500 } else { 0 },
            owner: None,
        }))
    };
    let customers = CUSTOMERS[..5].iter().map(|text| open(text, AccountKind::Customer));
    customers.chain(EXTERNALS.iter().map(|text| open(text, AccountKind::External))).collect()
}

/// A log that opens accounts, then does anything at all, some of it again.
pub fn any_log() -> impl Strategy<Value = Vec<Record>> {
    let operations = prop::collection::vec((any_input(), any::<prop::sample::Index>(), 0..16_u8), 1..60);
    operations.prop_map(|operations| {
        let mut inputs = opening();
        for (input, earlier, dice) in operations {
            // One in eight repeats what was asked before, word for word; as many say what it was, and a few more would
            // end its hold.
            let before = inputs[earlier.index(inputs.len())].clone();
            inputs.push(match dice {
                0 | 1 => before,
                2..=4 => settle(&before, dice).unwrap_or(input),
                5 | 6 => report(&before, dice, earlier).unwrap_or(input),
                _ => input,
            });
        }
        log(inputs)
    })
}

/// What would end the hold of this submission, if it is held.
fn settle(input: &Input, dice: u8) -> Option<Input> {
    let Input::Command(Command::SubmitTransaction(submission)) = input else { return None };
    let settle = SettleHold {
        transaction_id: submission.transaction_id,
        account: submission.account_at_risk().clone(),
        person: (dice < 4).then(|| Uuid::from_u128(9)),
    };
    Some(Input::Command(match dice {
        2 => Command::ReleaseHold(settle),
        3 => Command::RefuseHold(settle),
        _ => Command::ExpireHold(settle),
    }))
}

/// Somebody's word about this submission, of any kind and authority.
fn report(input: &Input, dice: u8, word: prop::sample::Index) -> Option<Input> {
    let Input::Command(Command::SubmitTransaction(submission)) = input else { return None };
    let labels = [FraudLabel::Fraud, FraudLabel::Genuine, FraudLabel::Inconclusive];
    Some(Input::Command(Command::ReportFraud(ReportFraud {
        transaction_id: submission.transaction_id,
        account: submission.account_at_risk().clone(),
        label: labels[word.index(1_000) % labels.len()],
        source: if dice == 5 { LabelSource::Customer } else { LabelSource::Analyst },
        known_at: moment(5),
        history: word.index(5) == 0,
        person: None,
    })))
}

fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        30 => any_submission().prop_map(|submission| Input::Command(Command::SubmitTransaction(submission))),
        8 => any_account_command().prop_map(Input::Command),
        2 => any_dead_letter(),
    ]
}

fn any_account() -> impl Strategy<Value = AccountNumber> {
    prop_oneof![8 => prop::sample::select(&CUSTOMERS[..]), 2 => prop::sample::select(&EXTERNALS[..])].prop_map(number)
}

/// Ordinary sides for the kind, mostly; now and then any two accounts.
fn any_sides() -> impl Strategy<Value = (TransactionKind, AccountNumber, AccountNumber)> {
    let customer = || prop::sample::select(&CUSTOMERS[..6]).prop_map(number);
    let external = || prop::sample::select(&EXTERNALS[..]).prop_map(number);
    let kind =
        prop::sample::select(&[TransactionKind::Deposit, TransactionKind::Withdrawal, TransactionKind::Transfer]);
    prop_oneof![
        6 => (external(), customer()).prop_map(|(from, to)| (TransactionKind::Deposit, from, to)),
        4 => (customer(), external()).prop_map(|(from, to)| (TransactionKind::Withdrawal, from, to)),
        8 => (customer(), customer()).prop_map(|(from, to)| (TransactionKind::Transfer, from, to)),
        1 => (kind, any_account(), any_account()),
    ]
}

fn any_amount() -> impl Strategy<Value = i64> {
    prop_oneof![
        20 => 1..1_000_i64,
        2 => prop::sample::select(&[MAX_AMOUNT_MINOR - 1, MAX_AMOUNT_MINOR][..]),
        1 => prop::sample::select(&[0, -1, MAX_AMOUNT_MINOR + 1, i64::MAX, i64::MIN][..]),
    ]
}

fn any_submission() -> impl Strategy<Value = SubmitTransaction> {
    let currency = prop_oneof![8 => Just(Currency::EUR), 1 => Just(Currency::CZK)];
    (0..40_u128, any_sides(), any_amount(), currency, prop::bool::weighted(0.1), -2_000..2_000_i64).prop_map(
        |(id, (kind, debit, credit), amount_minor, currency, history, clock)| SubmitTransaction {
            transaction_id: Uuid::from_u128(id),
            kind,
            debit,
            credit,
            amount_minor,
            currency,
            occurred_at: moment(clock),
            history,
            reference: None,
            context: None,
        },
    )
}

fn any_account_command() -> impl Strategy<Value = Command> {
    let statuses = &[AccountStatus::Open, AccountStatus::Open, AccountStatus::Frozen, AccountStatus::Closed][..];
    let kinds = &[AccountKind::Customer, AccountKind::Customer, AccountKind::External][..];
    let person = || (0..3_u128).prop_map(Uuid::from_u128);
    let limit = || prop_oneof![4 => 0..1_000_i64, 1 => Just(-1), 1 => Just(MAX_AMOUNT_MINOR), 1 => Just(i64::MAX)];
    let open = (any_account(), prop::sample::select(kinds), limit(), prop::option::of(person()));
    prop_oneof![
        open.prop_map(|(account, kind, overdraft_minor, owner)| {
            let currency = currency_of(account.as_str());
            Command::OpenAccount(OpenAccount { account, kind, currency, overdraft_minor, owner })
        }),
        (any_account(), person()).prop_map(|(account, person)| Command::LinkAccount(LinkAccount { account, person })),
        (any_account(), person()).prop_map(|(account, person)| Command::UnlinkAccount(LinkAccount { account, person })),
        (any_account(), prop::sample::select(statuses))
            .prop_map(|(account, status)| Command::ChangeAccountStatus(ChangeAccountStatus { account, status })),
        (any_account(), limit()).prop_map(|(account, overdraft_minor)| Command::ChangeOverdraft(ChangeOverdraft {
            account,
            overdraft_minor
        })),
    ]
}

fn any_dead_letter() -> impl Strategy<Value = Input> {
    prop::option::of(any_submission()).prop_map(|submission| Input::DeadLetter {
        reason: DeadLetterReason::BadSignature,
        detail: "no valid signature".to_owned(),
        command: submission.map(Command::SubmitTransaction),
    })
}
