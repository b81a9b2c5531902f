//! From the payment form to its check: nothing is sent yet.

use super::payment::{TypedPayment, check_address, give_back, read};
use super::{ApiError, form::Form};
use leptos::prelude::*;
use uuid::Uuid;

/// Judges what was typed; keeps it and shows it to be checked, or gives it back with its problems.
#[server(prefix = "/do", endpoint = "check_transaction")]
pub async fn check_transaction(
    #[server(default)] transaction_id: String,
    #[server(default)] kind: String,
    #[server(default)] account: String,
    #[server(default)] payee: String,
    #[server(default)] amount: String,
    #[server(default)] reference: String,
) -> Result<(), ApiError> {
    let form = Form::current();
    let mut typed = TypedPayment { transaction_id, kind, account, payee, amount, reference };
    let Some(person) = form.person(&typed.page(), &typed.values()).await else { return Ok(()) };
    if typed.transaction_id.parse::<Uuid>().is_err() {
        typed.transaction_id = Uuid::now_v7().to_string();
    }
    match read(&form, &person, &typed).await {
        Err(problems) => give_back(&form, &typed, &problems).await,
        Ok(_) => form.go(&check_address(form.keep(&typed.values(), &[]).await)),
    }
    Ok(())
}
