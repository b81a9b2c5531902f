//! Sign in: name and password, one message for all failures, back to the wanted page. Demo people by one click where
//! the demo offers them.

use crate::components::field::{ErrorSummary, Field, Problem, described_by, problem_of};
use crate::components::notice::Notice;
use crate::components::{Icon, Tone};
use crate::given::Given;
use crate::page::{Page, Place, serve, start_of};
use crate::pages::not_found::role_name;
use crate::ports::Person;
use crate::text::fill;
use crate::visit::{PageError, Visit, local_path};
use leptos::prelude::*;

#[component]
pub fn SignInPage() -> impl IntoView {
    serve(load)
}

async fn load(visit: Visit) -> Result<Page, PageError> {
    let given = Given::of(&visit).await;
    let next = visit.query.get("next").or_else(|| given.value("next").map(str::to_owned));
    let next = next.as_deref().and_then(local_path).unwrap_or_default().to_owned();
    if let Some(person) = &visit.request.person {
        let start = if next.is_empty() { start_of(person.role).to_owned() } else { next };
        return Err(PageError::Elsewhere(start));
    }
    let text = &visit.texts().sign_in;
    let people = visit.ports.identity.demo_people().await;
    let problems = problems(&visit, &given);
    let has_problems = !problems.is_empty();
    let signed_out = visit.query.get("out").is_some() && !has_problems;
    let body = view! {
        <div class="narrow">
            {signed_out.then(|| view! { <Notice tone=Tone::Ok text=text.signed_out /> })}
            <p class="lead">{text.lead}</p> {form(&visit, &given, problems, &next)}
            {(!people.is_empty()).then(|| demo(&visit, people, &next))}
        </div>
    };
    Ok(Page::new(text.title, Place::Elsewhere, body).problems(has_problems))
}

fn problems(visit: &Visit, given: &Given) -> Vec<Problem> {
    let texts = visit.texts();
    let mut problems = given.problems(|code| texts.sign_in.sentence(code), texts.sign_in.unavailable);
    for problem in &mut problems {
        problem.sentence = fill(&problem.sentence, &[("seconds", given.value("seconds").unwrap_or("60"))]);
    }
    problems
}

fn form(visit: &Visit, given: &Given, problems: Vec<Problem>, next: &str) -> AnyView {
    let texts = visit.texts();
    let text = &texts.sign_in;
    let problem = problem_of(&problems, "username");
    let described = described_by("username", false, problem.is_some());
    let invalid = problem.is_some().then_some("true");
    let username = given.text("username");
    view! {
        <ErrorSummary title=texts.common.summary problems />
        <form class="form" method="post" action="/do/sign_in" novalidate>
            <input type="hidden" name="next" value=next.to_owned() />
            <Field name="username" label=text.username problem=problem>
                <input
                    id="field-username"
                    name="username"
                    type="text"
                    autocomplete="username"
                    autocapitalize="none"
                    spellcheck="false"
                    value=username
                    aria-describedby=described
                    aria-invalid=invalid
                />
            </Field>
            <Field name="password" label=text.password problem=None>
                <input id="field-password" name="password" type="password" autocomplete="current-password" />
            </Field>
            <button class="button" data-look="primary">
                {text.submit}
            </button>
        </form>
    }
    .into_any()
}

fn demo(visit: &Visit, people: Vec<Person>, next: &str) -> AnyView {
    let texts = visit.texts();
    let text = &texts.sign_in;
    let buttons = people.into_iter().map(|person| {
        let role = role_name(texts, person.role);
        view! {
            <li>
                <button class="button" name="username" value=person.username>
                    <Icon name="person" />
                    {fill(text.demo_as, &[("name", &person.display_name), ("role", role)])}
                </button>
            </li>
        }
    });
    view! {
        <section class="panel">
            <header class="panel-head">
                <h2>{text.demo_title}</h2>
            </header>
            <p class="hint">{text.demo_hint}</p>
            <form method="post" action="/do/sign_in_demo">
                <input type="hidden" name="next" value=next.to_owned() />
                <ul class="button-list">{buttons.collect_view()}</ul>
            </form>
        </section>
    }
    .into_any()
}
