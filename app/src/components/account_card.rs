//! An account on the customer's home: what is available, how it comes about, and what can be done with it.

use super::Icon;
use crate::islands::{LiveAmount, Standing};
use crate::language::Language;
use crate::text::Texts;
use crate::text::fill;
use domain::view::AccountView;
use domain::{AccountStatus, AmountMinor};
use leptos::prelude::*;

#[component]
pub fn AccountCard(
    account: AccountView,
    language: Language,
    /// Its first action is the page's primary one.
    primary: bool,
) -> impl IntoView {
    let text = &Texts::of(language).home;
    let address = format!("/accounts/{}", account.account);
    let number = account.account.clone();
    let status = match account.status {
        AccountStatus::Open => None,
        AccountStatus::Frozen => Some(text.frozen),
        AccountStatus::Closed => Some(text.closed),
    };
    view! {
        <article class="panel account-card">
            <header class="panel-head">
                <h2>
                    <a href=address>{number}</a>
                </h2>
                {status.map(|status| view! { <span class="badge" data-tone="wait"><Icon name="lock" />{status}</span> })}
            </header>
            <Standings account=account.clone() language />
            {(account.status == AccountStatus::Open).then(|| view! { <AccountActions account=account.account language primary /> })}
        </article>
    }
}

/// Available, large, and the sum it comes from.
#[component]
pub fn Standings(account: AccountView, language: Language) -> impl IntoView {
    let text = &Texts::of(language).home;
    let currency = account.currency;
    let number = account.account.clone();
    let live = |standing, amount_minor: AmountMinor, spoken: Option<String>| {
        let account = number.clone();
        match spoken {
            Some(spoken) => view! { <LiveAmount language account currency standing amount_minor spoken /> }.into_any(),
            None => view! { <LiveAmount language account currency standing amount_minor /> }.into_any(),
        }
    };
    let spoken = fill("{available}, {account}", &[("available", text.available), ("account", &number)]);
    let overdraft = account.overdraft_minor;
    view! {
        <dl class="standings">
            <div class="standing-main">
                <dt>{text.available}</dt>
                <dd>{live(Standing::Available, account.available_minor, Some(spoken))}</dd>
            </div>
            <div>
                <dt>{text.booked}</dt>
                <dd data-term="=">{live(Standing::Booked, account.booked_minor, None)}</dd>
            </div>
            <div>
                <dt>{text.held}</dt>
                <dd data-term="−">{live(Standing::Held, account.held_minor, None)}</dd>
            </div>
            <div>
                <dt>{text.overdraft}</dt>
                <dd data-term="+">{language.money(overdraft, currency)}</dd>
            </div>
        </dl>
    }
}

/// Pay, add, withdraw, with this account chosen.
#[component]
pub fn AccountActions(account: String, language: Language, primary: bool) -> impl IntoView {
    let look = primary.then_some("primary");
    let text = &Texts::of(language).home;
    let link = |kind: &str| format!("/pay?type={kind}&account={account}");
    view! {
        <div class="actions">
            <a class="button" data-look=look href=link("transfer")>
                <Icon name="pay" />
                {text.pay}
            </a>
            <a class="button" href=link("deposit")>
                <Icon name="plus" />
                {text.add}
            </a>
            <a class="button" href=link("withdrawal")>
                <Icon name="minus" />
                {text.withdraw}
            </a>
        </div>
    }
}
