//! `/health/live` and `/health/ready`, for whoever starts, balances and restarts nodes.
//!
//! Live: the process answers. Ready: it can serve now, namely the database answers and every part that this process
//! runs (tail, worker) says it is well. Neither says more than names and states.

use super::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const DATABASE_WAIT: Duration = Duration::from_secs(2);

type Check = Arc<dyn Fn() -> bool + Send + Sync>;

/// The parts of this process and how to ask whether they are well.
#[derive(Clone, Default)]
pub struct Health(Arc<Mutex<BTreeMap<&'static str, Check>>>);

impl Health {
    /// Adds a part. The check must return at once.
    pub fn watch(&self, part: &'static str, well: impl Fn() -> bool + Send + Sync + 'static) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(part, Arc::new(well));
    }

    fn parts(&self) -> BTreeMap<&'static str, bool> {
        let parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.iter().map(|(part, well)| (*part, well())).collect()
    }
}

pub async fn live() -> &'static str {
    "live"
}

pub async fn ready(State(state): State<WebState>) -> (StatusCode, Json<BTreeMap<&'static str, bool>>) {
    let mut parts = state.health.parts();
    let answers = tokio::time::timeout(DATABASE_WAIT, state.store.answers()).await;
    parts.insert("database", answers.is_ok_and(|answer| answer.is_ok()));
    let ready = parts.values().all(|well| *well);
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(parts))
}
