//! The flood: one thread, as many requests with a false key as it can send, many on their way on each of a few
//! connections; and the bare axum route that answers 429.

use axum::Router;
use axum::http::StatusCode;
use axum::routing::post;
use serde::Serialize;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

const CONNECTIONS: usize = 16;
/// Requests that are written before their answers are read.
const AHEAD: usize = 32;
/// The least size of what is read at once.
const READ: usize = 64 * 1_024;

#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    pub answers: u64,
    pub per_second: f64,
    /// Answered neither 401 nor 429.
    pub let_in: u64,
}

pub struct Wave {
    over: Arc<AtomicBool>,
    begun: Instant,
    thread: JoinHandle<anyhow::Result<Figures>>,
}

impl Wave {
    pub fn begin(address: SocketAddr) -> anyhow::Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let stop = Arc::clone(&over);
        let flood = move || {
            let waves = (0..CONNECTIONS).map(|_| one(address, &stop));
            let counted = runtime.block_on(futures::future::try_join_all(waves))?;
            Ok(counted.into_iter().fold(Figures::default(), |sum, one| Figures {
                answers: sum.answers + one.answers,
                let_in: sum.let_in + one.let_in,
                per_second: 0.0,
            }))
        };
        let thread = std::thread::Builder::new().name("flood".to_owned()).spawn(flood)?;
        Ok(Wave { over, begun: Instant::now(), thread })
    }

    pub fn end(self) -> anyhow::Result<Figures> {
        self.over.store(true, Ordering::Relaxed);
        let seconds = self.begun.elapsed().as_secs_f64();
        let figures = self.thread.join().map_err(|_| anyhow::anyhow!("the flood panicked"))??;
        Ok(Figures { per_second: figures.answers as f64 / seconds, ..figures })
    }
}

async fn one(address: SocketAddr, over: &AtomicBool) -> anyhow::Result<Figures> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let request = format!(
        "POST /api/v1/transactions HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer vk_00000000_{}\r\n\
         Content-Length: 0\r\n\r\n",
        "A".repeat(43)
    );
    let requests = request.repeat(AHEAD);
    let mut counter = Counter::default();
    let mut buffer = vec![0; READ];
    while !over.load(Ordering::Relaxed) {
        stream.write_all(requests.as_bytes()).await?;
        let wanted = counter.answers + AHEAD as u64;
        while counter.answers < wanted {
            let length = stream.read(&mut buffer).await?;
            anyhow::ensure!(length > 0, "the flood's connection was closed");
            counter.count(&buffer[..length]);
        }
    }
    Ok(Figures { answers: counter.answers, let_in: counter.let_in, per_second: 0.0 })
}

/// Counts status lines in a stream that may be cut anywhere.
#[derive(Default)]
struct Counter {
    answers: u64,
    let_in: u64,
    /// The end of what was read before, shorter than a sign.
    rest: Vec<u8>,
}

impl Counter {
    const SIGN: &'static [u8] = b"HTTP/1.1 ";
    /// The sign and the three digits after it.
    const LENGTH: usize = Self::SIGN.len() + 3;

    fn count(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
        let mut from = 0;
        while let Some(at) = self.rest[from..].windows(Self::LENGTH).position(|window| window.starts_with(Self::SIGN)) {
            let status = &self.rest[from + at + Self::SIGN.len()..from + at + Self::LENGTH];
            self.answers += 1;
            self.let_in += u64::from(status != b"401" && status != b"429");
            from += at + Self::LENGTH;
        }
        let keep = from.max(self.rest.len().saturating_sub(Self::LENGTH - 1));
        self.rest.drain(..keep);
    }
}

/// Serves a route that answers 429 and nothing else, on threads of its own, until the runtime is dropped.
pub fn bare_route() -> anyhow::Result<(SocketAddr, BareRoute)> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let router = Router::new().route("/api/v1/transactions", post(|| async { StatusCode::TOO_MANY_REQUESTS }));
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        axum::serve(listener, router).await
    });
    Ok((address, BareRoute(Some(runtime))))
}

pub struct BareRoute(Option<Runtime>);

impl Drop for BareRoute {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Dropping it plainly is not allowed inside another one.
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_wherever_the_stream_is_cut() {
        let stream = b"HTTP/1.1 429 x\r\n\r\nHTTP/1.1 401 y\r\n\r\nbodyHTTP/1.1 201 Created\r\n\r\n".repeat(3);
        for size in 1..=stream.len() {
            let mut counter = Counter::default();
            stream.chunks(size).for_each(|piece| counter.count(piece));
            assert_eq!((counter.answers, counter.let_in), (9, 3), "pieces of {size}");
        }
    }
}
