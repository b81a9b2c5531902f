//! The frame around every page: brand, navigation, live chip, choices, footer; and how a page is loaded into it.
//!
//! A page is an async function from a [`Visit`] to a [`Page`]; what it cannot show becomes an error page inside the
//! same frame, with the right status.

use crate::components::Icon;
use crate::islands::LiveCount;
use crate::language::Language;
use crate::pages::not_found::error_page;
use crate::ports::Role;
use crate::ports::alerts::OPEN_COUNTED;
use crate::text::fill;
use crate::visit::{PageError, Visit, encode};
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use std::future::Future;

/// One page, ready to be framed.
pub struct Page {
    /// For the window and, as its only `h1`, the top of the page.
    pub title: String,
    /// Which entry of the navigation this is.
    pub place: Place,
    /// Beside the heading: the page's actions.
    pub actions: Option<AnyView>,
    pub body: AnyView,
    /// In the header: the live chip, on pages that are live.
    pub live: Option<AnyView>,
    /// The form above was not accepted: the window's title says so first.
    pub has_problems: bool,
    /// If it is not 200.
    pub status: Option<StatusCode>,
}

impl Page {
    pub fn new(title: impl Into<String>, place: Place, body: impl IntoView + 'static) -> Self {
        Page {
            title: title.into(),
            place,
            actions: None,
            body: body.into_any(),
            live: None,
            has_problems: false,
            status: None,
        }
    }

    pub fn actions(mut self, actions: impl IntoView + 'static) -> Self {
        self.actions = Some(actions.into_any());
        self
    }

    pub fn live(mut self, chip: impl IntoView + 'static) -> Self {
        self.live = Some(chip.into_any());
        self
    }

    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = Some(status);
        self
    }

    pub fn problems(mut self, has_problems: bool) -> Self {
        self.has_problems = has_problems;
        self
    }
}

/// Entries of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Home,
    Pay,
    Activity,
    Overview,
    Alerts,
    Operator,
    Imports,
    /// In none of them.
    Elsewhere,
}

/// Where a role starts after signing in.
pub fn start_of(role: Role) -> &'static str {
    match role {
        Role::Customer => "/",
        Role::Analyst => "/overview",
        Role::Operator => "/operator",
    }
}

/// Loads a page for the current request and frames it, or the error instead.
pub fn serve<Load, Loading>(load: Load) -> AnyView
where
    Load: FnOnce(Visit) -> Loading,
    Loading: Future<Output = Result<Page, PageError>> + Send + 'static,
{
    let visit = Visit::current();
    let response = expect_context::<ResponseOptions>();
    let loading = load(visit.clone());
    Suspend::new(async move {
        let (loaded, open_alerts) = (loading.await, open_alerts(&visit).await);
        match loaded {
            Ok(page) => {
                if let Some(status) = page.status {
                    response.set_status(status);
                }
                frame(&visit, page, open_alerts)
            }
            Err(error) => {
                set_error(&response, &visit, &error);
                let reference = reference();
                if error == PageError::Unavailable {
                    tracing::error!(reference, address = visit.address, "a page could not be loaded");
                }
                frame(&visit, error_page(&visit, &error, &reference), open_alerts)
            }
        }
    })
    .into_any()
}

/// For the badge in the navigation of bank staff; a page is shown without it rather than not at all.
async fn open_alerts(visit: &Visit) -> Option<i64> {
    let person = visit.request.person.as_ref().filter(|person| person.role != Role::Customer)?;
    visit.ports.alerts.open_count(person).await.ok()
}

/// Short enough to be read out on the telephone; stands in the log too.
fn reference() -> String {
    let id = uuid::Uuid::now_v7().simple().to_string();
    id.get(24..).unwrap_or(&id).to_uppercase()
}

fn set_error(response: &ResponseOptions, visit: &Visit, error: &PageError) {
    let to = |address: &str| {
        response.set_status(StatusCode::SEE_OTHER);
        if let Ok(value) = HeaderValue::from_str(address) {
            response.insert_header(LOCATION, value);
        }
    };
    match error {
        PageError::SignIn if visit.address == "/" => to("/sign-in"),
        PageError::SignIn => to(&format!("/sign-in?next={}", encode(&visit.address))),
        PageError::Elsewhere(address) => to(address),
        PageError::NotFound => response.set_status(StatusCode::NOT_FOUND),
        PageError::Forbidden => response.set_status(StatusCode::FORBIDDEN),
        PageError::Unavailable => response.set_status(StatusCode::SERVICE_UNAVAILABLE),
    }
}

/// The page in its frame. `data-desk` says for whom it is laid out: customers get one column, bank staff a rail.
fn frame(visit: &Visit, page: Page, open_alerts: Option<i64>) -> AnyView {
    let text = visit.texts();
    let title =
        if page.has_problems { fill(text.common.error_title, &[("title", &page.title)]) } else { page.title.clone() };
    let staff = visit.request.person.as_ref().is_some_and(|person| person.role != Role::Customer);
    let desk = if staff { "staff" } else { "customer" };
    let badge = open_alerts.map(|count| count_badge(visit, count, page.live.is_some()));
    view! {
        <Title text=format!("{title} · Vigie") />
        <a class="skip" href="#main">{text.common.skip}</a>
        <div class="frame" data-desk=desk>
            <header class="top">
                <a class="brand" href="/">
                    <svg class="logo" aria-hidden="true" width="24" height="24">
                        <use href="#logo"></use>
                    </svg>
                    "Vigie"
                </a>
                <div class="top-end">{page.live} {choices_menu(visit)}</div>
            </header>
            {navigation(visit, page.place, badge)}
            <main id="main" tabindex="-1">
                <div class="page-head">
                    <h1>{page.title}</h1>
                    {page.actions.map(|actions| view! { <div class="page-actions">{actions}</div> })}
                </div>
                {page.body}
            </main>
            <footer class="foot">
                <p>{text.common.footer}</p>
            </footer>
            <div id="announcer" class="unseen" role="status"></div>
        </div>
    }
    .into_any()
}

/// It follows where the page does.
fn count_badge(visit: &Visit, count: i64, follows: bool) -> AnyView {
    let words = visit.texts().alerts.open_count.to_owned();
    let most = OPEN_COUNTED;
    if follows {
        return view! { <LiveCount address="/alerts/open".to_owned() count most words /> }.into_any();
    }
    let shown = if count > most { format!("{most}+") } else { count.to_string() };
    let spoken = fill(&words, &[("count", &shown)]);
    (count > 0)
        .then(|| {
            view! {
                <b class="count" aria-hidden="true">
                    {shown}
                </b>
                <em class="unseen">{spoken}</em>
            }
        })
        .into_any()
}

fn navigation(visit: &Visit, place: Place, mut badge: Option<AnyView>) -> Option<AnyView> {
    let person = visit.request.person.as_ref()?;
    let text = &visit.texts().nav;
    let mut entries = match person.role {
        Role::Customer => vec![
            (Place::Home, "/", "home", text.home),
            (Place::Pay, "/pay", "pay", text.pay),
            (Place::Activity, "/explore", "activity", text.activity),
        ],
        Role::Analyst | Role::Operator => vec![
            (Place::Overview, "/overview", "overview", text.overview),
            (Place::Alerts, "/alerts", "warning", text.alerts),
            (Place::Activity, "/explore", "explore", text.transactions),
            (Place::Operator, "/operator", "operator", text.operator),
        ],
    };
    if person.role == Role::Operator {
        entries.push((Place::Imports, "/imports", "imports", text.imports));
    }
    let links = entries.into_iter().map(|(own, address, icon, word)| {
        view! {
            <li>
                <a href=address aria-current=(own == place).then_some("page")>
                    <Icon name=icon />
                    <span>{word}</span>
                    {badge.take_if(|_| own == Place::Alerts)}
                </a>
            </li>
        }
    });
    Some(
        view! {
            <nav class="rail" aria-label=text.label>
                <ul>{links.collect_view()}</ul>
            </nav>
        }
        .into_any(),
    )
}

/// Language beside a menu with theme, density, profile and sign-out. Each choice is a form of its own.
fn choices_menu(visit: &Visit) -> AnyView {
    let text = &visit.texts().nav;
    let other = visit.language().other();
    let person = visit.request.person.as_ref();
    let themes = [("auto", text.theme_auto), ("light", text.theme_light), ("dark", text.theme_dark)];
    let theme = visit.choices.theme.unwrap_or("auto");
    let densities = [("comfortable", text.density_comfortable), ("compact", text.density_compact)];
    let density = if visit.choices.compact { "compact" } else { "comfortable" };
    let label = person.map_or(text.menu.to_owned(), |person| person.display_name.clone());
    view! {
        {language_switch(visit, other)}
        <details class="menu">
            <summary>
                <Icon name="person" />
                <span class="menu-name">{label}</span>
                <Icon name="down" />
            </summary>
            <div class="menu-body">
                {person
                    .map(|_| {
                        view! {
                            <a class="menu-item" href="/settings/profile">
                                {text.profile}
                            </a>
                        }
                    })}
                {choice(visit, text.theme, "theme", &themes, theme)}
                {choice(visit, text.density, "density", &densities, density)}
                {person
                    .map(|_| {
                        view! {
                            <form method="post" action="/do/sign_out">
                                <button class="menu-item">{text.sign_out}</button>
                            </form>
                        }
                    })}
            </div>
        </details>
    }
    .into_any()
}

fn language_switch(visit: &Visit, other: Language) -> AnyView {
    view! {
        <form class="language" method="post" action="/do/set_preference">
            <input type="hidden" name="name" value="language" />
            <input type="hidden" name="back" value=visit.address.clone() />
            <button class="button" data-look="quiet" name="value" value=other.code() lang=other.code()>
                {other.name()}
            </button>
        </form>
    }
    .into_any()
}

/// A row of buttons, one per value; the current one is pressed.
pub fn choice(
    visit: &Visit,
    label: &'static str,
    name: &'static str,
    values: &[(&'static str, &'static str)],
    current: &str,
) -> AnyView {
    let buttons = values
        .iter()
        .map(|(value, word)| {
            let pressed = if *value == current { "true" } else { "false" };
            view! { <button name="value" value=*value aria-pressed=pressed>{*word}</button> }
        })
        .collect_view();
    view! {
        <form class="choice" method="post" action="/do/set_preference">
            <input type="hidden" name="name" value=name />
            <input type="hidden" name="back" value=visit.address.clone() />
            <fieldset>
                <legend>{label}</legend>
                <div class="choice-values">{buttons}</div>
            </fieldset>
        </form>
    }
    .into_any()
}
