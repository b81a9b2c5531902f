//! A part of a page about what is under review that follows: fetched again when something shown here as held is held no
//! more and, for bank staff, when an alert is raised or labelled; at most once a second.
//!
//! In a list, nothing moves under the pointer: while somebody reads, known rows change in place and new ones wait behind
//! "3 new". The page of one alert changes at once, because its buttons must not outlive their sense.

use crate::language::Language;
#[cfg(feature = "hydrate")]
use crate::phrase::Phrase;
#[cfg(feature = "hydrate")]
use domain::TransactionState;
use leptos::prelude::*;
use uuid::Uuid;

/// Wraps an element with `data-part=PART`; what has `data-id` and `data-state` in it stands for a transaction.
#[island]
pub fn LiveReview(
    language: Language,
    part: String,
    /// About this alert alone; none: a list of many.
    only: Option<Uuid>,
    /// Said before "3 new".
    spoken: String,
    children: Children,
) -> impl IntoView {
    let root = NodeRef::<leptos::html::Div>::new();
    let waiting = RwSignal::new(None::<String>);
    let asked = RwSignal::new(0_u32);
    #[cfg(not(feature = "hydrate"))]
    {
        _ = (part, only, language, spoken);
    }
    #[cfg(feature = "hydrate")]
    super::when_attached(root, move |element| {
        follow(Shown { element, part, only, waiting, asked }, language, spoken);
    });
    let pill = move || {
        waiting.get().map(|word| {
            view! {
                <button type="button" class="new-pill" on:click=move |_| asked.update(|asked| *asked += 1)>
                    {word}
                </button>
            }
        })
    };
    view! {
        <div class="live-review" node_ref=root tabindex="-1">
            <div class="new-rows">{pill}</div>
            {children()}
        </div>
    }
}

#[cfg(feature = "hydrate")]
#[derive(Clone)]
struct Shown {
    element: web_sys::Element,
    part: String,
    only: Option<Uuid>,
    waiting: RwSignal<Option<String>>,
    asked: RwSignal<u32>,
}

#[cfg(feature = "hydrate")]
impl Shown {
    /// How much here is shown as held and is known to be so no more.
    fn outdated(&self) -> usize {
        let Ok(found) = self.element.query_selector_all("[data-id][data-state='held']") else { return 0 };
        crate::live::read_now(|known| {
            let nodes = (0..found.length()).filter_map(|index| found.get(index));
            let outdated = nodes.filter(|node| {
                use wasm_bindgen::JsCast;
                let Some(row) = node.dyn_ref::<web_sys::Element>() else { return false };
                let id = row.get_attribute("data-id").and_then(|id| id.parse().ok());
                id.and_then(|id| known.transaction(id)).is_some_and(|known| known.state != TransactionState::Held)
            });
            outdated.count()
        })
    }

    /// What counts as news beside states: any alert for a list, the own one's label for one.
    fn turn(&self) -> u64 {
        crate::live::read_now(|known| match self.only {
            None => known.alerts().turn(),
            Some(id) => u64::from(known.alerts().is_labelled(id)),
        })
    }

    fn is_read(&self) -> bool {
        self.only.is_none() && self.element.matches(":has(table:hover), :has(table :focus)").unwrap_or(false)
    }

    /// Focus that stood on something which is gone goes to what took its place.
    fn keep_focus(&self, had_focus: bool) {
        use wasm_bindgen::JsCast;
        let lost = had_focus && !self.element.matches(":focus-within").unwrap_or(false);
        if let Some(element) = self.element.dyn_ref::<web_sys::HtmlElement>().filter(|_| lost) {
            let _not_focusable = element.focus();
        }
    }

    fn say_state(&self) {
        let spoken = self.element.query_selector("[data-spoken]").ok().flatten();
        if let Some(text) = spoken.and_then(|spoken| spoken.text_content()).filter(|_| self.only.is_some()) {
            crate::live::say(text);
        }
    }
}

/// What was last fetched: wholly, or known rows only.
#[cfg(feature = "hydrate")]
#[derive(Clone, Copy)]
struct Fetched {
    wholly: u64,
    /// With what was outdated then, which may not be mended in place.
    in_place: (u64, usize),
    raised: u64,
    asked: u32,
}

#[cfg(feature = "hydrate")]
fn follow(shown: Shown, language: Language, spoken: String) {
    use crate::live;
    use std::cell::Cell;
    use std::rc::Rc;
    use std::time::Duration;

    live::join(live::Seed::default());
    let raised = || live::read_now(|known| known.alerts().raised());
    let turn = shown.turn();
    let fetched = Rc::new(Cell::new(Fetched { wholly: turn, in_place: (turn, 0), raised: raised(), asked: 0 }));
    let asking = Rc::new(Cell::new(false));
    let look = move || {
        if asking.get() || untrack(live::is_paused) {
            return;
        }
        let (before, now, asked) = (fetched.get(), shown.turn(), shown.asked.get_untracked());
        let wanted = asked != before.asked;
        let in_place = !wanted && shown.is_read();
        let outdated = shown.outdated();
        let is_new = if in_place { before.in_place != (now, outdated) } else { before.wholly != now || outdated > 0 };
        if !wanted && !is_new {
            return;
        }
        let new = raised().saturating_sub(before.raised);
        asking.set(true);
        let (shown, asking, fetched, spoken) = (shown.clone(), asking.clone(), fetched.clone(), spoken.clone());
        leptos::task::spawn_local(async move {
            let had_focus = shown.element.matches(":focus-within").unwrap_or(false);
            if live::part::refresh_with(&shown.part, in_place).await {
                let word = (new > 0).then(|| Phrase::new_rows(language, new));
                if in_place {
                    fetched.set(Fetched { in_place: (now, outdated), ..before });
                    shown.waiting.set(word);
                } else {
                    fetched.set(Fetched { wholly: now, in_place: (now, 0), raised: before.raised + new, asked });
                    shown.waiting.set(None);
                    shown.keep_focus(had_focus);
                    shown.say_state();
                    if let Some(word) = word.filter(|_| shown.only.is_none()) {
                        live::say(format!("{spoken}, {word}"));
                    }
                }
            }
            asking.set(false);
        });
    };
    set_interval(look, Duration::from_secs(1));
}
