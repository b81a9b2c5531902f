//! Sign in.

use crate::page::{Page, Place, serve};
use leptos::prelude::*;

#[component]
pub fn SignInPage() -> impl IntoView {
    serve(|visit| async move { Ok(Page::new(visit.texts().sign_in.title, Place::Elsewhere, ())) })
}
