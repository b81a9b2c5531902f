//! `cargo lab conflict`: one transaction id sent a hundred times in parallel over HTTP gives one row and a hundred
//! equal answers; the same id with another amount or another payer is a conflict, and the original stands.

use crate::bank::{Bank, Detection};
use crate::bench::visible::until_ready;
use crate::crash::submit::post_payment;
use crate::db;
use crate::people;
use crate::product::{self, free_port};
use crate::report::{self, line};
use crate::services::{ServiceArgs, Services};
use crate::wire::{Kind, Payment};
use serde_json::json;
use sqlx::Row as _;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use uuid::Uuid;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// How often the same form is posted at once.
    #[arg(long, default_value_t = 100)]
    times: usize,
}

pub async fn run(service_args: &ServiceArgs, vigie: Option<&PathBuf>, args: &Args) -> anyhow::Result<ExitCode> {
    let binary = product::binary(vigie.map(PathBuf::as_path))?;
    let services = Services::start(service_args, "conflict")?;
    let bank = Bank::create(&binary, &services, "conflict", 12, Detection::Off).await?;
    let mut worker = bank.product.start("conflict-worker", &["worker"])?;
    let people = people::create(&bank, 2).await?;
    bank.decided(Duration::from_secs(60)).await?;
    let port = free_port()?;
    let mut web = bank.product.start("conflict-web", &["web", &format!("--listen=127.0.0.1:{port}")])?;
    let host = format!("127.0.0.1:{port}");
    until_ready(&host).await?;

    let payment = Payment {
        transaction_id: Uuid::now_v7(),
        kind: Kind::Transfer,
        debit: people[0].account.clone(),
        credit: people[1].account.clone(),
        amount_minor: 12_34,
    };
    let mut visitor = people[0].sign_in(&host).await?;
    let mut answers: BTreeMap<String, usize> = BTreeMap::new();
    let mut tasks = Vec::new();
    for _ in 0..args.times {
        let mut parallel = crate::http::Visitor::new(&host);
        parallel.cookies.clone_from(&visitor.cookies);
        let payment = payment.clone();
        tasks
            .push(tokio::spawn(async move { post_payment(&mut parallel, &payment).await.map(|answer| answer.gist()) }));
    }
    for task in tasks {
        *answers.entry(task.await??).or_default() += 1;
    }
    let other_amount = post_payment(&mut visitor, &Payment { amount_minor: 99, ..payment.clone() }).await?.gist();
    let mut second = people[1].sign_in(&host).await?;
    let swapped = Payment { debit: payment.credit.clone(), credit: payment.debit.clone(), ..payment.clone() };
    let other_payer = post_payment(&mut second, &swapped).await?.gist();
    bank.decided(Duration::from_secs(30)).await?;

    let mut connection = db::connect(&bank.database_url).await?;
    let rows = sqlx::query("select amount_minor, state from transaction where id = $1")
        .bind(payment.transaction_id)
        .fetch_all(&mut connection)
        .await?;
    let one_row = rows.len() == 1 && rows[0].get::<i64, _>(0) == payment.amount_minor && rows[0].get::<i16, _>(1) == 1;
    let moved: i64 = sqlx::query_scalar("select booked_minor from account where number = $1")
        .bind(&payment.debit)
        .fetch_one(&mut connection)
        .await?;
    web.stop()?;
    worker.stop()?;
    let conflict = format!("303 /transactions/{}?conflict=1", payment.transaction_id);
    let fine = one_row
        && moved == -payment.amount_minor
        && answers.len() == 1
        && other_amount == conflict
        && other_payer == conflict;
    line("rows of the transaction", rows.len(), "1");
    line("different answers", answers.len(), "1");
    println!("  {answers:?}\n  other amount: {other_amount}\n  other payer: {other_payer}");
    report::write(
        "conflict",
        &json!({ "times": args.times, "rows": rows.len(), "moved_minor": moved, "answers": answers,
            "other_amount": other_amount, "other_payer": other_payer, "passed": fine }),
    )?;
    bank.remove().await?;
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
