//! What stands where a page cannot: not found, not allowed, not available. The frame stays, so that the way on is there.

use crate::components::Tone;
use crate::components::notice::Notice;
use crate::page::{Page, Place, serve};
use crate::ports::Role;
use crate::text::{Texts, fill};
use crate::visit::{PageError, Visit};
use leptos::prelude::*;

/// For addresses no route answers.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    serve(|_| async { Err(PageError::NotFound) })
}

/// A role's name in a sentence.
pub fn role_name(texts: &Texts, role: Role) -> &'static str {
    match role {
        Role::Customer => texts.common.role_customer,
        Role::Analyst => texts.common.role_analyst,
        Role::Operator => texts.common.role_operator,
    }
}

/// The page for an error, to be framed like any other.
pub fn error_page(visit: &Visit, error: &PageError, reference: &str) -> Page {
    let texts = visit.texts();
    let text = &texts.common;
    match error {
        PageError::NotFound => {
            let signed_in = visit.request.person.is_some();
            Page::new(
                text.not_found_title,
                Place::Elsewhere,
                view! {
                    <p class="prose">{text.not_found}</p>
                    {signed_in.then(|| search(visit))}
                    <p>
                        <a href="/">{text.back_home}</a>
                    </p>
                },
            )
        }
        PageError::Forbidden => {
            let role = visit.request.person.as_ref().map_or("", |person| role_name(texts, person.role));
            Page::new(
                text.forbidden_title,
                Place::Elsewhere,
                view! {
                    <p class="prose">{fill(text.forbidden, &[("role", role)])}</p>
                    <p>
                        <a href="/">{text.back_home}</a>
                    </p>
                },
            )
        }
        PageError::Unavailable => {
            let address = visit.address.clone();
            let reference = fill(text.error_reference, &[("reference", reference)]);
            Page::new(
                text.unavailable_title,
                Place::Elsewhere,
                view! {
                    <Notice tone=Tone::Bad text=text.unavailable>
                        <p>{text.unavailable_payment}</p>
                        <p>{reference}</p>
                    </Notice>
                    <p>
                        <a class="button" data-look="primary" href=address>
                            {text.retry}
                        </a>
                    </p>
                },
            )
        }
        PageError::SignIn => link_page(text.sign_in_first, "/sign-in", text.moved),
        PageError::Elsewhere(address) => link_page(text.moved, address, text.moved),
    }
}

/// Browsers follow the redirect and never show this.
fn link_page(title: &'static str, address: &str, word: &'static str) -> Page {
    let address = address.to_owned();
    Page::new(title, Place::Elsewhere, view! { <a href=address>{word}</a> })
}

fn search(visit: &Visit) -> impl IntoView + use<> {
    let text = &visit.texts().common;
    view! {
        <form class="row" action="/explore" method="get" role="search">
            <div class="field">
                <label for="field-search">{text.search_hint}</label>
                <input id="field-search" name="find" type="text" autocomplete="off" spellcheck="false" />
            </div>
            <button class="button">{text.search}</button>
        </form>
    }
}
