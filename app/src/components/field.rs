//! Form parts: a field with its label, hint and problem; the summary of problems above the form.
//!
//! Nothing is disabled and nothing typed is lost: values come back from the draft, problems stand in both places in
//! the same words.

use super::Icon;
use leptos::prelude::*;

/// A problem to show: the field's name and the sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub field: String,
    pub sentence: String,
}

/// The sentence for a field, if it has a problem.
pub fn problem_of(problems: &[Problem], field: &str) -> Option<String> {
    problems.iter().find(|problem| problem.field == field).map(|problem| problem.sentence.clone())
}

/// Label above, hint short, problem beside the field; the control itself is the child, with the id `field-NAME` and
/// `aria-describedby` from [`described_by`].
#[component]
pub fn Field(
    name: &'static str,
    #[prop(into)] label: String,
    #[prop(optional, into)] hint: Option<String>,
    problem: Option<String>,
    children: Children,
) -> impl IntoView {
    let invalid = problem.is_some().then_some("true");
    view! {
        <div class="field" data-invalid=invalid>
            <label for=format!("field-{name}")>{label}</label>
            {hint.map(|hint| view! { <p class="hint" id=format!("hint-{name}")>{hint}</p> })}
            {problem
                .map(|problem| {
                    view! {
                        <p class="problem" id=format!("problem-{name}")>
                            <Icon name="warning" />
                            {problem}
                        </p>
                    }
                })}
            {children()}
        </div>
    }
}

/// The ids that describe a field's control, or none.
pub fn described_by(name: &str, hint: bool, problem: bool) -> Option<String> {
    match (hint, problem) {
        (false, false) => None,
        (true, false) => Some(format!("hint-{name}")),
        (false, true) => Some(format!("problem-{name}")),
        (true, true) => Some(format!("problem-{name} hint-{name}")),
    }
}

/// All problems above the form, each a link to its field. Focused on load: `autofocus` works on it without a script.
#[component]
pub fn ErrorSummary(#[prop(into)] title: String, problems: Vec<Problem>) -> impl IntoView {
    (!problems.is_empty()).then(|| {
        view! {
            <div class="error-summary" role="alert" tabindex="-1" autofocus>
                <h2>{title}</h2>
                <ul>
                    {problems
                        .into_iter()
                        .map(|problem| {
                            view! {
                                <li>
                                    <a href=format!("#field-{}", problem.field)>{problem.sentence}</a>
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
            </div>
        }
    })
}

/// A choice in a form of filters: `any` is none of the options, each a value, its word, and whether it is chosen.
pub fn select(
    name: &'static str,
    label: &'static str,
    any: &'static str,
    options: &[(&'static str, &'static str, bool)],
) -> AnyView {
    let options = options
        .iter()
        .map(|(value, word, selected)| {
            view! {
                <option value=*value selected=*selected>
                    {*word}
                </option>
            }
        })
        .collect_view();
    view! {
        <Field name label problem=None>
            <select id=format!("field-{name}") name=name>
                <option value="">{any}</option>
                {options}
            </select>
        </Field>
    }
    .into_any()
}
