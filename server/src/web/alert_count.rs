//! `GET /alerts/open`: how many alerts are open, as a number: what the badge in the navigation asks for.

use app::ports::{PortError, Ports, RequestContext};
use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};

pub async fn open(State(ports): State<Ports>, Extension(context): Extension<RequestContext>) -> Response {
    let Some(person) = context.person else { return StatusCode::UNAUTHORIZED.into_response() };
    match ports.alerts.open_count(&person).await {
        Ok(count) => ([(CACHE_CONTROL, "private, no-store")], count.to_string()).into_response(),
        Err(PortError::Forbidden) => StatusCode::FORBIDDEN.into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
