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

    read_out(&element);
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

/// The value under the pointer or the focus is written below the plot, and the arrow keys walk from mark to mark: one
/// tab stop for all of them.
#[cfg(feature = "hydrate")]
fn read_out(element: &web_sys::Element) {
    use wasm_bindgen::JsCast;
    use wasm_bindgen::prelude::Closure;

    const MARK: &str = ".plot a";
    let mark_of = |event: &web_sys::Event| {
        let target: web_sys::Element = event.target()?.dyn_into().ok()?;
        target.closest(MARK).ok().flatten()
    };
    let root = element.clone();
    let show = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        let Some(text) = mark_of(&event).and_then(|mark| mark.get_attribute("aria-label")) else { return };
        if let Ok(Some(readout)) = root.query_selector(".readout") {
            readout.set_text_content(Some(&text));
        }
    });
    let walk = Closure::<dyn Fn(web_sys::KeyboardEvent)>::new(move |event: web_sys::KeyboardEvent| {
        let back = match event.key().as_str() {
            "ArrowRight" | "ArrowDown" => false,
            "ArrowLeft" | "ArrowUp" => true,
            _ => return,
        };
        let Some(mark) = mark_of(&event) else { return };
        let mut next = if back { mark.previous_element_sibling() } else { mark.next_element_sibling() };
        while let Some(other) = next.take() {
            if other.matches(MARK).unwrap_or(false) {
                event.prevent_default();
                let _always_valid = mark.set_attribute("tabindex", "-1").and(other.set_attribute("tabindex", "0"));
                if let Some(other) = other.dyn_ref::<web_sys::SvgElement>() {
                    let _not_focusable = other.focus();
                }
                return;
            }
            next = if back { other.previous_element_sibling() } else { other.next_element_sibling() };
        }
    });
    for name in ["pointerover", "focusin"] {
        let _never_fails = element.add_event_listener_with_callback(name, show.as_ref().unchecked_ref());
    }
    let _never_fails = element.add_event_listener_with_callback("keydown", walk.as_ref().unchecked_ref());
    // As long as the page.
    show.forget();
    walk.forget();
}
