//! What the browser loads: the islands of `app`, and the call that wakes them. Nothing else, ever.

use app as _;
use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's script once the module is there.
#[wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
