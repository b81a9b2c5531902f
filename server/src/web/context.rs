//! Who is asking: the session cookie becomes a [`RequestContext`] before anything else runs.
//!
//! The cookie is `HttpOnly; SameSite=Lax; Path=/`, and `Secure` with the `__Host-` prefix unless the node is bound to
//! loopback. A session that is over is as if there were none; a database that cannot say is 503, never "signed out".

use super::state::WebState;
use crate::config::Config;
use crate::store::Touch;
use app::ports::RequestContext;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::net::{IpAddr, SocketAddr};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Cookies carry `Secure` unless the node is bound to loopback.
pub fn secure_cookies(config: &Config) -> bool {
    !config.listen.ip().is_loopback() && !config.demo_published_on_loopback
}

pub fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-session" } else { "session" }
}

/// Requests that renew figures or carry the live feed are no sign of a person.
fn touch(path: &str) -> Touch {
    if path.starts_with("/charts/") || path == "/live" { Touch::No } else { Touch::Yes }
}

/// Every cookie of the request; a malformed pair is passed over.
pub fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let values = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The client's address: the peer's, or what a trusted proxy says of it.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted_proxies: &[IpAddr]) -> IpAddr {
    if !trusted_proxies.contains(&peer) {
        return peer;
    }
    let last = headers.get_all(FORWARDED_FOR).iter().next_back().and_then(|value| value.to_str().ok());
    last.and_then(|value| value.rsplit(',').next()).and_then(|last| last.trim().parse().ok()).unwrap_or(peer)
}

/// Middleware: looks the session up and leaves a [`RequestContext`] in the request's extensions.
pub async fn attach(
    State(state): State<WebState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let secure = secure_cookies(&state.config);
    let cookie_name = cookie_name(secure);
    let (ours, cookies) =
        cookies(request.headers()).into_iter().partition::<Vec<_>, _>(|(name, _)| name == cookie_name);
    let mut session = ours.into_iter().next().map(|(_, secret)| secret).filter(|secret| !secret.is_empty());
    let found = match &session {
        // Hashed files are everybody's.
        Some(_) if request.uri().path().starts_with("/pkg/") => Ok(None),
        Some(secret) => state.store.session_person(secret, touch(request.uri().path())).await,
        None => Ok(None),
    };
    let unavailable = found.is_err();
    let person = found.unwrap_or_default();
    session = session.filter(|_| person.is_some());
    let language = request.headers().get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let context = RequestContext {
        person,
        unavailable,
        session,
        address: client_address(peer.ip(), request.headers(), &state.config.trusted_proxies).to_string(),
        cookies,
        accept_language: language.map(str::to_owned),
        cookie_name,
        secure,
        demo: state.config.demo,
        currency: state.config.currency,
    };
    request.extensions_mut().insert(context);
    next.run(request).await
}

/// Middleware for what is no page: 503 where it cannot be told who asks. Pages say so in words.
pub async fn certain(request: Request, next: Next) -> Response {
    if request.extensions().get::<RequestContext>().is_none_or(|context| context.unavailable) {
        return (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "2")], "503").into_response();
    }
    next.run(request).await
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn cookies_are_read_pair_by_pair() {
        let read = cookies(&headers("cookie", "session=a=b; theme=dark;bad; language=fr"));
        let expected = [("session", "a=b"), ("theme", "dark"), ("language", "fr")];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn only_a_trusted_proxy_may_name_another_address() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let claimed = headers(FORWARDED_FOR, "6.6.6.6, 192.0.2.7");
        assert_eq!(client_address(proxy, &claimed, &[]), proxy);
        assert_eq!(client_address(proxy, &claimed, &[proxy]).to_string(), "192.0.2.7");
        assert_eq!(client_address(proxy, &HeaderMap::new(), &[proxy]), proxy);
    }
}
