//! Two workers and a web node under one hand that kills, starts again, and measures how long the bank was away.
//!
//! Recovery is counted from the signal: for worker, broker and Postgres to the commit of a command that the log took
//! after it, on every partition that had work; for the web node to the next form it received.

use super::submit::Progress;
use crate::bank::Bank;
use crate::http::Visitor;
use crate::product::{Process, Product};
use crate::services::{Service, Services};
use crate::{db, report};
use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Component {
    Worker,
    Web,
    Broker,
    Postgres,
    /// A worker frozen beyond its session's end, then thawed.
    Stopped,
}

impl Component {
    fn name(self) -> &'static str {
        match self {
            Component::Worker => "worker",
            Component::Web => "web",
            Component::Broker => "broker",
            Component::Postgres => "postgres",
            Component::Stopped => "stopped_worker",
        }
    }
}

/// Beyond the product's session timeout of 10 s, with time for the others to take over.
const FROZEN: Duration = Duration::from_secs(16);
const PATIENCE: Duration = Duration::from_secs(120);

pub struct Conductor<'a> {
    services: &'a Services,
    product: Product,
    database_url: String,
    workers: Vec<Process>,
    web: Option<Process>,
    port: Option<u16>,
    connection: Option<PgConnection>,
    recoveries: BTreeMap<&'static str, Vec<f64>>,
    ended_alone: Vec<String>,
}

impl<'a> Conductor<'a> {
    pub fn start(services: &'a Services, bank: &Bank, port: Option<u16>) -> anyhow::Result<Self> {
        let product = bank.product.clone();
        let mut workers = Vec::new();
        for index in 0..2 {
            workers.push(product.start(&format!("crash-worker-{index}"), &["worker"])?);
        }
        let mut conductor = Conductor {
            services,
            product,
            database_url: bank.database_url.clone(),
            workers,
            web: None,
            port,
            connection: None,
            recoveries: BTreeMap::new(),
            ended_alone: Vec::new(),
        };
        conductor.start_web()?;
        Ok(conductor)
    }

    fn start_web(&mut self) -> anyhow::Result<()> {
        if let Some(port) = self.port {
            self.web = Some(self.product.start("crash-web", &["web", &format!("--listen=127.0.0.1:{port}")])?);
        }
        Ok(())
    }

    pub fn host(&self) -> Option<String> {
        self.port.map(|port| format!("127.0.0.1:{port}"))
    }

    /// Waits until the web node says that it is ready.
    pub async fn until_ready(&self) -> anyhow::Result<()> {
        let Some(host) = self.host() else { return Ok(()) };
        let begun = Instant::now();
        loop {
            let mut visitor = Visitor::new(&host);
            if visitor.get("/health/ready", None).await.is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            anyhow::ensure!(begun.elapsed() < PATIENCE, "the web node does not become ready");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Kills (or freezes) one component, brings it back, and answers the seconds until the bank went on.
    pub async fn strike(&mut self, component: Component, victim: usize, progress: &Progress) -> anyhow::Result<f64> {
        self.look_for_the_dead();
        let begun = Instant::now();
        let received = progress.received.load(Ordering::Relaxed);
        match component {
            Component::Worker => {
                self.workers[victim].kill()?;
                self.workers[victim] = self.product.start(&format!("crash-worker-{victim}"), &["worker"])?;
            }
            Component::Web => {
                if let Some(web) = &mut self.web {
                    web.kill()?;
                }
                self.start_web()?;
            }
            Component::Broker => {
                self.services.kill(Service::Kafka)?;
                self.services.start_again(Service::Kafka)?;
            }
            Component::Postgres => {
                self.connection = None;
                self.services.kill(Service::Postgres)?;
                self.services.start_again(Service::Postgres)?;
            }
            Component::Stopped => self.workers[victim].signal("STOP")?,
        }
        if component == Component::Web {
            while progress.received.load(Ordering::Relaxed) == received {
                anyhow::ensure!(begun.elapsed() < PATIENCE, "no form was received after the web node's kill");
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        } else {
            // Something the log took after the kill, or everything before it where nothing new came.
            let mark = self.newer_than(progress.heads(), progress, begun).await?;
            self.until_decided(&mark, begun).await?;
        }
        let seconds = begun.elapsed().as_secs_f64();
        self.recoveries.entry(component.name()).or_default().push(seconds);
        if component == Component::Stopped {
            tokio::time::sleep(FROZEN.saturating_sub(begun.elapsed())).await;
            self.workers[victim].signal("CONT")?;
            let mark = self.newer_than(progress.heads(), progress, Instant::now()).await?;
            self.until_decided(&mark, Instant::now()).await?;
        }
        Ok(seconds)
    }

    /// Waits until the log took something new, and answers how far each partition's log came by then.
    async fn newer_than(
        &self,
        before: BTreeMap<i32, i64>,
        progress: &Progress,
        begun: Instant,
    ) -> anyhow::Result<BTreeMap<i32, i64>> {
        loop {
            let heads = progress.heads();
            if heads != before {
                return Ok(heads);
            }
            anyhow::ensure!(begun.elapsed() < PATIENCE, "the log takes nothing after the kill");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until every partition's fence has passed the mark.
    async fn until_decided(&mut self, mark: &BTreeMap<i32, i64>, begun: Instant) -> anyhow::Result<()> {
        loop {
            let fences = self.fences().await;
            let behind: Vec<i32> = mark
                .iter()
                .filter(|(partition, head)| {
                    fences.as_ref().is_none_or(|fences| fences.get(partition).copied().unwrap_or(0) < **head)
                })
                .map(|(partition, _)| *partition)
                .collect();
            if behind.is_empty() {
                return Ok(());
            }
            anyhow::ensure!(
                begun.elapsed() < PATIENCE,
                "partitions {behind:?} stand still {PATIENCE:?} after the kill; the workers' logs say why"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn fences(&mut self) -> Option<BTreeMap<i32, i64>> {
        if self.connection.is_none() {
            self.connection = db::connect(&self.database_url).await.ok();
        }
        let fences = db::fences(self.connection.as_mut()?).await.ok();
        if fences.is_none() {
            self.connection = None;
        }
        fences
    }

    /// A process that nobody killed must still run.
    fn look_for_the_dead(&mut self) {
        for process in self.workers.iter_mut().chain(self.web.as_mut()) {
            if !process.runs() {
                self.ended_alone.push(process.name.clone());
            }
        }
        self.ended_alone.dedup();
    }

    /// Ends everything cleanly; answers which processes had ended by themselves.
    pub fn stop(&mut self) -> anyhow::Result<Vec<String>> {
        self.look_for_the_dead();
        for process in self.workers.iter_mut().chain(self.web.as_mut()) {
            process.stop()?;
        }
        Ok(self.ended_alone.clone())
    }

    pub fn recoveries(&self) -> &BTreeMap<&'static str, Vec<f64>> {
        &self.recoveries
    }

    pub fn kills(&self) -> Value {
        self.recoveries.iter().map(|(name, times)| ((*name).to_owned(), json!(times.len()))).collect()
    }

    pub fn recovery_json(&self) -> Value {
        self.recoveries.iter().map(|(name, times)| ((*name).to_owned(), report::summary(times))).collect()
    }
}
