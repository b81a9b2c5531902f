//! The payment form.

use crate::page::{Page, Place, serve};
use leptos::prelude::*;

#[component]
pub fn PayPage() -> impl IntoView {
    serve(|visit| async move { Ok(Page::new(visit.texts().pay.title_transfer, Place::Pay, ())) })
}
