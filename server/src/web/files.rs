//! The browser's files: hashed ones for ever, the others for an hour, compressed ahead of time; and the page for
//! whatever is no file and no route.

use super::pages;
use super::state::WebState;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use tower::ServiceExt as _;
use tower_http::services::ServeDir;

const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const FOR_AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");
/// A picture opened by itself may style itself and nothing else.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'");

/// A file of the site, or the application's own "not found".
pub async fn file_or_page(State(state): State<WebState>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = request.uri().path();
    let hashed = path.starts_with("/pkg/") && state.leptos.hash_files;
    let is_folder = path.ends_with('/');
    if !is_folder {
        let (parts, body) = request.into_parts();
        let files = ServeDir::new(&state.config.site)
            .append_index_html_on_directories(false)
            .precompressed_br()
            .precompressed_gzip();
        let asked = Request::from_parts(parts.clone(), Body::empty());
        if let Ok(found) = files.oneshot(asked).await
            && found.status() != StatusCode::NOT_FOUND
        {
            let mut found = found.map(Body::new);
            found.headers_mut().insert(CACHE_CONTROL, if hashed { FOR_EVER } else { FOR_AN_HOUR });
            found.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
            return found;
        }
        return pages::not_found(state, Request::from_parts(parts, body)).await;
    }
    pages::not_found(state, request).await
}
