//! What is left of a request once its answer stands.
//!
//! A refusal often stands before the body has come. A connection whose request was not read to the end cannot carry
//! another one, and whoever sends the next on it, not knowing, is cut off without an answer. Promises: a body that is
//! small and on its way is read to its end, and the connection lives; otherwise the answer says that it ends here.

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::{CONNECTION, EXPECT};
use axum::http::{HeaderValue, Version};
use axum::middleware::Next;
use axum::response::Response;
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt as _, Limited};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// More than this is not waited for.
const REST_BYTES: usize = 64 * 1024;
const REST_TIME: Duration = Duration::from_secs(1);

/// A body that outlives whoever was to read it.
struct Kept(Arc<Mutex<Body>>);

impl Kept {
    fn with<T>(&self, ask: impl FnOnce(&mut Body) -> T) -> T {
        ask(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl HttpBody for Kept {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        self.with(|body| Pin::new(body).poll_frame(context))
    }

    fn is_end_stream(&self) -> bool {
        self.with(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|body| body.size_hint())
    }
}

/// Middleware, the outermost.
pub async fn read(request: Request, next: Next) -> Response {
    // Later versions carry each request on a stream of its own.
    if request.body().is_end_stream() || request.version() > Version::HTTP_11 {
        return next.run(request).await;
    }
    // Who asks for leave has not sent anything, and shall not.
    let waits = request.headers().contains_key(EXPECT);
    let (parts, body) = request.into_parts();
    let kept = Arc::new(Mutex::new(body));
    let body = Body::new(Kept(Arc::clone(&kept)));
    let mut response = next.run(Request::from_parts(parts, body)).await;
    // Otherwise somebody still reads.
    let Some(rest) = Arc::into_inner(kept) else { return response };
    if !read_to_end(rest.into_inner().unwrap_or_else(PoisonError::into_inner), waits).await {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

async fn read_to_end(rest: Body, waits: bool) -> bool {
    let least = usize::try_from(rest.size_hint().lower()).unwrap_or(usize::MAX);
    if rest.is_end_stream() {
        return true;
    }
    if waits || least > REST_BYTES {
        return false;
    }
    tokio::time::timeout(REST_TIME, Limited::new(rest, REST_BYTES).collect()).await.is_ok_and(|read| read.is_ok())
}
