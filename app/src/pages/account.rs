//! One account: what stands on it, its balance over time, and the statement, by days and in pages.

use crate::components::account_card::{AccountActions, Standings};
use crate::components::field::{Field, described_by};
use crate::components::list::{AsOf, Pager};
use crate::components::notice::{Empty, Notice};
use crate::components::panel::Panel;
use crate::components::{Icon, Tone};
use crate::format::machine_date;
use crate::islands::{LiveChip, LiveReview};
use crate::page::{Page, Place, serve};
use crate::ports::{DateRange, Role, StatementPage, StatementQuery};
use crate::text::fill;
use crate::visit::{PageError, Visit};
use chrono::{Datelike, Months, NaiveDate};
use domain::{AccountNumber, AccountStatus};
use leptos::prelude::*;

mod statement;

/// Rows of one page of the statement.
const ROWS: i64 = 50;
/// Months offered as shortcuts, this one first.
const SHORTCUTS: u32 = 6;

#[component]
pub fn AccountPage() -> impl IntoView {
    serve(load)
}

/// The days as asked for; what cannot be read is kept to be shown again.
struct Days {
    range: DateRange,
    from: String,
    to: String,
    problem: bool,
}

impl Days {
    fn of(visit: &Visit) -> Self {
        let typed = |name: &str| visit.query.get(name).unwrap_or_default().trim().to_owned();
        let (from, to) = (typed("from"), typed("to"));
        let read = |text: &str| if text.is_empty() { Ok(None) } else { text.parse::<NaiveDate>().map(Some) };
        let (first, last) = (read(&from), read(&to));
        let problem = first.is_err() || last.is_err();
        let range = DateRange { from: first.ok().flatten(), to: last.ok().flatten() };
        Days { range, from, to, problem }
    }

    /// The range as a query, without its question mark.
    fn query(&self) -> String {
        let part = |name: &str, date: Option<NaiveDate>| date.map(|date| format!("{name}={}", machine_date(date)));
        let parts = [part("from", self.range.from), part("to", self.range.to)];
        parts.into_iter().flatten().collect::<Vec<_>>().join("&")
    }
}

async fn load(visit: Visit) -> Result<Page, PageError> {
    let person = visit.person()?;
    let number: AccountNumber =
        visit.params.get("number").unwrap_or_default().parse().map_err(|_| PageError::NotFound)?;
    let days = Days::of(&visit);
    let key = |name: &str| visit.query.get(name).and_then(|text| text.parse().ok());
    let query = StatementQuery {
        account: number.clone(),
        range: days.range,
        before: key("before"),
        after: key("after"),
        limit: ROWS,
    };
    let found = visit.ports.accounts.statement(&person, &query).await?;
    let figure = statement::figure(&visit, &person, &number, days.range).await?;
    let staff = person.role != Role::Customer;
    let place = if staff { Place::Activity } else { Place::Home };
    let title = fill(visit.texts().account.title, &[("account", number.as_str())]);
    let language = visit.language();
    let resume = Some(found.resume.clone());
    let chip = view! {
        <LiveChip language as_of=visit.now() all=staff resume accounts=vec![found.account.clone()] />
    };
    let actions = (!staff && found.account.status == AccountStatus::Open)
        .then(|| view! { <AccountActions account=found.account.account.clone() language primary=true /> });
    Ok(Page::new(title, place, body(&visit, &number, &days, found, figure)).actions(actions).live(chip))
}

fn body(visit: &Visit, number: &AccountNumber, days: &Days, found: StatementPage, figure: Option<AnyView>) -> AnyView {
    let texts = visit.texts();
    let language = visit.language();
    let opened = visit.query.get("opened").is_some();
    let opened_text = fill(texts.home.opened, &[("account", number.as_str())]);
    let csv = with_query(&format!("/accounts/{number}/statement.csv"), &[days.query()]);
    let aside = view! {
        <a href=csv download="">
            <Icon name="download" />
            {texts.account.csv}
        </a>
    }
    .into_any();
    let now = visit.now();
    let (filter, unbooked) = (filter(visit, number, days), statement::unbooked(visit, &found));
    let nothing = found.rows.is_empty() && found.unbooked.is_empty();
    let table = if nothing { empty(visit, number, days) } else { statement::table(visit, &found) };
    let pager = pager(visit, number, days, &found).into_any();
    view! {
        {opened.then(|| view! { <Notice tone=Tone::Ok text=opened_text /> })}
        <Standings account=found.account.clone() language />
        {figure}
        <Panel title=texts.account.statement aside>
            {filter} <LiveReview language part="statement".to_owned() only=None spoken=String::new()>
                <div class="stack" data-part="statement">
                    {unbooked} {table} {pager}
                </div>
            </LiveReview>
        </Panel>
        <AsOf texts time=language.hour_minute(now) now address=visit.address.clone() />
    }
    .into_any()
}

fn with_query(path: &str, parts: &[String]) -> String {
    let query = parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("&");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

fn pager(visit: &Visit, number: &AccountNumber, days: &Days, found: &StatementPage) -> impl IntoView + use<> {
    let text = &visit.texts().common;
    let path = format!("/accounts/{number}");
    let link = |name: &str, version: i64| with_query(&path, &[days.query(), format!("{name}={version}")]);
    let newer = found.newer.map(|version| link("after", version));
    let older = found.older.map(|version| link("before", version));
    view! { <Pager newer older newer_word=text.newer older_word=text.older /> }
}

/// Two dates as a GET form, and months as links: both work without JavaScript and stay in the address.
fn filter(visit: &Visit, number: &AccountNumber, days: &Days) -> AnyView {
    let text = &visit.texts().account;
    let problem = days.problem.then(|| text.bad_date.to_owned());
    let described = described_by("from", false, problem.is_some());
    let (from, to) = (days.from.clone(), days.to.clone());
    view! {
        <form class="filters" method="get" action=format!("/accounts/{number}")>
            <Field name="from" label=text.from problem>
                <input id="field-from" name="from" type="date" value=from aria-describedby=described />
            </Field>
            <Field name="to" label=text.to problem=None>
                <input id="field-to" name="to" type="date" value=to />
            </Field>
            <button class="button">{text.show}</button>
            {shortcuts(visit, number, days)}
        </form>
    }
    .into_any()
}

fn shortcuts(visit: &Visit, number: &AccountNumber, days: &Days) -> impl IntoView + use<> {
    let language = visit.language();
    let today = crate::format::local(visit.now()).date();
    let months = (0..SHORTCUTS).filter_map(|back| {
        let first = today.with_day(1)?.checked_sub_months(Months::new(back))?;
        let last = first.checked_add_months(Months::new(1))?.pred_opt()?;
        let range = DateRange { from: Some(first), to: Some(last) };
        Some((range, language.month(first)))
    });
    let all = (DateRange::default(), visit.texts().account.any_time.to_owned());
    let links = std::iter::once(all)
        .chain(months)
        .map(|(range, word)| {
            let current = (range == days.range && !days.problem).then_some("true");
            let days = Days { range, from: String::new(), to: String::new(), problem: false };
            let address = with_query(&format!("/accounts/{number}"), &[days.query()]);
            view! {
                <li>
                    <a href=address aria-current=current>
                        {word}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="shortcuts">{links}</ul> }
}

fn empty(visit: &Visit, number: &AccountNumber, days: &Days) -> AnyView {
    let text = &visit.texts().account;
    if days.range == DateRange::default() {
        return view! { <Empty text=text.empty /> }.into_any();
    }
    let address = format!("/accounts/{number}");
    view! {
        <Empty text=text.empty_range>
            <a href=address>{text.show_all}</a>
        </Empty>
    }
    .into_any()
}
