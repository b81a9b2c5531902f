//! Parts of a page that the server renders again: fetched as HTML, put in place of what stands there.
//!
//! A part is an element with `data-part="NAME"`. What the reader opened stays open.

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomParser, Element, Response, SupportedType};

/// None: the node did not answer.
pub async fn fetch(address: &str) -> Option<Response> {
    JsFuture::from(window().fetch_with_str(address)).await.ok()?.dyn_into().ok()
}

async fn text(answer: &Response) -> Option<String> {
    JsFuture::from(answer.text().ok()?).await.ok()?.as_string()
}

/// The text at this address, only if it was found there.
pub async fn fetch_text(address: &str) -> Option<String> {
    let answer = fetch(address).await?;
    if !answer.ok() || answer.redirected() {
        return None;
    }
    text(&answer).await
}

/// Replaces the parts of that name within `root` by those in `html`, in order. False when there is nothing to replace.
pub fn replace(root: &Element, name: &str, html: &str) -> bool {
    try_replace(root, name, html).unwrap_or(false)
}

fn try_replace(root: &Element, name: &str, html: &str) -> Result<bool, JsValue> {
    let fresh = DomParser::new()?.parse_from_string(html, SupportedType::TextHtml)?;
    let selector = format!("[data-part='{name}']");
    let (old, new) = (root.query_selector_all(&selector)?, fresh.query_selector_all(&selector)?);
    let mut replaced = false;
    for index in 0..old.length() {
        let pair = old.get(index).zip(new.get(index));
        let Some((old, new)) =
            pair.and_then(|(old, new)| Some((old.dyn_into::<Element>().ok()?, new.dyn_into::<Element>().ok()?)))
        else {
            continue;
        };
        let html = new.inner_html();
        if old.inner_html() != html {
            old.set_inner_html(&html);
        }
        for name in new.get_attribute_names().iter().filter_map(|name| name.as_string()) {
            if let Some(value) = new.get_attribute(&name) {
                old.set_attribute(&name, &value)?;
            }
        }
        replaced = true;
    }
    Ok(replaced)
}

/// Fetches this very page and replaces the parts of that name in it. False when the node did not answer with them.
pub async fn refresh(name: &str) -> bool {
    let address = window().location().href().unwrap_or_default();
    let Some(html) = fetch_text(&address).await else { return false };
    document().document_element().is_some_and(|root| replace(&root, name, &html))
}
