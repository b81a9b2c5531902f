//! Errors as problem documents (RFC 9457): what went wrong, in words for a developer, and which field by which code.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::borrow::Cow;

/// A field that is not as described: its path, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pub field: String,
    pub code: &'static str,
}

/// Members of the document. `type` is a name within this API, not an address.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: Cow<'static, str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// How the original stands, where an id was used before.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    #[serde(skip)]
    retry_after: Option<u64>,
}

macro_rules! problems {
    ($($name:ident: $status:literal, $kind:literal, $title:literal, $detail:literal;)*) => {
        $(pub const $name: Problem = Problem::new($status, concat!("urn:vigie:problem:", $kind), $title, $detail);)*
    };
}

impl Problem {
    problems! {
        UNAUTHORISED: 401, "unauthorised", "No valid key",
            "send a standing key as Authorization: Bearer vk_…";
        FORBIDDEN: 403, "forbidden", "Not this account",
            "this key may not act for the account whose money is at risk";
        NOT_FOUND: 404, "not-found", "Not found",
            "there is no such resource, or this key may not see it, or it is not decided yet";
        METHOD_NOT_ALLOWED: 405, "method-not-allowed", "Method not allowed",
            "this resource does not know that method";
        TOO_SLOW: 408, "too-slow", "Too slow", "the body did not come in time";
        CONFLICT: 409, "conflict", "Key used before",
            "this Idempotency-Key was used for another body, whose decision stands";
        TOO_LARGE: 413, "too-large", "Too large", "a body has 64 KB at most";
        NOT_JSON: 415, "not-json", "Not JSON", "send Content-Type: application/json";
        MALFORMED: 400, "malformed", "Not readable", "the body is not JSON";
        INVALID: 422, "invalid", "Not as described", "see errors";
        BAD_HEADER: 400, "bad-header", "Idempotency-Key",
            "send a UUID of your own as Idempotency-Key; it becomes the transaction's id";
        TOO_MANY_REQUESTS: 429, "too-many-requests", "Too many requests", "wait as long as Retry-After says";
        NOT_TAKEN: 503, "not-taken", "Not known to be taken",
            "the log did not acknowledge in time; the same Idempotency-Key is safe to send again";
        UNAVAILABLE: 503, "unavailable", "Not available now", "try again; the same Idempotency-Key is safe";
    }

    const fn new(status: u16, kind: &'static str, title: &'static str, detail: &'static str) -> Self {
        Problem {
            kind,
            title,
            status,
            detail: Cow::Borrowed(detail),
            errors: Vec::new(),
            state: None,
            retry_after: None,
        }
    }

    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Self {
        self.detail = detail.into();
        self
    }

    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    pub fn field(self, field: &str, code: &'static str) -> Self {
        self.errors(vec![FieldError { field: field.to_owned(), code }])
    }

    pub fn state(mut self, state: Option<&'static str>) -> Self {
        self.state = state;
        self
    }

    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after.or((self.status == 503).then_some(2));
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
