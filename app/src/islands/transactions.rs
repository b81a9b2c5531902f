//! A table of the newest transactions that follows: known rows change in place, new ones come in at the top or wait
//! behind "12 new" while somebody reads.

use crate::components::{Amount, StateBadge};
use crate::format::machine_time;
use crate::language::Language;
use crate::phrase::Phrase;
use domain::view::{ResumeToken, SideView, TransactionView};
use domain::{TransactionKind, TransactionState};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the table says, in the reader's language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionWords {
    pub caption: String,
    pub date: String,
    pub what: String,
    pub state: String,
    pub amount: String,
    /// Instead of rows, while there are none.
    pub empty: String,
}

/// Live for the whole bank, or for one's `own` accounts (then amounts carry their sign).
#[island]
pub fn LiveTransactions(
    language: Language,
    words: TransactionWords,
    own: Vec<String>,
    rows: Vec<TransactionView>,
    /// Where the rows were read.
    resume: ResumeToken,
    /// Rows shown at most.
    limit: usize,
) -> impl IntoView {
    let root = NodeRef::<leptos::html::Div>::new();
    let shown = RwSignal::new(rows);
    let fresh = RwSignal::new(Vec::<uuid::Uuid>::new());
    let waiting = RwSignal::new(0_u64);
    let note = RwSignal::new(None::<String>);
    let asked = RwSignal::new(0_u32);
    #[cfg(not(feature = "hydrate"))]
    {
        _ = (resume, limit);
    }
    #[cfg(feature = "hydrate")]
    super::when_attached(root, move |element| {
        let table = Table { element, shown, fresh, waiting, note, asked };
        follow(table, language, &resume, limit);
    });
    let pill = move || {
        let count = waiting.get();
        (count > 0).then(|| {
            view! {
                <button type="button" class="new-pill" on:click=move |_| asked.update(|asked| *asked += 1)>
                    {Phrase::new_rows(language, count)}
                </button>
            }
        })
    };
    view! {
        <div class="live-transactions" node_ref=root tabindex="-1" data-waiting=move || waiting.get()>
            <div class="new-rows">{pill}</div>
            {move || note.get().map(|note| view! { <p class="live-note">{note}</p> })}
            <TransactionTable language words own rows=Signal::from(shown) fresh=Signal::from(fresh) />
        </div>
    }
}

/// The table alone, as lists that are not live use it too.
#[component]
pub fn TransactionTable(
    language: Language,
    words: TransactionWords,
    own: Vec<String>,
    #[prop(into)] rows: Signal<Vec<TransactionView>>,
    /// Rows that have just come in.
    #[prop(into)]
    fresh: Signal<Vec<uuid::Uuid>>,
) -> impl IntoView {
    let own = StoredValue::new(own);
    let empty = words.empty;
    view! {
        <table class="data transactions" data-cards="">
            <caption>{words.caption}</caption>
            <thead>
                <tr>
                    <th scope="col">{words.date}</th>
                    <th scope="col">{words.what}</th>
                    <th scope="col">{words.state}</th>
                    <th scope="col" data-type="number">
                        {words.amount}
                    </th>
                </tr>
            </thead>
            <tbody>
                <For each=move || rows.get() key=|row| (row.id, row.state) let:row>
                    <TransactionRow language row own fresh />
                </For>
            </tbody>
        </table>
        {move || rows.with(Vec::is_empty).then(|| view! { <p class="empty">{empty.clone()}</p> })}
    }
}

/// One row: when, what between whom, its state, the amount.
#[component]
pub fn TransactionRow(
    language: Language,
    row: TransactionView,
    own: StoredValue<Vec<String>>,
    #[prop(into)] fresh: Signal<Vec<uuid::Uuid>>,
) -> impl IntoView {
    let id = row.id;
    let (what, sign) = own.with_value(|own| seen_by(own, &row));
    let signed = sign != 0;
    let amount_minor = if sign < 0 { -row.amount_minor } else { row.amount_minor };
    let parties = own.with_value(|own| parties(own, &row));
    let state = row.state;
    let is_fresh = move || fresh.with(|fresh| fresh.contains(&id)).then_some("");
    view! {
        <tr data-id=id.to_string() data-state=state_name(state) data-fresh=is_fresh>
            <td class="when">
                <time datetime=machine_time(row.occurred_at)>{language.date_time(row.occurred_at)}</time>
            </td>
            <th scope="row" class="what">
                <a href=format!("/transactions/{id}")>{what.text(language)}</a>
                " "
                <span class="parties">{parties}</span>
            </th>
            <td class="state">
                <StateBadge state=Some(state) language />
            </td>
            <td class="money" data-type="number">
                <Amount amount_minor currency=row.currency language signed />
            </td>
        </tr>
    }
}

/// What it is to the reader, and whether it takes (−1) or brings (1); 0 for who looks at the whole bank.
fn seen_by(own: &[String], row: &TransactionView) -> (Phrase, i8) {
    let is_own = |side: &SideView| own.contains(&side.account);
    match (row.kind, is_own(&row.debit), is_own(&row.credit)) {
        (TransactionKind::Deposit, _, true) => (Phrase::Deposit, 1),
        (TransactionKind::Withdrawal, true, _) => (Phrase::Withdrawal, -1),
        (TransactionKind::Transfer, true, false) => (Phrase::TransferOut, -1),
        (TransactionKind::Transfer, false, true) => (Phrase::TransferIn, 1),
        (kind, _, _) => (kind.into(), 0),
    }
}

/// The accounts involved: the other one for its owner, both for who looks at the whole bank. Cash has no number.
fn parties(own: &[String], row: &TransactionView) -> String {
    let (debit, credit) = (&row.debit.account, &row.credit.account);
    match row.kind {
        TransactionKind::Deposit => credit.clone(),
        TransactionKind::Withdrawal => debit.clone(),
        TransactionKind::Transfer if own.contains(debit) != own.contains(credit) => {
            if own.contains(debit) {
                credit.clone()
            } else {
                debit.clone()
            }
        }
        TransactionKind::Transfer => format!("{debit} → {credit}"),
    }
}

/// As the tables' `data-state` has it.
pub fn state_name(state: TransactionState) -> &'static str {
    match state {
        TransactionState::Posted => "posted",
        TransactionState::Held => "held",
        TransactionState::Refused => "refused",
        TransactionState::Expired => "expired",
    }
}

#[cfg(feature = "hydrate")]
struct Table {
    element: web_sys::Element,
    shown: RwSignal<Vec<TransactionView>>,
    fresh: RwSignal<Vec<uuid::Uuid>>,
    waiting: RwSignal<u64>,
    note: RwSignal<Option<String>>,
    asked: RwSignal<u32>,
}

/// Keeps the table up with the store.
#[cfg(feature = "hydrate")]
fn follow(table: Table, language: Language, resume: &ResumeToken, limit: usize) {
    use crate::live;

    let Table { element, shown, fresh, waiting, note, asked } = table;
    let first = shown.get_untracked();
    live::join(live::Seed { resume: Some(resume), transactions: &first, ..live::Seed::default() });
    let known = StoredValue::new_local(live::read_now(|state| state.received()));
    let taken = StoredValue::new_local(0_u32);
    Effect::new(move |_| {
        let asked = asked.get();
        let (rows, received, missed, gaps) = live::read(|state| {
            let rows: Vec<_> = state.transactions().iter().take(limit).cloned().collect();
            let holes: i64 = state.gaps().iter().map(|gap| gap.last - gap.first + 1).sum();
            (rows, state.received(), state.missed(), holes)
        });
        let text = match (missed, gaps) {
            (0, 0) => None,
            (0, gaps) => Some(Phrase::Gap.with(language, &language.number(gaps))),
            (missed, _) => {
                Some(Phrase::Missed.with(language, &language.number(i64::try_from(missed).unwrap_or(i64::MAX))))
            }
        };
        if note.get_untracked() != text {
            note.set(text);
        }
        let wanted = taken.get_value() != asked;
        taken.set_value(asked);
        if !wanted && is_read(&element) && rows.iter().any(|row| !is_shown(shown, row)) {
            shown.update(|shown| change_in_place(shown, &rows));
            waiting.set(received.saturating_sub(known.get_value()));
            return;
        }
        let new: Vec<_> = rows.iter().filter(|row| !is_shown(shown, row)).map(|row| row.id).collect();
        known.set_value(received);
        waiting.set(0);
        if shown.with_untracked(|shown| *shown != rows) {
            fresh.set(new);
            shown.set(rows);
        }
        if wanted && let Some(element) = wasm_bindgen::JsCast::dyn_ref::<web_sys::HtmlElement>(&element) {
            let _not_focusable = element.focus(); // the button that had the focus is gone
        }
    });
}

#[cfg(feature = "hydrate")]
fn is_shown(shown: RwSignal<Vec<TransactionView>>, row: &TransactionView) -> bool {
    shown.with_untracked(|shown| shown.iter().any(|known| known.id == row.id))
}

#[cfg(feature = "hydrate")]
fn change_in_place(shown: &mut [TransactionView], rows: &[TransactionView]) {
    for known in shown {
        if let Some(row) = rows.iter().find(|row| row.id == known.id && *row != known) {
            *known = row.clone();
        }
    }
}

/// Somebody reads in the table: the pointer or the focus is in it, its head is scrolled away, or text is selected.
#[cfg(feature = "hydrate")]
fn is_read(element: &web_sys::Element) -> bool {
    let in_it = element.matches(":has(table:hover), :has(table :focus)").unwrap_or(false);
    let scrolled = element.get_bounding_client_rect().top() < -40.0;
    let selecting = window().get_selection().ok().flatten().is_some_and(|selection| {
        !selection.is_collapsed()
            && selection.contains_node_with_allow_partial_containment(element, true).unwrap_or(false)
    });
    in_it || scrolled || selecting
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Currency;
    use domain::view::Stamp;

    fn transfer(kind: TransactionKind) -> TransactionView {
        let side = |account: &str| SideView { account: account.to_owned(), after: None };
        let at = Stamp { ms: 0, offset_min: 60 };
        TransactionView {
            id: uuid::Uuid::nil(),
            kind,
            state: TransactionState::Posted,
            amount_minor: 1,
            currency: Currency::EUR,
            debit: side("C100"),
            credit: side("C200"),
            occurred_at: at,
            recorded_at: at,
            history: false,
            reason: None,
            reference: None,
        }
    }

    #[test]
    fn a_transfer_is_named_and_signed_by_the_readers_side() {
        let row = transfer(TransactionKind::Transfer);
        let (payer, payee, both) = (["C100".to_owned()], ["C200".to_owned()], ["C100".to_owned(), "C200".to_owned()]);
        assert_eq!((seen_by(&payer, &row), parties(&payer, &row)), ((Phrase::TransferOut, -1), "C200".to_owned()));
        assert_eq!((seen_by(&payee, &row), parties(&payee, &row)), ((Phrase::TransferIn, 1), "C100".to_owned()));
        assert_eq!((seen_by(&both, &row), parties(&both, &row)), ((Phrase::Transfer, 0), "C100 → C200".to_owned()));
        assert_eq!((seen_by(&[], &row), parties(&[], &row)), ((Phrase::Transfer, 0), "C100 → C200".to_owned()));
    }

    #[test]
    fn cash_has_no_number() {
        assert_eq!(parties(&[], &transfer(TransactionKind::Deposit)), "C200");
        assert_eq!(parties(&[], &transfer(TransactionKind::Withdrawal)), "C100");
    }
}
