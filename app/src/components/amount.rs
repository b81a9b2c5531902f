//! Amount: exact money, tabular figures, the currency always shown.

use crate::language::Language;
use domain::{AmountMinor, Currency};
use leptos::prelude::*;

/// `data-sign` says which way it goes, so that the style need not read the text. Unsigned amounts go nowhere.
#[component]
pub fn Amount(
    amount_minor: AmountMinor,
    currency: Currency,
    language: Language,
    /// Show a plus before what comes in.
    #[prop(optional)]
    signed: bool,
) -> impl IntoView {
    let text =
        if signed { language.money_signed(amount_minor, currency) } else { language.money(amount_minor, currency) };
    let sign = if amount_minor < 0 {
        "out"
    } else if signed && amount_minor > 0 {
        "in"
    } else {
        "none"
    };
    view! { <span class="amount" data-sign=sign>{text}</span> }
}
