//! The bare pipe: produce → consume → commit → socket, with nothing of a bank in it. One record per event, one row per
//! batch, one frame per event.

use crate::sender::{client, producer_settings};
use crate::{db, topics};
use anyhow::Context as _;
use futures::{SinkExt as _, StreamExt as _};
use rdkafka::Message as _;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;

/// Before the first event that counts: warms connections and caches.
pub const WARM: Duration = Duration::from_secs(1);

/// Milliseconds from send to frame of each event, at a steady rate.
pub async fn run(brokers: &str, database_url: &str, per_second: u32, lasting: Duration) -> anyhow::Result<Vec<f64>> {
    let topic = format!("floor-{}", Uuid::now_v7().simple());
    topics::create(brokers, &topic, 1).await?;
    let mut connection = db::connect(database_url).await?;
    sqlx::query("create table if not exists floor_pipe (id bigint primary key, payload bytea not null)")
        .execute(&mut connection)
        .await?;
    sqlx::query("truncate floor_pipe").execute(&mut connection).await?;

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (ready, readied) = oneshot::channel();
    let server = tokio::spawn(serve(brokers.to_owned(), topic.clone(), connection, listener, ready));
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut socket, _) = tokio_tungstenite::client_async(format!("ws://{address}/"), stream).await?;
    readied.await?;

    let total = (f64::from(per_second) * lasting.as_secs_f64()) as u64;
    let begun = Instant::now();
    let producer = tokio::spawn(produce(brokers.to_owned(), topic, per_second, total, begun));
    let mut latencies = Vec::with_capacity(total as usize);
    while (latencies.len() as u64) < total {
        let frame =
            tokio::time::timeout(Duration::from_secs(20), socket.next()).await.context("the pipe stands still")?;
        let frame = frame.context("the pipe closed")??.into_data();
        let sent_us: u64 = std::str::from_utf8(&frame)?.trim().parse()?;
        latencies.push((begun.elapsed().as_micros() as u64 - sent_us) as f64 / 1000.0);
    }
    producer.await??;
    server.abort();
    let warm = (f64::from(per_second) * WARM.as_secs_f64()) as usize;
    Ok(latencies.split_off(warm.min(latencies.len() / 2)))
}

async fn produce(brokers: String, topic: String, per_second: u32, total: u64, begun: Instant) -> anyhow::Result<()> {
    let producer: FutureProducer = producer_settings(&brokers).set("linger.ms", "0").create()?;
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
    let mut waits = Vec::with_capacity(total as usize);
    for _ in 0..total {
        ticks.tick().await;
        // A value as long as a command's, which begins with the time it was sent.
        let payload = format!("{:<230}", begun.elapsed().as_micros());
        let record = FutureRecord::<str, str>::to(&topic).payload(&payload);
        waits.push(producer.send_result(record).map_err(|(error, _)| error)?);
    }
    for wait in waits {
        wait.await?.map_err(|(error, _)| error)?;
    }
    Ok(())
}

async fn serve(
    brokers: String,
    topic: String,
    mut connection: sqlx::postgres::PgConnection,
    listener: TcpListener,
    ready: oneshot::Sender<()>,
) -> anyhow::Result<()> {
    let (stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    let mut socket = tokio_tungstenite::accept_async(stream).await?;
    let consumer: StreamConsumer =
        client(&brokers).set("group.id", "floor").set("enable.auto.commit", "false").create()?;
    let mut assignment = TopicPartitionList::new();
    assignment.add_partition_offset(&topic, 0, Offset::Beginning)?;
    consumer.assign(&assignment)?;
    let _ = ready.send(());
    loop {
        let mut batch = vec![consumer.recv().await?.detach()];
        while let Some(message) = futures::FutureExt::now_or_never(consumer.recv()) {
            batch.push(message?.detach());
        }
        let first = batch.first().context("a batch has a record")?;
        sqlx::query("insert into floor_pipe (id, payload) values ($1, $2)")
            .bind(first.offset())
            .bind(first.payload().unwrap_or_default())
            .execute(&mut connection)
            .await?;
        for message in &batch {
            let payload = message.payload().unwrap_or_default();
            socket.feed(Message::binary(payload.to_vec())).await?;
        }
        socket.flush().await?;
    }
}
