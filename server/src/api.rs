//! The decision API: terminals and banking apps send payments under `/api/v1` and are answered with the decision.
//!
//! Promises: nothing is done without a standing key, and only for the accounts it names; a wrong key costs no query;
//! every error is a problem document (RFC 9457) that names the field; the same Idempotency-Key books once; what is
//! served here is described in `openapi.json`, and a test holds them together. Deliberately absent: cookies and
//! sessions (hence no same-origin rule), free text, history, and any word on why detection decided what it did, unless
//! the key was given that right.

pub mod key;
mod keys;
mod limit;
mod problem;
mod submission;
mod transactions;
mod tree;

use crate::gateway::Gateway;
use crate::store::Store;
use crate::web::context::client_address;
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use keys::{Access, Keys};
use limit::{Limited, Limits, Pace};
use problem::Problem;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use transactions::Underway;

/// What every handler of the API shares.
#[derive(Clone)]
pub struct Api(Arc<Shared>);

struct Shared {
    store: Store,
    gateway: Gateway,
    keys: Keys,
    limits: Limits,
    underway: Underway,
    trusted_proxies: Vec<IpAddr>,
}

impl Api {
    pub fn new(store: Store, gateway: Gateway, trusted_proxies: Vec<IpAddr>) -> Self {
        let keys = Keys::new(store.clone());
        let (limits, underway) = (Limits::default(), Underway::default());
        Api(Arc::new(Shared { store, gateway, keys, limits, underway, trusted_proxies }))
    }

    pub fn router(&self) -> Router {
        let certain = Router::new()
            .route("/transactions", post(transactions::submit))
            .route("/transactions/{id}", get(transactions::status))
            .layer(from_fn_with_state(self.clone(), authorise));
        let open = Router::new()
            .route("/openapi.json", get(|| async { document(OPENAPI, "application/json") }))
            .route(
                "/schemas/submit-transaction.json",
                get(|| async { document(SUBMIT_TRANSACTION, "application/schema+json") }),
            )
            .layer(from_fn_with_state(self.clone(), bound));
        let routes = certain.merge(open).method_not_allowed_fallback(|| async { Problem::METHOD_NOT_ALLOWED });
        let routes = routes.fallback(|| async { Problem::NOT_FOUND }).with_state(self.clone());
        Router::new().nest("/api/v1", routes)
    }

    fn address(&self, request: &Request) -> IpAddr {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::from([0, 0, 0, 0]), |ConnectInfo(peer)| peer.ip());
        client_address(peer, request.headers(), &self.0.trusted_proxies)
    }
}

/// The API's description, and the schema of what direct producers write to `bank.commands`.
pub const OPENAPI: &str = include_str!("api/openapi.json");
pub const SUBMIT_TRANSACTION: &str = include_str!("api/submit-transaction.json");

fn document(text: &'static str, kind: &'static str) -> Response {
    let headers = [(CONTENT_TYPE, kind), (CACHE_CONTROL, "public, max-age=300")];
    (headers, text).into_response()
}

/// The key in `Authorization: Bearer …`; the scheme's case is free.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// Middleware: a standing key within its pace, or an answer that cost next to nothing.
async fn authorise(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let access = match bearer(request.headers()) {
        None => None,
        Some(key) => match api.0.keys.access(key).await {
            Ok(access) => access,
            Err(_) => return Problem::UNAVAILABLE.into_response(),
        },
    };
    let Some(access) = access else {
        return match api.0.limits.stranger(api.address(&request)) {
            Ok(_) => Problem::UNAUTHORISED.into_response(),
            Err(limited) => too_many(limited),
        };
    };
    let pace = match access.pace.take() {
        Ok(pace) => pace,
        Err(limited) => return too_many(limited),
    };
    request.extensions_mut().insert::<Arc<Access>>(access);
    let mut response = next.run(request).await;
    say_pace(&mut response, &pace);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Middleware for what needs no key: one pace per client address, the one that strangers have.
async fn bound(State(api): State<Api>, request: Request, next: Next) -> Response {
    match api.0.limits.stranger(api.address(&request)) {
        Ok(_) => next.run(request).await,
        Err(limited) => too_many(limited),
    }
}

fn too_many(limited: Limited) -> Response {
    let mut response = Problem::TOO_MANY_REQUESTS.retry_after(limited.seconds).into_response();
    say_pace(&mut response, &limited.pace);
    response
}

/// `RateLimit-Policy` and `RateLimit`, as in the HTTP API working group's draft.
fn say_pace(response: &mut Response, pace: &Pace) {
    let headers = response.headers_mut();
    for (name, text) in [("ratelimit-policy", pace.policy()), ("ratelimit", pace.now())] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
}
