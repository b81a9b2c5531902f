//! Open an account.

use crate::page::{Page, Place, serve};
use leptos::prelude::*;

#[component]
pub fn OpenAccountPage() -> impl IntoView {
    serve(|visit| async move { Ok(Page::new(visit.texts().home.open, Place::Home, ())) })
}
