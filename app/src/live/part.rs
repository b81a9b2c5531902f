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
    each_pair(root, name, html, renew).unwrap_or(false)
}

/// As [`replace`], but only rows that stand there already: nothing moves.
fn replace_rows(root: &Element, name: &str, html: &str) -> bool {
    each_pair(root, name, html, |old, new| {
        let rows = old.query_selector_all("tr[data-id]")?;
        for row in (0..rows.length()).filter_map(|index| rows.get(index)?.dyn_into::<Element>().ok()) {
            let id = row.get_attribute("data-id").unwrap_or_default();
            let fresh = new.query_selector(&format!("tr[data-id='{id}']"))?;
            // A row that has moved to another table has other cells.
            if let Some(fresh) = fresh.filter(|fresh| fresh.child_element_count() == row.child_element_count()) {
                renew(&row, &fresh)?;
            }
        }
        Ok(())
    })
    .unwrap_or(false)
}

fn each_pair(
    root: &Element,
    name: &str,
    html: &str,
    act: impl Fn(&Element, &Element) -> Result<(), JsValue>,
) -> Result<bool, JsValue> {
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
        act(&old, &new)?;
        replaced = true;
    }
    Ok(replaced)
}

fn renew(old: &Element, new: &Element) -> Result<(), JsValue> {
    let opened = opened(old)?;
    for (index, open) in opened.iter().enumerate() {
        let details = new.query_selector_all("details")?;
        if let Some(details) =
            details.get(index as u32).and_then(|node| node.dyn_into::<Element>().ok()).filter(|_| *open)
        {
            details.set_attribute("open", "")?;
        }
    }
    let html = new.inner_html();
    if old.inner_html() != html {
        old.set_inner_html(&html);
    }
    for name in new.get_attribute_names().iter().filter_map(|name| name.as_string()) {
        if let Some(value) = new.get_attribute(&name) {
            old.set_attribute(&name, &value)?;
        }
    }
    Ok(())
}

/// Which of the details in it are open.
fn opened(element: &Element) -> Result<Vec<bool>, JsValue> {
    let details = element.query_selector_all("details")?;
    let nodes = (0..details.length()).filter_map(|index| details.get(index)?.dyn_into::<Element>().ok());
    Ok(nodes.map(|details| details.has_attribute("open")).collect())
}

/// Fetches this very page and replaces the parts of that name in it. False when the node did not answer with them.
pub async fn refresh(name: &str) -> bool {
    refresh_with(name, false).await
}

/// As [`refresh`]; `in_place`: only rows that stand there already, so that nothing moves.
pub async fn refresh_with(name: &str, in_place: bool) -> bool {
    let address = window().location().href().unwrap_or_default();
    let Some(html) = fetch_text(&address).await else { return false };
    let replace = if in_place { replace_rows } else { replace };
    document().document_element().is_some_and(|root| replace(&root, name, &html))
}
