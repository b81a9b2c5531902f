//! The payment form: deposit, withdrawal or transfer. Continue leads to the check; nothing is sent from here.

use crate::actions::payment::{REFERENCE_MAX, kind_name, kind_named};
use crate::components::Tone;
use crate::components::field::{ErrorSummary, Field, Problem, described_by, problem_of};
use crate::components::notice::{Empty, Notice};
use crate::given::Given;
use crate::page::{Page, Place, serve};
use crate::ports::Role;
use crate::text::fill;
use crate::text::pay::Pay;
use crate::visit::{PageError, Visit};
use domain::view::AccountView;
use domain::{AccountStatus, Currency, TransactionKind};
use leptos::prelude::*;
use uuid::Uuid;

const ACCOUNTS_MAX: i64 = 200;

#[component]
pub fn PayPage() -> impl IntoView {
    serve(load)
}

async fn load(visit: Visit) -> Result<Page, PageError> {
    let person = visit.person()?;
    if person.role != Role::Customer {
        return Err(PageError::Forbidden);
    }
    let given = Given::of(&visit).await;
    let kind = kind_named(&visit.query.get("type").unwrap_or_default());
    let (accounts, _) = visit.ports.accounts.list(&person, ACCOUNTS_MAX).await?;
    let accounts: Vec<_> = accounts.into_iter().filter(|account| account.status == AccountStatus::Open).collect();
    let texts = visit.texts();
    let problems = given.problems(|code| texts.pay.sentence(code), texts.common.broker_down);
    let has_problems = !problems.is_empty() || given.lost;
    let body = if accounts.is_empty() { no_account(&visit) } else { form(&visit, kind, &given, accounts, problems) };
    let body = view! {
        <div class="narrow">
            {tabs(&visit, kind)}
            {given.lost.then(|| view! { <Notice tone=Tone::Wait text=texts.pay.form_not_complete /> })} {body}
        </div>
    };
    Ok(Page::new(title(&texts.pay, kind), Place::Pay, body).problems(has_problems))
}

fn title(text: &Pay, kind: TransactionKind) -> &'static str {
    match kind {
        TransactionKind::Deposit => text.title_deposit,
        TransactionKind::Withdrawal => text.title_withdrawal,
        TransactionKind::Transfer => text.title_transfer,
    }
}

fn no_account(visit: &Visit) -> AnyView {
    let texts = visit.texts();
    view! {
        <Empty text=texts.pay.no_account>
            <a class="button" data-look="primary" href="/accounts/new">
                {texts.home.open}
            </a>
        </Empty>
    }
    .into_any()
}

fn tabs(visit: &Visit, kind: TransactionKind) -> impl IntoView + use<> {
    let text = &visit.texts().pay;
    let account = visit.query.get("account").map(|account| format!("&account={}", crate::visit::encode(&account)));
    let account = account.unwrap_or_default();
    let tabs = [
        (TransactionKind::Transfer, text.tab_transfer),
        (TransactionKind::Deposit, text.tab_deposit),
        (TransactionKind::Withdrawal, text.tab_withdrawal),
    ];
    let links = tabs
        .map(|(own, word)| {
            let address = format!("/pay?type={}{account}", kind_name(own));
            view! {
                <li>
                    <a href=address aria-current=(own == kind).then_some("page")>
                        {word}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav class="tabs" aria-label=text.tabs>
            <ul>{links}</ul>
        </nav>
    }
}

fn form(
    visit: &Visit,
    kind: TransactionKind,
    given: &Given,
    accounts: Vec<AccountView>,
    problems: Vec<Problem>,
) -> AnyView {
    let texts = visit.texts();
    let wanted = given.value("account").map(str::to_owned).or_else(|| visit.query.get("account")).unwrap_or_default();
    let currency = accounts
        .iter()
        .find(|account| account.account == wanted)
        .or(accounts.first())
        .map_or(visit.request.currency, |account| account.currency);
    let id = given.value("transaction_id").map_or_else(|| Uuid::now_v7().to_string(), str::to_owned);
    let payee = (kind == TransactionKind::Transfer).then(|| payee_field(visit, given, &problems));
    view! {
        <ErrorSummary title=texts.common.summary problems=problems.clone() />
        <form class="form" id="field-form" method="post" action="/do/check_transaction" novalidate>
            <input type="hidden" name="transaction_id" value=id />
            <input type="hidden" name="kind" value=kind_name(kind) />
            {account_field(visit, kind, accounts, &wanted, &problems)} {payee}
            {amount_field(visit, given, currency, &problems)} {reference_field(visit, given, &problems)}
            <button class="button" data-look="primary">
                {texts.pay.submit}
            </button>
        </form>
    }
    .into_any()
}

fn account_field(
    visit: &Visit,
    kind: TransactionKind,
    accounts: Vec<AccountView>,
    wanted: &str,
    problems: &[Problem],
) -> AnyView {
    let text = &visit.texts().pay;
    let language = visit.language();
    let label = if kind == TransactionKind::Deposit { text.to_account } else { text.from_account };
    let problem = problem_of(problems, "account");
    let described = described_by("account", false, problem.is_some());
    let options = accounts
        .into_iter()
        .map(|account| {
            let available = language.money(account.available_minor, account.currency);
            let word = fill(text.account_option, &[("account", &account.account), ("available", &available)]);
            let selected = account.account == wanted;
            view! {
                <option value=account.account selected=selected>
                    {word}
                </option>
            }
        })
        .collect_view();
    view! {
        <Field name="account" label problem>
            <select id="field-account" name="account" aria-describedby=described>
                {options}
            </select>
        </Field>
    }
    .into_any()
}

fn payee_field(visit: &Visit, given: &Given, problems: &[Problem]) -> AnyView {
    let text = &visit.texts().pay;
    let problem = problem_of(problems, "payee");
    let (described, invalid) = (described_by("payee", true, problem.is_some()), problem.is_some().then_some("true"));
    let value = given.value("payee").map(str::to_owned).or_else(|| visit.query.get("payee")).unwrap_or_default();
    view! {
        <Field name="payee" label=text.payee hint=text.payee_hint problem>
            <input
                id="field-payee"
                name="payee"
                type="text"
                autocomplete="off"
                autocapitalize="characters"
                spellcheck="false"
                value=value
                aria-describedby=described
                aria-invalid=invalid
            />
        </Field>
    }
    .into_any()
}

fn amount_field(visit: &Visit, given: &Given, currency: Currency, problems: &[Problem]) -> AnyView {
    let text = &visit.texts().pay;
    let problem = problem_of(problems, "amount");
    let (described, invalid) = (described_by("amount", true, problem.is_some()), problem.is_some().then_some("true"));
    let (value, symbol) = (given.text("amount"), visit.language().currency_symbol(currency));
    let name = if currency == Currency::EUR { text.euros } else { currency.as_str() };
    let label = fill(text.amount_in, &[("currency", name)]);
    view! {
        <Field name="amount" label hint=text.amount_hint problem>
            <div class="with-unit">
                <input
                    id="field-amount"
                    name="amount"
                    type="text"
                    inputmode="decimal"
                    autocomplete="off"
                    value=value
                    aria-describedby=described
                    aria-invalid=invalid
                />
                <span class="unit" aria-hidden="true">
                    {symbol}
                </span>
            </div>
        </Field>
    }
    .into_any()
}

fn reference_field(visit: &Visit, given: &Given, problems: &[Problem]) -> AnyView {
    let text = &visit.texts().pay;
    let problem = problem_of(problems, "reference");
    let (described, invalid) =
        (described_by("reference", true, problem.is_some()), problem.is_some().then_some("true"));
    let value = given.text("reference");
    debug_assert!(text.reference_hint.contains(&REFERENCE_MAX.to_string()));
    view! {
        <Field name="reference" label=text.reference hint=text.reference_hint problem>
            <input
                id="field-reference"
                name="reference"
                type="text"
                autocomplete="off"
                value=value
                aria-describedby=described
                aria-invalid=invalid
            />
        </Field>
    }
    .into_any()
}
