//! The application's pages and server functions, each given the ports and the request's context.

use super::state::WebState;
use app::ports::RequestContext;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use leptos::prelude::provide_context;

/// Puts what a page needs into the Leptos context.
fn provider(state: &WebState, request: &Request) -> impl Fn() + Clone + Send + Sync + 'static {
    let ports = state.ports.clone();
    let context = request.extensions().get::<RequestContext>().cloned();
    move || {
        provide_context(ports.clone());
        if let Some(context) = context.clone() {
            provide_context(context);
        }
    }
}

/// Renders the page of a known route, whole.
pub async fn page(State(state): State<WebState>, request: Request) -> Response {
    let provider = provider(&state, &request);
    let options = state.leptos;
    leptos_axum::render_app_async_with_context(provider, move || app::shell(options.clone()))(request).await
}

/// Renders the application where no route matches: it answers "not found".
pub async fn not_found(state: WebState, request: Request) -> Response {
    let mut response = page(State(state), request).await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// Runs a server function.
pub async fn server_function(State(state): State<WebState>, request: Request) -> Response {
    let provider = provider(&state, &request);
    leptos_axum::handle_server_fns_with_context(provider, request).await.into_response()
}
