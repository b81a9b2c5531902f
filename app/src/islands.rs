//! What is live on a page. Everything else stays plain HTML.
//!
//! Each island renders on the server what it will show in the browser, takes whole sentences as props, and sets
//! `data-live` on its root once it is attached. Without JavaScript the page is complete, only still.

mod amount;
mod chip;
mod count;
mod figure;
mod part;
mod review;
mod status;
mod transactions;

pub use amount::{LiveAmount, Standing};
pub use chip::LiveChip;
pub use count::LiveCount;
pub use figure::LiveFigure;
pub use part::LivePart;
pub use review::LiveReview;
pub use status::LiveStatus;
pub use transactions::{LiveTransactions, TransactionRow, TransactionTable, TransactionWords, state_name};

#[cfg(feature = "hydrate")]
use leptos::html::ElementType;
#[cfg(feature = "hydrate")]
use leptos::prelude::*;

/// Runs `attach` once when the island's root is there, and marks it as live.
#[cfg(feature = "hydrate")]
fn when_attached<E>(root: NodeRef<E>, attach: impl FnOnce(web_sys::Element) + 'static)
where
    E: ElementType,
    E::Output: wasm_bindgen::JsCast + AsRef<web_sys::Element> + Clone + 'static,
{
    root.on_load(move |element| {
        let element: &web_sys::Element = element.as_ref();
        let _always_valid = element.set_attribute("data-live", "");
        attach(element.clone());
    });
}
