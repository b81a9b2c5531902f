//! Puts a web node together from the rooms it needs, and runs it.

use super::health::Health;
use super::ports::{Bank, MachineRoom, SystemClock};
use super::state::{WebState, leptos_options};
use super::{metrics, router, serve, sweep};
use crate::api::Api;
use crate::bulk::Bulk;
use crate::config::Config;
use crate::feed::Feed;
use crate::gateway::Gateway;
use crate::identity::Identities;
use crate::import::uploads::Uploads;
use crate::kafka::command_log::CommandLog;
use crate::kafka::command_producer::CommandProducer;
use crate::kafka::tail::Tail;
use crate::live::Live;
use crate::store::Store;
use anyhow::Context as _;
use app::pages::open_account::CURRENCIES;
use app::ports::Ports;
use domain::Currency;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const DESKS_AGAIN: Duration = Duration::from_secs(5);

/// A node that listens but does not serve yet.
pub struct Node {
    listener: TcpListener,
    state: WebState,
    uploads: Uploads,
    bulk: Bulk,
    live: Live,
    api: Api,
    /// Runs until dropped.
    _tail: Tail,
    stop: CancellationToken,
}

impl Node {
    /// Connects to everything and takes the address. Other parts of the process report to `health`.
    ///
    /// # Errors
    /// When something it needs is absent, saying which and what to do.
    pub async fn start(config: &Config, health: Health, stop: CancellationToken) -> anyhow::Result<Self> {
        metrics::recorder().context("another recorder of metrics is installed")?;
        let store = Store::connect_with(config, &[("statement_timeout", "10s")]).await?;
        anyhow::ensure!(
            store.schema_is_current().await?,
            "the database's schema is older than this program: run `vigie migrate`"
        );
        let listener =
            TcpListener::bind(config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))?;
        let feed = Feed::new(config);
        let tail = Tail::start(config, &feed)?;
        // Once it has caught up, a broker that goes away is no reason to send people elsewhere: every node is as blind,
        // pages say how old they are, and a form answers that nothing was taken.
        let caught_up = feed.clone();
        health.watch("feed", move || caught_up.age().is_some());
        let live = Live::start(store.clone(), feed.clone(), stop.clone());
        let gateway = Gateway::new(store.clone(), feed, CommandProducer::new(config)?);
        let api = Api::new(store.clone(), gateway.clone(), config.trusted_proxies.clone());
        let bank = Arc::new(Bank { store: store.clone(), gateway });
        let bulk = Bulk::new(config, &store)?;
        let uploads = Uploads::new(store.clone(), bulk.clone(), config.currency);
        let ports = Ports {
            accounts: bank.clone(),
            transactions: bank.clone(),
            alerts: bank,
            overview: Arc::new(store.clone()),
            imports: Arc::new(uploads.clone()),
            identity: Arc::new(Identities::new(store.clone(), config.demo)?),
            operations: Arc::new(MachineRoom { store: store.clone(), log: CommandLog::new(config)? }),
            drafts: Arc::new(store.clone()),
            clock: Arc::new(SystemClock(config.time_zone)),
        };
        let state = WebState { config: Arc::new(config.clone()), store, ports, leptos: leptos_options(config), health };
        Ok(Node { listener, state, uploads, bulk, live, api, _tail: tail, stop })
    }

    /// Where it listens; the port is a real one even if the configuration said 0.
    ///
    /// # Errors
    /// When the socket is gone.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until asked to stop, then drains.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn run(self) -> anyhow::Result<()> {
        let router = router(self.state.clone(), self.live.router(), self.api.router());
        let background = [
            tokio::spawn(sweep(self.state.clone(), self.stop.clone())),
            tokio::spawn(self.uploads.adopt_orphans()),
            tokio::spawn(open_desks(self.bulk, self.state.config.currency)),
        ];
        let served = serve(self.listener, router, self.stop).await;
        self.live.closed().await;
        background.iter().for_each(tokio::task::JoinHandle::abort);
        Ok(served?)
    }
}

/// Sees to it that every currency that the pages offer has its cash desk, as soon as a worker runs.
async fn open_desks(bulk: Bulk, first: Currency) {
    let offered = CURRENCIES.iter().filter_map(|code| code.parse().ok());
    let currencies: Vec<Currency> =
        std::iter::once(first).chain(offered.filter(|currency| *currency != first)).collect();
    while let Err(error) = bulk.ensure_desks(&currencies).await {
        tracing::warn!(%error, "the cash desks are not there yet");
        tokio::time::sleep(DESKS_AGAIN).await;
    }
}
