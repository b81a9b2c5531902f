//! The document around every page: language, theme, scripts, styles, sprite, and the policy of content.
//!
//! The policy is a header, set here because the nonce is made inside the render. No inline style anywhere.

use crate::components::icon::Sprite;
use crate::ports::RequestContext;
use crate::routes::App;
use crate::visit::Choices;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use leptos::hydration::HydrationScripts;
use leptos::nonce::{Nonce, use_nonce};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::{HashedStylesheet, MetaTags};

/// The policy of content for a page whose scripts carry this nonce.
pub fn content_policy(nonce: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; \
         object-src 'none'"
    )
}

fn set_headers(nonce: Option<&Nonce>) {
    let Some(response) = use_context::<ResponseOptions>() else { return };
    let nonce: &str = nonce.map_or("", |nonce| nonce);
    if let Ok(policy) = HeaderValue::from_str(&content_policy(nonce)) {
        response.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
    response.insert_header(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
}

/// The whole document. `server` renders it for every route and for what no route answers.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let choices = use_context::<RequestContext>().map(|request| Choices::of(&request));
    let language = choices.map_or("en", |choices| choices.language.code());
    let theme = choices.and_then(|choices| choices.theme);
    let density = choices.filter(|choices| choices.compact).map(|_| "compact");
    set_headers(use_nonce().as_ref());
    view! {
        <!DOCTYPE html>
        <html lang=language data-theme=theme data-density=density>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content=theme.unwrap_or("light dark") />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <HashedStylesheet options=options.clone() />
                <HydrationScripts options islands=true />
                <MetaTags />
            </head>
            <body>
                <Sprite />
                <App />
            </body>
        </html>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_scripts_by_nonce_and_no_inline_style() {
        let policy = content_policy("abc");
        assert!(policy.contains("script-src 'self' 'nonce-abc' 'wasm-unsafe-eval'"));
        assert!(policy.contains("style-src 'self';"));
        assert!(!policy.contains("unsafe-inline"));
    }
}
