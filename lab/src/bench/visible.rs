//! (d): from the moment a form is posted to the frame on somebody else's socket, at 200 payments a second, over the
//! bare pipe in the same run.
//!
//! Forty customers are signed in, each with a socket, and pay one another five times a second each: many people with
//! little traffic, as on an ordinary day. The moments of posting are spread evenly.

use super::Context;
use super::windows::{WARM, Windows};
use crate::bank::Detection;
use crate::crash::submit::post_payment;
use crate::http::Visitor;
use crate::live::Socket;
use crate::people;
use crate::product::free_port;
use crate::report;
use crate::wire::{Kind, Payment};
use anyhow::Context as _;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

const PER_SECOND: u32 = 200;
const PEOPLE: usize = 40;

/// When each payment was posted, and to whom its frame must come.
type Posted = Arc<Mutex<HashMap<Uuid, (Instant, usize)>>>;
type Seen = Arc<Mutex<Vec<f64>>>;

pub async fn measure(context: &Context<'_>, figures: &mut Map<String, Value>) -> anyhow::Result<()> {
    let bank = context.bank("visible", context.partitions, Detection::Off).await?;
    let mut windows = Windows::begin(context, "visible", PER_SECOND).await?;
    let mut worker = bank.product.start("bench-visible-worker", &["worker"])?;
    let people = people::create(&bank, PEOPLE).await?;
    bank.decided(Duration::from_secs(60)).await?;
    let port = free_port()?;
    let mut web = bank.product.start("bench-visible-web", &["web", &format!("--listen=127.0.0.1:{port}")])?;
    let host = format!("127.0.0.1:{port}");
    until_ready(&host).await?;

    let (posted, seen): (Posted, Seen) = Default::default();
    let mut sockets = Vec::new();
    let mut payers = Vec::new();
    for (index, person) in people.iter().enumerate() {
        let visitor = person.sign_in(&host).await?;
        let socket = Socket::open(&visitor).await?;
        sockets.push(tokio::spawn(watch(socket, index, posted.clone(), seen.clone())));
        let payee_index = (index + PEOPLE / 2) % PEOPLE;
        payers.push(Payer {
            visitor,
            own: person.account.clone(),
            payee: people[payee_index].account.clone(),
            payee_index,
            posted: posted.clone(),
        });
    }
    // As for decisions: what has just started is not what is measured.
    all_pay(&mut payers, WARM).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
    let mut answers = Vec::new();
    for _ in 0..windows.turns {
        windows.bare(&bank).await?;
        answers.extend(all_pay(&mut payers, windows.turn).await?);
        tokio::time::sleep(Duration::from_secs(1)).await;
        windows.push(std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner)));
    }
    sockets.iter().for_each(tokio::task::JoinHandle::abort);
    web.stop()?;
    worker.stop()?;
    let missing = posted.lock().unwrap_or_else(PoisonError::into_inner).len();
    if missing > 0 {
        println!("  {missing} payments were never seen on the payee's socket");
    }
    let more = json!({ "post_to_answer_ms": report::summary(&answers), "never_seen": missing, "people": PEOPLE });
    windows.report(figures, "visible_p99_ratio", "visible", &more);
    anyhow::ensure!(bank.balanced().await?, "the books do not sum to zero");
    bank.remove().await
}

/// Everybody pays their payee for so long; answers the milliseconds from post to answer.
async fn all_pay(payers: &mut Vec<Payer>, lasting: Duration) -> anyhow::Result<Vec<f64>> {
    let begun = Instant::now() + Duration::from_millis(200);
    let period = Duration::from_secs(1) * PEOPLE as u32 / PER_SECOND;
    let paying = std::mem::take(payers).into_iter().enumerate().map(|(index, payer)| {
        let first = begun + period * index as u32 / PEOPLE as u32;
        tokio::spawn(payer.pay(first, period, begun + lasting))
    });
    let mut answers = Vec::new();
    for paying in paying.collect::<Vec<_>>() {
        let (payer, answered) = paying.await??;
        answers.extend(answered);
        payers.push(payer);
    }
    Ok(answers)
}

/// Waits until the node says that it is ready.
pub async fn until_ready(host: &str) -> anyhow::Result<()> {
    let begun = Instant::now();
    loop {
        if Visitor::new(host).get("/health/ready", None).await.is_ok_and(|answer| answer.status == 200) {
            return Ok(());
        }
        anyhow::ensure!(begun.elapsed() < Duration::from_secs(60), "the web node does not become ready");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn watch(mut socket: Socket, index: usize, posted: Posted, seen: Seen) -> anyhow::Result<()> {
    loop {
        let (_, ids) = socket.frame().await?;
        let now = Instant::now();
        let mut posted = posted.lock().unwrap_or_else(PoisonError::into_inner);
        for id in ids {
            if posted.get(&id).is_some_and(|(_, payee)| *payee == index)
                && let Some((sent, _)) = posted.remove(&id)
            {
                seen.lock().unwrap_or_else(PoisonError::into_inner).push((now - sent).as_secs_f64() * 1000.0);
            }
        }
    }
}

struct Payer {
    visitor: Visitor,
    own: String,
    payee: String,
    payee_index: usize,
    posted: Posted,
}

impl Payer {
    /// Pays at every due moment; answers the milliseconds from post to answer.
    async fn pay(mut self, first: Instant, period: Duration, until: Instant) -> anyhow::Result<(Self, Vec<f64>)> {
        let mut answers = Vec::new();
        let mut due = first;
        while due < until {
            tokio::time::sleep_until(due.into()).await;
            let payment = Payment {
                transaction_id: Uuid::now_v7(),
                kind: Kind::Transfer,
                debit: self.own.clone(),
                credit: self.payee.clone(),
                amount_minor: 100 + answers.len() as i64 % 1_000,
            };
            let sent = Instant::now();
            self.posted
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(payment.transaction_id, (sent, self.payee_index));
            let answer = post_payment(&mut self.visitor, &payment).await.context("a form got no answer")?;
            anyhow::ensure!(
                answer.status == 303 && answer.location().starts_with("/transactions/"),
                "a payment was not taken: {}",
                answer.gist()
            );
            answers.push(sent.elapsed().as_secs_f64() * 1000.0);
            due += period;
        }
        Ok((self, answers))
    }
}
