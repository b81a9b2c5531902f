//! One figure of an account that follows its changes: it fades over to the new amount, and is said once where asked.

use crate::components::Amount;
use crate::language::Language;
use domain::view::AccountView;
use domain::{AmountMinor, Currency};
use leptos::prelude::*;

/// Which figure of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Booked,
    Held,
    Available,
}

impl Standing {
    pub fn of(self, account: &AccountView) -> AmountMinor {
        match self {
            Standing::Booked => account.booked_minor,
            Standing::Held => account.held_minor,
            Standing::Available => account.available_minor,
        }
    }
}

/// The page's `LiveChip` brings the account itself; this shows one figure of it.
#[island]
pub fn LiveAmount(
    language: Language,
    account: String,
    currency: Currency,
    standing: Standing,
    /// As the server read it.
    amount_minor: AmountMinor,
    /// Said before the new amount when it changes ("Available on C100"); none: not said.
    #[prop(optional)]
    spoken: Option<String>,
) -> impl IntoView {
    let root = NodeRef::<leptos::html::Span>::new();
    let amount = RwSignal::new(amount_minor);
    let changes = RwSignal::new(0_u32);
    #[cfg(not(feature = "hydrate"))]
    drop((account, spoken, standing));
    #[cfg(feature = "hydrate")]
    super::when_attached(root, move |_| {
        use crate::live;
        live::join(live::Seed::default());
        Effect::new(move |_| {
            let Some(now) = live::read(|state| state.account(&account).map(|view| standing.of(view))) else { return };
            if now != amount.get_untracked() {
                amount.set(now);
                changes.update(|changes| *changes += 1);
                if let Some(spoken) = &spoken {
                    live::say(format!("{spoken} {}", language.money(now, currency)));
                }
            }
        });
    });
    // Two names in turn, so that the fade starts again at each change.
    let changed = move || match changes.get() {
        0 => None,
        odd if odd % 2 == 1 => Some("odd"),
        _ => Some("even"),
    };
    view! {
        <span class="live-amount" node_ref=root data-changed=changed>
            {move || view! { <Amount amount_minor=amount.get() currency language /> }}
        </span>
    }
}
