//! Sending a payment: produced to the log, then a bounded wait for what became of it.
//!
//! Decided or on its way: to its own page, which Back and a second click show again. Refused: the form again, the
//! reason beside its field, under a new id. Not known to be taken: the form again under the same id, which is safe.

use super::payment::{Problem, TypedPayment, give_back, read, refusal_problem};
use super::{ApiError, form::Form};
use crate::ports::{PayingRight, Payment, PortError, Submission};
use domain::TransactionState;
use leptos::prelude::*;
use uuid::Uuid;

#[server(prefix = "/do", endpoint = "submit_transaction")]
pub async fn submit_transaction(
    #[server(default)] transaction_id: String,
    #[server(default)] kind: String,
    #[server(default)] account: String,
    #[server(default)] payee: String,
    #[server(default)] amount: String,
    #[server(default)] reference: String,
) -> Result<(), ApiError> {
    let form = Form::current();
    let typed = TypedPayment { transaction_id, kind, account, payee, amount, reference };
    let Some(person) = form.person(&typed.page(), &typed.values()).await else { return Ok(()) };
    match read(&form, &person, &typed).await {
        Err(problems) => give_back(&form, &typed, &problems).await,
        Ok((payment, right)) => send(&form, &right, typed, payment).await,
    }
    Ok(())
}

async fn send(form: &Form, right: &PayingRight, mut typed: TypedPayment, payment: Payment) {
    let id = payment.transaction_id;
    typed.transaction_id = id.to_string();
    let again = |problem: Problem| [problem];
    match form.visit.ports.transactions.submit(right, &payment).await {
        Ok(Submission::Decided { state: TransactionState::Refused, reason }) => {
            typed.transaction_id = Uuid::now_v7().to_string();
            give_back(form, &typed, &again(refusal_problem(payment.kind, reason))).await;
        }
        Ok(Submission::Decided { .. }) => form.go(&format!("/transactions/{id}")),
        Ok(Submission::StillProcessing) => {
            // Kept, so that its page can tell "on its way" from "not known".
            let values = [("transaction_id", typed.transaction_id.as_str()), ("taken", "yes")];
            form.give_back(&format!("/transactions/{id}"), &values, &[]).await;
        }
        Ok(Submission::Conflict) => form.go(&format!("/transactions/{id}?conflict=1")),
        Err(PortError::Forbidden | PortError::NotFound) => {
            give_back(form, &typed, &again(("account", "account_missing"))).await;
        }
        Err(PortError::NotTaken | PortError::Unavailable) => {
            give_back(form, &typed, &again(("form", "broker_down"))).await;
        }
    }
}
