//! The end of a held transaction: released, refused, or expired; exactly once, whoever asks how often.
//!
//! Release re-checks accounts and currency, but not funds: they are reserved. If the money cannot move any more, it is
//! given back with the reason.

use super::books::{Books, Held, KnownTransaction};
use super::submit::sides;
use super::{Decide, Record, Slot};
use crate::command::{Command, SettleHold};
use crate::fact::{AccountAfter, CommandAnswered, DeadLetterReason, FactBody, Repeat, SideFact, TransactionFact};
use crate::{AccountKind, OnExpiry, RefusalReason, TransactionKind, TransactionState};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// How a held row ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    pub transaction_id: Uuid,
    pub state: TransactionState,
    pub reason: Option<RefusalReason>,
    /// The broker's append time of the command that ended it.
    pub settled_at: DateTime<Utc>,
    /// Version and balance after, per side, if it was posted.
    pub debit: Option<(i64, i64)>,
    pub credit: Option<(i64, i64)>,
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Release,
    Refuse,
    Expire,
}

pub(super) fn apply(
    books: &mut Books,
    record: &Record,
    command: &Command,
    settle: &SettleHold,
    decide: &mut impl Decide,
    settlements: &mut Vec<Settlement>,
) -> Result<FactBody, (DeadLetterReason, &'static str)> {
    let id = settle.transaction_id;
    let known = books.known(&id).filter(|known| known.body.account_at_risk() == &settle.account).cloned();
    let known = known.ok_or((DeadLetterReason::NoSuchTransaction, "no such transaction of this account"))?;
    let Some(held) = &known.held else { return Ok(answer(id, &known, command)) };
    let end = match command {
        Command::ReleaseHold(_) => End::Release,
        Command::RefuseHold(_) => End::Refuse,
        _ if record.recorded_at < held.terms.until => return Ok(repeated(id, &known, Repeat::NotDue)),
        _ if held.terms.on_expiry == OnExpiry::Release => End::Release,
        _ => End::Expire,
    };
    let ended = finish(books, record.partition, &known, end);
    let settlement = Settlement {
        transaction_id: id,
        state: ended.state,
        reason: ended.reason,
        settled_at: record.recorded_at,
        debit: ended.posted(ended.debit),
        credit: ended.posted(ended.credit),
    };
    decide.settled(&settlement, &known.body, known.event_time);
    settlements.push(settlement);
    let fact = fact(books, id, &known, held, &ended);
    let now = KnownTransaction { state: ended.state, reason: ended.reason, held: None, ..known };
    books.add_known(id, now);
    Ok(fact)
}

/// It ended before: asked for the same again, or for something else.
fn answer(id: Uuid, known: &KnownTransaction, command: &Command) -> FactBody {
    let wanted = match command {
        Command::ReleaseHold(_) => TransactionState::Posted,
        Command::RefuseHold(_) => TransactionState::Refused,
        // Time asks for nothing in particular.
        _ => known.state,
    };
    let repeat = if known.state == wanted { Repeat::Duplicate } else { Repeat::Conflict };
    repeated(id, known, repeat)
}

fn repeated(id: Uuid, known: &KnownTransaction, repeat: Repeat) -> FactBody {
    FactBody::CommandAnswered(CommandAnswered {
        repeat,
        transaction_id: Some(id),
        state: Some(known.state),
        reason: known.reason,
    })
}

struct Ended {
    state: TransactionState,
    reason: Option<RefusalReason>,
    debit: Option<AccountAfter>,
    credit: Option<AccountAfter>,
}

impl Ended {
    fn posted(&self, after: Option<AccountAfter>) -> Option<(i64, i64)> {
        let after = after.filter(|_| self.state == TransactionState::Posted);
        after.map(|after| (after.version, after.booked_minor))
    }
}

fn finish(books: &mut Books, partition: i32, known: &KnownTransaction, end: End) -> Ended {
    let given_back = |books: &mut Books, state, reason| {
        let debit = books.slot(&known.body.debit).and_then(|slot| give_back(books, slot, known.body.amount_minor));
        Ended { state, reason, debit, credit: None }
    };
    match end {
        End::Refuse => given_back(books, TransactionState::Refused, Some(RefusalReason::NotApproved)),
        End::Expire => given_back(books, TransactionState::Expired, None),
        End::Release => match post(books, partition, known) {
            Ok(ended) => ended,
            Err(reason) => given_back(books, TransactionState::Refused, Some(reason)),
        },
    }
}

fn give_back(books: &mut Books, debit: Slot, amount: i64) -> Option<AccountAfter> {
    let reserved = books.account(debit).kind == AccountKind::Customer;
    reserved.then(|| books.change(debit, |account| account.after.held_minor -= amount))
}

fn post(books: &mut Books, partition: i32, known: &KnownTransaction) -> Result<Ended, RefusalReason> {
    let (debit, credit) = sides(books, &known.body)?;
    let amount = known.body.amount_minor;
    let after = (books.booked_with(debit, partition, -amount), books.booked_with(credit, partition, amount));
    let (Some(debit_booked), Some(credit_booked)) = after else { return Err(RefusalReason::BalanceOverflow) };
    // One change of the account: what was reserved leaves.
    let debit = match books.account(debit).kind {
        AccountKind::Customer => books.change(debit, |account| {
            account.after.held_minor -= amount;
            account.after.booked_minor = debit_booked;
        }),
        AccountKind::External => books.set_booked(debit, partition, debit_booked),
    };
    let credit = books.set_booked(credit, partition, credit_booked);
    Ok(Ended { state: TransactionState::Posted, reason: None, debit: Some(debit), credit: Some(credit) })
}

fn fact(books: &Books, id: Uuid, known: &KnownTransaction, held: &Held, ended: &Ended) -> FactBody {
    let body = &known.body;
    let side = |account: &crate::AccountNumber, after| SideFact {
        account: account.clone(),
        unknown: books.slot(account).is_none(),
        after,
    };
    let fact = TransactionFact {
        id,
        kind: body.kind,
        state: ended.state,
        amount_minor: body.amount_minor,
        currency: body.currency,
        debit: side(&body.debit, ended.debit),
        credit: side(&body.credit, ended.credit),
        occurred_at: held.occurred_at,
        history: held.history,
        reason: ended.reason,
        reference: held.reference.clone(),
        hold: None,
        context: None,
        judgement: None,
    };
    match ended.state {
        TransactionState::Posted => FactBody::TransactionPosted(fact),
        _ => FactBody::TransactionRefused(fact),
    }
}

impl super::Body {
    /// The account whose money is at risk: see `SubmitTransaction`.
    pub fn account_at_risk(&self) -> &crate::AccountNumber {
        match self.kind {
            TransactionKind::Deposit => &self.credit,
            TransactionKind::Withdrawal | TransactionKind::Transfer => &self.debit,
        }
    }

    /// The other side of the account at risk.
    pub fn counterparty(&self) -> &crate::AccountNumber {
        match self.kind {
            TransactionKind::Deposit => &self.debit,
            TransactionKind::Withdrawal | TransactionKind::Transfer => &self.credit,
        }
    }
}
