//! Around lists of transactions: the words of their tables, and the links to newer and older rows.

use super::Icon;
use crate::islands::TransactionWords;
use crate::text::Texts;
use domain::view::Stamp;
use leptos::prelude::*;

pub fn transaction_words(texts: &Texts, caption: impl Into<String>, empty: impl Into<String>) -> TransactionWords {
    let text = &texts.common;
    TransactionWords {
        caption: caption.into(),
        date: text.date.to_owned(),
        what: text.what.to_owned(),
        state: text.state.to_owned(),
        amount: text.amount.to_owned(),
        empty: empty.into(),
    }
}

/// Newer and older, where there are any.
#[component]
pub fn Pager(
    newer: Option<String>,
    older: Option<String>,
    newer_word: &'static str,
    older_word: &'static str,
) -> impl IntoView {
    (newer.is_some() || older.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label=format!("{newer_word}, {older_word}")>
                {newer
                    .map(|address| {
                        view! {
                            <a class="button" rel="prev" href=address>
                                <Icon name="previous" />
                                {newer_word}
                            </a>
                        }
                    })}
                {older
                    .map(|address| {
                        view! {
                            <a class="button" rel="next" href=address>
                                {older_word}
                                <Icon name="next" />
                            </a>
                        }
                    })}
            </nav>
        }
    })
}

/// When the page was rendered, and the link that renders it again: what there is without JavaScript.
#[component]
pub fn AsOf(
    texts: &'static Texts,
    time: String,
    now: Stamp,
    address: String,
    /// All of the page follows by itself once it is live; then this says nothing more.
    #[prop(optional)]
    follows: bool,
) -> impl IntoView {
    let follows = follows.then_some("");
    view! {
        <p class="as-of" data-follows=follows>
            <time datetime=crate::format::machine_time(now)>
                {crate::text::fill(texts.common.as_of, &[("time", &time)])}
            </time>
            <a href=address>
                <Icon name="again" />
                {texts.common.again}
            </a>
        </p>
    }
}
