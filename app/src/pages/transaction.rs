//! One transaction: how it came, where it stands, its details. The same id always shows the same page, also to who
//! sent it twice; an id that is not known here says that sending again is safe.

use crate::components::list::AsOf;
use crate::components::notice::Notice;
use crate::components::{Amount, StateBadge, Tone};
use crate::given::Given;
use crate::islands::{LiveChip, LiveStatus};
use crate::page::{Page, Place, serve};
use crate::ports::{PortError, Role};
use crate::text::fill;
use crate::visit::{PageError, Visit};
use chrono::{DateTime, Utc};
use domain::view::{ResumeToken, TransactionView};
use domain::{TransactionKind, TransactionState};
use http::StatusCode;
use leptos::prelude::*;
use uuid::Uuid;

mod timeline;

pub use timeline::reason_sentence;

#[component]
pub fn TransactionPage() -> impl IntoView {
    serve(load)
}

async fn load(visit: Visit) -> Result<Page, PageError> {
    let person = visit.person()?;
    let id: Uuid = visit.params.get("id").unwrap_or_default().parse().map_err(|_| PageError::NotFound)?;
    let staff = person.role != Role::Customer;
    match visit.ports.transactions.status(&person, id).await {
        Ok((row, resume)) => {
            let settled_at = match row.state {
                TransactionState::Held => None,
                _ => visit.ports.transactions.settled_at(&person, id).await?,
            };
            let alerted = staff && visit.ports.alerts.one(&person, id, visit.language()).await.is_ok();
            let story = Story { resume, settled_at, alerted, staff };
            Ok(known(&visit, row, story))
        }
        Err(PortError::NotFound) => unknown(&visit, id, staff).await,
        Err(error) => Err(error.into()),
    }
}

/// What the page tells beside the transaction itself.
struct Story {
    resume: ResumeToken,
    /// When its hold ended, if it was held.
    settled_at: Option<DateTime<Utc>>,
    /// Bank staff were alerted, and may read why.
    alerted: bool,
    staff: bool,
}

fn known(visit: &Visit, row: TransactionView, story: Story) -> Page {
    let texts = visit.texts();
    let text = &texts.transaction;
    let title = match row.kind {
        TransactionKind::Deposit => text.title_deposit,
        TransactionKind::Withdrawal => text.title_withdrawal,
        TransactionKind::Transfer => text.title_transfer,
    };
    let title = fill(title, &[("amount", &visit.language().money(row.amount_minor, row.currency))]);
    let conflict = visit.query.get("conflict").is_some();
    let (id, state) = (row.id, Some(row.state));
    let steps = timeline::decided(visit, &row, story.settled_at);
    let Story { resume, alerted, staff, .. } = story;
    let alert = alerted.then(|| {
        view! {
            <p>
                <a class="button" href=format!("/alerts/{id}")>
                    {texts.alerts.see_alert}
                </a>
            </p>
        }
    });
    let body = view! {
        <div class="narrow">
            {conflict.then(|| view! { <Notice tone=Tone::Wait text=text.conflict /> })}
            <LiveStatus id state>
                {steps}
            </LiveStatus>
            {details(visit, &row)} {alert} {next_steps(visit, staff)} {as_of(visit)}
        </div>
    };
    Page::new(title, Place::Activity, body).live(chip(visit, Some(resume), staff))
}

/// Not in the books (yet). What this very visitor has sent, and the log has taken, is on its way.
async fn unknown(visit: &Visit, id: Uuid, staff: bool) -> Result<Page, PageError> {
    let texts = visit.texts();
    let text = &texts.transaction;
    let given = Given::of(visit).await;
    let taken = given.value("transaction_id") == Some(id.to_string().as_str()) && given.value("taken").is_some();
    if taken {
        let steps = timeline::taken(visit);
        let body = view! {
            <div class="narrow">
                <LiveStatus id state=None>
                    {steps}
                </LiveStatus>
                {as_of(visit)}
            </div>
        };
        return Ok(Page::new(text.title_pending, Place::Activity, body).live(chip(visit, None, staff)));
    }
    let body = view! {
        <div class="narrow">
            <p class="prose">{text.unknown}</p>
            <p>
                <code>{id.to_string()}</code>
            </p>
            {as_of(visit)}
        </div>
    };
    Ok(Page::new(text.unknown_title, Place::Activity, body).status(StatusCode::NOT_FOUND))
}

fn chip(visit: &Visit, resume: Option<ResumeToken>, staff: bool) -> AnyView {
    let (language, as_of) = (visit.language(), visit.now());
    view! { <LiveChip language as_of all=staff resume accounts=Vec::new() /> }.into_any()
}

fn as_of(visit: &Visit) -> AnyView {
    let now = visit.now();
    let time = visit.language().hour_minute(now);
    view! { <AsOf texts=visit.texts() time now address=visit.address.clone() follows=true /> }.into_any()
}

fn next_steps(visit: &Visit, staff: bool) -> Option<AnyView> {
    let texts = visit.texts();
    (!staff).then(|| {
        view! {
            <div class="actions">
                <a class="button" href="/">
                    {texts.common.back_home}
                </a>
                <a class="button" href="/pay">
                    {texts.transaction.another}
                </a>
            </div>
        }
        .into_any()
    })
}

fn details(visit: &Visit, row: &TransactionView) -> AnyView {
    let texts = visit.texts();
    let (text, common) = (&texts.transaction, &texts.common);
    let language = visit.language();
    let party = |account: &str, cash: bool| if cash { None } else { Some(account.to_owned()) };
    let from = party(&row.debit.account, row.kind == TransactionKind::Deposit);
    let to = party(&row.credit.account, row.kind == TransactionKind::Withdrawal);
    let line = |label: &'static str, value: AnyView| view! { <div><dt>{label}</dt><dd>{value}</dd></div> }.into_any();
    let amount = view! { <Amount amount_minor=row.amount_minor currency=row.currency language /> };
    let state = view! { <StateBadge state=Some(row.state) language /> };
    let lines = [
        Some(line(common.amount, amount.into_any())),
        Some(line(common.state, state.into_any())),
        from.map(|from| line(common.from, from.into_any())),
        to.map(|to| line(common.to, to.into_any())),
        row.reference.clone().map(|reference| line(common.reference, reference.into_any())),
        Some(line(text.occurred, timeline::time(visit, row.occurred_at))),
        Some(line(text.recorded, timeline::time(visit, row.recorded_at))),
        Some(line(text.id, view! { <code>{row.id.to_string()}</code> }.into_any())),
    ];
    view! {
        <section class="panel" data-part="status">
            <header class="panel-head">
                <h2>{text.details}</h2>
            </header>
            <dl class="rows">{lines.into_iter().flatten().collect_view()}</dl>
        </section>
    }
    .into_any()
}

/// Whether there is no outcome yet.
fn is_open(state: TransactionState) -> bool {
    state == TransactionState::Held
}
