//! Signing in as a demo person by one click. The port refuses outside demo mode.

use super::{ApiError, form::Form, sign_in::answer_sign_in};
use crate::ports;
use leptos::prelude::*;

#[server(prefix = "/do", endpoint = "sign_in_demo")]
pub async fn sign_in_demo(
    #[server(default)] username: String,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    let form = Form::current();
    let identity = form.visit.ports.identity.clone();
    let answer = identity.sign_in_demo(&username).await.unwrap_or(ports::SignIn::Wrong);
    answer_sign_in(&form, "", &next, answer).await;
    Ok(())
}
