//! Signing out: this session, or every session of the person.

use super::{ApiError, form::Form};
use leptos::prelude::*;

#[server(prefix = "/do", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), ApiError> {
    let form = Form::current();
    if let Some(session) = &form.visit.request.session
        && let Err(error) = form.visit.ports.identity.sign_out(session).await
    {
        tracing::warn!(%error, "a session could not be ended");
    }
    farewell(&form);
    Ok(())
}

#[server(prefix = "/do", endpoint = "sign_out_everywhere")]
pub async fn sign_out_everywhere() -> Result<(), ApiError> {
    let form = Form::current();
    let Some(person) = form.person("/settings/profile", &[]).await else { return Ok(()) };
    match form.visit.ports.identity.sign_out_everywhere(&person).await {
        Ok(()) => farewell(&form),
        // Said on the page: the other sessions may still be open.
        Err(_) => form.go("/settings/profile?failed=1"),
    }
    Ok(())
}

fn farewell(form: &Form) {
    form.cookie(&form.visit.request.no_session_cookie());
    form.go("/sign-in?out=1");
}
