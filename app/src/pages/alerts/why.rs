//! Why: the score with its thresholds, each reason with its points as a bar, what must be known beside, the facts.
//!
//! Bars are small SVGs whose widths are attributes: no inline style, and the same without JavaScript.

use crate::components::Tone;
use crate::components::notice::Notice;
use crate::ports::alerts::{AlertDetail, Explanation, Reason};
use crate::text::fill;
use crate::visit::Visit;
use leptos::prelude::*;

/// Thresholds above this are never reached.
const POINTS_MAX: u32 = 100;

pub fn panel(visit: &Visit, detail: &AlertDetail) -> AnyView {
    let text = &visit.texts().alerts;
    let score = fill(text.score_of, &[("score", &visit.language().points(detail.alert.score_e9))]);
    let inner = match &detail.explanation {
        Some(explanation) => told(visit, explanation),
        None => view! { <Notice tone=Tone::Wait text=text.unreadable /> }.into_any(),
    };
    view! {
        <section class="panel why-panel">
            <header class="panel-head">
                <h2>{text.why}</h2>
                <strong>{score}</strong>
            </header>
            {inner} <p class="hint">{versions(visit, detail)}</p>
        </section>
    }
    .into_any()
}

fn versions(visit: &Visit, detail: &AlertDetail) -> String {
    let text = &visit.texts().alerts;
    let number = |version: i64| visit.language().number(version);
    let model = detail.model_version.map(|version| fill(text.model, &[("model", &number(version))]));
    let policy = detail.policy_version.map(number).unwrap_or_default();
    fill(text.versions, &[("policy", &policy), ("model", model.as_deref().unwrap_or(text.no_model))])
}

fn told(visit: &Visit, explanation: &Explanation) -> AnyView {
    let text = &visit.texts().alerts;
    let points = |points: u32| if points > POINTS_MAX { text.never.to_owned() } else { points.to_string() };
    let thresholds = &explanation.thresholds;
    let thresholds = fill(
        text.thresholds,
        &[
            ("review", &points(thresholds.review)),
            ("hold", &points(thresholds.hold)),
            ("refuse", &points(thresholds.refuse)),
        ],
    );
    let flags = explanation.flags.iter().map(|flag| view! { <li>{*flag}</li> }).collect_view();
    let flags = (!explanation.flags.is_empty()).then(|| {
        view! {
            <h3>{text.to_know}</h3>
            <ul class="flags">{flags}</ul>
        }
    });
    view! {
        <p class="hint">{thresholds}</p>
        {reasons(visit, explanation)}
        {explanation.counterfactual.clone().map(|sentence| view! { <p class="prose counterfactual">{sentence}</p> })}
        {flags}
        {facts(visit, explanation)}
    }
    .into_any()
}

fn reasons(visit: &Visit, explanation: &Explanation) -> AnyView {
    let text = &visit.texts().alerts;
    if explanation.reasons.is_empty() {
        return view! { <p class="prose">{text.no_reasons}</p> }.into_any();
    }
    let largest = explanation.reasons.iter().filter_map(|reason| reason.points_e9).map(i64::unsigned_abs).max();
    let rows = explanation.reasons.iter().map(|reason| contribution(visit, reason, largest.unwrap_or_default()));
    let sum = visit.language().points(explanation.score_e9);
    view! {
        <h3>{text.reasons}</h3>
        <ul class="contributions">
            {rows.collect_view()} <li class="contribution-sum">
                <span class="contribution-text">{text.sum}</span>
                <span class="contribution-points">{sum}</span>
            </li>
        </ul>
    }
    .into_any()
}

fn contribution(visit: &Visit, reason: &Reason, largest_e9: u64) -> AnyView {
    let text = &visit.texts().alerts;
    let sign = if reason.points_e9.is_some_and(|points| points < 0) { "down" } else { "up" };
    let points = reason.points_e9.map_or_else(|| text.unanswered.to_owned(), |points| visit.language().points(points));
    let bar = reason.points_e9.map(|points| {
        let width = width_tenths(points, largest_e9).to_string();
        view! {
            <svg class="contribution-bar" data-sign=sign viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">
                <rect width=width height="8"></rect>
            </svg>
        }
    });
    view! {
        <li>
            <span class="contribution-text">{reason.text.clone()}</span>
            <span class="contribution-points">{points}</span>
            {bar}
        </li>
    }
    .into_any()
}

/// Of 1000; what is not nothing can be seen.
fn width_tenths(points_e9: i64, largest_e9: u64) -> u64 {
    let points = points_e9.unsigned_abs();
    if points == 0 {
        return 0;
    }
    let width = u128::from(points) * 1_000 / u128::from(largest_e9.max(points));
    u64::try_from(width).unwrap_or(1_000).max(8)
}

fn facts(visit: &Visit, explanation: &Explanation) -> AnyView {
    let lines = explanation.facts.iter().map(|(what, value)| {
        view! {
            <div>
                <dt>{what.clone()}</dt>
                <dd>{value.clone()}</dd>
            </div>
        }
    });
    view! {
        <details class="values" data-keep="facts">
            <summary>{visit.texts().alerts.facts}</summary>
            <dl class="rows facts">{lines.collect_view()}</dl>
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_is_the_largest_contribution_and_none_vanishes() {
        assert_eq!(width_tenths(30_000_000_000, 30_000_000_000), 1_000);
        assert_eq!(width_tenths(-15_000_000_000, 30_000_000_000), 500);
        assert_eq!(width_tenths(1, 30_000_000_000), 8);
        assert_eq!(width_tenths(0, 0), 0);
    }
}
