//! Changing the password. Neither of the two is ever kept.

use super::{ApiError, form::Form};
use leptos::prelude::*;

const PAGE: &str = "/settings/profile";
pub const PASSWORD_MIN: usize = 12;
const PASSWORD_MAX: usize = 200;

/// What is wrong with the two, before asking whether the current one is right.
fn problem(current: &str, new: &str) -> Option<(&'static str, &'static str)> {
    let length = new.chars().count();
    if current.is_empty() {
        Some(("current", "current_empty"))
    } else if length < PASSWORD_MIN {
        Some(("new", "too_short"))
    } else if length > PASSWORD_MAX {
        Some(("new", "too_long"))
    } else if current == new {
        Some(("new", "unchanged"))
    } else {
        None
    }
}

#[server(prefix = "/do", endpoint = "change_password")]
pub async fn change_password(
    #[server(default)] current: String,
    #[server(default)] new: String,
) -> Result<(), ApiError> {
    let form = Form::current();
    let Some(person) = form.person(PAGE, &[]).await else { return Ok(()) };
    if let Some(problem) = problem(&current, &new) {
        form.give_back(PAGE, &[], &[problem]).await;
        return Ok(());
    }
    let session = form.visit.request.session.clone().unwrap_or_default();
    match form.visit.ports.identity.change_password(&person, &session, &current, &new).await {
        Ok(true) => form.go("/settings/profile?changed=1"),
        Ok(false) => form.give_back(PAGE, &[], &[("current", "wrong_current")]).await,
        Err(_) => form.go("/settings/profile?failed=1"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_password_is_long_and_new() {
        assert_eq!(problem("", "a long new sentence"), Some(("current", "current_empty")));
        assert_eq!(problem("old", "short"), Some(("new", "too_short")));
        assert_eq!(problem("the same sentence", "the same sentence"), Some(("new", "unchanged")));
        assert_eq!(problem("old", &"x".repeat(201)), Some(("new", "too_long")));
        assert_eq!(problem("old", "a long new sentence"), None);
    }
}
