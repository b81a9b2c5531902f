//! Imports.

use crate::page::{Page, Place, serve};
use leptos::prelude::*;

#[component]
pub fn ImportsPage() -> impl IntoView {
    serve(|visit| async move { Ok(Page::new(visit.texts().imports.title, Place::Imports, ())) })
}

#[component]
pub fn ImportPage() -> impl IntoView {
    serve(|visit| async move { Ok(Page::new(visit.texts().imports.title, Place::Imports, ())) })
}
