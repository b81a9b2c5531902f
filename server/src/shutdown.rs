//! Ctrl-C and SIGTERM as one token that every long-running part watches.

use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// Signals this close together are one: a terminal and a supervisor often send both.
const SAME: Duration = Duration::from_secs(1);

/// A token that is cancelled at the first Ctrl-C or SIGTERM; a later one ends the process at once.
///
/// # Errors
/// When the signals cannot be listened to.
pub fn on_signal() -> std::io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let cancelled = token.clone();
    tokio::spawn(async move {
        let mut first: Option<Instant> = None;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            match first {
                Some(first) if first.elapsed() > SAME => std::process::exit(130),
                Some(_) => {}
                None => {
                    tracing::info!("stopping");
                    first = Some(Instant::now());
                    cancelled.cancel();
                }
            }
        }
    });
    Ok(token)
}
