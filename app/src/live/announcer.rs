//! Says what changed through the page's one `role="status"`: at most one message in ten seconds, the latest wins.

use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::time::Duration;

const ELEMENT: &str = "announcer";
const PAUSE_MS: f64 = 10_000.0;

thread_local! {
    static NEXT: RefCell<Option<String>> = const { RefCell::new(None) };
    static FREE_AT_MS: Cell<f64> = const { Cell::new(0.0) };
}

/// Says the sentence now, or when the pause after the last one is over.
pub fn say(sentence: String) {
    let now = js_sys::Date::now();
    if NEXT.replace(Some(sentence)).is_some() {
        return; // already waiting for its turn
    }
    let wait = (FREE_AT_MS.get() - now).max(0.0);
    set_timeout(speak, Duration::from_millis(wait as u64));
}

fn speak() {
    if let (Some(sentence), Some(element)) = (NEXT.take(), document().get_element_by_id(ELEMENT)) {
        element.set_text_content(Some(&sentence));
        FREE_AT_MS.set(js_sys::Date::now() + PAUSE_MS);
    }
}
