//! One alert: the transaction, why it was alerted, and what bank staff decide about it.

use super::answer::{Answer, LABELS, label_word};
use super::{state_name, time, verdict_badge, why};
use crate::components::list::AsOf;
use crate::components::notice::Notice;
use crate::components::{Amount, Icon, StateBadge, Tone};
use crate::islands::{LiveChip, LiveReview};
use crate::page::{Page, Place, serve};
use crate::phrase::Phrase;
use crate::ports::Role;
use crate::ports::alerts::AlertDetail;
use crate::text::fill;
use crate::visit::{PageError, Visit};
use domain::command::LabelSource;
use domain::{OnExpiry, TransactionState};
use leptos::prelude::*;
use uuid::Uuid;

#[component]
pub fn AlertPage() -> impl IntoView {
    serve(load)
}

async fn load(visit: Visit) -> Result<Page, PageError> {
    let person = visit.person()?;
    if person.role == Role::Customer {
        return Err(PageError::Forbidden);
    }
    let id: Uuid = visit.params.get("id").unwrap_or_default().parse().map_err(|_| PageError::NotFound)?;
    let detail = visit.ports.alerts.one(&person, id, visit.language()).await?;
    let (texts, language, now) = (visit.texts(), visit.language(), visit.now());
    let text = &texts.alerts;
    let amount = language.money(detail.alert.amount_minor, detail.alert.currency);
    let title = fill(text.one_title, &[("amount", &amount), ("account", &detail.alert.account)]);
    let (state, address) = (state_name(detail.alert.state), format!("/alerts/{id}"));
    let resume = Some(detail.resume.clone());
    let parts = [answered(&visit, &detail), Some(decision(&visit, &detail, &amount))];
    let board = [why::panel(&visit, &detail), transaction(&visit, &detail)];
    let body = view! {
        <LiveReview language part="alert".to_owned() only=Some(id) spoken=String::new()>
            <div class="stack" data-part="alert" data-id=id.to_string() data-state=state>
                {parts.into_iter().flatten().collect_view()}
                <div class="board">{board.into_iter().collect_view()}</div>
            </div>
        </LiveReview>
        <AsOf texts time=language.hour_minute(now) now address follows=true />
    };
    let chip = view! { <LiveChip language as_of=now all=true resume accounts=Vec::new() /> };
    let back = view! {
        <a class="button" href="/alerts">
            {text.back}
        </a>
    };
    Ok(Page::new(title, Place::Alerts, body).actions(back).live(chip))
}

fn answered(visit: &Visit, detail: &AlertDetail) -> Option<AnyView> {
    let answer = Answer::named(&visit.query.get("answer")?)?;
    let (tone, text) = answer.sentence(visit.texts(), &detail.alert, detail.transaction.reason)?;
    Some(view! { <Notice tone text /> }.into_any())
}

/// Release and Refuse while it is held, labels otherwise.
fn decision(visit: &Visit, detail: &AlertDetail, amount: &str) -> AnyView {
    let text = &visit.texts().alerts;
    let held = detail.alert.state == TransactionState::Held;
    let title = if held { text.decision } else { text.what_was_it };
    let inner = if held { ending(visit, detail, amount) } else { labelling(visit, detail) };
    view! {
        <section class="panel decision">
            <header class="panel-head">
                <h2>{title}</h2>
                <span data-spoken="">
                    <StateBadge state=Some(detail.alert.state) language=visit.language() />
                </span>
            </header>
            {inner}
        </section>
    }
    .into_any()
}

fn ending(visit: &Visit, detail: &AlertDetail, amount: &str) -> AnyView {
    let text = &visit.texts().alerts;
    let until = detail.alert.held_until.map(|until| visit.language().date_time(visit.stamp(until)));
    let then = match detail.on_expiry {
        Some(OnExpiry::Release) => text.then_release,
        _ => text.then_expire,
    };
    let lead = until.map(|until| fill(text.held_lead, &[("amount", amount), ("until", &until), ("then", then)]));
    let form = |action: &'static str, look: Option<&'static str>, word: &str| {
        let (id, word) = (detail.alert.id.to_string(), fill(word, &[("amount", amount)]));
        view! {
            <form method="post" action=action>
                <input type="hidden" name="transaction_id" value=id />
                <button class="button" data-look=look>
                    {word}
                </button>
            </form>
        }
    };
    view! {
        {lead.map(|lead| view! { <p class="prose">{lead}</p> })}
        <div class="actions">
            {form("/do/release-hold", None, text.release)} {form("/do/refuse-hold", Some("danger"), text.refuse)}
        </div>
    }
    .into_any()
}

fn labelling(visit: &Visit, detail: &AlertDetail) -> AnyView {
    let texts = visit.texts();
    let text = &texts.alerts;
    let ended = match detail.alert.state {
        TransactionState::Posted => text.ended_posted,
        TransactionState::Expired => text.ended_expired,
        TransactionState::Refused | TransactionState::Held => text.ended_refused,
    };
    let said = detail.alert.label.map(|label| {
        let source = match detail.labelled_by {
            Some(LabelSource::Customer) => text.source_customer,
            _ => text.source_analyst,
        };
        let sentence = fill(text.said, &[("label", label_word(texts, label)), ("source", source)]);
        view! { <Notice tone=Tone::Info text=sentence /> }
    });
    let buttons = LABELS.map(|(name, label)| {
        let pressed = if detail.alert.label == Some(label) { "true" } else { "false" };
        view! {
            <button class="button" name="label" value=name aria-pressed=pressed>
                {label_word(texts, label)}
            </button>
        }
    });
    view! {
        <p class="prose">{ended} " " {text.label_lead}</p>
        {said}
        <form class="actions" method="post" action="/do/label-transaction">
            <input type="hidden" name="transaction_id" value=detail.alert.id.to_string() />
            {buttons.into_iter().collect_view()}
        </form>
    }
    .into_any()
}

fn transaction(visit: &Visit, detail: &AlertDetail) -> AnyView {
    let texts = visit.texts();
    let (text, common) = (&texts.alerts, &texts.common);
    let (alert, language) = (&detail.alert, visit.language());
    let line = |label: &'static str, value: AnyView| view! { <div><dt>{label}</dt><dd>{value}</dd></div> }.into_any();
    let account = |number: &str| {
        let (address, number) = (format!("/accounts/{number}"), number.to_owned());
        view! { <a href=address>{number}</a> }.into_any()
    };
    let amount = view! { <Amount amount_minor=alert.amount_minor currency=alert.currency language /> };
    let word = visit.ports.alerts.verdict(alert.verdict, language);
    let state = if alert.open { text.is_open } else { text.is_closed };
    let lines = [
        Some(line(common.amount, amount.into_any())),
        Some(line(text.kind, Phrase::from(alert.kind).text(language).into_any())),
        Some(line(text.account, account(&alert.account))),
        Some(line(text.counterparty, account(&alert.counterparty))),
        Some(line(text.verdict, verdict_badge(alert.verdict, word))),
        Some(line(text.raised, time(visit, alert.raised_at))),
        alert.held_until.map(|until| line(text.deadline, time(visit, until))),
        Some(line(text.state, state.into_any())),
        detail.closed_at.map(|at| line(text.closed, time(visit, at))),
    ];
    let address = format!("/transactions/{}", alert.id);
    view! {
        <section class="panel">
            <header class="panel-head">
                <h2>{text.transaction}</h2>
                <a href=address>
                    <Icon name="next" />
                    {text.see_transaction}
                </a>
            </header>
            <dl class="rows">{lines.into_iter().flatten().collect_view()}</dl>
        </section>
    }
    .into_any()
}
