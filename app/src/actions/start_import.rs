//! Starting an import with the reading that its preview showed.

use super::{ApiError, form::Form};
use crate::pages::imports::mapping::Reading;
use leptos::prelude::*;
use uuid::Uuid;

#[server(prefix = "/do", endpoint = "start_import")]
pub async fn start_import(
    #[server(default)] upload: String,
    /// The reading as a query, as the preview had it.
    #[server(default)]
    reading: String,
) -> Result<(), ApiError> {
    let form = Form::current();
    let Ok(id) = upload.parse::<Uuid>() else {
        form.go("/imports");
        return Ok(());
    };
    let page = format!("/imports/{id}");
    let Some(person) = form.person(&page, &[]).await else { return Ok(()) };
    let mark = if reading.is_empty() { "?" } else { "&" };
    let back = |problem: &str| format!("{page}?{reading}{}problem={problem}", mark.trim_start_matches('?'));
    match Reading::parse_query(&reading).mapping() {
        Ok(Some(mapping)) => match form.visit.ports.imports.start(&person, id, &mapping).await {
            Ok(()) => form.go(&page),
            Err(_) => form.go(&back("start")),
        },
        _ => form.go(&back("mapping")),
    }
    Ok(())
}
