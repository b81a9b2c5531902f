//! Callers with a key, who pay at a fixed pace. A payment's time counts from when it was due, so that a server that
//! makes callers wait cannot hide it by being asked less.

use anyhow::Context as _;
use serde::Serialize;
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::report::percentile;

pub struct Callers {
    pub host: String,
    pub key: String,
    /// One per caller, and the one that is paid.
    pub accounts: Vec<String>,
    /// Payments per second of all.
    pub rate: u32,
}

#[derive(Debug, Serialize)]
pub struct Figures {
    pub payments: usize,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    /// Of each, in the order they were due.
    #[serde(skip)]
    pub took_ms: Vec<f64>,
    /// Answered otherwise than with 201 and posted.
    pub unanswered: usize,
}

impl Callers {
    /// Pays for so long.
    pub async fn pay(&self, span: Duration) -> anyhow::Result<Figures> {
        let (payee, payers) = self.accounts.split_last().context("nobody to pay")?;
        let every = Duration::from_secs_f64(payers.len() as f64 / f64::from(self.rate));
        let begun = Instant::now();
        let tasks: Vec<_> = payers
            .iter()
            .enumerate()
            .map(|(index, payer)| {
                let first = begun + every.mul_f64(index as f64 / payers.len() as f64);
                let (host, key, payer, payee) = (self.host.clone(), self.key.clone(), payer.clone(), payee.clone());
                tokio::spawn(async move { one(&host, &key, (&payer, &payee), first, every, begun + span).await })
            })
            .collect();
        let (mut times, mut unanswered) = (Vec::new(), 0);
        for task in tasks {
            let (its_times, others) = task.await??;
            times.extend(its_times);
            unanswered += others;
        }
        times.sort_by_key(|(due, _)| *due);
        let took_ms: Vec<f64> = times.into_iter().map(|(_, took_ms)| took_ms).collect();
        let mut took = took_ms.clone();
        took.sort_by(f64::total_cmp);
        Ok(Figures {
            payments: took.len(),
            p50_ms: percentile(&took, 0.50),
            p99_ms: percentile(&took, 0.99),
            max_ms: percentile(&took, 1.0),
            took_ms,
            unanswered,
        })
    }
}

async fn one(
    host: &str,
    key: &str,
    (payer, payee): (&str, &str),
    first: Instant,
    every: Duration,
    until: Instant,
) -> anyhow::Result<(Vec<(Instant, f64)>, usize)> {
    let mut stream = TcpStream::connect(host).await?;
    stream.set_nodelay(true)?;
    let body = json!({"kind": "transfer", "debit": payer, "credit": payee, "amount_minor": 1, "currency": "EUR"});
    let body = body.to_string();
    let (mut took, mut others, mut due) = (Vec::new(), 0, first);
    while due < until {
        tokio::time::sleep_until(due.into()).await;
        let id = Uuid::now_v7();
        let request = format!(
            "POST /api/v1/transactions HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nIdempotency-Key: {id}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let answer = answer(&mut stream).await?;
        took.push((due, due.elapsed().as_secs_f64() * 1e3));
        if !answer.starts_with("HTTP/1.1 201 ") || !answer.contains("\"posted\"") {
            others += 1;
        }
        due += every;
    }
    Ok((took, others))
}

/// Head and body of one answer with a length.
async fn answer(stream: &mut TcpStream) -> anyhow::Result<String> {
    let mut bytes = Vec::with_capacity(1_024);
    loop {
        anyhow::ensure!(stream.read_buf(&mut bytes).await? > 0, "the connection was closed");
        let text = std::str::from_utf8(&bytes)?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if body.len() >= length.context("an answer without a length")? {
            return Ok(text.to_owned());
        }
    }
}
