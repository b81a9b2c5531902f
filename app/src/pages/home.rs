//! The customer's home.

use crate::page::{Page, Place, serve};
use leptos::prelude::*;

#[component]
pub fn HomePage() -> impl IntoView {
    serve(|visit| async move { Ok(Page::new(visit.texts().home.title, Place::Home, ())) })
}
