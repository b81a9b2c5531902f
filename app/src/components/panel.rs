//! Panel: a card with a heading, and at its right what belongs to the heading (a link, an age).

use leptos::prelude::*;

#[component]
pub fn Panel(
    #[prop(into)] title: String,
    /// Beside the heading.
    #[prop(optional, into)]
    aside: Option<AnyView>,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="panel">
            <header class="panel-head">
                <h2>{title}</h2>
                {aside}
            </header>
            {children()}
        </section>
    }
}
