//! The live socket: `GET /live`, upgraded. The browser subscribes; the node answers with a snapshot or with what it
//! missed, then with updates as they happen.
//!
//! Promises: nobody gets more than their views; a session that ends closes its sockets within 5 s; a reader that falls
//! behind costs no memory and is told. The session and the `Origin` are checked before this room, by `web`.

mod conversation;
mod door;
mod pacer;
mod projection;
mod rights;

use crate::feed::Feed;
use crate::store::Store;
use app::ports::{Person, PortError, RequestContext};
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Extension, Router};
use conversation::Conversation;
use door::{Door, Limits};
use rights::Rights;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

const LIMITS: Limits = Limits { per_person: 20, per_node: 10_000 };
/// A subscription with a token of a thousand partitions is shorter.
const MESSAGE_BYTES: usize = 32 * 1024;
/// Zeroed at every look at a socket, and a page says little: the library's 128 KB were a fifth of a node's work.
const READ_BYTES: usize = 2 << 10;
/// Snapshots read at a time, so that a node full of reconnecting sockets leaves connections for pages.
const SNAPSHOTS: usize = 3;

/// The sockets of one node. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    inner: Arc<Inner>,
    stop: CancellationToken,
}

struct Inner {
    store: Store,
    feed: Feed,
    rights: Rights,
    door: Door,
    snapshots: Semaphore,
}

impl Live {
    /// Starts checking rights; `stop` ends that and closes every socket.
    pub fn start(store: Store, feed: Feed, stop: CancellationToken) -> Self {
        let rights = Rights::new(store.clone());
        let (door, snapshots) = (Door::new(LIMITS), Semaphore::new(SNAPSHOTS));
        let watch = stop.clone().run_until_cancelled_owned(rights.clone().watch());
        tokio::spawn(watch);
        Live { inner: Arc::new(Inner { store, feed, rights, door, snapshots }), stop }
    }

    /// The socket's route. Expects a [`RequestContext`] in the request's extensions.
    pub fn router(&self) -> Router {
        Router::new().route("/live", get(open)).with_state(self.clone())
    }

    /// Sockets open now.
    pub fn count(&self) -> usize {
        self.inner.door.count()
    }

    /// Waits until every socket has said goodbye, for a moment at most.
    pub async fn closed(&self) {
        let empty = async {
            while self.count() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        if tokio::time::timeout(Duration::from_secs(2), empty).await.is_err() {
            tracing::warn!(sockets = self.count(), "some sockets did not close in time");
        }
    }

    async fn open(self, upgrade: WebSocketUpgrade, person: Person, session: String) -> Response {
        let Some(pass) = self.inner.door.enter(person.id) else {
            return StatusCode::TOO_MANY_REQUESTS.into_response();
        };
        let standing = match self.inner.rights.follow(&session).await {
            Ok(standing) => standing,
            Err(PortError::Unavailable | PortError::NotFound | PortError::Forbidden | PortError::NotTaken) => {
                return StatusCode::SERVICE_UNAVAILABLE.into_response();
            }
        };
        let upgrade =
            upgrade.max_message_size(MESSAGE_BYTES).max_frame_size(MESSAGE_BYTES).read_buffer_size(READ_BYTES);
        upgrade.on_upgrade(move |socket| Conversation::new(self.inner, socket, person, standing, pass).run(self.stop))
    }
}

async fn open(
    State(live): State<Live>,
    Extension(context): Extension<RequestContext>,
    upgrade: WebSocketUpgrade,
) -> Response {
    match (context.person, context.session) {
        (Some(person), Some(session)) => live.open(upgrade, person, session).await,
        _ => StatusCode::UNAUTHORIZED.into_response(),
    }
}
