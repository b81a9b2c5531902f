//! A chart that follows: when something has changed the server draws it again, at most once a second, and never under
//! the pointer or the focus.

use leptos::prelude::*;

/// Wraps the server's figure. `address` answers with the same figure drawn afresh; its caption, plot and table are parts
/// named `figure`.
#[island]
pub fn LiveFigure(address: String, children: Children) -> impl IntoView {
    let root = NodeRef::<leptos::html::Div>::new();
    #[cfg(not(feature = "hydrate"))]
    drop(address);
    #[cfg(feature = "hydrate")]
    super::when_attached(root, move |element| follow(address, element));
    view! {
        <div class="live-figure" node_ref=root>
            {children()}
        </div>
    }
}

#[cfg(feature = "hydrate")]
fn follow(address: String, element: web_sys::Element) {
    use crate::live;
    use std::cell::Cell;
    use std::rc::Rc;
    use std::time::Duration;

    live::join(live::Seed::default());
    let (stale, asking) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(false)));
    let noted = stale.clone();
    Effect::new(move |first: Option<()>| {
        live::read(|_| ());
        if first.is_some() {
            noted.set(true);
        }
    });
    let turn = move || {
        let held = element.matches(":hover, :focus-within").unwrap_or(false);
        if !stale.get() || asking.get() || held || document().hidden() {
            return;
        }
        stale.set(false);
        asking.set(true);
        let (element, address, asking) = (element.clone(), address.clone(), asking.clone());
        leptos::task::spawn_local(async move {
            if let Some(html) = live::part::fetch_text(&address).await
                && !element.matches(":hover, :focus-within").unwrap_or(false)
            {
                live::part::replace(&element, "figure", &html);
            }
            asking.set(false);
        });
    };
    set_interval(turn, Duration::from_secs(1));
}
