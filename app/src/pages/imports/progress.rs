//! An import under way, and what came of it.

use super::{Visit, state_badge};
use crate::components::list::AsOf;
use crate::components::notice::Notice;
use crate::components::panel::Panel;
use crate::components::{Badge, Tone};
use crate::islands::LivePart;
use crate::ports::{ImportProblem, ImportProblemCode, ImportProgress, ImportState};
use crate::text::fill;
use crate::text::imports::{Imports, counted};
use leptos::prelude::*;

const REFRESH_MS: u32 = 1_000;

pub fn body(visit: &Visit, import: ImportProgress) -> AnyView {
    let texts = visit.texts();
    let (text, now) = (&texts.imports, visit.now());
    let running = import.state == ImportState::Running;
    let problems = (!import.problems.is_empty()).then(|| {
        let table = problem_table(visit, &import.problems);
        view! { <Panel title=text.problems>{table}</Panel> }
    });
    let aside = state_badge(text, import.state).into_any();
    let (time, address) = (visit.language().time(now), visit.address.clone());
    let inside = (sentence(visit, &import), bar(text, &import), figures(visit, &import), next(text, &import));
    view! {
        <LivePart name="import".to_owned() every_ms=REFRESH_MS>
            <div class="stack" data-part="import" data-running=if running { "true" } else { "false" }>
                <Panel title=text.progress aside>
                    {inside}
                </Panel>
                {problems}
                <AsOf texts time now address />
            </div>
        </LivePart>
    }
    .into_any()
}

fn sentence(visit: &Visit, import: &ImportProgress) -> AnyView {
    let (text, language) = (&visit.texts().imports, visit.language());
    let number = |count: u64| language.number(i64::try_from(count).unwrap_or(i64::MAX));
    let values = [
        ("sent", number(import.sent)),
        ("total", number(import.total)),
        ("added", number(import.added)),
        ("already", number(import.already_there)),
        ("refused", number(import.refused)),
        ("bad", number(import.bad)),
    ];
    let (tone, sentence) = match import.state {
        ImportState::Uploaded | ImportState::Running => (Tone::Info, text.progress_running),
        ImportState::Done => (Tone::Ok, text.progress_done),
        ImportState::Failed => (Tone::Bad, text.progress_failed),
    };
    let sentence = fill(sentence, &values.each_ref().map(|(name, value)| (*name, value.as_str())));
    let overdrawn = (import.overdrawn_accounts > 0)
        .then(|| counted(language, import.overdrawn_accounts, text.one_account, text.many_accounts))
        .map(|accounts| fill(text.overdrawn, &[("accounts", &accounts)]))
        .map(|sentence| view! { <p class="hint">{sentence}</p> });
    view! {
        <Notice tone text=sentence />
        {overdrawn}
    }
    .into_any()
}

fn bar(text: &'static Imports, import: &ImportProgress) -> impl IntoView + use<> {
    let running = import.state == ImportState::Running;
    running.then(|| {
        view! {
            <progress class="bar" aria-label=text.progress max=import.total.max(1).to_string() value=import.sent.to_string()>
            </progress>
            <p class="hint">{text.follow}</p>
        }
    })
}

fn figures(visit: &Visit, import: &ImportProgress) -> impl IntoView + use<> {
    let (text, language) = (&visit.texts().imports, visit.language());
    let cells = [
        (text.added, import.added),
        (text.already_there, import.already_there),
        (text.refused, import.refused),
        (text.bad, import.bad),
    ];
    let cells = cells.map(|(word, count)| {
        view! {
            <div>
                <dt>{word}</dt>
                <dd>{language.number(i64::try_from(count).unwrap_or(i64::MAX))}</dd>
            </div>
        }
    });
    view! { <dl class="standings">{cells.into_iter().collect_view()}</dl> }
}

fn next(text: &'static Imports, import: &ImportProgress) -> AnyView {
    let upload = import.upload;
    match import.state {
        ImportState::Uploaded | ImportState::Running => ().into_any(),
        ImportState::Done => view! {
            <div class="actions">
                <a class="button" href="/explore">
                    {text.see_transactions}
                </a>
                <a class="button" href="/imports">
                    {text.another}
                </a>
            </div>
        }
        .into_any(),
        ImportState::Failed => view! {
            <div class="actions">
                <a class="button" data-look="primary" href=format!("/imports/{upload}?again=1")>
                    {text.start_again}
                </a>
            </div>
        }
        .into_any(),
    }
}

/// Lines that were not taken, and those taken with a warning.
pub fn problem_table(visit: &Visit, problems: &[ImportProblem]) -> AnyView {
    let (text, language) = (&visit.texts().imports, visit.language());
    let count = language.number(i64::try_from(problems.len()).unwrap_or(i64::MAX));
    let caption = fill(text.problems_caption, &[("count", &count)]);
    let rows = problems.iter().map(|problem| {
        let warning = problem.warning.then(|| view! { <Badge tone=Tone::Wait icon="warning" word=text.warning /> });
        view! {
            <tr>
                <th scope="row">
                    {language.number(i64::try_from(problem.line).unwrap_or(i64::MAX))}
                </th>
                <td>{code_text(text, problem.code)} " " {warning}</td>
                <td>
                    <code>{problem.text.clone()}</code>
                </td>
            </tr>
        }
    });
    view! {
        <div class="table-scroll" role="region" tabindex="0" aria-label=text.problems>
            <table class="data">
                <caption>{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">{text.line}</th>
                        <th scope="col">{text.problem}</th>
                        <th scope="col">{text.text}</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn code_text(text: &Imports, code: ImportProblemCode) -> &'static str {
    match code {
        ImportProblemCode::BadDate => text.code_bad_date,
        ImportProblemCode::BadAmount => text.code_bad_amount,
        ImportProblemCode::ZeroAmount => text.code_zero_amount,
        ImportProblemCode::BadAccount => text.code_bad_account,
        ImportProblemCode::MissingColumn => text.code_missing_column,
        ImportProblemCode::Unreadable => text.code_unreadable,
        ImportProblemCode::BalanceDiffers => text.code_balance_differs,
    }
}
