//! The machine room.

use crate::page::{Page, Place, serve};
use leptos::prelude::*;

#[component]
pub fn OperatorPage() -> impl IntoView {
    serve(|visit| async move { Ok(Page::new(visit.texts().operator.title, Place::Operator, ())) })
}

#[component]
pub fn DeadLetterPage() -> impl IntoView {
    serve(|visit| async move { Ok(Page::new(visit.texts().operator.title, Place::Operator, ())) })
}
