//! Profile and security: the password, the open sessions, the choices of display.

use crate::components::field::{ErrorSummary, Field, Problem, described_by, problem_of};
use crate::components::notice::Notice;
use crate::components::panel::Panel;
use crate::components::{Badge, Tone};
use crate::format::machine_time;
use crate::given::Given;
use crate::page::{Page, Place, choice, serve};
use crate::pages::not_found::role_name;
use crate::ports::SessionView;
use crate::text::fill;
use crate::visit::{PageError, Visit};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

#[component]
pub fn ProfilePage() -> impl IntoView {
    serve(load)
}

async fn load(visit: Visit) -> Result<Page, PageError> {
    let person = visit.person()?;
    let given = Given::of(&visit).await;
    let sessions = visit.ports.identity.sessions(&person, visit.request.session.as_deref().unwrap_or_default()).await?;
    let texts = visit.texts();
    let text = &texts.profile;
    let role = role_name(texts, person.role);
    let who = fill(text.who, &[("name", &person.display_name), ("role", role)]);
    let problems = given.problems(|code| text.sentence(code), texts.common.something_failed);
    let (changed, failed) = (visit.query.get("changed").is_some(), visit.query.get("failed").is_some());
    let body = view! {
        <div class="narrow">
            <p class="lead">{who}</p>
            {changed.then(|| view! { <Notice tone=Tone::Ok text=text.changed /> })}
            {failed.then(|| view! { <Notice tone=Tone::Bad text=texts.common.something_failed /> })}
            <ErrorSummary title=texts.common.summary problems=problems.clone() /> {password(&visit, &problems)}
            {session_list(&visit, sessions)} {display(&visit)}
        </div>
    };
    Ok(Page::new(text.title, Place::Elsewhere, body).problems(given.has_problems()))
}

fn password(visit: &Visit, problems: &[Problem]) -> AnyView {
    let text = &visit.texts().profile;
    let (current, new) = (problem_of(problems, "current"), problem_of(problems, "new"));
    let current_described = described_by("current", false, current.is_some());
    let new_described = described_by("new", true, new.is_some());
    view! {
        <Panel title=text.password>
            <form class="form" method="post" action="/do/change_password" novalidate>
                <Field name="current" label=text.current problem=current>
                    <input
                        id="field-current"
                        name="current"
                        type="password"
                        autocomplete="current-password"
                        aria-describedby=current_described
                    />
                </Field>
                <Field name="new" label=text.new hint=text.new_hint problem=new>
                    <input
                        id="field-new"
                        name="new"
                        type="password"
                        autocomplete="new-password"
                        aria-describedby=new_described
                    />
                </Field>
                <button class="button" data-look="primary">
                    {text.change}
                </button>
            </form>
        </Panel>
    }
    .into_any()
}

fn session_list(visit: &Visit, sessions: Vec<SessionView>) -> AnyView {
    let text = &visit.texts().profile;
    let language = visit.language();
    let count = language.number(i64::try_from(sessions.len()).unwrap_or(i64::MAX));
    let time = |moment: DateTime<Utc>| {
        let stamp = visit.stamp(moment);
        view! { <time datetime=machine_time(stamp)>{language.date_time(stamp)}</time> }
    };
    let rows = sessions
        .into_iter()
        .map(|session| {
            let this_one =
                session.current.then(|| view! { <Badge tone=Tone::Info icon="posted" word=text.this_one /> });
            view! {
                <tr>
                    <td>{time(session.created_at)}</td>
                    <td>{time(session.seen_at)}</td>
                    <td>{this_one}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Panel title=text.sessions>
            <div class="table-scroll" role="region" tabindex="0" aria-label=text.sessions>
                <table class="data">
                    <caption>{fill(text.session_caption, &[("count", &count)])}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{text.since}</th>
                            <th scope="col">{text.seen}</th>
                            <td></td>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <form class="form" method="post" action="/do/sign_out_everywhere">
                <p class="hint">{text.everywhere_hint}</p>
                <button class="button" data-look="danger">
                    {text.everywhere}
                </button>
            </form>
        </Panel>
    }
    .into_any()
}

fn display(visit: &Visit) -> AnyView {
    let texts = visit.texts();
    let text = &texts.nav;
    let theme = visit.choices.theme.unwrap_or("auto");
    let density = if visit.choices.compact { "compact" } else { "comfortable" };
    let themes = [("auto", text.theme_auto), ("light", text.theme_light), ("dark", text.theme_dark)];
    let densities = [("comfortable", text.density_comfortable), ("compact", text.density_compact)];
    let languages = crate::language::Language::ALL.map(|language| (language.code(), language.name()));
    let choices = [
        choice(visit, text.language, "language", &languages, visit.language().code()),
        choice(visit, text.theme, "theme", &themes, theme),
        choice(visit, text.density, "density", &densities, density),
    ];
    view! {
        <Panel title=texts.profile.display>
            {choices.into_iter().collect_view()}
        </Panel>
    }
    .into_any()
}
