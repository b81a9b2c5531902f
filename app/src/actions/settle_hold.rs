//! The end of a hold by bank staff: released or refused, then a bounded wait for what became of it.
//!
//! Always back to the alert, which says what happened: done, decided by somebody else before, still processing, or not
//! known to be taken. A second click is answered like anybody's who comes too late.

use super::{ApiError, form::Form};
use crate::pages::alerts::answer::{Answer, address};
use crate::ports::alerts::Settle;
use leptos::prelude::*;
use uuid::Uuid;

#[server(prefix = "/do", endpoint = "release-hold")]
pub async fn release_hold(#[server(default)] transaction_id: String) -> Result<(), ApiError> {
    settle(&transaction_id, Settle::Release).await;
    Ok(())
}

#[server(prefix = "/do", endpoint = "refuse-hold")]
pub async fn refuse_hold(#[server(default)] transaction_id: String) -> Result<(), ApiError> {
    settle(&transaction_id, Settle::Refuse).await;
    Ok(())
}

async fn settle(transaction_id: &str, how: Settle) {
    let form = Form::current();
    let Ok(id) = transaction_id.parse::<Uuid>() else {
        form.go("/alerts");
        return;
    };
    let Some(person) = form.person(&address(id, None), &[]).await else { return };
    let answer = Answer::of_settling(form.visit.ports.alerts.settle(&person, id, how).await);
    form.go_with(&address(id, answer.ok()), answer.err());
}
