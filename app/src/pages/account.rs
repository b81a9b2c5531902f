//! One account.

use crate::page::{Page, Place, serve};
use leptos::prelude::*;

#[component]
pub fn AccountPage() -> impl IntoView {
    serve(|visit| async move { Ok(Page::new(visit.texts().account.statement, Place::Home, ())) })
}
