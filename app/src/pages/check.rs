//! Check before sending.

use crate::page::{Page, Place, serve};
use leptos::prelude::*;

#[component]
pub fn CheckPage() -> impl IntoView {
    serve(|visit| async move { Ok(Page::new(visit.texts().pay.check_title, Place::Pay, ())) })
}
