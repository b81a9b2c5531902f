//! What a transaction was, as bank staff say it afterwards.

use super::{ApiError, form::Form};
use crate::pages::alerts::answer::{Answer, address, label_named};
use leptos::prelude::*;
use uuid::Uuid;

#[server(prefix = "/do", endpoint = "label-transaction")]
pub async fn label_transaction(
    #[server(default)] transaction_id: String,
    #[server(default)] label: String,
) -> Result<(), ApiError> {
    let form = Form::current();
    let Ok(id) = transaction_id.parse::<Uuid>() else {
        form.go("/alerts");
        return Ok(());
    };
    let Some(person) = form.person(&address(id, None), &[]).await else { return Ok(()) };
    let answer = match label_named(&label) {
        None => Ok(Answer::Failed),
        Some(label) => Answer::of_labelling(form.visit.ports.alerts.label(&person, id, label).await),
    };
    form.go_with(&address(id, answer.ok()), answer.err());
    Ok(())
}
