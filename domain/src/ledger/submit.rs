//! One submitted transaction: answered if known, refused with a reason, held, or posted.

use super::books::{Account, Books, Held, KnownTransaction};
use super::{AlertRow, Attempt, Decide, Judged, Record, RowSide, Slot, TransactionRow, Verdict};
use crate::command::SubmitTransaction;
use crate::fact::{AccountAfter, AlertFact, CommandAnswered, FactBody, Judgement, Repeat, SideFact, TransactionFact};
use crate::money::{AmountMinor, MAX_AMOUNT_MINOR};
use crate::{
    AccountKind, AccountNumber, AccountStatus, Currency, HoldTerms, RefusalReason, TransactionKind, TransactionState,
};
use chrono::{DateTime, TimeDelta, Utc};

/// What makes two attempts the same transaction: accounts, kind, amount and currency as the client gave them. Never
/// clocks or free text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    pub kind: TransactionKind,
    pub debit: AccountNumber,
    pub credit: AccountNumber,
    pub amount_minor: AmountMinor,
    pub currency: Currency,
}

impl From<&SubmitTransaction> for Body {
    fn from(submission: &SubmitTransaction) -> Self {
        Body {
            kind: submission.kind,
            debit: submission.debit.clone(),
            credit: submission.credit.clone(),
            amount_minor: submission.amount_minor,
            currency: submission.currency,
        }
    }
}

/// How far `occurred_at` may stand from `recorded_at` on live channels.
const CLOCK_LATE: TimeDelta = TimeDelta::minutes(15);
const CLOCK_EARLY: TimeDelta = TimeDelta::minutes(1);

/// Whether a live transaction's clock cannot be believed. History is free.
pub fn out_of_bounds(history: bool, occurred_at: DateTime<Utc>, recorded_at: DateTime<Utc>) -> bool {
    !history && (occurred_at < recorded_at - CLOCK_LATE || occurred_at > recorded_at + CLOCK_EARLY)
}

/// The time that windows count in: the customer's clock where it can be believed, else the broker's.
pub fn event_time(history: bool, occurred_at: DateTime<Utc>, recorded_at: DateTime<Utc>) -> DateTime<Utc> {
    if out_of_bounds(history, occurred_at, recorded_at) { recorded_at } else { occurred_at }
}

pub(super) fn apply(
    books: &mut Books,
    record: &Record,
    submission: &SubmitTransaction,
    decide: &mut impl Decide,
    rows: &mut Vec<TransactionRow>,
) -> (FactBody, Option<AlertRow>) {
    if let Some(known) = books.known(&submission.transaction_id) {
        return (FactBody::CommandAnswered(answer(known, submission)), None);
    }
    let attempt = Attempt::of(record, submission);
    let mut decided = book(books, &attempt, decide);
    let held = decided.hold.map(|terms| Held {
        terms,
        occurred_at: submission.occurred_at,
        history: submission.history,
        reference: submission.reference.clone(),
    });
    let known = KnownTransaction {
        body: submission.into(),
        state: decided.state,
        reason: decided.reason,
        held,
        event_time: attempt.event_time(),
        label: None,
    };
    books.add_known(submission.transaction_id, known);
    let posted = |after: Option<AccountAfter>| match decided.state {
        TransactionState::Posted => after.map(|after| (after.version, after.booked_minor)),
        _ => None,
    };
    let (debit, credit) = (books.slot(&submission.debit), books.slot(&submission.credit));
    rows.push(TransactionRow {
        submission: submission.clone(),
        partition: record.partition,
        offset: record.offset,
        recorded_at: record.recorded_at,
        state: decided.state,
        reason: decided.reason,
        hold: decided.hold,
        judgement: decided.judgement,
        debit: RowSide { slot: debit, posted: posted(decided.debit) },
        credit: RowSide { slot: credit, posted: posted(decided.credit) },
        clock_out_of_bounds: out_of_bounds(submission.history, submission.occurred_at, record.recorded_at),
    });
    let fact = TransactionFact {
        id: submission.transaction_id,
        kind: submission.kind,
        state: decided.state,
        amount_minor: submission.amount_minor,
        currency: submission.currency,
        debit: SideFact { account: submission.debit.clone(), unknown: debit.is_none(), after: decided.debit },
        credit: SideFact { account: submission.credit.clone(), unknown: credit.is_none(), after: decided.credit },
        occurred_at: submission.occurred_at,
        history: submission.history,
        reason: decided.reason,
        reference: submission.reference.clone(),
        hold: decided.hold,
        context: submission.context.clone(),
        judgement: decided.judgement,
    };
    let alert = alert(books, &attempt, &mut decided);
    let body = match decided.state {
        TransactionState::Posted => FactBody::TransactionPosted(fact),
        TransactionState::Held => FactBody::TransactionHeld(fact),
        TransactionState::Refused | TransactionState::Expired => FactBody::TransactionRefused(fact),
    };
    (body, alert)
}

fn alert(books: &Books, attempt: &Attempt<'_>, decided: &mut Decided) -> Option<AlertRow> {
    let (evidence, judgement) = (decided.evidence.take()?, decided.judgement?);
    let number = attempt.submission.account_at_risk();
    let alert =
        AlertFact { transaction_id: attempt.submission.transaction_id, account: number.clone(), judgement, evidence };
    Some(AlertRow { alert, account: books.slot(number)?, raised_at: attempt.recorded_at })
}

fn answer(known: &KnownTransaction, submission: &SubmitTransaction) -> CommandAnswered {
    let repeat = if known.body == Body::from(submission) { Repeat::Duplicate } else { Repeat::Conflict };
    CommandAnswered {
        repeat,
        transaction_id: Some(submission.transaction_id),
        state: Some(known.state),
        reason: known.reason,
    }
}

/// What was decided, with each side as it is after.
struct Decided {
    state: TransactionState,
    reason: Option<RefusalReason>,
    hold: Option<HoldTerms>,
    debit: Option<AccountAfter>,
    credit: Option<AccountAfter>,
    judgement: Option<Judgement>,
    evidence: Option<String>,
}

impl Decided {
    fn new(state: TransactionState) -> Self {
        Decided { state, reason: None, hold: None, debit: None, credit: None, judgement: None, evidence: None }
    }
}

fn refused(reason: RefusalReason) -> Decided {
    Decided { reason: Some(reason), ..Decided::new(TransactionState::Refused) }
}

fn book(books: &mut Books, attempt: &Attempt<'_>, decide: &mut impl Decide) -> Decided {
    let (submission, partition) = (attempt.submission, attempt.partition);
    let (debit, credit) = match bookable(books, submission) {
        Ok(sides) => sides,
        Err(reason) => {
            decide.refused(attempt);
            return refused(reason);
        }
    };
    let amount = submission.amount_minor;
    let after = (books.booked_with(debit, partition, -amount), books.booked_with(credit, partition, amount));
    let reserve = books.account(debit).after.held_minor.checked_add(amount);
    let (Some(debit_booked), Some(credit_booked), Some(held_minor)) = (after.0, after.1, reserve) else {
        decide.refused(attempt);
        return refused(RefusalReason::BalanceOverflow);
    };
    let Judged { verdict, judgement, evidence } = decide.decide(attempt, books.account(debit), books.account(credit));
    let decided = match verdict {
        Verdict::Refuse(reason) => refused(reason),
        Verdict::Hold(terms) => hold(books, debit, held_minor, terms),
        Verdict::Allow => Decided {
            debit: Some(books.set_booked(debit, partition, debit_booked)),
            credit: Some(books.set_booked(credit, partition, credit_booked)),
            ..Decided::new(TransactionState::Posted)
        },
    };
    Decided { judgement, evidence, ..decided }
}

/// Both sides, if the ledger's own rules let the transaction through.
fn bookable(books: &Books, submission: &SubmitTransaction) -> Result<(Slot, Slot), RefusalReason> {
    let (debit, credit) = sides(books, &submission.into())?;
    if !submission.history && !has_funds(books.account(debit), submission.amount_minor) {
        return Err(RefusalReason::InsufficientFunds);
    }
    Ok((debit, credit))
}

/// Reserves a customer's money; an external account needs no reserve.
fn hold(books: &mut Books, debit: Slot, held_minor: AmountMinor, terms: HoldTerms) -> Decided {
    let after = match books.account(debit).kind {
        AccountKind::Customer => Some(books.change(debit, |account| account.after.held_minor = held_minor)),
        AccountKind::External => None,
    };
    Decided { hold: Some(terms), debit: after, ..Decided::new(TransactionState::Held) }
}

/// Both accounts, if the ledger's own rules, funds apart, let the transaction through.
pub(super) fn sides(books: &Books, submission: &Body) -> Result<(Slot, Slot), RefusalReason> {
    if submission.debit == submission.credit {
        return Err(RefusalReason::SameAccount);
    }
    let debit = books.slot(&submission.debit).ok_or(RefusalReason::UnknownDebitAccount)?;
    let credit = books.slot(&submission.credit).ok_or(RefusalReason::UnknownCreditAccount)?;
    let (from, to) = (books.account(debit), books.account(credit));
    let expected = match submission.kind {
        TransactionKind::Deposit => (AccountKind::External, AccountKind::Customer),
        TransactionKind::Withdrawal => (AccountKind::Customer, AccountKind::External),
        TransactionKind::Transfer => (AccountKind::Customer, AccountKind::Customer),
    };
    if (from.kind, to.kind) != expected {
        return Err(RefusalReason::WrongAccountKind);
    }
    match from.status {
        AccountStatus::Open => {}
        AccountStatus::Frozen => return Err(RefusalReason::DebitAccountFrozen),
        AccountStatus::Closed => return Err(RefusalReason::DebitAccountClosed),
    }
    match to.status {
        AccountStatus::Open => {}
        AccountStatus::Frozen => return Err(RefusalReason::CreditAccountFrozen),
        AccountStatus::Closed => return Err(RefusalReason::CreditAccountClosed),
    }
    if from.currency != submission.currency || to.currency != submission.currency {
        return Err(RefusalReason::CurrencyMismatch);
    }
    if !(1..=MAX_AMOUNT_MINOR).contains(&submission.amount_minor) {
        return Err(RefusalReason::AmountOutOfBounds);
    }
    Ok((debit, credit))
}

fn has_funds(from: &Account, amount: AmountMinor) -> bool {
    from.kind == AccountKind::External || from.after.available_minor() >= amount
}
