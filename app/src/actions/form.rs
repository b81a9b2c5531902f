//! The post being answered: who sent it, where the answer goes, what is kept of it.

use crate::ports::{Draft, Person};
use crate::visit::{Visit, encode};
use http::header::{LOCATION, SET_COOKIE};
use http::{HeaderValue, StatusCode};
use leptos::prelude::expect_context;
use leptos_axum::ResponseOptions;
use uuid::Uuid;

/// A post and its answer.
pub struct Form {
    pub visit: Visit,
    response: ResponseOptions,
}

impl Form {
    /// The post being answered. To be called before the first `await`.
    pub fn current() -> Self {
        Form { visit: Visit::current(), response: expect_context::<ResponseOptions>() }
    }

    /// 303: the browser goes there with GET, and Back does not send the form again.
    pub fn go(&self, address: &str) {
        self.response.set_status(StatusCode::SEE_OTHER);
        let location = HeaderValue::from_str(address).unwrap_or_else(|_| HeaderValue::from_static("/"));
        self.response.insert_header(LOCATION, location);
    }

    /// As [`Form::go`]; or the bare status, where the person may not do this or there is nothing to do it to.
    pub fn go_with(&self, address: &str, refused: Option<StatusCode>) {
        match refused {
            Some(status) => self.response.set_status(status),
            None => self.go(address),
        }
    }

    pub fn cookie(&self, cookie: &str) {
        if let Ok(value) = HeaderValue::from_str(cookie) {
            self.response.append_header(SET_COOKIE, value);
        }
    }

    /// Back to the page with what was typed and what is wrong with it.
    pub async fn give_back(&self, page: &str, values: &[(&str, &str)], problems: &[(&str, &str)]) {
        self.go(&with_form(page, self.keep(values, problems).await));
    }

    /// Keeps a form; none when even that is impossible, which the page then says.
    pub async fn keep(&self, values: &[(&str, &str)], problems: &[(&str, &str)]) -> Option<Uuid> {
        let owned = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, text)| ((*name).to_owned(), shorten(text))).collect::<Vec<_>>()
        };
        let draft = Draft { values: owned(values), problems: owned(problems) };
        let kept = self.visit.ports.drafts.keep(&self.visit.request.draft_owner(), &draft).await;
        kept.inspect_err(|error| tracing::warn!(%error, "a form could not be kept")).ok()
    }

    /// Who is signed in. Otherwise the answer is the sign-in page, which leads back to `page` and to what was typed.
    pub async fn person(&self, page: &str, values: &[(&str, &str)]) -> Option<Person> {
        if let Some(person) = &self.visit.request.person {
            return Some(person.clone());
        }
        if self.visit.request.unavailable {
            // Who it is cannot be told now: the page says so, and that sending again is safe.
            self.go(page);
            return None;
        }
        let back = if values.is_empty() { page.to_owned() } else { with_form(page, self.keep(values, &[]).await) };
        self.go(&format!("/sign-in?next={}", encode(&back)));
        None
    }
}

/// The page's address with the form's id; `lost` when it could not be kept.
pub fn with_form(page: &str, form: Option<Uuid>) -> String {
    let mark = if page.contains('?') { '&' } else { '?' };
    let form = form.map_or_else(|| "lost".to_owned(), |id| id.to_string());
    format!("{page}{mark}form={form}")
}

/// No field of ours is longer; what is longer is no honest typing.
fn shorten(text: &str) -> String {
    text.chars().take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_added_to_the_pages_own_query() {
        let id = Uuid::nil();
        assert_eq!(with_form("/sign-in", Some(id)), format!("/sign-in?form={id}"));
        assert_eq!(with_form("/pay?type=deposit", None), "/pay?type=deposit&form=lost");
    }
}
