//! Direct producers: whose signature counts, for what, and until when.

use crate::support::TestBank;
use crate::worker::{WorkerBank, deposit, number, transfer, until};
use domain::command::{OpenAccount, SubmitTransaction};
use domain::envelope::{self, signed_bytes};
use domain::hex::hex;
use domain::{AccountKind, Currency};
use ed25519_dalek::{Signer as _, SigningKey};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use server::kafka::{Topics, client};
use server::store::api_keys::Reach;
use sqlx::Executor as _;
use std::time::{Duration, Instant};
use uuid::Uuid;

struct Producer {
    id: &'static str,
    private: SigningKey,
    producer: FutureProducer,
    topic: String,
}

impl Producer {
    fn new(bank: &TestBank, id: &'static str) -> Self {
        let producer = client(&bank.config).set("partitioner", "murmur2_random").create().unwrap();
        let topic = Topics::new(&bank.config.topic_prefix).commands;
        Producer { id, private: SigningKey::from_bytes(&rand::random()), producer, topic }
    }

    async fn register(&self, bank: &TestBank, accounts: &[&str]) {
        let reach = match accounts {
            [] => Reach::All,
            some => Reach::Accounts(some.iter().map(|text| number(text)).collect()),
        };
        let public = self.private.verifying_key().to_bytes();
        bank.store.add_producer(self.id, self.id, &public, &reach).await.unwrap();
    }

    async fn submit(&self, submission: &SubmitTransaction) {
        let value = serde_json::to_vec(submission).unwrap();
        self.send(submission.account_at_risk().as_str(), "vigie.transaction.submit.v1", &value, &value).await;
    }

    /// Signs one value and sends another.
    async fn send(&self, key: &str, kind: &str, signed: &[u8], sent: &[u8]) {
        let (id, source) = (Uuid::now_v7().to_string(), format!("producer/{}", self.id));
        let bytes = signed_bytes(key.as_bytes(), id.as_bytes(), kind.as_bytes(), source.as_bytes(), signed);
        let signature = format!("ed25519,{},{}", self.id, hex(&self.private.sign(&bytes).to_bytes()));
        let headers = headers_of(&id, kind, &source, &signature);
        let record = FutureRecord::to(&self.topic).key(key).payload(sent).headers(headers);
        self.producer.send(record, Duration::from_secs(10)).await.unwrap();
    }
}

/// Of a record on bank.commands.
pub fn headers_of(id: &str, kind: &str, source: &str, signature: &str) -> OwnedHeaders {
    let headers = [
        (envelope::CE_SPECVERSION, envelope::SPECVERSION),
        (envelope::CE_ID, id),
        (envelope::CE_TYPE, kind),
        (envelope::CE_SOURCE, source),
        (envelope::CONTENT_TYPE, envelope::JSON),
        (envelope::SIGNATURE, signature),
    ];
    headers.into_iter().fold(OwnedHeaders::new(), |made, (key, value)| made.insert(Header { key, value: Some(value) }))
}

async fn letters(bank: &WorkerBank) -> Vec<String> {
    let query = sqlx::query_scalar("select reason || ': ' || detail from dead_letter order by seq");
    query.fetch_all(bank.bank.store.pool()).await.unwrap()
}

async fn scene() -> (WorkerBank, crate::worker::RunningWorker) {
    let bank = WorkerBank::new().await;
    let worker = bank.start_worker();
    bank.open("CASH-EUR", 0).await;
    for account in ["C1", "C2"] {
        bank.open(account, 100_000).await;
    }
    (bank, worker)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_producer_pays_for_its_accounts_and_for_nothing_else() {
    let (bank, worker) = scene().await;
    let (shop, network) = (Producer::new(&bank.bank, "shop.1"), Producer::new(&bank.bank, "network"));
    // Somebody's record makes the worker read the table before the others stand in it.
    network.submit(&transfer("C1", "C2", 1)).await;
    until("an unknown producer is refused", || async { letters(&bank).await.len() == 1 }).await;
    shop.register(&bank.bank, &["C1"]).await;
    network.register(&bank.bank, &[]).await;
    let paid = transfer("C1", "C2", 700);
    shop.submit(&paid).await;
    shop.submit(&paid).await;
    network.submit(&transfer("C2", "C1", 200)).await;
    until("both are booked", || async { bank.transactions().await == 2 }).await;
    assert_eq!(bank.balance("C1").await, Some(-500));

    let value = serde_json::to_vec(&transfer("C1", "C2", 1)).unwrap();
    let more = serde_json::to_vec(&transfer("C1", "C2", 999)).unwrap();
    shop.send("C1", "vigie.transaction.submit.v1", &value, &more).await;
    shop.submit(&transfer("C2", "C1", 1)).await;
    shop.submit(&SubmitTransaction { history: true, ..transfer("C1", "C2", 1) }).await;
    shop.submit(&SubmitTransaction { reference: Some("rent".to_owned()), ..transfer("C1", "C2", 1) }).await;
    shop.submit(&deposit("C2", 1)).await;
    let open = OpenAccount {
        account: number("C1"),
        kind: AccountKind::Customer,
        currency: Currency::EUR,
        overdraft_minor: 1_000_000,
        owner: None,
    };
    let value = serde_json::to_vec(&open).unwrap();
    network.send("C1", "vigie.account.open.v1", &value, &value).await;
    until("each is a dead letter", || async { letters(&bank).await.len() == 7 }).await;
    let mut said = letters(&bank).await;
    said.sort();
    assert_eq!(
        said,
        [
            "bad_signature: no valid signature",
            "bad_signature: no valid signature",
            "not_authorised: a producer sends no free text",
            "not_authorised: a producer sends no history",
            "not_authorised: a producer submits transactions only",
            "not_authorised: this producer may not act for the account at risk",
            "not_authorised: this producer may not act for the account at risk",
        ]
    );
    assert_eq!((bank.transactions().await, bank.balance("C1").await), (2, Some(-500)));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_producer_books_nothing_after_five_seconds() {
    let (bank, worker) = scene().await;
    let shop = Producer::new(&bank.bank, "shop.1");
    shop.register(&bank.bank, &["C1"]).await;
    shop.submit(&transfer("C1", "C2", 1)).await;
    until("it is known", || async { bank.transactions().await == 1 }).await;
    assert!(bank.bank.store.revoke_producer("shop.1").await.unwrap());
    let revoked = Instant::now();
    until("a record of it is refused", || async {
        shop.submit(&transfer("C1", "C2", 1)).await;
        letters(&bank).await.iter().any(|said| said == "not_authorised: this producer was revoked")
    })
    .await;
    assert!(revoked.elapsed() < Duration::from_secs(5), "{:?}", revoked.elapsed());
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_table_cannot_be_read_a_producers_record_waits_and_is_not_lost() {
    let (bank, worker) = scene().await;
    let (shop, late) = (Producer::new(&bank.bank, "shop.1"), Producer::new(&bank.bank, "late"));
    shop.register(&bank.bank, &["C1"]).await;
    bank.bank.store.pool().execute("alter table producer rename to away").await.unwrap();
    shop.submit(&transfer("C1", "C2", 10)).await;
    late.submit(&transfer("C2", "C1", 5)).await;
    worker.stop().await;
    // The next owner waits too, and stops when asked: the record is still the log's.
    let worker = bank.start_worker();
    until("the worker has its partitions", || async {
        let owned = "select count(*) from fence where epoch > 1";
        let taken: i64 = sqlx::query_scalar(owned).fetch_one(bank.bank.store.pool()).await.unwrap();
        taken == 4
    })
    .await;
    assert_eq!((bank.transactions().await, bank.dead_letters().await), (0, 0));
    bank.bank.store.pool().execute("alter table away rename to producer").await.unwrap();
    until("the one is booked", || async { bank.transactions().await == 1 }).await;
    until("the other is refused", || async { letters(&bank).await == ["bad_signature: no valid signature"] }).await;
    worker.stop().await;
}
