//! Language, theme and density: a cookie each, then back to the same page, so that the first paint is right.

use super::{ApiError, form::Form};
use crate::visit::local_path;
use leptos::prelude::*;

/// The choices there are; anything else is ignored.
const CHOICES: [(&str, &[&str]); 3] =
    [("language", &["en", "fr"]), ("theme", &["auto", "light", "dark"]), ("density", &["comfortable", "compact"])];

fn allowed(name: &str, value: &str) -> bool {
    CHOICES.iter().any(|(known, values)| *known == name && values.contains(&value))
}

#[server(prefix = "/do", endpoint = "set_preference")]
pub async fn set_preference(
    #[server(default)] name: String,
    #[server(default)] value: String,
    #[server(default)] back: String,
) -> Result<(), ApiError> {
    let form = Form::current();
    if allowed(&name, &value) {
        form.cookie(&form.visit.request.choice_cookie(&name, &value));
    }
    form.go(local_path(&back).unwrap_or("/"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_choices_become_cookies() {
        assert!(allowed("theme", "dark"));
        assert!(!allowed("theme", "fr"));
        assert!(!allowed("session", "stolen"));
    }
}
