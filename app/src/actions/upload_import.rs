//! Taking a file for import. A plain axum handler, because a file comes as multipart; the answer is 303 as everywhere.
//!
//! The node limits the size before the body is read; a file that does not arrive whole is not kept.

use crate::ports::{Person, PortError, Ports, RequestContext, Role};
use axum::Extension;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};

const PAGE: &str = "/imports";

/// Answers `POST /do/upload_import`: to the import's own page, or back with `?problem=CODE`.
pub async fn answer(
    State(ports): State<Ports>,
    Extension(request): Extension<RequestContext>,
    multipart: Multipart,
) -> Response {
    let Some(person) = request.person.filter(|person| person.role == Role::Operator) else {
        return go("/sign-in?next=%2Fimports");
    };
    match take(&ports, &person, multipart).await {
        Ok(id) => go(&format!("{PAGE}/{id}")),
        Err(problem) => go(&format!("{PAGE}?problem={problem}")),
    }
}

fn go(address: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response()
}

async fn take(ports: &Ports, person: &Person, mut multipart: Multipart) -> Result<uuid::Uuid, &'static str> {
    while let Some(field) = multipart.next_field().await.map_err(|error| problem_of(error.status()))? {
        if field.name() != Some("file") {
            continue;
        }
        let name: String =
            field.file_name().unwrap_or_default().chars().filter(|c| !c.is_control()).take(120).collect();
        let bytes = field.bytes().await.map_err(|error| problem_of(error.status()))?;
        if bytes.is_empty() {
            return Err("no_file");
        }
        return ports.imports.upload(person, &name, bytes.to_vec()).await.map_err(|error| match error {
            PortError::Forbidden => "forbidden",
            _ => "broken",
        });
    }
    Err("no_file")
}

fn problem_of(status: StatusCode) -> &'static str {
    if status == StatusCode::PAYLOAD_TOO_LARGE { "too_large" } else { "broken" }
}
