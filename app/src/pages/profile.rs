//! Profile.

use crate::page::{Page, Place, serve};
use leptos::prelude::*;

#[component]
pub fn ProfilePage() -> impl IntoView {
    serve(|visit| async move { Ok(Page::new(visit.texts().profile.title, Place::Elsewhere, ())) })
}
