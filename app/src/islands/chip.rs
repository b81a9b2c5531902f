//! The live chip: in words, whether the page follows and how old its last news is; and the button that holds it still.

use crate::language::Language;
use crate::phrase::Phrase;
use domain::view::{AccountView, ResumeToken, Stamp};
use leptos::prelude::*;

/// After this silence the age turns to the waiting tone.
#[cfg(feature = "hydrate")]
const STALE_MS: i64 = 5_000;
/// After this silence a band says since when the page stands still.
#[cfg(feature = "hydrate")]
const LOST_MS: i64 = 15_000;

/// Opens the page's socket where the server's rendering ended. `all`: every account (bank staff) rather than one's own.
#[island]
pub fn LiveChip(
    language: Language,
    /// When the server rendered the page.
    as_of: Stamp,
    all: bool,
    resume: Option<ResumeToken>,
    /// Accounts whose figures this page shows, as the server read them.
    accounts: Vec<AccountView>,
) -> impl IntoView {
    let root = NodeRef::<leptos::html::Div>::new();
    let words = RwSignal::new((Phrase::AsOf.with(language, &language.hour_minute(as_of)), "still"));
    let age = RwSignal::new(String::new());
    let lost = RwSignal::new(None::<String>);
    let paused = RwSignal::new(false);
    #[cfg(not(feature = "hydrate"))]
    drop((resume, accounts, all));
    #[cfg(feature = "hydrate")]
    super::when_attached(root, move |_| {
        use crate::live::{self, Link};
        live::join(live::Seed { all, resume: resume.as_ref(), accounts: &accounts, transactions: &[] });
        let stamp = move |ms| Stamp { ms, offset_min: as_of.offset_min };
        Effect::new(move |_| {
            let (link, is_paused, age_ms) = (live::link(), live::is_paused(), live::age_ms());
            let quiet = age_ms >= STALE_MS;
            let shown = match (is_paused, link) {
                (true, _) => (Phrase::Paused.text(language).to_owned(), "paused"),
                (_, Link::Still) => return,
                (_, Link::Reconnecting) => (Phrase::Reconnecting.text(language).to_owned(), "waiting"),
                (_, Link::Live) if quiet => (Phrase::Live.text(language).to_owned(), "waiting"),
                (_, Link::Live) => (Phrase::Live.text(language).to_owned(), "live"),
            };
            words.maybe_update(|words| {
                if *words == shown {
                    false
                } else {
                    *words = shown;
                    true
                }
            });
            let text = language.age(age_ms);
            age.maybe_update(|age| {
                if *age == text {
                    false
                } else {
                    *age = text;
                    true
                }
            });
            let since = || Phrase::LastUpdate.with(language, &language.time(stamp(live::word_at_ms())));
            let band = (age_ms >= LOST_MS).then(since);
            lost.maybe_update(|lost| {
                if *lost == band {
                    false
                } else {
                    *lost = band;
                    true
                }
            });
        });
        Effect::new(move |_| paused.set(live::is_paused()));
    });
    let toggle = move |_| {
        #[cfg(feature = "hydrate")]
        crate::live::pause(!paused.get_untracked());
    };
    view! {
        <div class="live-chip" node_ref=root data-state=move || words.get().1>
            <span class="live-word">{move || words.get().0}</span>
            <span class="live-age" aria-hidden="true">
                {move || age.get()}
            </span>
            <button type="button" class="live-pause" aria-pressed=move || if paused.get() { "true" } else { "false" } on:click=toggle>
                <svg class="icon" aria-hidden="true" width="16" height="16">
                    <use href="#i-pause"></use>
                </svg>
                <span class="unseen">
                    {move || if paused.get() { Phrase::Resume.text(language) } else { Phrase::Pause.text(language) }}
                </span>
            </button>
            <p class="live-lost" role="alert" hidden=move || lost.get().is_none()>
                {move || lost.get().unwrap_or_default()}
            </p>
        </div>
    }
}
