//! The check before sending: what will happen, in rows that can be changed, and one button that names the amount.

use crate::actions::payment::{TypedPayment, kind_name};
use crate::components::Tone;
use crate::components::notice::Notice;
use crate::given::Given;
use crate::page::{Page, Place, serve};
use crate::ports::{NewestQuery, Payment, Person};
use crate::text::fill;
use crate::visit::{PageError, Visit, encode};
use domain::view::AccountView;
use domain::{AccountNumber, TransactionKind, TransactionState};
use leptos::prelude::*;

/// How far back "lately" looks.
const PAYEES_LOOKED_AT: i64 = 200;

#[component]
pub fn CheckPage() -> impl IntoView {
    serve(load)
}

async fn load(visit: Visit) -> Result<Page, PageError> {
    let person = visit.person()?;
    let given = Given::of(&visit).await;
    let typed = typed(&given);
    let form = visit.query.get("form").unwrap_or_default();
    let back = format!("{}&form={}", typed.page(), encode(&form));
    let number = AccountNumber::from_typed(&typed.account).map_err(|_| PageError::Elsewhere(back.clone()))?;
    let (account, _) = visit.ports.accounts.one(&person, &number).await?;
    let payment = typed.read(account.currency).map_err(|_| PageError::Elsewhere(back.clone()))?;
    let new_payee = is_new_payee(&visit, &person, &payment).await?;
    let texts = visit.texts();
    let body = view! {
        <div class="narrow">
            {rows(&visit, &payment, &back)} {warnings(&visit, &payment, &account, new_payee)}
            {send(&visit, &typed, &payment)}
        </div>
    };
    Ok(Page::new(texts.pay.check_title, Place::Pay, body))
}

fn typed(given: &Given) -> TypedPayment {
    TypedPayment {
        transaction_id: given.text("transaction_id"),
        kind: given.text("kind"),
        account: given.text("account"),
        payee: given.text("payee"),
        amount: given.text("amount"),
        reference: given.text("reference"),
    }
}

async fn is_new_payee(visit: &Visit, person: &Person, payment: &Payment) -> Result<bool, PageError> {
    let Some(payee) = &payment.payee else { return Ok(false) };
    let query = NewestQuery {
        account: Some(payment.own.clone()),
        kind: Some(TransactionKind::Transfer),
        state: Some(TransactionState::Posted),
        limit: PAYEES_LOOKED_AT,
        ..NewestQuery::default()
    };
    let (rows, _) = visit.ports.transactions.newest(person, &query).await?;
    Ok(!rows.iter().any(|row| row.credit.account == payee.as_str()))
}

fn rows(visit: &Visit, payment: &Payment, back: &str) -> AnyView {
    let texts = visit.texts();
    let text = &texts.pay;
    let amount = visit.language().money(payment.amount_minor, payment.currency);
    let own = if payment.kind == TransactionKind::Deposit { text.to_account } else { text.from_account };
    let reference = payment.reference.clone().unwrap_or_else(|| text.reference_none.to_owned());
    let payee = payment.payee.as_ref().map(|payee| ("payee", text.payee, payee.to_string()));
    let rows = std::iter::once(("account", own, payment.own.to_string()))
        .chain(payee)
        .chain([("amount", texts.common.amount, amount), ("reference", texts.common.reference, reference)])
        .map(|(field, label, value)| {
            let change = fill(text.change_what, &[("what", label)]);
            view! {
                <div data-field=field>
                    <dt>{label}</dt>
                    <dd>{value}</dd>
                    <dd class="change">
                        <a href=format!("{back}#field-{field}") aria-label=change>
                            {text.change}
                        </a>
                    </dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <div class="panel">
            <dl class="rows">{rows}</dl>
        </div>
    }
    .into_any()
}

/// Plain words about what is unusual; they never stop anybody.
fn warnings(visit: &Visit, payment: &Payment, account: &AccountView, new_payee: bool) -> AnyView {
    let text = &visit.texts().pay;
    let takes = payment.kind != TransactionKind::Deposit;
    let beyond = takes && payment.amount_minor > account.available_minor;
    let large = takes && !beyond && payment.amount_minor > account.available_minor / 2;
    view! {
        {new_payee.then(|| view! { <Notice tone=Tone::Wait text=text.new_payee /> })}
        {beyond.then(|| view! { <Notice tone=Tone::Wait text=text.beyond /> })}
        {large.then(|| view! { <Notice tone=Tone::Wait text=text.large /> })}
    }
    .into_any()
}

fn send(visit: &Visit, typed: &TypedPayment, payment: &Payment) -> AnyView {
    let text = &visit.texts().pay;
    let amount = visit.language().money(payment.amount_minor, payment.currency);
    let own = payment.own.to_string();
    let (sentence, account) = match (&payment.kind, &payment.payee) {
        (TransactionKind::Deposit, _) => (text.send_deposit, own),
        (TransactionKind::Withdrawal, _) => (text.send_withdrawal, own),
        (TransactionKind::Transfer, payee) => (text.send, payee.as_ref().map_or(own, ToString::to_string)),
    };
    let sentence = fill(sentence, &[("amount", &amount), ("account", &account)]);
    let mut values = typed.clone();
    values.transaction_id = payment.transaction_id.to_string();
    values.kind = kind_name(payment.kind).to_owned();
    let hidden = values
        .values()
        .map(|(name, value)| view! { <input type="hidden" name=name.to_owned() value=value.to_owned() /> })
        .collect_view();
    view! {
        <form class="form" method="post" action="/do/submit_transaction">
            {hidden}
            <button class="button" data-look="primary">
                {sentence}
            </button>
        </form>
    }
    .into_any()
}
