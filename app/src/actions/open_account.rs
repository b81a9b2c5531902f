//! Opening an account. The command's id comes with the form, so that a double click opens one.

use super::{ApiError, form::Form};
use crate::ports::{Opened, PortError};
use leptos::prelude::*;
use uuid::Uuid;

const PAGE: &str = "/accounts/new";

#[server(prefix = "/do", endpoint = "open_account")]
pub async fn open_account(
    #[server(default)] command_id: String,
    #[server(default)] currency: String,
) -> Result<(), ApiError> {
    let form = Form::current();
    let values = [("command_id", command_id.as_str()), ("currency", currency.as_str())];
    let Some(person) = form.person(PAGE, &values).await else { return Ok(()) };
    let Ok(currency) = currency.parse() else {
        form.give_back(PAGE, &values, &[("currency", "currency_problem")]).await;
        return Ok(());
    };
    let id = command_id.parse().unwrap_or_else(|_| Uuid::now_v7());
    match form.visit.ports.accounts.open(&person, id, currency).await {
        Ok(Opened::Opened(account)) => form.go(&format!("/accounts/{account}?opened=1")),
        Ok(Opened::StillProcessing(account)) => form.go(&format!("/?opening={account}")),
        Err(PortError::Forbidden) => form.give_back(PAGE, &values, &[("currency", "forbidden")]).await,
        Err(_) => form.give_back(PAGE, &values, &[("currency", "broker_down")]).await,
    }
    Ok(())
}
