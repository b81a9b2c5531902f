//! A part of the page that the server renders again from time to time, while it says that there is more to come.

use leptos::prelude::*;

/// Wraps an element with `data-part=NAME`. It is renewed every `every_ms` as long as `data-running="true"` stands on it,
/// and not while the pointer or the focus is in it.
#[island]
pub fn LivePart(name: String, every_ms: u32, children: Children) -> impl IntoView {
    let root = NodeRef::<leptos::html::Div>::new();
    #[cfg(not(feature = "hydrate"))]
    {
        _ = (&name, every_ms);
    }
    #[cfg(feature = "hydrate")]
    super::when_attached(root, move |element| {
        use std::cell::Cell;
        use std::rc::Rc;
        use std::time::Duration;
        let running = format!("[data-part='{name}'][data-running='true']");
        let held = format!("[data-part='{name}']:is(:hover, :focus-within)");
        let asking = Rc::new(Cell::new(false));
        let found = move |selector: &str| element.query_selector(selector).ok().flatten().is_some();
        let turn = move || {
            if asking.get() || !found(&running) || found(&held) {
                return;
            }
            asking.set(true);
            let (asking, name) = (asking.clone(), name.clone());
            leptos::task::spawn_local(async move {
                crate::live::part::refresh(&name).await;
                asking.set(false);
            });
        };
        set_interval(turn, Duration::from_millis(u64::from(every_ms)));
    });
    view! {
        <div class="live-part" node_ref=root>
            {children()}
        </div>
    }
}
