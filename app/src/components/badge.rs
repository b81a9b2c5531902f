//! Badge: icon, word and tone together, so that colour never speaks alone.

use super::Icon;
use crate::language::Language;
use crate::phrase::Phrase;
use domain::TransactionState;
use leptos::prelude::*;

/// What a colour means; the style sheet knows no other use of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Info,
    Wait,
    Ok,
    Bad,
    Muted,
}

impl Tone {
    pub fn name(self) -> &'static str {
        match self {
            Tone::Info => "info",
            Tone::Wait => "wait",
            Tone::Ok => "ok",
            Tone::Bad => "bad",
            Tone::Muted => "muted",
        }
    }
}

#[component]
pub fn Badge(tone: Tone, icon: &'static str, #[prop(into)] word: String) -> impl IntoView {
    view! {
        <span class="badge" data-tone=tone.name()>
            <Icon name=icon />
            {word}
        </span>
    }
}

/// A transaction's state; none: received, not decided yet.
#[component]
pub fn StateBadge(state: Option<TransactionState>, language: Language) -> impl IntoView {
    let (tone, icon, phrase) = state_look(state);
    view! { <Badge tone icon word=phrase.text(language) /> }
}

/// How a state looks and what it is called.
pub fn state_look(state: Option<TransactionState>) -> (Tone, &'static str, Phrase) {
    match state {
        None => (Tone::Info, "received", Phrase::Received),
        Some(TransactionState::Held) => (Tone::Wait, "review", Phrase::UnderReview),
        Some(TransactionState::Posted) => (Tone::Ok, "posted", Phrase::Posted),
        Some(TransactionState::Refused) => (Tone::Bad, "refused", Phrase::Refused),
        Some(TransactionState::Expired) => (Tone::Muted, "expired", Phrase::Expired),
    }
}
