//! `cargo lab crash`: load from three doors (the log, the form, the desk that ends holds), detection on, processes
//! killed at random moments, and a verdict from what they left.
//!
//! Promises: the schedule follows from the seed; every kill is SIGKILL and hits only processes started here; the
//! verdict is reached from the lab's journal, the database and `bank.events`, with none of the product's code but
//! `detection`, which defines what a decision is.

mod alerts;
pub mod check;
mod conductor;
mod desk;
mod fold;
mod habits;
mod journal;
pub mod submit;
mod tables;

use crate::bank::{Bank, Detection};
use crate::load::account_numbers;
use crate::people;
use crate::product::{self, free_port};
use crate::report::{self, line};
use crate::services::{ServiceArgs, Services, root};
use crate::{cpu, db, events};
use conductor::{Component, Conductor};
use desk::Desk;
use journal::Journal;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use submit::{Customer, Direct, Progress};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Minutes of load at most; kills that do not fit are left out, and said so.
    #[arg(long, default_value_t = 21.0)]
    minutes: f64,
    /// Repeats a schedule; none draws one.
    #[arg(long)]
    seed: Option<u64>,
    /// A few kills of each kind, for looking.
    #[arg(long)]
    quick: bool,
    /// Without a web node: direct commands only.
    #[arg(long)]
    no_web: bool,
    /// Signed commands per second, straight to the log.
    #[arg(long, default_value_t = 360)]
    per_second: u32,
    /// Forms posted per second.
    #[arg(long, default_value_t = 40)]
    forms_per_second: u32,
    #[arg(long, default_value_t = 12)]
    partitions: i32,
    /// Accounts that share the direct load: so many that the built-in policy lets most of it through.
    #[arg(long, default_value_t = 8_000)]
    accounts: usize,
    /// Kills as worker,web,broker,postgres.
    #[arg(long, value_delimiter = ',')]
    kills: Vec<usize>,
}

/// The kills in a random order, one SIGSTOP among them.
fn schedule(args: &Args, rng: &mut StdRng) -> Vec<Component> {
    let counts = match args.kills.as_slice() {
        [worker, web, broker, postgres] => [*worker, *web, *broker, *postgres],
        _ if args.quick => [3, 2, 1, 1],
        _ => [20, 10, 5, 5],
    };
    let kinds = [Component::Worker, Component::Web, Component::Broker, Component::Postgres];
    let mut kills: Vec<Component> = kinds.into_iter().zip(counts).flat_map(|(kind, count)| vec![kind; count]).collect();
    kills.push(Component::Stopped);
    if args.no_web {
        kills.retain(|kind| *kind != Component::Web);
    }
    kills.shuffle(rng);
    kills
}

pub async fn run(service_args: &ServiceArgs, vigie: Option<&PathBuf>, args: &Args) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        service_args.database_url.is_none() && service_args.kafka_brokers.is_none(),
        "a crash run kills its services: it takes private ones only"
    );
    let binary = product::binary(vigie.map(PathBuf::as_path))?;
    let services = Services::start(service_args, "crash")?;
    let seed = args.seed.unwrap_or_else(|| rand::rng().random_range(0..1_000_000_000));
    let mut rng = StdRng::seed_from_u64(seed);
    println!("seed {seed}");
    let bank = Bank::create(&binary, &services, "crash", args.partitions, Detection::On).await?;
    let circumstances = report::circumstances(Some(&bank.product), &services.database_url).await;
    let mut conductor = Conductor::start(&services, &bank, if args.no_web { None } else { Some(free_port()?) })?;
    let numbers = account_numbers(args.accounts);
    bank.open_accounts(&numbers, None)?;
    let people = if args.no_web { Vec::new() } else { people::create(&bank, 8).await? };
    bank.decided(Duration::from_secs(60)).await?;

    let journal = Arc::new(Journal::create(&root().join("target/crash/journal.jsonl"))?);
    let progress = Arc::new(Progress::default());
    let mut doors = Vec::new();
    let direct = Direct {
        brokers: bank.brokers.clone(),
        topic: bank.commands.clone(),
        signer: bank.signer.clone(),
        accounts: numbers,
        per_second: args.per_second,
        seed,
    };
    doors.push(tokio::spawn(direct.run(journal.clone(), progress.clone())));
    let desk = Desk {
        brokers: bank.brokers.clone(),
        topic: bank.commands.clone(),
        database_url: bank.database_url.clone(),
        signer: bank.signer.clone(),
        seed,
    };
    doors.push(tokio::spawn(desk.run(journal.clone(), progress.clone())));
    if let Some(host) = conductor.host() {
        conductor.until_ready().await?;
        let pause = Duration::from_secs_f64(people.len() as f64 / f64::from(args.forms_per_second.max(1)));
        for (index, person) in people.iter().enumerate() {
            let payees =
                people.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, other)| other.account.clone());
            let customer = Customer {
                visitor: person.sign_in(&host).await?,
                username: person.username.clone(),
                password: person.password.clone(),
                account: person.account.clone(),
                payees: payees.collect(),
                pause,
            };
            doors.push(tokio::spawn(customer.run(journal.clone(), progress.clone())));
        }
    }

    let begun = Instant::now();
    let kills = schedule(args, &mut rng);
    let mut left_out = 0;
    for (index, component) in kills.iter().enumerate() {
        tokio::time::sleep(Duration::from_millis(rng.random_range(2_000..9_000))).await;
        if begun.elapsed().as_secs_f64() > args.minutes * 60.0 {
            left_out = kills.len() - index;
            break;
        }
        let victim = rng.random_range(0..2);
        let recovery = conductor.strike(*component, victim, &progress).await?;
        eprintln!(
            "[{:>4.0} s] {}/{} {component:?}: back after {recovery:.2} s",
            begun.elapsed().as_secs_f64(),
            index + 1,
            kills.len()
        );
        journal.flush()?;
    }
    let lasted = begun.elapsed().as_secs_f64();
    progress.stop.store(true, Ordering::Relaxed);
    for door in doors {
        door.await??;
    }
    bank.decided(Duration::from_secs(120)).await?;
    // A fact may be sent again after its row is gone; let the senders finish before reading.
    let ended_alone = conductor.stop()?;

    let events = events::read_facts(&bank.brokers, &bank.events)?;
    let mut connection = db::connect(&bank.database_url).await?;
    let tables = tables::Tables::read(&mut connection).await?;
    let mut verdict = check::judge(journal.read_back()?, &events, &tables);
    // The product's own auditor is a second witness: it knows the tables that no fact repeats.
    let verified = bank.product.run(&["verify"]);
    if let Err(error) = &verified {
        verdict.findings.insert(0, format!("vigie verify: {error:#}"));
    }
    verdict.findings.extend(ended_alone.iter().map(|name| format!("{name} ended by itself")));
    let accepted = progress.accepted.load(Ordering::Relaxed) + progress.received.load(Ordering::Relaxed);
    let clean = verdict.clean() && verified.is_ok() && verdict.telling() && ended_alone.is_empty() && left_out == 0;
    for (name, value) in [
        ("lost", verdict.lost),
        ("doubled", verdict.doubled),
        ("alerts_lost_or_doubled", verdict.alerts_lost_or_doubled),
        ("holds_ended_twice", verdict.holds_ended_twice),
        ("holds_leaked", verdict.holds_leaked),
        ("not_rederived", verdict.not_rederived),
        ("settles_misanswered", verdict.settles_misanswered),
        ("unbalanced", verdict.unbalanced),
        ("out_of_order", verdict.out_of_order),
        ("feed_faults", verdict.feed_faults),
        ("fold_differs", verdict.fold_differs),
        ("phantoms", verdict.phantoms),
        ("misanswered", verdict.misanswered),
    ] {
        line(name, value, "0");
    }
    let decided = format!("{} {} {}", verdict.posted, verdict.refused, verdict.holds_open);
    line("posted, refused, still held", decided, "at least half posted");
    let alerted = format!("{} {} {}", verdict.reviewed, verdict.held, verdict.refused_by_detection);
    line("alerts: review, hold, refuse", alerted, "some of each");
    let ended = format!("{} {}", verdict.holds_released, verdict.holds_refused);
    line("holds released, refused", ended, "some of each");
    line("accepted per second", format!("{:.0}", accepted as f64 / lasted), "at least 300");
    for finding in verdict.findings.iter().take(10) {
        println!("  {finding}");
    }
    for (component, times) in conductor.recoveries() {
        let times = report::summary(times);
        line(&format!("recovery of {component}, s: p50, max"), format!("{} {}", times["p50"], times["max"]), "");
    }
    report::write(
        "crash",
        &json!({
            "circumstances": circumstances, "load_1min_after": cpu::load(), "quick": args.quick, "seed": seed,
            "seconds": lasted.round(), "kills": conductor.kills(), "kills_left_out": left_out,
            "lost": verdict.lost, "doubled": verdict.doubled, "unbalanced": verdict.unbalanced, "out_of_order": verdict.out_of_order,
            "alerts_lost_or_doubled": verdict.alerts_lost_or_doubled, "holds_ended_twice": verdict.holds_ended_twice,
            "holds_leaked": verdict.holds_leaked, "not_rederived": verdict.not_rederived,
            "settles_misanswered": verdict.settles_misanswered, "vigie_verify_clean": verified.is_ok(),
            "recovery_seconds": conductor.recovery_json(),
            "accepted_per_second": (accepted as f64 / lasted).round(),
            "offered_directly": progress.offered.load(Ordering::Relaxed), "accepted_directly": progress.accepted.load(Ordering::Relaxed),
            "not_acknowledged": progress.failed.load(Ordering::Relaxed), "received_by_form": progress.received.load(Ordering::Relaxed),
            "forms_sent_again": progress.refused_posts.load(Ordering::Relaxed),
            "processes_that_ended_by_themselves": ended_alone,
            "verdict": verdict,
        }),
    )?;
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
