//! The alerts of bank staff: a list that follows, filters as a GET form, and the page of one (`one`).

pub mod answer;
mod one;
mod why;

use crate::components::field::select;
use crate::components::list::{AsOf, Pager};
use crate::components::notice::Empty;
use crate::components::{Amount, Badge, StateBadge, Tone};
use crate::format::machine_time;
use crate::islands::{LiveChip, LiveReview};
use crate::page::{Page, Place, serve};
use crate::phrase::Phrase;
use crate::ports::Role;
use crate::ports::alerts::{AlertKey, AlertQuery, AlertRow};
use crate::visit::{PageError, Visit};
use chrono::{DateTime, Utc};
use domain::fact::RiskVerdict;
use leptos::prelude::*;

pub use one::AlertPage;

const ROWS: i64 = 50;
const VERDICTS: [(&str, RiskVerdict); 3] =
    [("review", RiskVerdict::Review), ("hold", RiskVerdict::Hold), ("refuse", RiskVerdict::Refuse)];

#[component]
pub fn AlertsPage() -> impl IntoView {
    serve(load)
}

/// The filters as the address has them.
struct Filters {
    open: Option<bool>,
    verdict: Option<(&'static str, RiskVerdict)>,
    after: Option<AlertKey>,
}

impl Filters {
    fn of(visit: &Visit) -> Self {
        let get = |name: &str| visit.query.get(name).unwrap_or_default();
        let verdict = get("verdict");
        Filters {
            open: match get("state").as_str() {
                "open" => Some(true),
                "closed" => Some(false),
                _ => None,
            },
            verdict: VERDICTS.into_iter().find(|(name, _)| *name == verdict),
            after: get("after").parse().ok(),
        }
    }

    fn query(&self) -> AlertQuery {
        let verdict = self.verdict.map(|(_, verdict)| verdict);
        AlertQuery { open: self.open, verdict, after: self.after, limit: ROWS }
    }

    fn address(&self, after: Option<AlertKey>) -> String {
        let state = self.open.map(|open| if open { "state=open" } else { "state=closed" }.to_owned());
        let verdict = self.verdict.map(|(name, _)| format!("verdict={name}"));
        let after = after.map(|key| format!("after={key}"));
        let parts: Vec<String> = [state, verdict, after].into_iter().flatten().collect();
        if parts.is_empty() { "/alerts".to_owned() } else { format!("/alerts?{}", parts.join("&")) }
    }
}

async fn load(visit: Visit) -> Result<Page, PageError> {
    let person = visit.person()?;
    if person.role == Role::Customer {
        return Err(PageError::Forbidden);
    }
    let filters = Filters::of(&visit);
    let found = visit.ports.alerts.list(&person, &filters.query()).await?;
    let (texts, language, now) = (visit.texts(), visit.language(), visit.now());
    let text = &texts.alerts;
    let older = found.older.map(|key| filters.address(Some(key)));
    let newer = filters.after.map(|_| filters.address(None));
    let list = if found.rows.is_empty() { empty(&visit, &filters) } else { table(&visit, found.rows) };
    let address = visit.address.clone();
    let body = view! {
        {filter_form(&visit, &filters)}
        <LiveReview language part="alerts".to_owned() only=None spoken=text.title.to_owned()>
            <div class="panel" data-part="alerts">
                {list} <Pager newer older newer_word=text.newest older_word=text.older />
            </div>
        </LiveReview>
        <AsOf texts time=language.hour_minute(now) now address follows=true />
    };
    let chip = view! { <LiveChip language as_of=now all=true resume=Some(found.resume) accounts=Vec::new() /> };
    Ok(Page::new(text.title, Place::Alerts, body).live(chip))
}

fn empty(visit: &Visit, filters: &Filters) -> AnyView {
    let text = &visit.texts().alerts;
    let sentence = match (filters.open, filters.verdict, filters.after) {
        (None, None, None) => return view! { <Empty text=text.empty /> }.into_any(),
        (Some(true), None, None) => text.empty_open,
        _ => text.empty_filtered,
    };
    view! {
        <Empty text=sentence>
            <a href="/alerts">{text.show_all}</a>
        </Empty>
    }
    .into_any()
}

fn table(visit: &Visit, rows: Vec<AlertRow>) -> AnyView {
    let text = &visit.texts().alerts;
    let amount = visit.texts().common.amount;
    let rows = rows.into_iter().map(|row| alert_row(visit, row)).collect_view();
    let head = |word: &'static str| view! { <th scope="col">{word}</th> };
    view! {
        <div class="table-scroll" role="region" tabindex="0" aria-label=text.title>
            <table class="data alerts" data-cards="">
                <caption>{text.caption}</caption>
                <thead>
                    <tr>
                        {head(text.raised)} {head(text.account)} {head(text.counterparty)} {head(text.kind)}
                        <th scope="col" data-type="number">
                            {amount}
                        </th>
                        <th scope="col" data-type="number">
                            {text.score}
                        </th>
                        {head(text.verdict)} {head(text.state)} {head(text.deadline)}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn alert_row(visit: &Visit, row: AlertRow) -> AnyView {
    let (texts, language) = (visit.texts(), visit.language());
    let counterparty = format!("/accounts/{}", row.counterparty);
    let said = row.label.map(|label| view! { <span class="reference">{answer::label_word(texts, label)}</span> });
    let word = visit.ports.alerts.verdict(row.verdict, language);
    view! {
        <tr data-id=row.id.to_string() data-state=state_name(row.state) data-open=row.open.to_string()>
            <td class="when">{time(visit, row.raised_at)}</td>
            <th scope="row" class="what">
                <a href=format!("/alerts/{}", row.id)>{row.account}</a>
            </th>
            <td class="parties">
                <a href=counterparty>{row.counterparty}</a>
            </td>
            <td class="kind">{Phrase::from(row.kind).text(language)}</td>
            <td class="money" data-type="number">
                <Amount amount_minor=row.amount_minor currency=row.currency language />
            </td>
            <td class="score" data-type="number" data-label=texts.alerts.score>
                {language.points(row.score_e9)}
            </td>
            <td class="verdict">{verdict_badge(row.verdict, word)}</td>
            <td class="state">
                <StateBadge state=Some(row.state) language />
                {said}
            </td>
            <td class="deadline" data-label=texts.alerts.deadline>{row.held_until.map(|until| time(visit, until))}</td>
        </tr>
    }
    .into_any()
}

fn state_name(state: domain::TransactionState) -> &'static str {
    crate::islands::state_name(state)
}

fn verdict_badge(verdict: RiskVerdict, word: &'static str) -> AnyView {
    let (tone, icon) = match verdict {
        RiskVerdict::Allow => (Tone::Ok, "posted"),
        RiskVerdict::Review => (Tone::Info, "explore"),
        RiskVerdict::Hold => (Tone::Wait, "pause"),
        RiskVerdict::Refuse => (Tone::Bad, "refused"),
    };
    view! { <Badge tone icon word /> }.into_any()
}

fn time(visit: &Visit, at: DateTime<Utc>) -> AnyView {
    let stamp = visit.stamp(at);
    let shown = visit.language().date_time(stamp);
    view! { <time datetime=machine_time(stamp)>{shown}</time> }.into_any()
}

fn filter_form(visit: &Visit, filters: &Filters) -> AnyView {
    let text = &visit.texts().alerts;
    let language = visit.language();
    let states =
        [("open", text.open, filters.open == Some(true)), ("closed", text.closed, filters.open == Some(false))];
    let chosen = filters.verdict.map(|(_, verdict)| verdict);
    let verdicts =
        VERDICTS.map(|(name, verdict)| (name, visit.ports.alerts.verdict(verdict, language), chosen == Some(verdict)));
    view! {
        <form class="filters" method="get" action="/alerts" role="search" aria-label=text.filters>
            {select("state", text.which, text.any, &states)}
            {select("verdict", text.verdict, text.any_verdict, &verdicts)}
            <button class="button">{text.filter}</button>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn filters_and_place_stay_in_the_address() {
        let key = AlertKey { open: false, raised_at_ms: 5, id: Uuid::nil() };
        let filters = Filters { open: Some(false), verdict: Some(VERDICTS[1]), after: None };
        assert_eq!(filters.address(None), "/alerts?state=closed&verdict=hold");
        assert!(filters.address(Some(key)).ends_with(&format!("&after={key}")));
        assert_eq!(Filters { open: None, verdict: None, after: None }.address(None), "/alerts");
    }
}
