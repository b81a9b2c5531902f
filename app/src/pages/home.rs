//! The customer's home: every account with what is available, and the last five transactions. Bank staff start
//! elsewhere.

use crate::components::Tone;
use crate::components::account_card::AccountCard;
use crate::components::list::{AsOf, transaction_words};
use crate::components::notice::{Empty, Notice};
use crate::components::panel::Panel;
use crate::islands::{LiveChip, LiveTransactions};
use crate::page::{Page, Place, serve, start_of};
use crate::ports::{NewestQuery, Role};
use crate::text::fill;
use crate::visit::{PageError, Visit};
use domain::AccountNumber;
use domain::view::{AccountView, ResumeToken, TransactionView};
use leptos::prelude::*;

/// A customer with more accounts than this finds them by number.
const ACCOUNTS_MAX: i64 = 50;
const LAST: i64 = 5;

#[component]
pub fn HomePage() -> impl IntoView {
    serve(load)
}

async fn load(visit: Visit) -> Result<Page, PageError> {
    let person = visit.person()?;
    if person.role != Role::Customer {
        return Err(PageError::Elsewhere(start_of(person.role).to_owned()));
    }
    let (accounts, resume) = visit.ports.accounts.list(&person, ACCOUNTS_MAX).await?;
    let query = NewestQuery { limit: LAST, ..NewestQuery::default() };
    let (rows, rows_resume) = visit.ports.transactions.newest(&person, &query).await?;
    let text = &visit.texts().home;
    let (language, as_of) = (visit.language(), visit.now());
    let chip = view! { <LiveChip language as_of all=false resume=Some(resume) accounts=accounts.clone() /> };
    let open = view! {
        <a class="button" href="/accounts/new">
            {text.open}
        </a>
    };
    let body = view! {
        {opening(&visit, &accounts)}
        <div class="home">{cards(&visit, &accounts)} {last(&visit, accounts, rows, rows_resume)}</div>
        <AsOf texts=visit.texts() time=language.hour_minute(as_of) now=as_of address="/".to_owned() follows=true />
    };
    Ok(Page::new(text.title, Place::Home, body).actions(open).live(chip))
}

/// An account that was asked for and is not there yet.
fn opening(visit: &Visit, accounts: &[AccountView]) -> Option<AnyView> {
    let number: AccountNumber = visit.query.get("opening")?.parse().ok()?;
    let there = accounts.iter().any(|account| account.account == number.as_str());
    let text = &visit.texts().home;
    let (tone, sentence) = if there { (Tone::Ok, text.opened) } else { (Tone::Info, text.opening) };
    let sentence = fill(sentence, &[("account", number.as_str())]);
    Some(view! { <Notice tone text=sentence /> }.into_any())
}

fn cards(visit: &Visit, accounts: &[AccountView]) -> AnyView {
    let text = &visit.texts().home;
    if accounts.is_empty() {
        return view! {
            <Empty text=text.none>
                <a class="button" data-look="primary" href="/accounts/new">
                    {text.open}
                </a>
            </Empty>
        }
        .into_any();
    }
    let language = visit.language();
    let cards = accounts.iter().cloned().enumerate();
    let cards = cards.map(|(index, account)| view! { <AccountCard account language primary=index == 0 /> });
    view! { <div class="cards">{cards.collect_view()}</div> }.into_any()
}

fn last(visit: &Visit, accounts: Vec<AccountView>, rows: Vec<TransactionView>, resume: ResumeToken) -> AnyView {
    let texts = visit.texts();
    let words = transaction_words(texts, texts.transaction.list_caption, texts.home.no_transactions);
    let own = accounts.into_iter().map(|account| account.account).collect::<Vec<_>>();
    let language = visit.language();
    let all = view! { <a href="/explore">{texts.home.all}</a> }.into_any();
    let limit = usize::try_from(LAST).unwrap_or(usize::MAX);
    view! {
        <Panel title=texts.home.last aside=all>
            <LiveTransactions language words own rows resume limit />
        </Panel>
    }
    .into_any()
}
