//! Private Kafka and Postgres for one run, through `dev/services`.
//!
//! Promises: what was started here is stopped and its data removed when the value is dropped, also after Ctrl-C or a
//! failure; services that were given are used as they are and never stopped.

use anyhow::{Context as _, bail};
use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where things of this clone are.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

#[derive(Debug, Clone, clap::Args)]
pub struct ServiceArgs {
    /// Use this Postgres instead of a private one.
    #[arg(long, global = true)]
    pub database_url: Option<String>,
    /// Use this Kafka instead of a private one.
    #[arg(long, global = true)]
    pub kafka_brokers: Option<String>,
    /// Keep the private services' data and leave them running.
    #[arg(long, global = true)]
    pub keep: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Kafka,
    Postgres,
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Service::Kafka => "kafka",
            Service::Postgres => "postgres",
        }
    }
}

/// The addresses of a run, and the private instance behind them if there is one.
pub struct Services {
    dir: Option<PathBuf>,
    /// Held as long as this runs: a second run would take the services away from under the first.
    _lock: Option<File>,
    keep: bool,
    pub database_url: String,
    pub kafka_brokers: String,
}

impl Services {
    /// Starts what was not given, in a folder named after the command.
    pub fn start(args: &ServiceArgs, command: &str) -> anyhow::Result<Self> {
        if let (Some(database_url), Some(kafka_brokers)) = (&args.database_url, &args.kafka_brokers) {
            return Ok(Services {
                dir: None,
                _lock: None,
                keep: true,
                database_url: database_url.clone(),
                kafka_brokers: kafka_brokers.clone(),
            });
        }
        let dir = root().join(".vigie").join(format!("lab-{command}"));
        std::fs::create_dir_all(&dir)?;
        let lock = File::create(dir.with_extension("lock"))?;
        lock.try_lock().with_context(|| format!("another `lab {command}` runs in this clone"))?;
        let mut services = Services {
            dir: Some(dir.clone()),
            _lock: Some(lock),
            keep: args.keep,
            database_url: args.database_url.clone().unwrap_or_default(),
            kafka_brokers: args.kafka_brokers.clone().unwrap_or_default(),
        };
        // Leftovers of a run that was killed outright must not weigh on this one.
        run(&dir, "remove", None)?;
        if args.kafka_brokers.is_none() {
            run(&dir, "start", Some(Service::Kafka))?;
        }
        if args.database_url.is_none() {
            run(&dir, "start", Some(Service::Postgres))?;
        }
        let record = services.record()?;
        if args.database_url.is_none() {
            services.database_url = record.get("DATABASE_URL").cloned().context("dev/services names no database")?;
        }
        if args.kafka_brokers.is_none() {
            services.kafka_brokers = record.get("KAFKA_BROKERS").cloned().context("dev/services names no broker")?;
        }
        Ok(services)
    }

    fn record(&self) -> anyhow::Result<HashMap<String, String>> {
        let dir = self.dir.as_ref().context("these services are not private")?;
        let text = std::fs::read_to_string(dir.join("env"))?;
        let pairs = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
        Ok(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).collect())
    }

    /// SIGKILL, as a crash would.
    pub fn kill(&self, service: Service) -> anyhow::Result<()> {
        run(self.dir.as_ref().context("services that were given are never killed")?, "kill", Some(service))
    }

    /// Starts one again; returns when it serves.
    pub fn start_again(&self, service: Service) -> anyhow::Result<()> {
        run(self.dir.as_ref().context("services that were given are never started")?, "start", Some(service))
    }

    /// Process id of the private server, none if the service was given.
    pub fn pid(&self, service: Service) -> Option<u32> {
        let key = match service {
            Service::Kafka => "KAFKA_PID",
            Service::Postgres => "POSTGRES_PID",
        };
        self.record().ok()?.get(key)?.parse().ok()
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        if let (Some(dir), false) = (&self.dir, self.keep)
            && let Err(error) = run(dir, "remove", None)
        {
            eprintln!("lab: {error:#}");
        }
    }
}

fn run(dir: &Path, verb: &str, service: Option<Service>) -> anyhow::Result<()> {
    let mut command = Command::new(root().join("dev/services"));
    // The demo's broker lives in 96 MB, where at 200 payments a second its collector stops everything for ten
    // milliseconds each second: a hundredth of all payments would measure that. A bank's has a gigabyte, too. What it
    // keeps for ever must not be copied each time, nor the space for what is new be so large that it is cold: then
    // everything stood still for 50 to 100 ms, twice in half a minute.
    if std::env::var_os("VIGIE_KAFKA_HEAP").is_none() {
        command.env("VIGIE_KAFKA_HEAP", "1g").env("VIGIE_KAFKA_OPTIONS", "-Xmn128m -XX:MaxTenuringThreshold=2");
    }
    command.arg(verb).args(service.map(Service::name)).arg("--dir").arg(dir);
    command.env_remove("DATABASE_URL").env_remove("KAFKA_BROKERS").stdin(Stdio::null());
    let output = command.output().context("dev/services cannot be run")?;
    if !output.status.success() {
        bail!("dev/services {verb}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
