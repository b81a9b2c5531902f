//! Which address shows which page. Every route is rendered whole before it is sent: without JavaScript, out-of-order
//! streaming would show only its placeholders.

use crate::pages;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::{SsrMode, path};

#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <FlatRoutes fallback=|| pages::not_found::NotFoundPage>
                <Route path=path!("/") view=pages::home::HomePage ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=pages::sign_in::SignInPage ssr=SsrMode::Async />
                <Route path=path!("/accounts/new") view=pages::open_account::OpenAccountPage ssr=SsrMode::Async />
                <Route path=path!("/accounts/:number") view=pages::account::AccountPage ssr=SsrMode::Async />
                <Route path=path!("/pay") view=pages::pay::PayPage ssr=SsrMode::Async />
                <Route path=path!("/pay/check") view=pages::check::CheckPage ssr=SsrMode::Async />
                <Route path=path!("/transactions/:id") view=pages::transaction::TransactionPage ssr=SsrMode::Async />
                <Route path=path!("/explore") view=pages::explore::ExplorePage ssr=SsrMode::Async />
                <Route path=path!("/overview") view=pages::overview::OverviewPage ssr=SsrMode::Async />
                <Route path=path!("/alerts") view=pages::alerts::AlertsPage ssr=SsrMode::Async />
                <Route path=path!("/alerts/:id") view=pages::alerts::AlertPage ssr=SsrMode::Async />
                <Route path=path!("/operator") view=pages::operator::OperatorPage ssr=SsrMode::Async />
                <Route
                    path=path!("/operator/dead-letters/:partition/:offset")
                    view=pages::operator::DeadLetterPage
                    ssr=SsrMode::Async
                />
                <Route path=path!("/imports") view=pages::imports::ImportsPage ssr=SsrMode::Async />
                <Route path=path!("/imports/:id") view=pages::imports::ImportPage ssr=SsrMode::Async />
                <Route path=path!("/settings/profile") view=pages::profile::ProfilePage ssr=SsrMode::Async />
            </FlatRoutes>
        </Router>
    }
}
