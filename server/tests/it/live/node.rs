//! A bank with a worker, a tail and live sockets on a real port, and a browser's side of a socket.

use crate::support::{TestBank, config_like, until};
use crate::worker::{RunningWorker, WorkerBank, number};
use app::ports::{NewestQuery, Payment, Person, PortError, RequestContext, Role, SignIn, Submission};
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use domain::command::OpenAccount;
use domain::view::{Change, Frame, ResumeToken, Subscribe, TransactionView};
use domain::{AccountKind, Command, Currency, TransactionKind};
use futures::{SinkExt as _, StreamExt as _};
use server::config::Config;
use server::feed::Feed;
use server::gateway::Gateway;
use server::identity::Identities;
use server::kafka::announcer::{AnnouncedRecord, Announcer, Destination};
use server::kafka::command_producer::{CommandProducer, Source};
use server::kafka::tail::Tail;
use server::live::Live;
use server::store::{Store, Touch};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Long enough for a rebalance on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(60);

pub struct LiveBank {
    pub bank: WorkerBank,
    pub gateway: Gateway,
    pub feed: Feed,
    pub identities: Identities,
    pub live: Live,
    people: HashMap<&'static str, (Person, String)>,
    address: SocketAddr,
    worker: Option<RunningWorker>,
    sending: Mutex<JoinSet<()>>,
    stop: CancellationToken,
    _tail: Tail,
}

impl LiveBank {
    /// With a worker, and with these flags beside the tests' own.
    pub async fn new(flags: &[&str]) -> Self {
        let mut bank = WorkerBank::new().await;
        bank.bank.config = config_like(&bank.bank.config, flags);
        let worker = Some(bank.start_worker());
        Self::over(bank, worker).await
    }

    /// With a worker that judges.
    pub async fn judging() -> Self {
        let mut bank = WorkerBank::new().await;
        bank.bank.config.detection = true;
        let worker = Some(bank.start_worker());
        Self::over(bank, worker).await
    }

    pub async fn without_worker() -> Self {
        Self::over(WorkerBank::new().await, None).await
    }

    async fn over(bank: WorkerBank, worker: Option<RunningWorker>) -> Self {
        let (config, store) = (bank.bank.config.clone(), bank.bank.store.clone());
        let feed = Feed::new(&config);
        let tail = Tail::start(&config, &feed).unwrap();
        let gateway = Gateway::new(store.clone(), feed.clone(), CommandProducer::new(&config).unwrap());
        let stop = CancellationToken::new();
        let live = Live::start(store.clone(), feed.clone(), stop.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = live.router().layer(from_fn_with_state(store.clone(), attach));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let identities = Identities::new(store, true).unwrap();
        let people = HashMap::new();
        let sending = Mutex::default();
        LiveBank { bank, gateway, feed, identities, live, people, address, worker, sending, stop, _tail: tail }
    }

    pub fn store(&self) -> &Store {
        &self.bank.bank.store
    }

    pub fn config(&self) -> &Config {
        &self.bank.bank.config
    }

    async fn add(&mut self, name: &'static str, role: Role) -> Uuid {
        let person = self.store().add_person(name, name, role, "-", true).await.unwrap();
        let SignIn::Welcome { session, .. } = sign_in(&self.identities, name).await else { panic!("{name}") };
        let id = person.id;
        self.people.insert(name, (person, session));
        id
    }

    pub async fn customer(&mut self, name: &'static str) -> Uuid {
        self.add(name, Role::Customer).await
    }

    pub async fn analyst(&mut self, name: &'static str) -> Uuid {
        self.add(name, Role::Analyst).await
    }

    pub fn person(&self, name: &str) -> Uuid {
        self.people[name].0.id
    }

    pub fn whole_person(&self, name: &str) -> &Person {
        &self.people[name].0
    }

    /// As the form does: with the right to pay from their own account, if they have it.
    pub async fn pay(&self, name: &str, payment: &Payment) -> Result<Submission, PortError> {
        let right = self.store().paying_right(self.whole_person(name), &payment.own).await?;
        self.gateway.submit(&right.ok_or(PortError::Forbidden)?, payment).await
    }

    pub fn session(&self, name: &str) -> &str {
        &self.people[name].1
    }

    pub async fn send(&self, command: &Command) {
        self.bank.producer.send(Uuid::now_v7(), Source::Web, command).await.unwrap();
    }

    /// Sends without waiting for the log; [`LiveBank::sent`] waits for all.
    pub fn send_soon(&self, command: Command) {
        let producer = self.bank.producer.clone();
        let send = async move { producer.send(Uuid::now_v7(), Source::Web, &command).await.map(|_| ()).unwrap() };
        self.sending.lock().unwrap().spawn(send);
    }

    pub async fn sent(&self) {
        let sending = std::mem::take(&mut *self.sending.lock().unwrap());
        sending.join_all().await;
    }

    /// Opens an account and waits until it is in the tables.
    pub async fn open_account(&self, account: &str, owner: Option<Uuid>) {
        let kind = if account.starts_with("CASH") { AccountKind::External } else { AccountKind::Customer };
        let (currency, overdraft_minor) = (Currency::EUR, 0);
        let open = OpenAccount { account: number(account), kind, currency, overdraft_minor, owner };
        self.send(&Command::OpenAccount(open)).await;
        until("the account is open", LIMIT, || async { self.bank.balance(account).await }).await;
    }

    pub async fn newest(&self, name: &str) -> Vec<TransactionView> {
        let query = NewestQuery { limit: 1_000, ..NewestQuery::default() };
        self.store().newest(self.whole_person(name), &query).await.unwrap().0
    }

    /// Sends every fact of the log once more, as a worker does that does not know that they were sent.
    pub async fn announce_again(&self) {
        let announcer = Announcer::new(self.config()).unwrap();
        for fact in self.bank.facts().await {
            let value = serde_json::to_vec(&fact).unwrap();
            let (key, headers) = (Vec::new(), Vec::new());
            let record = AnnouncedRecord { destination: Destination::Events, key, headers, value };
            announcer.start(fact.position.partition, &[record]).await.unwrap().acknowledged().await.unwrap();
        }
    }

    /// A socket of that person, subscribed.
    pub async fn socket(&self, name: &str, resume: Option<&ResumeToken>, all: bool) -> Socket {
        let mut socket = self.connect(Some(self.session(name))).await.unwrap();
        socket.subscribe(resume, all).await;
        socket
    }

    /// A socket with that session, not subscribed yet.
    pub async fn connect(&self, session: Option<&str>) -> Result<Socket, Box<Error>> {
        let mut request = format!("ws://{}/live", self.address).into_client_request().unwrap();
        if let Some(session) = session {
            request.headers_mut().insert("cookie", format!("session={session}").parse().unwrap());
        }
        let (stream, _) = tokio_tungstenite::connect_async(request).await.map_err(Box::new)?;
        Ok(Socket(stream))
    }

    pub async fn stop_worker(&mut self) {
        if let Some(worker) = self.worker.take() {
            worker.stop().await;
        }
    }
}

impl Drop for LiveBank {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub async fn sign_in(identities: &Identities, name: &str) -> SignIn {
    app::ports::Identity::sign_in_demo(identities, name).await.unwrap()
}

/// Who is asking, as `web` finds out before this room.
async fn attach(State(store): State<Store>, mut request: Request, next: Next) -> axum::response::Response {
    let cookie = request.headers().get("cookie").and_then(|value| value.to_str().ok());
    let session = cookie.and_then(|cookie| cookie.strip_prefix("session=")).map(str::to_owned);
    let person = match &session {
        Some(secret) => store.session_person(secret, Touch::No).await.unwrap(),
        None => None,
    };
    request.extensions_mut().insert(RequestContext {
        unavailable: false,
        session: session.filter(|_| person.is_some()),
        person,
        address: "192.0.2.1".to_owned(),
        cookies: Vec::new(),
        accept_language: None,
        cookie_name: "session",
        secure: false,
        demo: true,
        currency: Currency::EUR,
    });
    next.run(request).await
}

/// A browser's side.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub async fn subscribe(&mut self, resume: Option<&ResumeToken>, all: bool) {
        let ask = Subscribe { resume: resume.cloned(), all };
        self.say(&serde_json::to_string(&ask).unwrap()).await;
    }

    pub async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next frame with its text; none once the socket is closed.
    pub async fn next(&mut self) -> Option<(Frame, String)> {
        loop {
            let message = tokio::time::timeout(LIMIT, self.0.next()).await.expect("a frame within the limit");
            match message {
                Some(Ok(Message::Text(text))) => return Some((serde_json::from_str(&text).unwrap(), text.to_string())),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                None | Some(Err(_) | Ok(_)) => return None,
            }
        }
    }

    pub async fn frame(&mut self) -> Frame {
        self.next().await.expect("an open socket").0
    }

    pub async fn until(&mut self, wanted: impl Fn(&Frame) -> bool) -> Frame {
        loop {
            let frame = self.frame().await;
            if wanted(&frame) {
                return frame;
            }
        }
    }

    /// The next frame that says that nothing is waiting: a heartbeat, or an update without changes.
    pub async fn beat(&mut self) -> Frame {
        self.until(|frame| match frame {
            Frame::Heartbeat { .. } => true,
            Frame::Update { changes, .. } => changes.is_empty(),
            _ => false,
        })
        .await
    }

    /// Transactions from updates, until there are at least that many; and the frames' text.
    pub async fn transactions(&mut self, count: usize) -> (Vec<TransactionView>, String) {
        self.transactions_until(|rows| rows.len() >= count).await
    }

    pub async fn transactions_until(
        &mut self,
        enough: impl Fn(&[TransactionView]) -> bool,
    ) -> (Vec<TransactionView>, String) {
        let (mut rows, mut texts) = (Vec::new(), String::new());
        while !enough(&rows) {
            let (frame, text) = self.next().await.expect("an open socket");
            texts.push_str(&text);
            match frame {
                Frame::Update { changes, .. } => rows.extend(changes.into_iter().filter_map(|change| match change {
                    Change::Transaction(view) => Some(view),
                    Change::Account(_) | Change::Alert(_) => None,
                })),
                Frame::Heartbeat { .. } => {}
                other => panic!("neither update nor heartbeat: {other:?}"),
            }
        }
        (rows, texts)
    }
}

/// The versions of an account, in the order in which its rows came.
pub fn account_versions(rows: &[TransactionView], account: &str) -> Vec<i64> {
    let sides = rows.iter().flat_map(|row| [&row.debit, &row.credit]);
    sides.filter(|side| side.account == account).filter_map(|side| Some(side.after?.version)).collect()
}

/// A payment as the form gives it.
pub fn payment(kind: TransactionKind, own: &str, payee: Option<&str>, amount_minor: i64) -> app::ports::Payment {
    app::ports::Payment {
        transaction_id: Uuid::now_v7(),
        kind,
        own: number(own),
        payee: payee.map(number),
        amount_minor,
        currency: Currency::EUR,
        reference: None,
    }
}

/// A bank whose broker does not answer.
pub async fn bank_without_broker() -> (TestBank, Gateway) {
    let mut bank = TestBank::new().await;
    bank.config.kafka_brokers = "127.0.0.1:1".to_owned();
    let feed = Feed::new(&bank.config);
    let gateway = Gateway::new(bank.store.clone(), feed, CommandProducer::new(&bank.config).unwrap());
    (bank, gateway)
}
