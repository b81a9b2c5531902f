//! The product, from outside: the `vigie` binary as separate processes that can be started, stopped, frozen and killed.
//!
//! Promises: only processes started here are signalled; every one of them ends with the value that stands for it.

use crate::services::{Services, root};
use anyhow::{Context as _, bail};
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Signs the lab's commands; the product under test gets the same.
pub const COMMAND_SECRET: &str = "lab-lab-lab-lab-lab-lab-lab-lab-lab";

/// How to run `vigie` against one database and one set of topics.
#[derive(Debug, Clone)]
pub struct Product {
    binary: PathBuf,
    logs: PathBuf,
    environment: Vec<(String, String)>,
}

/// The binary that was named, or a fresh shipped build.
pub fn binary(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(path) = given {
        return path.canonicalize().with_context(|| format!("no binary at {}", path.display()));
    }
    eprintln!("building vigie as it is shipped (several minutes the first time) …");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--quiet", "--profile", "dist", "-p", "server", "--bin", "vigie"])
        .current_dir(root())
        .status()?;
    if !status.success() {
        bail!("vigie does not build");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("dist/vigie"))
}

impl Product {
    pub fn new(
        binary: &Path,
        services: &Services,
        database_url: &str,
        topic_prefix: &str,
        partitions: i32,
    ) -> anyhow::Result<Self> {
        let logs = root().join("target/lab/logs");
        std::fs::create_dir_all(&logs)?;
        let environment = [
            ("DATABASE_URL", database_url.to_owned()),
            ("KAFKA_BROKERS", services.kafka_brokers.clone()),
            ("VIGIE_TOPIC_PREFIX", topic_prefix.to_owned()),
            ("VIGIE_PARTITIONS", partitions.to_string()),
            ("VIGIE_COMMAND_SECRET", COMMAND_SECRET.to_owned()),
            ("VIGIE_SITE", root().join("target/site").display().to_string()),
        ];
        let environment = environment.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Ok(Product { binary: binary.to_owned(), logs, environment })
    }

    /// The same with one more setting.
    pub fn with(mut self, key: &str, value: &str) -> Self {
        self.environment.push((key.to_owned(), value.to_owned()));
        self
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        // Nothing of the caller's shell may configure what is measured.
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("VIGIE_")) {
            command.env_remove(key);
        }
        command.args(args).envs(self.environment.iter().map(|(key, value)| (key, value))).stdin(Stdio::null());
        command
    }

    /// Runs a subcommand to its end and returns what it printed.
    pub fn run(&self, args: &[&str]) -> anyhow::Result<String> {
        let output = self.command(args).output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("vigie {} failed: {}{}", args.join(" "), said.trim(), String::from_utf8_lossy(&output.stdout).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Starts a long-running subcommand; `name` names its log.
    pub fn start(&self, name: &str, args: &[&str]) -> anyhow::Result<Process> {
        let path = self.logs.join(format!("{name}.log"));
        let log = File::options().create(true).append(true).open(&path)?;
        let child = self.command(args).stdout(log.try_clone()?).stderr(log).spawn()?;
        Ok(Process { child, name: name.to_owned(), log: path })
    }

    pub fn version(&self) -> String {
        self.run(&["--version"]).map(|text| text.trim().to_owned()).unwrap_or_default()
    }
}

/// One running `vigie`.
pub struct Process {
    child: Child,
    pub name: String,
    pub log: PathBuf,
}

impl Process {
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs; a process that ended on its own is a finding.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal by name, such as `STOP`.
    pub fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let status = Command::new("kill").arg(format!("-{signal}")).arg(self.pid().to_string()).status()?;
        if !status.success() {
            bail!("{} cannot be sent {signal}", self.name);
        }
        Ok(())
    }

    /// SIGKILL, and waits for the end.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks for a clean end, for at most 10 s.
    pub fn stop(&mut self) -> anyhow::Result<Duration> {
        let begun = Instant::now();
        if self.runs() {
            self.signal("TERM")?;
        }
        while self.runs() {
            if begun.elapsed() > Duration::from_secs(10) {
                self.kill()?;
                bail!("{} did not stop within 10 s", self.name);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(begun.elapsed())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Ended already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port nothing listens on.
pub fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
