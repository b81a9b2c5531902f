//! What every request and answer must respect: same origin for all that acts, a limit on time, and the headers that
//! tell a browser what we never do. The policy of content is set per page, where its nonce is made.

use app::ports::{RequestContext, Role};
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, HOST, ORIGIN, UPGRADE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http_body_util::Limited;
use std::time::Duration;

/// Bytes of a form, and of anything else that is posted.
const FORM_BYTES: usize = 64 * 1024;
/// Bytes of an uploaded file with its form.
const UPLOAD_BYTES: usize = 64 * 1024 * 1024 + FORM_BYTES;

const PAGE_SECONDS: u64 = 15;
const UPLOAD_SECONDS: u64 = 300;

/// Middleware: refuses posts and socket upgrades that do not come from a page of ours.
pub async fn same_origin(request: Request, next: Next) -> Response {
    let acts = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let upgrades = request.headers().contains_key(UPGRADE);
    if (acts || upgrades) && !is_same_origin(request.headers(), request.uri().host()) {
        return (StatusCode::FORBIDDEN, "403").into_response();
    }
    next.run(request).await
}

/// `Origin` names this host, or is absent and the browser itself says `same-origin`. Whoever stands in front of the
/// node must pass `Host` on. HTTP/2 carries the host in the target instead.
fn is_same_origin(headers: &HeaderMap, target: Option<&str>) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text(HOST.as_str()).or(target) else { return false };
    match text(ORIGIN.as_str()) {
        Some(origin) => origin.split_once("://").is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host)),
        None => !headers.contains_key(ORIGIN) && text("sec-fetch-site") == Some("same-origin"),
    }
}

/// Server functions that take a file begin so.
const UPLOADS: &str = "/do/upload";

/// Middleware: no body beyond its limit. Only an operator may send a file.
pub async fn size(request: Request, next: Next) -> Response {
    let person = request.extensions().get::<RequestContext>().and_then(|context| context.person.as_ref());
    let operator = person.is_some_and(|person| person.role == Role::Operator);
    let limit = if operator && request.uri().path().starts_with(UPLOADS) { UPLOAD_BYTES } else { FORM_BYTES };
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > limit) {
        return (StatusCode::PAYLOAD_TOO_LARGE, "413").into_response();
    }
    next.run(request.map(|body| Body::new(Limited::new(body, limit)))).await
}

/// Middleware: an answer begins within its time or is 503.
pub async fn in_time(request: Request, next: Next) -> Response {
    let seconds = if request.uri().path().starts_with(UPLOADS) { UPLOAD_SECONDS } else { PAGE_SECONDS };
    match tokio::time::timeout(Duration::from_secs(seconds), next.run(request)).await {
        Ok(response) => response,
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "503").into_response(),
    }
}

const HEADERS: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    // `no-referrer` would make a form's Origin `null`.
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// The policy of content for what is no page: nothing at all.
const NO_CONTENT: &str = "default-src 'none'; frame-ancestors 'none'";

/// Middleware: the headers of every answer; what sets its own keeps it.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry("content-security-policy").or_insert(HeaderValue::from_static(NO_CONTENT));
    response
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn same(pairs: &[(&'static str, &str)]) -> bool {
        let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        is_same_origin(&HeaderMap::from_iter(headers), None)
    }

    #[test]
    fn only_our_own_pages_may_act() {
        let host = ("host", "bank.example:3000");
        assert!(same(&[host, ("origin", "http://bank.example:3000")]));
        assert!(same(&[host, ("origin", "https://BANK.example:3000")]));
        assert!(same(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(!same(&[host]));
        assert!(!same(&[host, ("origin", "null")]));
        assert!(!same(&[host, ("origin", "null"), ("sec-fetch-site", "same-origin")]));
        assert!(!same(&[host, ("origin", "http://bank.example")]));
        assert!(!same(&[host, ("origin", "http://evil.example")]));
        assert!(!same(&[host, ("origin", "http://evil.example"), ("sec-fetch-site", "same-origin")]));
        assert!(!same(&[host, ("sec-fetch-site", "cross-site")]));
        assert!(!same(&[("origin", "http://bank.example:3000")]));
    }
}
