//! (e): bytes of the first load. The customer's home after sign-in, with a cold cache and `Accept-Encoding: br`: the
//! page and everything it names (style, script, wasm, icons, fonts), counted as they come over the wire, bodies only.

use super::visible::until_ready;
use super::{Context, show};
use crate::bank::Detection;
use crate::people;
use crate::product::free_port;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub async fn measure(context: &Context<'_>, figures: &mut Map<String, Value>) -> anyhow::Result<()> {
    let bank = context.bank("first_load", 1, Detection::Off).await?;
    let mut worker = bank.product.start("bench-first-worker", &["worker"])?;
    let people = people::create(&bank, 1).await?;
    bank.decided(Duration::from_secs(60)).await?;
    let port = free_port()?;
    let mut web = bank.product.start("bench-first-web", &["web", &format!("--listen=127.0.0.1:{port}")])?;
    let host = format!("127.0.0.1:{port}");
    until_ready(&host).await?;
    let mut visitor = people[0].sign_in(&host).await?;

    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    let page = visitor.get("/", None).await?;
    anyhow::ensure!(page.status == 200, "the home page answers {}", page.gist());
    let mut waiting: BTreeSet<String> = named_in(&String::from_utf8_lossy(&page.body), "/");
    sizes.insert("/".to_owned(), visitor.get("/", Some("br")).await?.body.len());
    while let Some(path) = waiting.pop_first() {
        if sizes.contains_key(&path) {
            continue;
        }
        let compressed = visitor.get(&path, Some("br")).await?;
        if compressed.status != 200
            || compressed.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
        {
            continue;
        }
        sizes.insert(path.clone(), compressed.body.len());
        if path.ends_with(".css") || path.ends_with(".js") {
            let plain = visitor.get(&path, None).await?;
            waiting.extend(named_in(&String::from_utf8_lossy(&plain.body), &path));
        }
    }
    web.stop()?;
    worker.stop()?;
    let total: usize = sizes.values().sum();
    show("first_load_brotli_bytes", total as f64, "at most 204800, aim at 133120");
    anyhow::ensure!(
        sizes.keys().any(|path| path.ends_with(".wasm")),
        "no wasm was found: is target/site built (dev/site)?"
    );
    figures.insert("first_load_brotli_bytes".into(), json!(total));
    figures.insert("first_load".into(), json!(sizes));
    bank.remove().await
}

/// What a page, a style or a script loads by itself: quoted paths of files, made absolute.
fn named_in(text: &str, base: &str) -> BTreeSet<String> {
    const KINDS: [&str; 10] =
        [".css", ".js", ".wasm", ".svg", ".png", ".ico", ".woff2", ".webp", ".webmanifest", ".json"];
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    text.split(['"', '\'', '(', ')', ' ', '`'])
        .filter_map(|word| word.split(['?', '#']).next())
        .filter(|word| {
            KINDS.iter().any(|kind| word.ends_with(kind)) && !word.contains("://") && !word.starts_with('.')
                || word.starts_with("./")
        })
        .filter(|word| word.len() > 4 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b)))
        .map(|word| {
            let word = word.trim_start_matches("./");
            if word.starts_with('/') { word.to_owned() } else { format!("{folder}/{word}") }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_names_is_found() {
        let page =
            r#"<link href="/pkg/vigie.abc.css"><script>import("/pkg/vigie.abc.js")</script><a href="/pay?type=x">"#;
        let found: Vec<String> = named_in(page, "/").into_iter().collect();
        assert_eq!(found, ["/pkg/vigie.abc.css", "/pkg/vigie.abc.js"]);
        let style = "src: url(font.woff2)";
        assert!(named_in(style, "/pkg/vigie.css").contains("/pkg/font.woff2"));
    }
}
