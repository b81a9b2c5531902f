//! The analysts' overview: what is going on, by whom, of what; each figure leads to its rows, one range for all.

mod tiles;

use crate::chart::{ChartName, ChartQuery, Figure, FigureView, load as load_chart, window_name};
use crate::components::list::{AsOf, transaction_words};
use crate::components::notice::Empty;
use crate::components::panel::Panel;
use crate::islands::{LiveChip, LiveFigure, LiveTransactions};
use crate::page::{Page, Place, serve};
use crate::ports::{NewestQuery, Person, PortError, Role, Window};
use crate::visit::{PageError, Visit};
use domain::AccountNumber;
use domain::view::AccountView;
use leptos::prelude::*;

pub use tiles::Tiles;

/// Accounts offered for the balance.
const ACCOUNTS_MAX: i64 = 200;
const NEWEST: i64 = 12;

#[component]
pub fn OverviewPage() -> impl IntoView {
    serve(load)
}

async fn load(visit: Visit) -> Result<Page, PageError> {
    let person = visit.person()?;
    if person.role == Role::Customer {
        return Err(PageError::Forbidden);
    }
    let mut query = ChartQuery::read(|name| visit.query.get(name));
    let (accounts, resume) = visit.ports.accounts.list(&person, ACCOUNTS_MAX).await?;
    let newest = NewestQuery { limit: NEWEST, ..NewestQuery::default() };
    let (rows, rows_resume) = visit.ports.transactions.newest(&person, &newest).await?;
    let totals = visit.ports.overview.totals(&person, query.window).await?;
    let volume = figure(&visit, &person, ChartName::Volume, &query).await?;
    let heatmap = figure(&visit, &person, ChartName::Heatmap, &query).await?;
    let amounts = figure(&visit, &person, ChartName::Amounts, &query).await?;
    query.account = query.account.or_else(|| first_account(&heatmap, &accounts));
    let balance = match query.account {
        Some(_) => found(figure(&visit, &person, ChartName::Balance, &query).await)?,
        None => None,
    };
    let (texts, language, now) = (visit.texts(), visit.language(), visit.now());
    let text = &texts.overview;
    let all = view! { <a href="/explore">{text.see_all}</a> }.into_any();
    let words = transaction_words(texts, texts.transaction.list_caption, texts.transaction.list_empty_all);
    let limit = usize::try_from(NEWEST).unwrap_or(usize::MAX);
    let others = currencies(&totals.volume, &query, &visit);
    let body = view! {
        {ranges(&visit, &query)}
        <LiveFigure address=format!("/charts/totals?window={}", window_name(query.window))>
            <Tiles totals language />
        </LiveFigure>
        <div class="board">
            <div class="board-column">
                {panel(&visit, ChartName::Volume, &query, volume, None)}
                {balance_panel(&visit, &query, balance, &accounts)}
            </div>
            {panel(&visit, ChartName::Heatmap, &query, heatmap, None)}
            {panel(&visit, ChartName::Amounts, &query, amounts, others)}
            <Panel title=text.newest aside=all>
                <LiveTransactions language words own=Vec::new() rows resume=rows_resume limit />
            </Panel>
        </div>
        <AsOf texts time=language.hour_minute(now) now address=visit.address.clone() />
    };
    let chip = view! { <LiveChip language as_of=now all=true resume=Some(resume) accounts=Vec::new() /> };
    Ok(Page::new(text.title, Place::Overview, body).live(chip))
}

async fn figure(visit: &Visit, person: &Person, chart: ChartName, query: &ChartQuery) -> Result<Figure, PortError> {
    load_chart(&visit.ports, person, visit.language(), visit.request.currency, chart, query).await
}

/// An account that is not there leaves its figure out, not the page.
fn found(figure: Result<Figure, PortError>) -> Result<Option<Figure>, PortError> {
    match figure {
        Ok(figure) => Ok(Some(figure)),
        Err(PortError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The busiest account, else any.
fn first_account(heatmap: &Figure, accounts: &[AccountView]) -> Option<AccountNumber> {
    let busiest = heatmap.table.rows.first().and_then(|row| row.cells.first());
    busiest.or_else(|| accounts.first().map(|account| &account.account)).and_then(|number| number.parse().ok())
}

fn ranges(visit: &Visit, query: &ChartQuery) -> AnyView {
    let text = &visit.texts().overview;
    let words =
        [(Window::Hour, text.hour), (Window::Day, text.day), (Window::Week, text.week), (Window::All, text.all)];
    let links = words.map(|(window, word)| {
        let address = page_href(&ChartQuery { window, ..query.clone() });
        let current = (window == query.window).then_some("true");
        view! {
            <li>
                <a href=address aria-current=current>
                    {word}
                </a>
            </li>
        }
    });
    view! {
        <nav class="tabs" aria-label=text.range>
            <ul>{links.into_iter().collect_view()}</ul>
        </nav>
    }
    .into_any()
}

fn page_href(query: &ChartQuery) -> String {
    query.href(ChartName::Balance).replace("/charts/balance", "/overview")
}

fn panel(visit: &Visit, chart: ChartName, query: &ChartQuery, figure: Figure, extra: Option<AnyView>) -> AnyView {
    let texts = visit.texts();
    let address = query.href(chart);
    let csv = address.replacen('?', ".csv?", 1);
    let aside = view! {
        <a href=csv download="">
            {texts.overview.download}
        </a>
    }
    .into_any();
    let title = figure.title.clone();
    let empty = figure.table.rows.is_empty();
    view! {
        <Panel title aside>
            {extra}
            <LiveFigure address>
                <FigureView figure texts />
            </LiveFigure>
            {empty.then(|| view! { <Empty text=texts.overview.nothing_moved /> })}
        </Panel>
    }
    .into_any()
}

/// Currencies are never added up: one at a time, the others by link.
fn currencies(volume: &[(domain::Currency, i64)], query: &ChartQuery, visit: &Visit) -> Option<AnyView> {
    if volume.len() < 2 {
        return None;
    }
    let links = volume.iter().map(|(currency, _)| {
        let address = page_href(&ChartQuery { currency: Some(*currency), ..query.clone() });
        let current = (query.currency == Some(*currency)).then_some("true");
        view! {
            <li>
                <a href=address aria-current=current>
                    {currency.to_string()}
                </a>
            </li>
        }
    });
    let label = visit.texts().overview.currency;
    Some(
        view! {
            <nav aria-label=label>
                <ul class="shortcuts">{links.collect_view()}</ul>
            </nav>
        }
        .into_any(),
    )
}

fn balance_panel(visit: &Visit, query: &ChartQuery, figure: Option<Figure>, accounts: &[AccountView]) -> AnyView {
    let text = &visit.texts().overview;
    let (Some(figure), Some(account)) = (figure, query.account.as_ref()) else {
        let title = visit.texts().account.balance_over_time;
        return view! {
            <Panel title>
                <Empty text=text.no_account />
            </Panel>
        }
        .into_any();
    };
    let listed = accounts.iter().map(|view| view.account.clone());
    let mut numbers: Vec<String> = listed.collect();
    if !numbers.iter().any(|number| number == account.as_str()) {
        numbers.insert(0, account.to_string());
    }
    let options = numbers.into_iter().map(|number| {
        let selected = number == account.as_str();
        view! {
            <option value=number.clone() selected=selected>
                {number.clone()}
            </option>
        }
    });
    let form = view! {
        <form class="row" method="get" action="/overview">
            <input type="hidden" name="window" value=window_name(query.window) />
            <label class="unseen" for="field-account">
                {text.account_choice}
            </label>
            <select id="field-account" name="account">
                {options.collect_view()}
            </select>
            <button class="button">{text.show}</button>
        </form>
    };
    panel(visit, ChartName::Balance, query, figure, Some(form.into_any()))
}
