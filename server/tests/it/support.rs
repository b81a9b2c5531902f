//! What every integration test needs: a database and a topic prefix of its own, and waiting for a condition.

use server::cli::Cli;
use server::config::Config;
use server::store::Store;
use sqlx::{Connection as _, Executor as _, PgConnection};
use std::future::Future;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A fresh, migrated database that is dropped with this value, and a configuration that names it.
pub struct TestBank {
    pub config: Config,
    pub store: Store,
    database: String,
}

/// Several times what dropping takes when nothing is in its way.
const DROP_PATIENCE: Duration = Duration::from_secs(1);

fn environment(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make test`"))
}

impl TestBank {
    /// A database of its own. Kafka's address is taken where it is set; tests that need it call [`TestBank::with_kafka`].
    pub async fn new() -> Self {
        let server = environment("VIGIE_TEST_DATABASE_URL");
        let database = format!("vigie_test_{}", Uuid::now_v7().simple());
        let mut connection = PgConnection::connect(&server).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("create database {database}"));
        connection.execute(sqlx::query(create)).await.unwrap();
        let url = with_database(&server, &database);
        let brokers = std::env::var("VIGIE_TEST_KAFKA_BROKERS").unwrap_or_else(|_| "127.0.0.1:1".to_owned());
        let config = config(&[
            &format!("--database-url={url}"),
            &format!("--kafka-brokers={brokers}"),
            &format!("--topic-prefix=test-{}", Uuid::now_v7().simple()),
        ]);
        let store = Store::connect(&config).await.unwrap();
        store.migrate().await.unwrap();
        TestBank { config, store, database }
    }

    /// The same, with a real broker required.
    pub async fn with_kafka() -> Self {
        environment("VIGIE_TEST_KAFKA_BROKERS");
        Self::new().await
    }
}

impl Drop for TestBank {
    fn drop(&mut self) {
        let database = self.database.clone();
        let server = environment("VIGIE_TEST_DATABASE_URL");
        let (done, dropped) = std::sync::mpsc::channel();
        // A thread with a runtime of its own: drop cannot await. What fails here leaves an orphan, never a red test.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            let outcome = runtime.block_on(async {
                let mut connection = PgConnection::connect(&server).await.ok()?;
                let drop = sqlx::AssertSqlSafe(format!("drop database if exists {database} with (force)"));
                connection.execute(sqlx::query(drop)).await.ok()
            });
            done.send(outcome.is_some()).ok()
        });
        // Not for long: Postgres drops no database while any client is half signed in, and one of this test's own may
        // be, standing still because this thread does. It ends with the test's runtime, after this line.
        let _ = dropped.recv_timeout(DROP_PATIENCE);
    }
}

/// A configuration from flags, with a command secret and small limits. Detection is off unless a test is about it: what
/// tests do to an account in a second no customer does in a month.
pub fn config(flags: &[&str]) -> Config {
    use clap::Parser as _;
    let fixed = [
        "vigie",
        "--command-secret=0123456789abcdef0123456789abcdef",
        "--partitions=4",
        "--database-connections=4",
        "--detection=false",
    ];
    let given = |flag: &str| flags.iter().any(|given| given.split('=').next() == flag.split('=').next());
    let fixed = fixed.into_iter().filter(|flag| !given(flag));
    let cli = Cli::parse_from(fixed.chain(flags.iter().copied()).chain(["migrate"]));
    cli.config.check().unwrap();
    cli.config
}

/// The same bank, with other flags; later ones win.
pub fn config_like(bank: &Config, flags: &[&str]) -> Config {
    let url = format!("--database-url={}", bank.database_url.reveal());
    let brokers = format!("--kafka-brokers={}", bank.kafka_brokers);
    let prefix = format!("--topic-prefix={}", bank.topic_prefix);
    let mut last = std::collections::BTreeMap::new();
    for flag in [&[url.as_str(), &brokers, &prefix], flags].concat() {
        last.insert(flag.split('=').next().unwrap().to_owned(), flag);
    }
    config(&last.into_values().collect::<Vec<_>>())
}

fn with_database(url: &str, database: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(address, query)| (address, Some(query)));
    let (scheme, rest) = address.split_once("://").unwrap();
    let host = rest.split('/').next().unwrap();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}://{host}/{database}{query}")
}

/// Awaits a condition, asking again every 20 ms, for at most `limit`.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, limit: Duration, mut ask: impl FnMut() -> F) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(started.elapsed() < limit, "waited {limit:?} in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
