//! What happened to a transaction, in order: received, under review, and the outcome with its reason.

use super::is_open;
use crate::components::Icon;
use crate::components::badge::state_look;
use crate::format::machine_time;
use crate::text::transaction::Transaction;
use crate::visit::Visit;
use chrono::{DateTime, Utc};
use domain::view::{Stamp, TransactionView};
use domain::{RefusalReason, TransactionState};
use leptos::prelude::*;

/// One step: its look, its words, when, and more about it.
struct Step {
    state: Option<TransactionState>,
    word: &'static str,
    at: Option<Stamp>,
    note: Vec<&'static str>,
    is_last: bool,
}

/// The steps of a transaction the books know; `settled_at`: when its hold ended, if it was held.
pub fn decided(visit: &Visit, row: &TransactionView, settled_at: Option<DateTime<Utc>>) -> AnyView {
    let text = &visit.texts().transaction;
    let money = if settled_at.is_some() { text.money_free_again } else { text.no_money_moved };
    let (word, note) = match row.state {
        TransactionState::Held => (text.under_review, vec![text.of_held]),
        TransactionState::Posted => (text.posted, vec![text.of_posted]),
        TransactionState::Expired => (text.expired, vec![text.of_expired]),
        TransactionState::Refused => {
            let reason = row.reason.map(|reason| reason_sentence(text, reason));
            (text.refused, reason.into_iter().chain([money]).collect())
        }
    };
    // Posted and refused are decided in the step that follows the log; what was held has another moment.
    let at = match row.state {
        TransactionState::Held => None,
        _ => settled_at.map(|at| visit.stamp(at)).or(Some(row.recorded_at)),
    };
    let received = Step { state: None, word: text.received, at: Some(row.recorded_at), note: vec![], is_last: false };
    let reviewed = settled_at.map(|_| {
        let state = Some(TransactionState::Held);
        Step { state, word: text.under_review, at: Some(row.recorded_at), note: vec![], is_last: false }
    });
    let outcome = Step { state: Some(row.state), word, at, note, is_last: true };
    list(visit, [Some(received), reviewed, Some(outcome)].into_iter().flatten().collect(), is_open(row.state))
}

/// The steps of one that the log has taken and nobody has decided.
pub fn taken(visit: &Visit) -> AnyView {
    let text = &visit.texts().transaction;
    let received =
        Step { state: None, word: text.received, at: None, note: vec![text.of_received, text.pending], is_last: true };
    list(visit, vec![received], true)
}

fn list(visit: &Visit, steps: Vec<Step>, running: bool) -> AnyView {
    let text = &visit.texts().transaction;
    let steps = steps.into_iter().map(|step| step_view(visit, step)).collect_view();
    view! {
        <section class="panel" data-part="status" data-running=running.to_string()>
            <header class="panel-head">
                <h2>{text.timeline}</h2>
            </header>
            <ol class="timeline">{steps}</ol>
        </section>
    }
    .into_any()
}

fn step_view(visit: &Visit, step: Step) -> AnyView {
    let (tone, icon, _) = state_look(step.state);
    let spoken = step.is_last.then_some("");
    let notes = step.note.into_iter().map(|note| view! { <p>{note}</p> }).collect_view();
    view! {
        <li data-tone=tone.name()>
            <Icon name=icon />
            <div>
                <p class="timeline-word" data-spoken=spoken>
                    {step.word}
                </p>
                {step.at.map(|at| time(visit, at))}
                {notes}
            </div>
        </li>
    }
    .into_any()
}

/// A moment, absolute: the browser may say its age later.
pub fn time(visit: &Visit, at: Stamp) -> AnyView {
    let shown = visit.language().date_time(at);
    view! { <time datetime=machine_time(at)>{shown}</time> }.into_any()
}

/// Why, in words for the customer.
pub fn reason_sentence(text: &Transaction, reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::UnknownDebitAccount => text.reason_unknown_debit_account,
        RefusalReason::UnknownCreditAccount => text.reason_unknown_credit_account,
        RefusalReason::DebitAccountFrozen => text.reason_debit_account_frozen,
        RefusalReason::CreditAccountFrozen => text.reason_credit_account_frozen,
        RefusalReason::DebitAccountClosed => text.reason_debit_account_closed,
        RefusalReason::CreditAccountClosed => text.reason_credit_account_closed,
        RefusalReason::InsufficientFunds => text.reason_insufficient_funds,
        RefusalReason::CurrencyMismatch => text.reason_currency_mismatch,
        RefusalReason::SameAccount => text.reason_same_account,
        RefusalReason::AmountOutOfBounds => text.reason_amount_out_of_bounds,
        RefusalReason::WrongAccountKind => text.reason_wrong_account_kind,
        RefusalReason::BalanceOverflow => text.reason_balance_overflow,
        RefusalReason::NotApproved => text.reason_not_approved,
    }
}
