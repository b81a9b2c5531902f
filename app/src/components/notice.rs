//! Notice: one message about the page as a whole. Empty: why there is nothing and what to do next.

use super::{Icon, Tone};
use leptos::prelude::*;

#[component]
pub fn Notice(tone: Tone, #[prop(into)] text: String, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    let icon = match tone {
        Tone::Ok => "posted",
        Tone::Bad | Tone::Wait => "warning",
        Tone::Info | Tone::Muted => "received",
    };
    view! {
        <div class="notice" data-tone=tone.name()>
            <Icon name=icon />
            <div>
                <p>{text}</p>
                {children.map(|children| children())}
            </div>
        </div>
    }
}

#[component]
pub fn Empty(#[prop(into)] text: String, #[prop(optional)] children: Option<Children>) -> impl IntoView {
    view! {
        <div class="empty">
            <p>{text}</p>
            {children.map(|children| children())}
        </div>
    }
}
