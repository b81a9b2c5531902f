//! Transactions.

use crate::page::{Page, Place, serve};
use leptos::prelude::*;

#[component]
pub fn ExplorePage() -> impl IntoView {
    serve(|visit| async move { Ok(Page::new(visit.texts().transaction.list_title, Place::Activity, ())) })
}
