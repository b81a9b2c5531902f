//! Prometheus' figures, on the node's own address: for loopback peers without a proxy in between, and operators.
//!
//! Names end in their unit. Labels are few and closed: a route's pattern, never a path, a person or an account.

use super::state::WebState;
use app::ports::{RequestContext, Role};
use axum::Extension;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Instant;

const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// The process' recorder, installed by whoever asks first; none if another kind was installed before.
pub fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let install = || {
        let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS);
        builder.ok()?.install_recorder().ok()
    };
    RECORDER.get_or_init(install).as_ref()
}

/// Middleware: counts and times every request by its route's pattern.
pub async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let method = match request.method().as_str() {
        method @ ("GET" | "HEAD" | "POST") => method.to_owned(),
        _ => "other".to_owned(),
    };
    let started = Instant::now();
    let response = next.run(request).await;
    let labels = [("route", route), ("method", method), ("status", response.status().as_u16().to_string())];
    metrics::counter!("vigie_http_requests_total", &labels).increment(1);
    metrics::histogram!("vigie_http_request_seconds", &labels[..2]).record(started.elapsed());
    response
}

pub async fn figures(
    State(state): State<WebState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(context): Extension<RequestContext>,
    headers: HeaderMap,
) -> Response {
    let local =
        peer.ip().is_loopback() && !headers.contains_key("x-forwarded-for") && !headers.contains_key("forwarded");
    let operator = context.person.is_some_and(|person| person.role == Role::Operator);
    if !local && !operator {
        return StatusCode::NOT_FOUND.into_response();
    }
    let Some(recorder) = recorder() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    partitions(&state).await;
    recorder.run_upkeep();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], recorder.render()).into_response()
}

/// Reads the partitions' state at each scrape. A database that does not answer leaves the last figures and says so.
async fn partitions(state: &WebState) {
    let rows = state.store.partitions().await;
    metrics::gauge!("vigie_database_up").set(if rows.is_ok() { 1.0 } else { 0.0 });
    for row in rows.unwrap_or_default() {
        let name = if row.partition < 0 { "control".to_owned() } else { row.partition.to_string() };
        let partition = [("partition", name)];
        metrics::gauge!("vigie_partition_next_offset", &partition).set(row.next_offset as f64);
        metrics::gauge!("vigie_partition_epoch", &partition).set(row.epoch as f64);
        metrics::gauge!("vigie_partition_halted", &partition).set(f64::from(u8::from(row.halted.is_some())));
        metrics::gauge!("vigie_partition_unannounced", &partition).set(row.unannounced as f64);
    }
}
