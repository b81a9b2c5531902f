//! Signing in with name and password.

use super::{ApiError, form::Form};
use crate::page::start_of;
use crate::ports;
use crate::visit::local_path;
use leptos::prelude::*;

/// One answer for an unknown name, a wrong password and a disabled person. `next` is followed only within this site.
#[server(prefix = "/do", endpoint = "sign_in")]
pub async fn sign_in(
    #[server(default)] username: String,
    #[server(default)] password: String,
    #[server(default)] next: String,
) -> Result<(), ApiError> {
    let form = Form::current();
    let username = username.trim();
    let identity = form.visit.ports.identity.clone();
    match identity.sign_in(username, &password, &form.visit.request.address).await {
        Ok(answer) => answer_sign_in(&form, username, &next, answer).await,
        Err(_) => {
            form.give_back("/sign-in", &[("username", username), ("next", &next)], &[("username", "unavailable")]).await
        }
    }
    Ok(())
}

/// Welcomes, or gives the form back.
pub(super) async fn answer_sign_in(form: &Form, username: &str, next: &str, answer: ports::SignIn) {
    match answer {
        ports::SignIn::Welcome { session, person } => {
            // The session that this browser had is over, whoever's it was.
            if let Some(old) = &form.visit.request.session
                && let Err(error) = form.visit.ports.identity.sign_out(old).await
            {
                tracing::warn!(%error, "an earlier session could not be ended");
            }
            form.cookie(&form.visit.request.session_cookie(&session));
            form.go(local_path(next).unwrap_or_else(|| start_of(person.role)));
        }
        ports::SignIn::Wrong => {
            form.give_back("/sign-in", &[("username", username), ("next", next)], &[("username", "wrong")]).await;
        }
        ports::SignIn::Throttled { seconds } => {
            let seconds = seconds.to_string();
            let values = [("username", username), ("next", next), ("seconds", &seconds)];
            form.give_back("/sign-in", &values, &[("username", "throttled")]).await;
        }
    }
}
