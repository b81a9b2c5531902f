//! `POST /transactions` and `GET /transactions/{id}`.

use super::Api;
use super::keys::Access;
use super::problem::Problem;
use super::submission;
use app::ports::PortError;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Path, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;
use domain::fact::{CommandAnswered, Repeat, RiskVerdict};
use domain::{Fact, FactBody, RefusalReason, TransactionState};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const BODY_BYTES: usize = 64 * 1024;
const BODY_WITHIN: Duration = Duration::from_secs(5);

/// What a caller is told of a transaction.
#[derive(Debug, Serialize)]
struct Answer {
    transaction_id: Uuid,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<RefusalReason>,
    /// For keys with that right, where detection was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<Decision>,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct Decision {
    verdict: RiskVerdict,
    /// Points, uncapped.
    score: f64,
}

impl Decision {
    fn of((verdict, score_e9): (RiskVerdict, i64)) -> Self {
        Decision { verdict, score: score_e9 as f64 / 1e9 }
    }
}

const PROCESSING: &str = "processing";

/// A state in the API's words. That a hold ran out is told as its refusal.
fn state_word(state: TransactionState) -> &'static str {
    match state {
        TransactionState::Posted => "posted",
        TransactionState::Held => "under_review",
        TransactionState::Refused | TransactionState::Expired => "refused",
    }
}

fn answer(
    id: Uuid,
    state: TransactionState,
    reason: Option<RefusalReason>,
    judged: Option<(RiskVerdict, i64)>,
    access: &Access,
) -> Json<Answer> {
    let reason = reason.or((state == TransactionState::Expired).then_some(RefusalReason::NotApproved));
    let decision = judged.filter(|_| access.decisions).map(Decision::of);
    Json(Answer { transaction_id: id, state: state_word(state), reason, decision })
}

fn location(id: Uuid) -> [(axum::http::HeaderName, String); 1] {
    [(LOCATION, format!("/api/v1/transactions/{id}"))]
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        match error {
            PortError::NotTaken => Problem::NOT_TAKEN,
            _ => Problem::UNAVAILABLE,
        }
    }
}

/// A UUID in its usual form: 32 digits and four hyphens.
fn uuid(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|id| text.len() == 36 && !id.is_nil())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Uuid, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let fault = |code| Problem::BAD_HEADER.field("Idempotency-Key", code);
    let first = values.next().ok_or_else(|| fault("required"))?;
    if values.next().is_some() {
        return Err(fault("duplicate"));
    }
    first.to_str().ok().and_then(uuid).ok_or_else(|| fault("invalid"))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// The body, bounded in bytes and time.
async fn body(headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > BODY_BYTES as u64) {
        return Err(Problem::TOO_LARGE);
    }
    let read = tokio::time::timeout(BODY_WITHIN, Limited::new(body, BODY_BYTES).collect());
    match read.await.map_err(|_| Problem::TOO_SLOW)? {
        Ok(read) => Ok(read.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::TOO_LARGE),
        Err(_) => Err(Problem::MALFORMED.detail("the body ended too soon")),
    }
}

/// Books a payment and answers its decision.
pub async fn submit(
    State(api): State<Api>,
    Extension(access): Extension<Arc<Access>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, bytes) = request.into_parts();
    let id = idempotency_key(&parts.headers)?;
    if !is_json(&parts.headers) {
        return Err(Problem::NOT_JSON);
    }
    let bytes = body(&parts.headers, bytes).await?;
    let submission = submission::read(id, &bytes, Utc::now())?;
    if !access.reach.covers(submission.account_at_risk()) {
        return Err(Problem::FORBIDDEN);
    }
    let Some(fact) = api.0.gateway.decide(submission).await? else {
        api.0.underway.add(id, &access.key_id);
        return Ok(processing(id, StatusCode::ACCEPTED));
    };
    api.decided(id, &fact, &access).await
}

fn processing(id: Uuid, status: StatusCode) -> Response {
    let answer = Answer { transaction_id: id, state: PROCESSING, reason: None, decision: None };
    (status, location(id), [(RETRY_AFTER, "1")], Json(answer)).into_response()
}

impl Api {
    async fn decided(&self, id: Uuid, fact: &Fact, access: &Access) -> Result<Response, Problem> {
        match &fact.body {
            FactBody::TransactionPosted(f) | FactBody::TransactionHeld(f) | FactBody::TransactionRefused(f) => {
                let judged = f.judgement.map(|judgement| (judgement.verdict, judgement.score_e9));
                Ok((StatusCode::CREATED, location(id), answer(id, f.state, f.reason, judged, access)).into_response())
            }
            FactBody::CommandAnswered(CommandAnswered {
                repeat: Repeat::Duplicate,
                state: Some(state),
                reason,
                ..
            }) => {
                let judged = match access.decisions {
                    true => self.0.store.decision(id).await?.and_then(|row| row.judged),
                    false => None,
                };
                Ok(answer(id, *state, *reason, judged, access).into_response())
            }
            FactBody::CommandAnswered(CommandAnswered { repeat: Repeat::Conflict, .. }) => {
                // Somebody else's transaction may have that id: then its state is not this caller's to know.
                let original = self.0.store.decision(id).await?;
                let original = original.filter(|row| access.reach.covers(&row.account_at_risk));
                Err(Problem::CONFLICT.state(original.map(|row| state_word(row.state))))
            }
            other => {
                tracing::error!(fact = other.type_name(), position = ?fact.position, "a submission was set aside");
                Err(Problem::UNAVAILABLE)
            }
        }
    }
}

/// How a transaction stands now.
pub async fn status(
    State(api): State<Api>,
    Extension(access): Extension<Arc<Access>>,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = uuid(&id).ok_or(Problem::NOT_FOUND)?;
    match api.0.store.decision(id).await? {
        Some(row) if access.reach.covers(&row.account_at_risk) => {
            Ok(answer(id, row.state, row.reason, row.judged, &access).into_response())
        }
        None if api.0.underway.has(id, &access.key_id) => Ok(processing(id, StatusCode::OK)),
        _ => Err(Problem::NOT_FOUND),
    }
}

/// What this node has on the log and no fact of yet, by key: so that who was told to ask again is not told that there
/// is nothing. Bounded; another node does not know it.
#[derive(Default)]
pub struct Underway(Mutex<HashMap<(Uuid, String), Instant>>);

impl Underway {
    const MOST: usize = 10_000;
    const LONGEST: Duration = Duration::from_secs(600);

    fn add(&self, id: Uuid, key_id: &str) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= Self::MOST {
            waiting.retain(|_, since| since.elapsed() < Self::LONGEST);
        }
        if waiting.len() < Self::MOST {
            waiting.insert((id, key_id.to_owned()), Instant::now());
        }
    }

    fn has(&self, id: Uuid, key_id: &str) -> bool {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.get(&(id, key_id.to_owned())).is_some_and(|since| since.elapsed() < Self::LONGEST)
    }
}
