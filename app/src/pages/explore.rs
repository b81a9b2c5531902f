//! The list of transactions: one's own, or for bank staff all. Filters are a GET form, so the address remembers them;
//! without filters it is live.

use crate::actions::payment::kind_name;
use crate::components::field::{Field, described_by, select};
use crate::components::list::{AsOf, Pager, transaction_words};
use crate::components::notice::Empty;
use crate::islands::{LiveChip, LiveTransactions, TransactionTable};
use crate::page::{Page, Place, serve};
use crate::phrase::Phrase;
use crate::ports::{DateRange, NewestQuery, Person, Role};
use crate::visit::{PageError, Visit, encode};
use domain::view::{AccountView, ResumeToken, TransactionView};
use domain::{AccountNumber, TransactionKind, TransactionState};
use leptos::prelude::*;
use uuid::Uuid;

const ROWS: i64 = 50;
const ACCOUNTS_MAX: i64 = 200;
const KINDS: [TransactionKind; 3] = [TransactionKind::Deposit, TransactionKind::Withdrawal, TransactionKind::Transfer];
const STATES: [(&str, TransactionState); 4] = [
    ("posted", TransactionState::Posted),
    ("held", TransactionState::Held),
    ("refused", TransactionState::Refused),
    ("expired", TransactionState::Expired),
];

#[component]
pub fn ExplorePage() -> impl IntoView {
    serve(load)
}

/// The filters as the address has them.
#[derive(Debug, Clone, Default)]
struct Filters {
    account: String,
    kind: Option<TransactionKind>,
    state: Option<(&'static str, TransactionState)>,
    from: String,
    to: String,
    before: Option<(i64, Uuid)>,
}

impl Filters {
    fn of(visit: &Visit) -> Self {
        let get = |name: &str| visit.query.get(name).unwrap_or_default().trim().to_owned();
        let (kind, state) = (get("type"), get("state"));
        Filters {
            account: get("account"),
            kind: KINDS.into_iter().find(|known| kind_name(*known) == kind),
            state: STATES.into_iter().find(|(name, _)| *name == state),
            from: get("from"),
            to: get("to"),
            before: parse_key(&get("before")),
        }
    }

    /// Whether every row is wanted, from the newest.
    fn is_plain(&self) -> bool {
        self.parts().is_empty() && self.before.is_none()
    }

    fn number(&self) -> Result<Option<AccountNumber>, ()> {
        if self.account.is_empty() {
            return Ok(None);
        }
        AccountNumber::from_typed(&self.account).map(Some).map_err(|_| ())
    }

    fn query(&self) -> NewestQuery {
        let range = DateRange { from: self.from.parse().ok(), to: self.to.parse().ok() };
        NewestQuery {
            account: self.number().ok().flatten(),
            kind: self.kind,
            state: self.state.map(|(_, state)| state),
            range,
            before: self.before,
            limit: ROWS + 1,
        }
    }

    fn parts(&self) -> Vec<String> {
        let kind = self.kind.map(kind_name).unwrap_or_default();
        let state = self.state.map(|(name, _)| name).unwrap_or_default();
        [("account", self.account.as_str()), ("type", kind), ("state", state), ("from", &self.from), ("to", &self.to)]
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect()
    }

    fn address(&self, key: Option<(i64, Uuid)>) -> String {
        let mut parts = self.parts();
        parts.extend(key.map(|(ms, id)| format!("before={ms}.{id}")));
        if parts.is_empty() { "/explore".to_owned() } else { format!("/explore?{}", parts.join("&")) }
    }
}

fn parse_key(text: &str) -> Option<(i64, Uuid)> {
    let (ms, id) = text.split_once('.')?;
    Some((ms.parse().ok()?, id.parse().ok()?))
}

/// Somebody looked for an id or a number: there directly.
fn found(visit: &Visit) -> Option<PageError> {
    let wanted = visit.query.get("find")?;
    let wanted = wanted.trim();
    let address = match (wanted.parse::<Uuid>(), AccountNumber::from_typed(wanted)) {
        (Ok(id), _) => format!("/transactions/{id}"),
        (_, Ok(number)) => format!("/accounts/{number}"),
        _ => "/explore".to_owned(),
    };
    Some(PageError::Elsewhere(address))
}

async fn load(visit: Visit) -> Result<Page, PageError> {
    let person = visit.person()?;
    if let Some(elsewhere) = found(&visit) {
        return Err(elsewhere);
    }
    let filters = Filters::of(&visit);
    let accounts = own_accounts(&visit, &person).await?;
    let bad_account = filters.number().is_err();
    let (mut rows, resume) = if bad_account {
        (Vec::new(), ResumeToken::default())
    } else {
        visit.ports.transactions.newest(&person, &filters.query()).await?
    };
    let page_rows = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let more = rows.len() > page_rows;
    rows.truncate(page_rows);
    let older = rows.last().filter(|_| more).map(|row| filters.address(Some((row.recorded_at.ms, row.id))));
    let newer = filters.before.map(|_| filters.address(None));
    let staff = person.role != Role::Customer;
    let texts = visit.texts();
    let title = if staff { texts.transaction.list_title } else { texts.transaction.activity_title };
    let (language, now) = (visit.language(), visit.now());
    let chip = (filters.is_plain()).then(
        || view! { <LiveChip language as_of=now all=staff resume=Some(resume.clone()) accounts=accounts.clone() /> },
    );
    let body = view! {
        {filter_form(&visit, &filters, staff, bad_account)}
        <div class="panel">{list(&visit, &filters, &accounts, rows, resume)}</div>
        <Pager newer older newer_word=texts.transaction.newest older_word=texts.common.older />
        <AsOf texts time=language.hour_minute(now) now address=visit.address.clone() follows=filters.is_plain() />
    };
    let page = Page::new(title, Place::Activity, body);
    Ok(if let Some(chip) = chip { page.live(chip) } else { page })
}

/// For the sign of amounts: none for bank staff, who look at the whole bank.
async fn own_accounts(visit: &Visit, person: &Person) -> Result<Vec<AccountView>, PageError> {
    if person.role != Role::Customer {
        return Ok(Vec::new());
    }
    let (accounts, _) = visit.ports.accounts.list(person, ACCOUNTS_MAX).await?;
    Ok(accounts)
}

fn list(
    visit: &Visit,
    filters: &Filters,
    accounts: &[AccountView],
    rows: Vec<TransactionView>,
    resume: ResumeToken,
) -> AnyView {
    let texts = visit.texts();
    let text = &texts.transaction;
    let language = visit.language();
    let own = accounts.iter().map(|account| account.account.clone()).collect::<Vec<_>>();
    let words = transaction_words(texts, text.list_caption, text.list_empty_all);
    if filters.is_plain() {
        let limit = usize::try_from(ROWS).unwrap_or(usize::MAX);
        return view! { <LiveTransactions language words own rows resume limit /> }.into_any();
    }
    if rows.is_empty() {
        return view! {
            <Empty text=text.list_empty>
                <a href="/explore">{text.clear}</a>
            </Empty>
        }
        .into_any();
    }
    let (rows, fresh) = (Signal::stored(rows), Signal::stored(Vec::new()));
    view! { <TransactionTable language words own rows fresh /> }.into_any()
}

fn filter_form(visit: &Visit, filters: &Filters, staff: bool, bad_account: bool) -> AnyView {
    let texts = visit.texts();
    let (text, common) = (&texts.transaction, &texts.common);
    let language = visit.language();
    let problem = bad_account.then(|| text.bad_account.to_owned());
    let described = described_by("account", false, bad_account);
    let (typed, from, to) = (filters.account.clone(), filters.from.clone(), filters.to.clone());
    let account = staff.then(|| {
        view! {
            <Field name="account" label=common.account problem>
                <input
                    id="field-account"
                    name="account"
                    type="text"
                    size="12"
                    autocomplete="off"
                    value=typed
                    aria-describedby=described
                />
            </Field>
        }
    });
    let kinds = KINDS.map(|kind| (kind_name(kind), Phrase::from(kind).text(language), filters.kind == Some(kind)));
    let chosen = filters.state.map(|(_, state)| state);
    // To a customer what expired is one more that was not approved.
    let offered = STATES.iter().filter(|(_, state)| staff || *state != TransactionState::Expired);
    let states: Vec<_> =
        offered.map(|(name, state)| (*name, Phrase::from(*state).text(language), chosen == Some(*state))).collect();
    view! {
        <form class="filters" method="get" action="/explore" role="search" aria-label=text.filters>
            {account} {select("type", text.kind, text.any, &kinds)} {select("state", common.state, text.any, &states)}
            <Field name="from" label=texts.account.from problem=None>
                <input id="field-from" name="from" type="date" value=from />
            </Field>
            <Field name="to" label=texts.account.to problem=None>
                <input id="field-to" name="to" type="date" value=to />
            </Field>
            <button class="button">{text.filter}</button>
        </form>
    }
    .into_any()
}
