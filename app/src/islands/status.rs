//! Follows one transaction: when its state changes, the server renders the parts of the page that tell it again.

use domain::TransactionState;
use leptos::prelude::*;
use uuid::Uuid;

/// Wraps what tells the state. Parts of the page marked `data-part="status"` (also outside) are renewed together. While
/// there is no outcome it also asks every two seconds, should the socket be down.
#[island]
pub fn LiveStatus(
    id: Uuid,
    /// As the server rendered it; none: received, not decided.
    state: Option<TransactionState>,
    children: Children,
) -> impl IntoView {
    let root = NodeRef::<leptos::html::Div>::new();
    #[cfg(not(feature = "hydrate"))]
    {
        _ = (id, state);
    }
    #[cfg(feature = "hydrate")]
    super::when_attached(root, move |element| follow(id, state, element));
    view! {
        <div class="live-status" node_ref=root>
            {children()}
        </div>
    }
}

#[cfg(feature = "hydrate")]
fn follow(id: Uuid, state: Option<TransactionState>, element: web_sys::Element) {
    use crate::live;
    use std::time::Duration;
    const ASK_EVERY: Duration = Duration::from_secs(2);

    let shown = StoredValue::new_local(state);
    let open = |state: Option<TransactionState>| matches!(state, None | Some(TransactionState::Held));
    let renew = move |seen: Option<TransactionState>| {
        let element = element.clone();
        leptos::task::spawn_local(async move {
            if live::part::refresh("status").await {
                if let Some(seen) = seen {
                    shown.set_value(Some(seen));
                }
                if let Ok(Some(sentence)) = element.query_selector("[data-spoken]")
                    && let Some(text) = sentence.text_content()
                {
                    live::say(text);
                }
            }
        });
    };
    live::join(live::Seed::default());
    let again = renew.clone();
    Effect::new(move |_| {
        let seen = live::read(|known| known.transaction(id).map(|row| row.state));
        if seen.is_some() && seen != shown.get_value() && open(shown.get_value()) {
            renew(seen);
        }
    });
    if state.is_none() {
        let turn = move || {
            if shown.get_value().is_none() {
                again(None);
            }
        };
        set_interval(turn, ASK_EVERY);
    }
}
