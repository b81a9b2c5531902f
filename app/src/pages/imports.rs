//! Imports: upload a file, see how it is read, start, follow, see what came of it. Works without JavaScript by reloading.

pub mod mapping;
mod preview;
mod progress;

use crate::components::field::{ErrorSummary, Field, Problem, described_by};
use crate::components::list::AsOf;
use crate::components::notice::Empty;
use crate::components::panel::Panel;
use crate::components::{Badge, Tone};
use crate::page::{Page, Place, serve};
use crate::ports::{ImportProgress, ImportState, Role};
use crate::text::fill;
use crate::text::imports::Imports;
use crate::visit::{PageError, Visit};
use leptos::prelude::*;
use uuid::Uuid;

#[component]
pub fn ImportsPage() -> impl IntoView {
    serve(load_all)
}

#[component]
pub fn ImportPage() -> impl IntoView {
    serve(load_one)
}

async fn load_all(visit: Visit) -> Result<Page, PageError> {
    let person = visit.person()?;
    if person.role != Role::Operator {
        return Err(PageError::Forbidden);
    }
    let latest = visit.ports.imports.latest(&person).await?;
    let texts = visit.texts();
    let text = &texts.imports;
    let problem = visit.query.get("problem").map(|code| match code.as_str() {
        "no_file" => text.problem_no_file,
        "too_large" => text.problem_too_large,
        _ => text.problem_broken,
    });
    let problems: Vec<Problem> =
        problem.into_iter().map(|text| Problem { field: "file".to_owned(), sentence: text.to_owned() }).collect();
    let now = visit.now();
    let latest = list(&visit, latest);
    let body = view! {
        <ErrorSummary title=texts.common.summary problems />
        <p class="lead">{text.lead}</p>
        <Panel title=text.upload_title>{upload_form(text, problem)}</Panel>
        <Panel title=text.latest>{latest}</Panel>
        <AsOf texts time=visit.language().hour_minute(now) now address="/imports".to_owned() />
    };
    Ok(Page::new(text.title, Place::Imports, body).problems(problem.is_some()))
}

fn upload_form(text: &'static Imports, problem: Option<&'static str>) -> AnyView {
    let described = described_by("file", true, problem.is_some());
    let problem = problem.map(str::to_owned);
    view! {
        <form class="form" method="post" action="/do/upload_import" enctype="multipart/form-data">
            <Field name="file" label=text.file hint=text.file_hint problem>
                <input
                    id="field-file"
                    name="file"
                    type="file"
                    accept=".csv,.txt,.asc,.tsv,.gz,text/csv,text/plain"
                    aria-describedby=described
                />
            </Field>
            <button class="button" data-look="primary">
                {text.upload}
            </button>
        </form>
    }
    .into_any()
}

fn list(visit: &Visit, latest: Vec<ImportProgress>) -> AnyView {
    let (text, language) = (&visit.texts().imports, visit.language());
    if latest.is_empty() {
        return view! { <Empty text=text.none_yet /> }.into_any();
    }
    let number = |count: u64| language.number(i64::try_from(count).unwrap_or(i64::MAX));
    let rows = latest.into_iter().map(|import| {
        let stamp = visit.stamp(import.started_at);
        view! {
            <tr>
                <th scope="row">
                    <a href=format!("/imports/{}", import.upload)>{import.file_name}</a>
                </th>
                <td>{state_badge(text, import.state)}</td>
                <td class="when">
                    <time datetime=crate::format::machine_time(stamp)>{language.date_time(stamp)}</time>
                </td>
                <td data-type="number">{number(import.added)}</td>
                <td data-type="number">{number(import.already_there)}</td>
                <td data-type="number">{number(import.bad)}</td>
            </tr>
        }
    });
    view! {
        <div class="table-scroll" role="region" tabindex="0" aria-label=text.latest>
            <table class="data">
                <caption class="unseen">{text.latest}</caption>
                <thead>
                    <tr>
                        <th scope="col">{text.file_name}</th>
                        <th scope="col">{text.state}</th>
                        <th scope="col">{text.started}</th>
                        <th scope="col" data-type="number">
                            {text.added}
                        </th>
                        <th scope="col" data-type="number">
                            {text.already_there}
                        </th>
                        <th scope="col" data-type="number">
                            {text.bad}
                        </th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn state_badge(text: &Imports, state: ImportState) -> impl IntoView + use<> {
    let (tone, icon, word) = match state {
        ImportState::Uploaded => (Tone::Muted, "imports", text.state_uploaded),
        ImportState::Running => (Tone::Info, "review", text.state_running),
        ImportState::Done => (Tone::Ok, "posted", text.state_done),
        ImportState::Failed => (Tone::Bad, "refused", text.state_failed),
    };
    view! { <Badge tone icon word /> }
}

async fn load_one(visit: Visit) -> Result<Page, PageError> {
    let person = visit.person()?;
    if person.role != Role::Operator {
        return Err(PageError::Forbidden);
    }
    let id: Uuid = visit.params.get("id").unwrap_or_default().parse().map_err(|_| PageError::NotFound)?;
    let progress = visit.ports.imports.progress(&person, id).await?;
    let title = fill(visit.texts().imports.import_title, &[("file", &progress.file_name)]);
    let again = visit.query.get("again").is_some();
    if progress.state == ImportState::Uploaded || (again && progress.state != ImportState::Running) {
        let (body, has_problems) = preview::body(&visit, &person, id).await?;
        return Ok(Page::new(title, Place::Imports, body).problems(has_problems));
    }
    Ok(Page::new(title, Place::Imports, progress::body(&visit, progress)))
}
