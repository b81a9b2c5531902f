//! Commands on accounts: opening, linking, freezing and closing, the overdraft limit.

use super::books::{Account, Books};
use super::{LinkChange, Record, Slot};
use crate::command::{ChangeAccountStatus, ChangeOverdraft, Command, LinkAccount, OpenAccount};
use crate::fact::{AccountAfter, AccountFact, CommandAnswered, DeadLetterReason, FactBody, LinkFact, Repeat};
use crate::{AccountKind, AccountNumber, AccountStatus};
use uuid::Uuid;

type Refused = (DeadLetterReason, &'static str);

pub(super) fn apply(
    books: &mut Books,
    record: &Record,
    command: &Command,
    links: &mut Vec<LinkChange>,
) -> Result<FactBody, Refused> {
    match command {
        Command::OpenAccount(open) => open_account(books, record, open, links),
        Command::LinkAccount(link) => set_link(books, link, true, links),
        Command::UnlinkAccount(link) => set_link(books, link, false, links),
        Command::ChangeAccountStatus(change) => change_status(books, change),
        Command::ChangeOverdraft(change) => change_overdraft(books, change),
        Command::SubmitTransaction(_)
        | Command::ReleaseHold(_)
        | Command::RefuseHold(_)
        | Command::ExpireHold(_)
        | Command::ReportFraud(_) => Err((DeadLetterReason::Undecodable, "not an account command")),
    }
}

const ANSWERED: FactBody = FactBody::CommandAnswered(CommandAnswered {
    repeat: Repeat::Duplicate,
    transaction_id: None,
    state: None,
    reason: None,
});

fn open_account(
    books: &mut Books,
    record: &Record,
    open: &OpenAccount,
    links: &mut Vec<LinkChange>,
) -> Result<FactBody, Refused> {
    if let Some(slot) = books.slot(&open.account) {
        let account = books.account(slot);
        let same = account.kind == open.kind
            && account.currency == open.currency
            && open.owner.is_none_or(|owner| books.is_linked(slot, owner));
        return if same { Ok(ANSWERED) } else { Err((DeadLetterReason::AccountMismatch, "the number is taken")) };
    }
    if open.overdraft_minor < 0 || open.overdraft_minor > crate::money::MAX_AMOUNT_MINOR {
        return Err((DeadLetterReason::AbsurdAmount, "overdraft limit out of bounds"));
    }
    let slot = books.add_account(Account {
        id: None,
        number: open.account.clone(),
        kind: open.kind,
        currency: open.currency,
        status: AccountStatus::Open,
        after: AccountAfter { version: 0, booked_minor: 0, held_minor: 0, overdraft_minor: open.overdraft_minor },
        opened_at: record.recorded_at,
        version_read: 0,
    });
    books.change(slot, |_| {});
    if let Some(person) = open.owner {
        link(books, slot, person, true, links);
    }
    Ok(FactBody::AccountOpened(account_fact(books, slot, open.owner)))
}

fn set_link(
    books: &mut Books,
    change: &LinkAccount,
    linked: bool,
    links: &mut Vec<LinkChange>,
) -> Result<FactBody, Refused> {
    let slot = existing(books, &change.account)?;
    if books.is_linked(slot, change.person) == linked {
        return Ok(ANSWERED);
    }
    link(books, slot, change.person, linked, links);
    let fact = LinkFact { account: change.account.clone(), person: change.person };
    Ok(if linked { FactBody::AccountLinked(fact) } else { FactBody::AccountUnlinked(fact) })
}

fn link(books: &mut Books, slot: Slot, person: Uuid, linked: bool, links: &mut Vec<LinkChange>) {
    books.set_link(slot, person, linked);
    links.push(LinkChange { slot, person, linked });
}

fn change_status(books: &mut Books, change: &ChangeAccountStatus) -> Result<FactBody, Refused> {
    let slot = existing(books, &change.account)?;
    let account = books.account(slot);
    if account.status == change.status {
        return Ok(ANSWERED);
    }
    if account.status == AccountStatus::Closed {
        return Err((DeadLetterReason::AccountMismatch, "a closed account stays closed"));
    }
    let has_money = account.after.booked_minor != 0 || account.after.held_minor != 0;
    if change.status == AccountStatus::Closed && (has_money || account.kind == AccountKind::External) {
        return Err((DeadLetterReason::AccountBusy, "an account with money or holds cannot close"));
    }
    books.change(slot, |account| account.status = change.status);
    Ok(FactBody::AccountChanged(account_fact(books, slot, None)))
}

fn change_overdraft(books: &mut Books, change: &ChangeOverdraft) -> Result<FactBody, Refused> {
    let slot = existing(books, &change.account)?;
    if !(0..=crate::money::MAX_AMOUNT_MINOR).contains(&change.overdraft_minor) {
        return Err((DeadLetterReason::AbsurdAmount, "overdraft limit out of bounds"));
    }
    if books.account(slot).after.overdraft_minor == change.overdraft_minor {
        return Ok(ANSWERED);
    }
    books.change(slot, |account| account.after.overdraft_minor = change.overdraft_minor);
    Ok(FactBody::AccountChanged(account_fact(books, slot, None)))
}

fn existing(books: &Books, number: &AccountNumber) -> Result<Slot, Refused> {
    books.slot(number).ok_or((DeadLetterReason::AccountMismatch, "no such account"))
}

fn account_fact(books: &Books, slot: Slot, owner: Option<Uuid>) -> AccountFact {
    let account = books.account(slot);
    AccountFact {
        account: account.number.clone(),
        kind: account.kind,
        currency: account.currency,
        status: account.status,
        after: account.after,
        opened_at: account.opened_at,
        owner,
    }
}
