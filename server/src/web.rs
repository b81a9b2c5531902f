//! The web node: pages, server functions, files, the live socket, health and figures on one address.
//!
//! Promises: nothing is shown or done without asking who for; what acts comes from our own pages; every answer begins
//! within its time; asked to stop, the node takes no new connection, lets the open ones finish and is gone within ten
//! seconds. Nothing here knows SQL or Kafka. Deliberately absent: TLS, which belongs to whoever stands in front.

mod alert_count;
pub mod context;
mod files;
mod guard;
pub mod health;
pub mod metrics;
pub mod node;
mod pages;
pub mod ports;
pub mod state;
mod statement_csv;
mod unread;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post};
use leptos_axum::{LeptosRoutes as _, generate_route_list};
use state::WebState;
use std::future::IntoFuture as _;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::compression::CompressionLayer;

/// How long open requests may take to end once the node is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);
const SWEEP_EVERY: Duration = Duration::from_secs(600);

/// Every route of the node; `live` is the socket's, `api` that of terminals and banking apps.
pub fn router(state: WebState, live: Router, api: Router) -> Router {
    let certain = Router::new()
        .route("/accounts/{number}/statement.csv", get(statement_csv::statement))
        .route("/alerts/open", get(alert_count::open))
        .route("/do/{*function}", any(pages::server_function).layer(from_fn(guard::size)))
        .route(
            "/do/upload_import",
            // The guard's limit is the one that counts.
            post(app::actions::upload_import::answer).layer(DefaultBodyLimit::disable()).layer(from_fn(guard::size)),
        )
        .route("/charts/{name}", get(app::chart::answer))
        .route("/metrics", get(metrics::figures))
        .layer(from_fn(guard::in_time))
        .with_state(state.clone())
        .merge(live)
        .layer(from_fn(context::certain));
    let pages = Router::new()
        .leptos_routes_with_handler(generate_route_list(app::App), get(pages::page))
        .fallback(files::file_or_page)
        .layer(from_fn(guard::in_time))
        .with_state(state.clone())
        .merge(certain)
        .layer(from_fn_with_state(state.clone(), context::attach))
        .layer(CompressionLayer::new().br(true).gzip(true));
    Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .with_state(state)
        .merge(pages)
        .layer(from_fn(metrics::measure))
        .layer(from_fn(guard::same_origin))
        // No cookie counts there, so no other site can make a browser act.
        .merge(api.layer(from_fn(metrics::measure)))
        .layer(from_fn(guard::headers))
        .layer(from_fn(unread::read))
}

/// Serves until `stop`, then drains.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> std::io::Result<()> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let asked = stop.clone();
    let server = axum::serve(listener, service).with_graceful_shutdown(async move { asked.cancelled().await });
    let too_late = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        served = server.into_future() => served,
        () = too_late => {
            tracing::warn!("some requests did not end in time");
            Ok(())
        }
    }
}

/// Ends what has had its time, every ten minutes, until `stop`.
pub async fn sweep(state: WebState, stop: CancellationToken) {
    let mut turns = tokio::time::interval(SWEEP_EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(turns.tick()).await.is_some() {
        if let Err(error) = state.store.sweep().await {
            tracing::warn!(%error, "what is over could not be swept");
        }
    }
}
