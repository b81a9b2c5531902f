//! Opening an account: a currency, and the command's id, so that a double click opens one.

use crate::components::field::{ErrorSummary, Field, described_by, problem_of};
use crate::given::Given;
use crate::page::{Page, Place, serve};
use crate::ports::Role;
use crate::visit::{PageError, Visit};
use domain::Currency;
use leptos::prelude::*;
use uuid::Uuid;

/// Offered beside the bank's own currency.
pub const CURRENCIES: [&str; 5] = ["EUR", "GBP", "USD", "CHF", "CZK"];

#[component]
pub fn OpenAccountPage() -> impl IntoView {
    serve(load)
}

async fn load(visit: Visit) -> Result<Page, PageError> {
    let person = visit.person()?;
    if person.role != Role::Customer {
        return Err(PageError::Forbidden);
    }
    let given = Given::of(&visit).await;
    let texts = visit.texts();
    let text = &texts.home;
    let sentence = |code: &str| text.sentence(code).or_else(|| texts.common.sentence(code));
    let problems = given.problems(sentence, texts.common.something_failed);
    let problem = problem_of(&problems, "currency");
    let described = described_by("currency", false, problem.is_some());
    let chosen = given.text("currency").parse().unwrap_or(visit.request.currency);
    let id = given.value("command_id").map_or_else(|| Uuid::now_v7().to_string(), str::to_owned);
    let options = options(visit.request.currency, chosen).into_any();
    let body = view! {
        <div class="narrow">
            <p class="lead">{text.open_lead}</p>
            <ErrorSummary title=texts.common.summary problems />
            <form class="form" method="post" action="/do/open_account" novalidate>
                <input type="hidden" name="command_id" value=id />
                <Field name="currency" label=text.currency problem>
                    <select id="field-currency" name="currency" aria-describedby=described>
                        {options}
                    </select>
                </Field>
                <button class="button" data-look="primary">
                    {text.open_submit}
                </button>
            </form>
        </div>
    };
    Ok(Page::new(text.open, Place::Home, body).problems(given.has_problems()))
}

fn options(first: Currency, chosen: Currency) -> impl IntoView {
    let others = CURRENCIES.iter().filter_map(|code| code.parse().ok()).filter(|currency| *currency != first);
    std::iter::once(first)
        .chain(others)
        .map(|currency| {
            let code = currency.as_str().to_owned();
            view! {
                <option value=code.clone() selected=currency == chosen>
                    {code.clone()}
                </option>
            }
        })
        .collect_view()
}
