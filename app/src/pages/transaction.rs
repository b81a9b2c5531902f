//! One transaction.

use crate::page::{Page, Place, serve};
use leptos::prelude::*;

#[component]
pub fn TransactionPage() -> impl IntoView {
    serve(|visit| async move { Ok(Page::new(visit.texts().transaction.title_pending, Place::Activity, ())) })
}
