//! One request as a page or a server function sees it: who, in which language, with which choices, and the ports.
//!
//! Read once from the Leptos context at the start; nothing after an `await` looks into the context again.

use crate::language::Language;
use crate::ports::{Person, PortError, Ports, RequestContext};
use crate::text::Texts;
use chrono::{DateTime, Offset, TimeZone, Utc};
use domain::view::Stamp;
use leptos::prelude::{expect_context, use_context};
use leptos_router::params::ParamsMap;

/// The person, the choices and the address of this request.
#[derive(Clone)]
pub struct Visit {
    pub ports: Ports,
    pub request: RequestContext,
    pub choices: Choices,
    /// Path and query as asked for; a local address, fit for `?next=`.
    pub address: String,
    pub query: ParamsMap,
    pub params: ParamsMap,
}

/// What a visitor chose, kept in cookies so that the first paint is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choices {
    pub language: Language,
    /// `light` or `dark`; none follows the machine.
    pub theme: Option<&'static str>,
    pub compact: bool,
}

impl Choices {
    pub fn of(request: &RequestContext) -> Self {
        let language = match request.cookie("language").map(str::parse) {
            Some(Ok(language)) => language,
            _ => Language::accepted(request.accept_language.as_deref()),
        };
        let theme = match request.cookie("theme") {
            Some("light") => Some("light"),
            Some("dark") => Some("dark"),
            _ => None,
        };
        Choices { language, theme, compact: request.cookie("density") == Some("compact") }
    }
}

impl Visit {
    /// The visit of the request being answered. To be called before the first `await`.
    pub fn current() -> Self {
        let request = expect_context::<RequestContext>();
        let parts = expect_context::<http::request::Parts>();
        let address = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        let url = use_context::<leptos_router::location::RequestUrl>();
        let query = url.map(|_| leptos_router::hooks::use_query_map()).map(|map| {
            use leptos::prelude::GetUntracked;
            map.get_untracked()
        });
        let params = use_context::<leptos::prelude::ArcMemo<ParamsMap>>().map(|map| {
            use leptos::prelude::GetUntracked;
            map.get_untracked()
        });
        Visit {
            ports: expect_context::<Ports>(),
            choices: Choices::of(&request),
            request,
            address,
            query: query.unwrap_or_default(),
            params: params.unwrap_or_default(),
        }
    }

    /// Who is signed in.
    ///
    /// # Errors
    /// [`PageError::SignIn`] if nobody is: everything is denied by default.
    pub fn person(&self) -> Result<Person, PageError> {
        let otherwise = if self.request.unavailable { PageError::Unavailable } else { PageError::SignIn };
        self.request.person.clone().ok_or(otherwise)
    }

    pub fn language(&self) -> Language {
        self.choices.language
    }

    pub fn texts(&self) -> &'static Texts {
        Texts::of(self.choices.language)
    }

    /// A moment with the bank's offset at that moment.
    pub fn stamp(&self, moment: DateTime<Utc>) -> Stamp {
        let zone = self.ports.clock.time_zone();
        let offset = zone.offset_from_utc_datetime(&moment.naive_utc()).fix();
        Stamp { ms: moment.timestamp_millis(), offset_min: offset.local_minus_utc() / 60 }
    }

    pub fn now(&self) -> Stamp {
        self.stamp(self.ports.clock.now())
    }
}

/// Why a page cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageError {
    /// Nobody is signed in: to the sign-in page, and back here afterwards.
    SignIn,
    /// The page is elsewhere.
    Elsewhere(String),
    NotFound,
    Forbidden,
    Unavailable,
}

impl From<PortError> for PageError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::NotFound => PageError::NotFound,
            PortError::Forbidden => PageError::Forbidden,
            PortError::NotTaken | PortError::Unavailable => PageError::Unavailable,
        }
    }
}

/// A path on this site, safe to send a browser to: one leading slash, nothing that a browser could read as a host.
pub fn local_path(text: &str) -> Option<&str> {
    let mut bytes = text.bytes();
    let local = bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && text.len() <= 1_000
        && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    local.then_some(text)
}

/// Percent-encodes a value for a query.
pub fn encode(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_on_this_site_are_followed() {
        for path in ["/", "/accounts/C100", "/pay?type=deposit"] {
            assert_eq!(local_path(path), Some(path));
        }
        for path in ["", "accounts", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nb", "/ a"] {
            assert_eq!(local_path(path), None, "{path:?}");
        }
    }

    #[test]
    fn query_values_are_encoded() {
        assert_eq!(encode("/pay?type=é"), "%2Fpay%3Ftype%3D%C3%A9");
    }
}
