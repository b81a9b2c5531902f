//! The overview.

use crate::page::{Page, Place, serve};
use leptos::prelude::*;

#[component]
pub fn OverviewPage() -> impl IntoView {
    serve(|visit| async move { Ok(Page::new(visit.texts().overview.title, Place::Overview, ())) })
}
