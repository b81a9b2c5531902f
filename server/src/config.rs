//! One configuration for every subcommand: flags and environment, checked at start, mirrored in `.env.example`.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// A value that never reaches a log.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Secret(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Configuration")]
pub struct Config {
    /// Postgres, as a URL.
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        global = true,
        default_value = "postgres://127.0.0.1/vigie"
    )]
    pub database_url: Secret,
    /// Kafka bootstrap servers, comma-separated.
    #[arg(long, env = "KAFKA_BROKERS", global = true, default_value = "127.0.0.1:9092")]
    pub kafka_brokers: String,
    /// First part of every topic's name: bank gives bank.commands, bank.events …
    #[arg(long, env = "VIGIE_TOPIC_PREFIX", global = true, default_value = "bank")]
    pub topic_prefix: String,
    /// Partitions of bank.commands and bank.events, fixed for life when the topics are created.
    #[arg(long, env = "VIGIE_PARTITIONS", global = true, default_value_t = 12)]
    pub partitions: i32,
    /// Replicas of each topic when created; 3 or more in production.
    #[arg(long, env = "VIGIE_REPLICATION", global = true, default_value_t = 1)]
    pub replication: i32,
    /// Key with which our nodes sign commands (HMAC-SHA256); 32 characters at least, the same on every node.
    #[arg(long, env = "VIGIE_COMMAND_SECRET", hide_env_values = true, global = true, default_value = "")]
    pub command_secret: Secret,
    /// Address the web node listens on.
    #[arg(long, env = "VIGIE_LISTEN", global = true, default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
    /// Proxies whose X-Forwarded-For names the client, comma-separated addresses; nobody else is believed. They must
    /// pass Host on.
    #[arg(long, env = "VIGIE_TRUSTED_PROXIES", global = true, value_delimiter = ',')]
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Folder with the browser's files (pkg/ and public files).
    #[arg(long, env = "VIGIE_SITE", global = true, default_value = "target/site")]
    pub site: PathBuf,
    /// Demo mode: one-click sign-in for the demo people. Loopback only, unless VIGIE_DEMO_PUBLISHED_ON_LOOPBACK says that a
    /// container publishes the port on 127.0.0.1 alone.
    #[arg(long, env = "VIGIE_DEMO", global = true, default_value_t = false, num_args = 0..=1, default_missing_value = "true")]
    pub demo: bool,
    #[arg(long, env = "VIGIE_DEMO_PUBLISHED_ON_LOOPBACK", global = true, default_value_t = false, num_args = 0..=1, default_missing_value = "true")]
    pub demo_published_on_loopback: bool,
    /// Demo mode: simulated payments per second that `serve` sends once the demo data is loaded, frauds among them; 0 is
    /// none, 20 the most.
    #[arg(long, env = "VIGIE_DEMO_TRAFFIC", global = true, default_value_t = 0)]
    pub demo_traffic: u32,
    /// The bank's time zone: days, date filters and buckets follow it.
    #[arg(long, env = "VIGIE_TIME_ZONE", global = true, default_value = "Europe/Paris")]
    pub time_zone: chrono_tz::Tz,
    /// The currency offered first.
    #[arg(long, env = "VIGIE_CURRENCY", global = true, default_value = "EUR", value_parser = parse_currency)]
    pub currency: domain::Currency,
    /// Most records the worker books in one database transaction.
    #[arg(long, env = "VIGIE_BATCH_RECORDS", global = true, default_value_t = 5_000)]
    pub batch_records: usize,
    /// Most bytes of commands, and of facts, in one database transaction.
    #[arg(long, env = "VIGIE_BATCH_BYTES", global = true, default_value_t = 8_000_000)]
    pub batch_bytes: usize,
    /// Whether payments are judged for fraud; off, the ledger's own rules decide alone.
    #[arg(long, env = "VIGIE_DETECTION", global = true, default_value_t = true, num_args = 0..=1, default_missing_value = "true", action = clap::ArgAction::Set)]
    pub detection: bool,
    /// Memory of a worker for the histories of accounts, counterparties and devices; more are read again when needed.
    #[arg(long, env = "VIGIE_HISTORY_BYTES", global = true, default_value_t = 512_000_000)]
    pub history_bytes: usize,
    /// How long a silent worker keeps its partitions, in milliseconds.
    #[arg(long, env = "VIGIE_SESSION_TIMEOUT_MS", global = true, default_value_t = 10_000)]
    pub session_timeout_ms: u32,
    /// Facts each web node keeps per partition for reconnecting browsers.
    #[arg(long, env = "VIGIE_RING_FACTS", global = true, default_value_t = 20_000)]
    pub ring_facts: usize,
    /// Database connections of one process at most.
    #[arg(long, env = "VIGIE_DATABASE_CONNECTIONS", global = true, default_value_t = 10)]
    pub database_connections: u32,
    /// Log filter in the form of tracing's EnvFilter.
    #[arg(
        long,
        env = "VIGIE_LOG",
        global = true,
        default_value = "info,rdkafka=error,librdkafka=error,sqlx::query=error"
    )]
    pub log: String,
    /// Log as JSON lines.
    #[arg(long, env = "VIGIE_LOG_JSON", global = true, default_value_t = false, num_args = 0..=1, default_missing_value = "true")]
    pub log_json: bool,
}

fn parse_currency(text: &str) -> Result<domain::Currency, String> {
    text.parse().map_err(|error: domain::money::ParseCurrencyError| error.to_string())
}

/// An unsafe or impossible combination, named.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("VIGIE_COMMAND_SECRET must have 32 characters at least: it signs every command")]
    ShortSecret,
    #[error("VIGIE_DEMO offers sign-in without a password: it needs VIGIE_LISTEN on loopback, not {0}")]
    DemoInPublic(SocketAddr),
    #[error("VIGIE_DEMO_TRAFFIC needs VIGIE_DEMO and is 20 at most, not {0}")]
    DemoTraffic(u32),
    #[error("VIGIE_PARTITIONS must be 1 to 1024, not {0}")]
    Partitions(i32),
    #[error("VIGIE_BATCH_RECORDS must be 1 to 5000, not {0}")]
    BatchRecords(usize),
}

impl Config {
    /// # Errors
    /// The first unsafe or impossible combination.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.command_secret.reveal().len() < 32 {
            return Err(ConfigError::ShortSecret);
        }
        if self.demo && !self.listen.ip().is_loopback() && !self.demo_published_on_loopback {
            return Err(ConfigError::DemoInPublic(self.listen));
        }
        if self.demo_traffic > 20 || (self.demo_traffic > 0 && !self.demo) {
            return Err(ConfigError::DemoTraffic(self.demo_traffic));
        }
        if !(1..=1024).contains(&self.partitions) {
            return Err(ConfigError::Partitions(self.partitions));
        }
        if !(1..=5_000).contains(&self.batch_records) {
            return Err(ConfigError::BatchRecords(self.batch_records));
        }
        Ok(())
    }
}
