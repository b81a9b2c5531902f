//! A count in the navigation that follows: asked again when something in the bank has changed, at most every two
//! seconds.

use leptos::prelude::*;

/// Nothing is shown of zero; beyond `most` the number is "more than".
#[island]
pub fn LiveCount(
    /// Answers with the number.
    address: String,
    count: i64,
    most: i64,
    /// For those who hear it: `{count} open`.
    words: String,
) -> impl IntoView {
    let root = NodeRef::<leptos::html::B>::new();
    let count = RwSignal::new(count);
    #[cfg(not(feature = "hydrate"))]
    drop(address);
    #[cfg(feature = "hydrate")]
    super::when_attached(root, move |_| follow(address, count));
    let shown = move || if count.get() > most { format!("{most}+") } else { count.get().to_string() };
    let spoken = move || words.replace("{count}", &shown());
    view! {
        <b class="count" node_ref=root hidden=move || count.get() == 0 aria-hidden="true">
            {shown}
        </b>
        <em class="unseen">{move || if count.get() == 0 { String::new() } else { spoken() }}</em>
    }
}

#[cfg(feature = "hydrate")]
fn follow(address: String, count: RwSignal<i64>) {
    use crate::live;
    use std::cell::Cell;
    use std::rc::Rc;
    use std::time::Duration;

    live::join(live::Seed::default());
    let (stale, asking) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(false)));
    let noted = stale.clone();
    Effect::new(move |first: Option<()>| {
        live::read(|_| ());
        if first.is_some() {
            noted.set(true);
        }
    });
    let turn = move || {
        if !stale.get() || asking.get() || document().hidden() {
            return;
        }
        stale.set(false);
        asking.set(true);
        let (address, asking) = (address.clone(), asking.clone());
        leptos::task::spawn_local(async move {
            if let Some(now) = live::part::fetch_text(&address).await.and_then(|text| text.trim().parse().ok())
                && now != count.get_untracked()
            {
                count.set(now);
            }
            asking.set(false);
        });
    };
    set_interval(turn, Duration::from_secs(2));
}
