//! A payment's whole way, from the posted form through the log and the worker to the page.

use crate::http::{Answer, Browser, TestNode};
use crate::support::{TestBank, until};
use crate::worker::{RunningWorker, WorkerBank};
use app::ports::{Person, Role};
use clap::Parser as _;
use domain::money::Currency;
use server::cli::{Cli, Command, user};
use server::identity::hash_password;
use std::time::{Duration, Instant};
use uuid::Uuid;

const PASSWORD: &str = "correct horse battery";
const LIMIT: Duration = Duration::from_secs(60);

struct Scene {
    node: TestNode,
    bank: WorkerBank,
    _worker: RunningWorker,
}

async fn scene() -> Scene {
    let bank = WorkerBank::new().await;
    let worker = bank.start_worker();
    let node = TestNode::start(&bank.bank, &[]).await;
    let desk = domain::account::cash_desk(Currency::EUR);
    until("the cash desk is open", LIMIT, || async { bank.balance(desk.as_str()).await }).await;
    until("the feed is there", LIMIT, || async {
        (Browser::new(&node).get("/health/ready").await.status == 200).then_some(())
    })
    .await;
    Scene { node, bank, _worker: worker }
}

async fn customer(bank: &TestBank, username: &str) -> Person {
    bank.store.add_person(username, username, Role::Customer, &hash_password(PASSWORD).unwrap(), false).await.unwrap()
}

async fn signed_in(node: &TestNode, username: &str) -> Browser {
    let mut browser = Browser::new(node);
    let answer = browser.post("/do/sign_in", &format!("username={username}&password=correct+horse+battery")).await;
    assert_eq!(answer.status, 303);
    browser
}

fn location(answer: &Answer) -> String {
    answer.header("location").unwrap_or_default().to_owned()
}

async fn open_account(browser: &mut Browser) -> String {
    let answer = browser.post("/do/open_account", &format!("command_id={}&currency=EUR", Uuid::now_v7())).await;
    let address = location(&answer);
    let number = address.strip_prefix("/accounts/").and_then(|rest| rest.split('?').next());
    number.unwrap_or_else(|| panic!("{answer:?}")).to_owned()
}

fn deposit(id: Uuid, account: &str, amount: &str) -> String {
    format!("transaction_id={id}&kind=deposit&account={account}&amount={amount}&payee=&reference=for+the+rent")
}

#[tokio::test]
async fn a_deposit_in_the_form_is_booked_once_and_stands_on_its_page() {
    let scene = scene().await;
    customer(&scene.bank.bank, "alice").await;
    let mut alice = signed_in(&scene.node, "alice").await;
    let account = open_account(&mut alice).await;
    let id = Uuid::now_v7();
    let answer = alice.post("/do/submit_transaction", &deposit(id, &account, "12,34")).await;
    assert_eq!(location(&answer), format!("/transactions/{id}"), "{answer:?}");
    assert_eq!(scene.bank.balance(&account).await, Some(1_234));
    let page = alice.get(&format!("/transactions/{id}")).await;
    assert!(page.status == 200 && page.body.contains("12.34") && page.body.contains("for the rent"), "{}", page.body);
    let csv = alice.get(&format!("/accounts/{account}/statement.csv")).await.body;
    assert!(csv.contains(&format!("deposit,CASH-EUR,12.34,EUR,12.34,for the rent,{id}")), "{csv}");
    let facts = serde_json::to_string(&scene.bank.facts().await).unwrap();
    assert!(!facts.contains("rent"), "the log never holds the free text");
    customer(&scene.bank.bank, "bob").await;
    let mut bob = signed_in(&scene.node, "bob").await;
    assert!(!bob.get(&format!("/transactions/{id}")).await.body.contains("12.34"));
}

#[tokio::test]
async fn one_id_sent_a_hundred_times_at_once_is_one_row_and_one_answer() {
    let scene = scene().await;
    customer(&scene.bank.bank, "alice").await;
    let mut alice = signed_in(&scene.node, "alice").await;
    let account = open_account(&mut alice).await;
    let id = Uuid::now_v7();
    let posts = (0..100).map(|_| {
        let mut browser = Browser::new(&scene.node);
        browser.cookies = alice.cookies.clone();
        let form = deposit(id, &account, "5");
        async move { location(&browser.post("/do/submit_transaction", &form).await) }
    });
    let answers = futures::future::join_all(posts).await;
    assert!(answers.iter().all(|answer| *answer == format!("/transactions/{id}")), "{answers:?}");
    assert_eq!((scene.bank.transactions().await, scene.bank.balance(&account).await), (1, Some(500)));
}

#[tokio::test]
async fn an_id_used_again_for_another_payment_is_a_conflict_and_the_first_stands() {
    let scene = scene().await;
    customer(&scene.bank.bank, "alice").await;
    let mut alice = signed_in(&scene.node, "alice").await;
    let account = open_account(&mut alice).await;
    let id = Uuid::now_v7();
    alice.post("/do/submit_transaction", &deposit(id, &account, "5")).await;
    let conflict = format!("/transactions/{id}?conflict=1");
    let answer = alice.post("/do/submit_transaction", &deposit(id, &account, "6")).await;
    assert_eq!(location(&answer), conflict);
    // Another account, until one lies on another partition.
    let partition =
        |number: &str| domain::partition::partition_of(number.as_bytes(), scene.bank.bank.config.partitions);
    let mut other = open_account(&mut alice).await;
    while partition(&other) == partition(&account) {
        other = open_account(&mut alice).await;
    }
    let answer = alice.post("/do/submit_transaction", &deposit(id, &other, "5")).await;
    assert_eq!(location(&answer), conflict);
    assert_eq!((scene.bank.balance(&account).await, scene.bank.balance(&other).await), (Some(500), Some(0)));
    assert!(alice.get(&conflict).await.body.contains("5.00"), "the page shows the original");
}

#[tokio::test]
async fn nobody_pays_from_somebody_elses_account() {
    let scene = scene().await;
    for username in ["alice", "bob"] {
        customer(&scene.bank.bank, username).await;
    }
    let mut alice = signed_in(&scene.node, "alice").await;
    let hers = open_account(&mut alice).await;
    alice.post("/do/submit_transaction", &deposit(Uuid::now_v7(), &hers, "50")).await;
    let mut bob = signed_in(&scene.node, "bob").await;
    let his = open_account(&mut bob).await;
    let theft = format!("transaction_id={}&kind=transfer&account={hers}&payee={his}&amount=50", Uuid::now_v7());
    let answer = bob.post("/do/submit_transaction", &theft).await;
    assert!(location(&answer).starts_with("/pay?"), "{answer:?}");
    assert_eq!((scene.bank.transactions().await, scene.bank.balance(&hers).await), (1, Some(5_000)));
}

#[tokio::test]
async fn without_a_broker_the_form_answers_in_time_and_the_same_id_books_once_later() {
    let scene = scene().await;
    customer(&scene.bank.bank, "alice").await;
    let mut alice = signed_in(&scene.node, "alice").await;
    let account = open_account(&mut alice).await;
    let cut_off = TestNode::start(&scene.bank.bank, &["--kafka-brokers=127.0.0.1:1"]).await;
    let mut there = Browser::new(&cut_off);
    there.cookies = alice.cookies.clone();
    let (id, started) = (Uuid::now_v7(), Instant::now());
    let answer = there.post("/do/submit_transaction", &deposit(id, &account, "7")).await;
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
    assert!(location(&answer).starts_with("/pay?"), "{answer:?}");
    let page = there.get(&location(&answer)).await.body;
    assert!(page.contains(&id.to_string()) && page.contains("value=\"7\""), "the same id, and what was typed is kept");
    for _ in 0..2 {
        let answer = alice.post("/do/submit_transaction", &deposit(id, &account, "7")).await;
        assert_eq!(location(&answer), format!("/transactions/{id}"));
    }
    assert_eq!(scene.bank.balance(&account).await, Some(700));
}

/// Runs `vigie user …` on this bank.
async fn vigie_user(bank: &TestBank, arguments: &[&str]) -> anyhow::Result<()> {
    let args = match Cli::try_parse_from([&["vigie", "user"], arguments].concat())?.command {
        Command::User(args) => args,
        _ => unreachable!("it is `vigie user`"),
    };
    user::run(bank.config.clone(), args).await.map(|_| ())
}

#[tokio::test]
async fn a_link_made_by_the_operator_gives_and_takes_the_right_to_an_account() {
    let scene = scene().await;
    let bank = &scene.bank.bank;
    customer(bank, "bob").await;
    scene.bank.open("A1", 0).await;
    let mut bob = signed_in(&scene.node, "bob").await;
    assert_eq!(bob.get("/accounts/A1/statement.csv").await.status, 404);
    vigie_user(bank, &["link", "bob", "A1"]).await.unwrap();
    assert_eq!(bob.get("/accounts/A1/statement.csv").await.status, 200);
    vigie_user(bank, &["unlink", "bob", "A1"]).await.unwrap();
    assert_eq!(bob.get("/accounts/A1/statement.csv").await.status, 404);
    let unknown = vigie_user(bank, &["link", "nobody", "A1"]).await.unwrap_err();
    assert_eq!(unknown.to_string(), "nobody is named nobody");
}

#[tokio::test]
async fn the_operator_adds_disables_and_enables_people() {
    let bank = TestBank::new().await;
    vigie_user(&bank, &["add", "carol", "--role", "analyst", "--name", "Carol C."]).await.unwrap();
    let carol = bank.store.person_named("carol").await.unwrap();
    assert_eq!((carol.role, carol.display_name.as_str()), (Role::Analyst, "Carol C."));
    vigie_user(&bank, &["role", "carol", "operator"]).await.unwrap();
    assert_eq!(bank.store.person_named("carol").await.unwrap().role, Role::Operator);
    for action in ["disable", "enable", "password"] {
        vigie_user(&bank, &[action, "carol"]).await.unwrap();
        assert!(vigie_user(&bank, &[action, "nobody"]).await.is_err(), "{action}");
    }
}
