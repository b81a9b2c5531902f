//! `cargo lab poison`: a thousand bad records among a hundred thousand good ones. Every good one is booked, every bad
//! one stands once in the table and, by distinct origin, once on `bank.dead-letters`, and no partition stands still.

use crate::bank::{Bank, Detection};
use crate::load::{Mix, Spread, account_numbers};
use crate::product;
use crate::report::{self, line};
use crate::sender::{Sender, producer_settings};
use crate::services::{ServiceArgs, Services};
use crate::wire::{Record, SUBMIT, now_text};
use crate::{db, events};
use rdkafka::Message as _;
use rdkafka::message::{Header, Headers as _, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use serde_json::json;
use sqlx::Row as _;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, default_value_t = 100_000)]
    good: usize,
    #[arg(long, default_value_t = 1_000)]
    bad: usize,
    #[arg(long, default_value_t = 12)]
    partitions: i32,
}

/// The ways in which a record can be bad.
const WAYS: [&str; 14] = [
    "no_json",
    "half_a_json",
    "empty_value",
    "another_type",
    "unknown_version",
    "unknown_type",
    "zero_amount",
    "negative_amount",
    "absurd_amount",
    "amount_beyond_64_bits",
    "bad_signature",
    "no_headers",
    "year_290000",
    "text_with_nul",
];
/// These need more than a value of their own.
const WRONG_PARTITION: &str = "wrong_partition";
const WRONG_KEY: &str = "wrong_key";
const ZEROS: &str = "two_megabytes_of_zeros_as_gzip";

type Place = (i32, i64);

pub async fn run(service_args: &ServiceArgs, vigie: Option<&PathBuf>, args: &Args) -> anyhow::Result<ExitCode> {
    let binary = product::binary(vigie.map(PathBuf::as_path))?;
    let services = Services::start(service_args, "poison")?;
    let bank = Bank::create(&binary, &services, "poison", args.partitions, Detection::Off).await?;
    let numbers = account_numbers(1_000);
    let mut worker = bank.product.start("poison-worker", &["worker"])?;
    bank.open_accounts(&numbers, None)?;
    bank.decided(Duration::from_secs(60)).await?;

    let over = AtomicBool::new(false);
    let sending = async {
        let sent = send_all(&bank, args, &numbers).await;
        let decided = bank.decided(Duration::from_secs(180)).await;
        over.store(true, Ordering::Relaxed);
        decided.and(sent)
    };
    let (sent, standstill) = tokio::join!(sending, longest_standstill(&bank, &over));
    let (sent, standstill) = (sent?, standstill?);
    anyhow::ensure!(worker.runs(), "the worker ended; see {}", worker.log.display());
    worker.stop()?;
    judge(&bank, args, &sent, standstill).await
}

/// Sends good and bad ones, mixed; answers the bad ones' origins with their kind.
async fn send_all(bank: &Bank, args: &Args, numbers: &[String]) -> anyhow::Result<BTreeMap<Place, &'static str>> {
    let settings = || producer_settings(&bank.brokers).set("message.max.bytes", "4000000").clone();
    let plain: FutureProducer = settings().create()?;
    let gzip: FutureProducer = settings().set("compression.type", "gzip").set("linger.ms", "0").create()?;
    let mut good = Sender::new(&bank.brokers, &bank.commands)?;
    let mut mix = Mix::new(numbers.to_vec(), Spread::Zipf, 5);
    let mut sent = BTreeMap::new();
    let time = now_text();
    let every = (args.good / args.bad.max(1)).max(1);
    let mut waits = Vec::new();
    for index in 0..args.good {
        good.send(&bank.signer.payment(&mix.payment(), &time))?;
        if index % every != 0 || waits.len() + sent.len() >= args.bad {
            continue;
        }
        let turn = index / every;
        let payment = mix.payment();
        let mut record = bank.signer.payment(&payment, &time);
        let (way, partition) = match turn % 20 {
            17 => (WRONG_PARTITION, Some(other_partition(bank, args, &record).await?)),
            18 => {
                record = bank.signer.record("L99999", SUBMIT, payment.value(&time));
                (WRONG_KEY, None)
            }
            // One in twenty: fifty of 2 MB each.
            19 => {
                record.value = vec![0; 2_000_000].into();
                (ZEROS, None)
            }
            other => {
                let way = WAYS[other % WAYS.len()];
                record = spoil(bank, way, &payment.value(&time), record);
                (way, None)
            }
        };
        let headers = if way == "no_headers" { OwnedHeaders::new() } else { headers_of(&record, way, &time) };
        let mut message: FutureRecord<'_, str, [u8]> =
            FutureRecord::to(&bank.commands).key(&*record.key).payload(&*record.value).headers(headers);
        message.partition = partition;
        let producer = if way == ZEROS { &gzip } else { &plain };
        let delivery = producer.send_result(message).map_err(|(error, _)| error)?;
        waits.push((way, delivery));
        if way == ZEROS {
            for (way, wait) in waits.drain(..) {
                let delivery = wait.await?.map_err(|(error, _)| anyhow::anyhow!("{way}: {error}"))?;
                sent.insert((delivery.partition, delivery.offset), way);
            }
        }
    }
    for (way, wait) in waits {
        let delivery = wait.await?.map_err(|(error, _)| anyhow::anyhow!("{way}: {error}"))?;
        sent.insert((delivery.partition, delivery.offset), way);
    }
    tokio::task::spawn_blocking(move || good.flush()).await??;
    Ok(sent)
}

/// The same record made bad, with a signature that is true unless that is what is wrong.
fn spoil(bank: &Bank, way: &'static str, value: &[u8], record: Record) -> Record {
    let text = String::from_utf8_lossy(value).into_owned();
    let amount = |to: &str| {
        let (before, rest) = text.split_once("\"amount_minor\":").unwrap_or((&text, ""));
        let after = rest.split_once(',').map_or("", |(_, after)| after);
        format!("{before}\"amount_minor\":{to},{after}").into_bytes()
    };
    let again = |value: Vec<u8>| bank.signer.record(&record.key, record.kind, value);
    match way {
        "no_json" => again(b"\xff\xfe\x00 this was never JSON".to_vec()),
        "half_a_json" => again(text.as_bytes()[..text.len() / 2].to_vec()),
        "empty_value" => again(Vec::new()),
        "another_type" => again(br#"{"hello":"world"}"#.to_vec()),
        "unknown_version" => bank.signer.record(&record.key, "vigie.transaction.submit.v2", value.to_vec()),
        "unknown_type" => bank.signer.record(&record.key, "vigie.money.print.v1", value.to_vec()),
        "zero_amount" => again(amount("0")),
        "negative_amount" => again(amount("-100")),
        "absurd_amount" => again(amount("9223372036854775807")),
        "amount_beyond_64_bits" => again(amount("92233720368547758070000")),
        "year_290000" => again(text.replacen("\"occurred_at\":\"20", "\"occurred_at\":\"+2900", 1).into_bytes()),
        "text_with_nul" => again(text.replacen('}', ",\"reference\":\"nul \\u0000 byte\"}", 1).into_bytes()),
        _ => record,
    }
}

fn headers_of(record: &Record, way: &str, time: &str) -> OwnedHeaders {
    if way != "bad_signature" {
        return record.headers(time);
    }
    let mut false_record = record.clone();
    false_record.signature = record.signature.replace(['0', '1', '2', '3'], "f").into();
    let headers = false_record.headers(time);
    headers.insert(Header { key: "lab", value: Some("forged") })
}

/// A partition that is not the key's own.
async fn other_partition(bank: &Bank, args: &Args, record: &Record) -> anyhow::Result<i32> {
    // The partitioner itself says where the key belongs.
    let producer: FutureProducer = producer_settings(&bank.brokers).create()?;
    let good = bank.signer.record(&record.key, record.kind, record.value.to_vec());
    let time = now_text();
    let message: FutureRecord<'_, str, [u8]> =
        FutureRecord::to(&bank.commands).key(&*good.key).payload(&*good.value).headers(good.headers(&time));
    let delivery = producer.send_result(message).map_err(|(error, _)| error)?.await?.map_err(|(error, _)| error)?;
    Ok((delivery.partition + 1) % args.partitions)
}

/// The longest time between two moves of the fences, until it is over.
async fn longest_standstill(bank: &Bank, over: &AtomicBool) -> anyhow::Result<Duration> {
    let mut connection = db::connect(&bank.database_url).await?;
    let (mut before, mut moved, mut longest) = (BTreeMap::new(), Instant::now(), Duration::ZERO);
    let mut started = false;
    while !over.load(Ordering::Relaxed) {
        let fences = db::fences(&mut connection).await?;
        if fences != before {
            if started {
                longest = longest.max(moved.elapsed());
            }
            started = !before.is_empty();
            (before, moved) = (fences, Instant::now());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(longest)
}

async fn judge(
    bank: &Bank,
    args: &Args,
    sent: &BTreeMap<Place, &'static str>,
    standstill: Duration,
) -> anyhow::Result<ExitCode> {
    let mut connection = db::connect(&bank.database_url).await?;
    let wanted: BTreeSet<Place> = sent.keys().copied().collect();
    let rows = sqlx::query("select partition::int, command_offset, reason from dead_letter")
        .fetch_all(&mut connection)
        .await?;
    let in_table: BTreeSet<Place> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let mut on_topic = BTreeSet::new();
    events::read_topic(&bank.brokers, &bank.dead_letters, |message| {
        let header = |name: &str| {
            let headers = message.headers()?;
            let value = headers.iter().find(|header| header.key == name)?.value?;
            std::str::from_utf8(value).ok()?.parse::<i64>().ok()
        };
        if let (Some(partition), Some(offset)) = (header("vigie_dlq_partition"), header("vigie_dlq_offset")) {
            on_topic.insert((partition as i32, offset));
        }
    })?;
    let mut reasons: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for row in &rows {
        let way = sent.get(&(row.get(0), row.get(1))).copied().unwrap_or("not_sent_as_bad");
        *reasons.entry(way.to_owned()).or_default().entry(row.get(2)).or_default() += 1;
    }
    let posted: i64 =
        sqlx::query_scalar("select count(*) from transaction where state = 1").fetch_one(&mut connection).await?;
    let good = args.good + sent.values().filter(|way| **way == WRONG_PARTITION).count();
    let missing: Vec<_> = wanted.difference(&in_table).map(|place| (sent[place], *place)).collect();
    let surplus: Vec<_> = in_table.difference(&wanted).collect();
    let balanced = bank.balanced().await?;
    let fine = in_table == wanted
        && on_topic == wanted
        && posted as usize == good
        && balanced
        && standstill < Duration::from_secs(5);
    line("bad records sent", wanted.len(), "");
    line("in the table dead_letter", in_table.len(), "the same");
    line("on the topic, by distinct origin", on_topic.len(), "the same");
    line("good records posted", posted, &good.to_string());
    line("longest standstill, s", format!("{:.2}", standstill.as_secs_f64()), "below 5");
    for (way, reasons) in &reasons {
        println!("  {way:<32} {reasons:?}");
    }
    if !missing.is_empty() || !surplus.is_empty() {
        println!(
            "  missing: {:?}\n  surplus: {:?}",
            &missing[..missing.len().min(10)],
            &surplus[..surplus.len().min(10)]
        );
    }
    report::write(
        "poison",
        &json!({
            "circumstances": report::circumstances(Some(&bank.product), &bank.database_url).await,
            "good": good, "posted": posted, "bad": wanted.len(), "in_table": in_table.len(), "on_topic": on_topic.len(),
            "missing": missing.len(), "surplus": surplus.len(), "balanced": balanced,
            "longest_standstill_seconds": standstill.as_secs_f64(), "reasons": reasons, "passed": fine,
        }),
    )?;
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
