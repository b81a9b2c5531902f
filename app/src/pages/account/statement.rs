//! The statement's tables: booked rows with their running balance, and above them what stands outside of it.

use super::Visit;
use crate::chart::{self, ChartName, ChartQuery, FigureView};
use crate::components::list::transaction_words;
use crate::components::panel::Panel;
use crate::components::{Amount, StateBadge};
use crate::format::machine_time;
use crate::islands::{LiveFigure, TransactionTable};
use crate::ports::{DateRange, Person, StatementPage, Window};
use crate::text::account::Account;
use crate::text::fill;
use crate::visit::PageError;
use domain::view::TransactionView;
use domain::{AccountNumber, TransactionKind, TransactionState};
use leptos::prelude::*;

/// Held and refused ones: no money has moved.
pub fn unbooked(visit: &Visit, found: &StatementPage) -> Option<AnyView> {
    if found.unbooked.is_empty() {
        return None;
    }
    let texts = visit.texts();
    let language = visit.language();
    let words = transaction_words(texts, texts.account.unbooked_hint, "");
    let own = vec![found.account.account.clone()];
    let (rows, fresh) = (Signal::stored(found.unbooked.clone()), Signal::stored(Vec::new()));
    Some(
        view! {
            <section class="unbooked">
                <h3>{texts.account.unbooked}</h3>
                <TransactionTable language words own rows fresh />
            </section>
        }
        .into_any(),
    )
}

pub fn table(visit: &Visit, found: &StatementPage) -> AnyView {
    let texts = visit.texts();
    let (text, common) = (&texts.account, &texts.common);
    let caption = fill(text.caption, &[("count", &visit.language().number(found.total))]);
    let rows = found.rows.iter().map(|row| statement_row(visit, &found.account.account, row)).collect_view();
    view! {
        <div class="table-scroll">
            <table class="data statement" data-cards="">
                <caption>{caption}</caption>
                <thead>
                    <tr>
                        <th scope="col">{common.date}</th>
                        <th scope="col">{common.what}</th>
                        <th scope="col">{common.state}</th>
                        <th scope="col" data-type="number">
                            {common.amount}
                        </th>
                        <th scope="col" data-type="number">
                            {text.balance_after}
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn statement_row(visit: &Visit, account: &str, row: &TransactionView) -> AnyView {
    let texts = visit.texts();
    let language = visit.language();
    let comes_in = row.credit.account == account;
    let side = if comes_in { &row.credit } else { &row.debit };
    let amount_minor = if comes_in { row.amount_minor } else { -row.amount_minor };
    let after =
        side.after.map(|after| view! { <Amount amount_minor=after.booked_minor currency=row.currency language /> });
    view! {
        <tr data-id=row.id.to_string() data-state="posted">
            <td class="when">
                <time datetime=machine_time(row.occurred_at)>{language.date_time(row.occurred_at)}</time>
            </td>
            <th scope="row" class="what">
                <a href=format!("/transactions/{}", row.id)>{what(&texts.account, account, row)}</a>
                {row.reference.clone().map(|reference| view! { <span class="reference">{reference}</span> })}
                {row.history.then(|| view! { " " <span class="origin">{texts.account.history}</span> })}
            </th>
            <td class="state">
                <StateBadge state=Some(TransactionState::Posted) language />
            </td>
            <td class="money" data-type="number">
                <Amount amount_minor currency=row.currency language signed=true />
            </td>
            <td class="balance" data-type="number" data-label=texts.account.balance_after>
                {after}
            </td>
        </tr>
    }
    .into_any()
}

/// What the row is to this account.
fn what(text: &Account, account: &str, row: &TransactionView) -> String {
    match row.kind {
        TransactionKind::Deposit => text.deposit_from.to_owned(),
        TransactionKind::Withdrawal => text.withdrawal_to.to_owned(),
        TransactionKind::Transfer if row.credit.account == account => {
            fill(text.transfer_from, &[("account", &row.debit.account)])
        }
        TransactionKind::Transfer => fill(text.transfer_to, &[("account", &row.credit.account)]),
    }
}

/// The balance over time in the range; nothing where nothing has happened.
///
/// # Errors
/// As the port answers.
pub async fn figure(
    visit: &Visit,
    person: &Person,
    number: &AccountNumber,
    range: DateRange,
) -> Result<Option<AnyView>, PageError> {
    let range = (range != DateRange::default()).then_some(range);
    let query = ChartQuery { window: Window::All, account: Some(number.clone()), range, currency: None, width: None };
    let chart = ChartName::Balance;
    let drawn = chart::load(&visit.ports, person, visit.language(), visit.request.currency, chart, &query).await?;
    if drawn.plots.is_empty() {
        return Ok(None);
    }
    let texts = visit.texts();
    let address = query.href(chart);
    Ok(Some(
        view! {
            <Panel title=texts.account.balance_over_time>
                <LiveFigure address>
                    <FigureView figure=drawn texts />
                </LiveFigure>
            </Panel>
        }
        .into_any(),
    ))
}
