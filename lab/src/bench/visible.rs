//! (d): from the moment a form is posted to the frame on somebody else's socket, at 200 payments a second, over the
//! bare pipe in the same run.
//!
//! Forty customers are signed in, each with a socket, and pay one another five times a second each: many people with
//! little traffic, as on an ordinary day. The moments of posting are spread evenly.

use super::{Context, rounded, show};
use crate::bank::{Bank, Detection};
use crate::crash::submit::post_payment;
use crate::floor::pipe;
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
    let bank = Bank::create(context.binary, context.services, "visible", context.partitions, Detection::Off).await?;
    let lasting = context.seconds(30);
    let floor_before = pipe::run(&bank.brokers, &bank.database_url, PER_SECOND, lasting / 2).await?;
    let mut worker = bank.product.start("bench-visible-worker", &["worker"])?;
    let people = people::create(&bank, PEOPLE).await?;
    bank.decided(Duration::from_secs(60)).await?;
    let port = free_port()?;
    let mut web = bank.product.start("bench-visible-web", &["web", &format!("--listen=127.0.0.1:{port}")])?;
    let host = format!("127.0.0.1:{port}");
    until_ready(&host).await?;

    let (posted, seen): (Posted, Seen) = Default::default();
    let mut sockets = Vec::new();
    let mut visitors = Vec::new();
    for (index, person) in people.iter().enumerate() {
        let visitor = person.sign_in(&host).await?;
        let socket = Socket::open(&visitor).await?;
        sockets.push(tokio::spawn(watch(socket, index, posted.clone(), seen.clone())));
        visitors.push(visitor);
    }
    let begun = Instant::now() + Duration::from_millis(200);
    let period = Duration::from_secs(1) * PEOPLE as u32 / PER_SECOND;
    let mut payers = Vec::new();
    for (index, visitor) in visitors.into_iter().enumerate() {
        let payee = (index + PEOPLE / 2) % PEOPLE;
        let payer = Payer {
            visitor,
            own: people[index].account.clone(),
            payee: people[payee].account.clone(),
            payee_index: payee,
        };
        let first = begun + period * index as u32 / PEOPLE as u32;
        payers.push(tokio::spawn(payer.pay(first, period, begun + lasting, posted.clone())));
    }
    let mut answers = Vec::new();
    for payer in payers {
        answers.extend(payer.await??);
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    sockets.iter().for_each(tokio::task::JoinHandle::abort);
    let floor_after = pipe::run(&bank.brokers, &bank.database_url, PER_SECOND, lasting / 2).await?;
    web.stop()?;
    worker.stop()?;

    let missing = posted.lock().unwrap_or_else(PoisonError::into_inner).len();
    let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
    // What else runs on the machine only ever slows a floor down: the better of the two is the floor.
    let halves = [report::summary(&floor_before), report::summary(&floor_after)];
    let bare = halves
        .iter()
        .min_by(|one, two| one["p99"].as_f64().unwrap_or(0.0).total_cmp(&two["p99"].as_f64().unwrap_or(0.0)));
    let bare = bare.cloned().unwrap_or_default();
    let (visible, answered) = (report::summary(&seen), report::summary(&answers));
    let ratio = |key: &str| visible[key].as_f64().unwrap_or(0.0) / bare[key].as_f64().unwrap_or(1.0);
    show("visible p50, ms", visible["p50"].as_f64().unwrap_or(0.0), "");
    show("visible p99, ms", visible["p99"].as_f64().unwrap_or(0.0), "");
    show("bare pipe p50, ms", bare["p50"].as_f64().unwrap_or(0.0), "");
    show("bare pipe p99, ms", bare["p99"].as_f64().unwrap_or(0.0), "");
    show("visible_p50_ratio", ratio("p50"), "");
    show("visible_p99_ratio", ratio("p99"), "at most 4, aim at 2");
    if missing > 0 {
        println!("  {missing} payments were never seen on the payee's socket");
    }
    figures.insert("visible_p99_ratio".into(), json!(rounded(ratio("p99"))));
    let achieved = (seen.len() + missing) as f64 / lasting.as_secs_f64();
    figures.insert(
        "visible".into(),
        json!({
            "post_to_frame_ms": visible, "bare_pipe_ms": bare, "bare_pipe_before_and_after_ms": halves, "post_to_answer_ms": answered, "p50_ratio": rounded(ratio("p50")),
            "per_second": achieved.round(), "never_seen": missing, "people": PEOPLE,
        }),
    );
    anyhow::ensure!(bank.balanced().await?, "the books do not sum to zero");
    bank.remove().await
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
}

impl Payer {
    /// Pays at every due moment; answers the milliseconds from post to answer.
    async fn pay(
        mut self,
        first: Instant,
        period: Duration,
        until: Instant,
        posted: Posted,
    ) -> anyhow::Result<Vec<f64>> {
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
            posted
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
        Ok(answers)
    }
}
