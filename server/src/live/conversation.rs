//! One open socket, from its first message to its end.
//!
//! Promises: its memory is one frame, however slow the other side; what it sends is everything that the viewer may see
//! from the token on, or a snapshot that says how much was missed. Deliberately absent: a queue.

use super::pacer::Pacer;
use super::projection::Viewer;
use super::rights::Standing;
use super::{Inner, door::Pass};
use crate::feed::{Batch, Listener, TooOld};
use app::ports::{Person, Role};
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use chrono::Utc;
use domain::Fact;
use domain::view::{Change, Frame, ResumeToken, Subscribe};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Changes in one frame at most: about 150 KB, which a thin line takes in less than [`DRAINED_WITHIN`].
const CHANGES: usize = 250;
/// A frame that the other side has not taken after this ends the socket.
const DRAINED_WITHIN: Duration = Duration::from_secs(5);
const SUBSCRIBED_WITHIN: Duration = Duration::from_secs(10);
const PING_EVERY: Duration = Duration::from_secs(10);
/// So many pings in a row without a word: a laptop was closed.
const SILENT_PINGS: u32 = 3;
/// Messages taken between two pings; a page sends one or two.
const MESSAGES: u32 = 50;
/// A feed that was last complete longer ago cannot say that nothing happened.
const CURRENT: Duration = Duration::from_secs(5);
const SNAPSHOT_ACCOUNTS: i64 = 500;
const SNAPSHOT_TRANSACTIONS: i64 = 100;

/// Why a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The other side closed it, or is gone, or does not take what is sent.
    Gone,
    /// Signed out, disabled, or the role changed.
    Goodbye,
    /// It sends what no page of ours sends.
    Refused,
    /// The node stops, or cannot serve now: another try is welcome.
    TryAgain,
}

pub(super) struct Conversation {
    live: Arc<Inner>,
    socket: WebSocket,
    standing: watch::Receiver<Standing>,
    person: Person,
    pacer: Pacer,
    subscribed: Option<Subscription>,
    opened: Instant,
    heard: Instant,
    pinged: Instant,
    silent_pings: u32,
    messages: u32,
    _pass: Pass,
}

/// What the socket carries.
struct Subscription {
    viewer: Viewer,
    /// Wakes when something concerns the viewer.
    listener: Listener,
    all: bool,
    /// Everything below was looked at.
    resume: ResumeToken,
    /// The token that the browser has; none while it has not been answered.
    told: Option<ResumeToken>,
}

impl Conversation {
    pub fn new(
        live: Arc<Inner>,
        socket: WebSocket,
        person: Person,
        standing: watch::Receiver<Standing>,
        pass: Pass,
    ) -> Self {
        let now = Instant::now();
        Conversation {
            live,
            socket,
            standing,
            person,
            pacer: Pacer::new(now),
            subscribed: None,
            opened: now,
            heard: now,
            pinged: now,
            silent_pings: 0,
            messages: 0,
            _pass: pass,
        }
    }

    pub async fn run(mut self, stop: CancellationToken) {
        let end = loop {
            let step = tokio::select! {
                biased;
                () = stop.cancelled() => Err(End::TryAgain),
                step = self.step() => step,
            };
            if let Err(end) = step {
                break end;
            }
        };
        self.close(end).await;
    }

    /// Awaits what happens next and does it.
    async fn step(&mut self) -> Result<(), End> {
        let now = Instant::now();
        let look_at = self.subscribed.as_ref().and_then(|_| self.pacer.look_at(now));
        let listener = self.subscribed.as_ref().map(|subscription| &subscription.listener);
        let housekeeping_at = self.pacer.heartbeat_at().min(self.pinged + PING_EVERY);
        tokio::select! {
            biased;
            changed = self.standing.changed() => {
                changed.map_err(|_| End::TryAgain)?;
                self.rights_changed().await
            }
            message = self.socket.recv() => self.take(message).await,
            () = sleep_until(look_at.unwrap_or(now)), if look_at.is_some() => self.look().await,
            () = woken(listener), if !self.pacer.stirred() => {
                self.pacer.stir();
                Ok(())
            }
            () = sleep_until(housekeeping_at) => self.keep_house(Instant::now()).await,
        }
    }

    async fn take(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        self.heard = Instant::now();
        match message {
            None | Some(Err(_) | Ok(Message::Close(_))) => Err(End::Gone),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Binary(_))) => Err(End::Refused),
            Some(Ok(Message::Text(text))) => {
                self.messages += 1;
                let subscribe: Subscribe = serde_json::from_str(&text).map_err(|_| End::Refused)?;
                if self.messages > MESSAGES {
                    return Err(End::Refused);
                }
                self.subscribe(subscribe).await
            }
        }
    }

    fn viewer(&self, all: bool) -> Result<Viewer, End> {
        let standing = self.standing.borrow();
        let (_, own) = standing.as_ref().ok_or(End::Goodbye)?;
        Ok(Viewer::new(&self.person, all, own, self.live.store.time_zone()))
    }

    async fn subscribe(&mut self, subscribe: Subscribe) -> Result<(), End> {
        let viewer = self.viewer(subscribe.all)?;
        let resume = subscribe.resume.clone().unwrap_or_default();
        // Before the first look, so that nothing comes in between unheard.
        let listener = self.live.feed.listen(viewer.interest());
        self.subscribed =
            Some(Subscription { viewer, listener, all: subscribe.all, resume: resume.clone(), told: None });
        if subscribe.resume.is_none() || !is_possible(&self.live, &resume).await? {
            return self.snapshot(None).await;
        }
        self.look().await?;
        let answered = self.subscribed.as_ref().is_some_and(|subscription| subscription.told.is_some());
        if answered { Ok(()) } else { self.beat().await }
    }

    /// Sends what the viewer may see of what came since the last look.
    async fn look(&mut self) -> Result<(), End> {
        let Some(subscription) = &mut self.subscribed else { return Ok(()) };
        let viewer = subscription.viewer.clone();
        let batch = self.live.feed.since(&subscription.resume, CHANGES, |fact: &Fact| viewer.wants(fact));
        let Batch { facts, resume, more } = match batch {
            Ok(batch) => batch,
            Err(TooOld) => {
                let missed_since = subscription.resume.clone();
                return self.snapshot(Some(missed_since)).await;
            }
        };
        subscription.resume = resume;
        if facts.iter().any(|fact| viewer.is_regranted_by(fact)) {
            self.live.rights.check_soon();
        }
        let changes: Vec<Change> = facts.iter().filter_map(|fact| viewer.change(fact)).collect();
        if changes.is_empty() && !more {
            self.pacer.found_nothing();
            return Ok(());
        }
        self.update(changes).await?;
        self.pacer.passed_on(Instant::now(), more);
        Ok(())
    }

    async fn update(&mut self, changes: Vec<Change>) -> Result<(), End> {
        let Some(subscription) = &mut self.subscribed else { return Ok(()) };
        let resume = subscription.resume.clone();
        subscription.told = Some(resume.clone());
        self.send(&Frame::Update { resume, changes, now_ms: Utc::now().timestamp_millis() }).await
    }

    /// Everything afresh from the tables, with the count of what the viewer missed since that token.
    async fn snapshot(&mut self, missed_since: Option<ResumeToken>) -> Result<(), End> {
        let Some(subscription) = &self.subscribed else { return Ok(()) };
        let all = subscription.viewer.sees_all();
        // Who does not ask for every account is shown the own ones, as a customer would be.
        let reader = if all { self.person.clone() } else { Person { role: Role::Customer, ..self.person.clone() } };
        let store = &self.live.store;
        let turn = self.live.snapshots.acquire().await.map_err(|_| End::TryAgain)?;
        let read = store.snapshot(&reader, SNAPSHOT_ACCOUNTS, SNAPSHOT_TRANSACTIONS).await;
        let mut snapshot = read.map_err(|_| End::TryAgain)?;
        let missed = match &missed_since {
            None => None,
            Some(from) if all => Some(commands_between(from, &snapshot.resume)),
            Some(from) => {
                let count = store.transactions_between(&reader, from, &snapshot.resume).await;
                Some(count.map_err(|_| End::TryAgain)?)
            }
        };
        drop(turn);
        // Pages only.
        snapshot.transactions.iter_mut().for_each(|transaction| transaction.reference = None);
        metrics::counter!("vigie_live_missed_total").increment(missed.unwrap_or(0));
        if let Some(subscription) = &mut self.subscribed {
            subscription.resume = snapshot.resume.clone();
            subscription.told = Some(snapshot.resume.clone());
        }
        let now_ms = Utc::now().timestamp_millis();
        let (resume, accounts, transactions) = (snapshot.resume, snapshot.accounts, snapshot.transactions);
        self.send(&Frame::Snapshot { resume, missed, accounts, transactions, now_ms }).await?;
        self.pacer.passed_on(Instant::now(), false);
        self.pacer.stir();
        Ok(())
    }

    async fn rights_changed(&mut self) -> Result<(), End> {
        let role = self.standing.borrow_and_update().as_ref().map(|(person, _)| person.role);
        if role != Some(self.person.role) {
            return Err(End::Goodbye);
        }
        let Some(all) = self.subscribed.as_ref().map(|subscription| subscription.all) else { return Ok(()) };
        let viewer = self.viewer(all)?;
        let Some(subscription) = &mut self.subscribed else { return Ok(()) };
        subscription.listener = self.live.feed.listen(viewer.interest());
        subscription.viewer = viewer;
        let missed_since = subscription.resume.clone();
        self.snapshot(Some(missed_since)).await
    }

    async fn keep_house(&mut self, now: Instant) -> Result<(), End> {
        if now >= self.pinged + PING_EVERY {
            self.silent_pings = if self.heard < self.pinged { self.silent_pings + 1 } else { 0 };
            if self.silent_pings >= SILENT_PINGS {
                return Err(End::Gone);
            }
            (self.pinged, self.messages) = (now, 0);
            self.write(Message::Ping(Default::default())).await?;
        }
        match self.subscribed {
            None if now > self.opened + SUBSCRIBED_WITHIN => return Err(End::Refused),
            _ if !self.live.rights.are_fresh() => return Err(End::TryAgain),
            None => {}
            Some(_) if now >= self.pacer.heartbeat_at() => {
                // What concerned nobody here has moved the token, too.
                self.look().await?;
                if now >= self.pacer.heartbeat_at() {
                    self.beat().await?;
                }
            }
            Some(_) => {}
        }
        if now >= self.pacer.heartbeat_at() {
            self.pacer.sent(now);
        }
        Ok(())
    }

    /// Says that nothing happened, if that is known; tells a token that moved without anything to see.
    async fn beat(&mut self) -> Result<(), End> {
        if self.live.feed.age().is_none_or(|age| age > CURRENT) {
            return Ok(());
        }
        let Some(subscription) = &self.subscribed else { return Ok(()) };
        if subscription.told.as_ref() == Some(&subscription.resume) {
            self.send(&Frame::Heartbeat { now_ms: Utc::now().timestamp_millis() }).await
        } else {
            self.update(Vec::new()).await
        }
    }

    async fn send(&mut self, frame: &Frame) -> Result<(), End> {
        if !self.live.rights.are_fresh() {
            return Err(End::TryAgain);
        }
        let kind = match frame {
            Frame::Snapshot { .. } => "snapshot",
            Frame::Update { .. } => "update",
            Frame::Heartbeat { .. } => "heartbeat",
            Frame::Goodbye => "goodbye",
        };
        let text = serde_json::to_string(frame).map_err(|error| {
            tracing::error!(%error, kind, "a frame cannot be written");
            End::TryAgain
        })?;
        self.write(Message::Text(text.into())).await?;
        metrics::counter!("vigie_live_frames_total", "kind" => kind).increment(1);
        self.pacer.sent(Instant::now());
        Ok(())
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        match tokio::time::timeout(DRAINED_WITHIN, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    async fn close(mut self, end: End) {
        let (code, reason) = match end {
            End::Gone => return,
            End::Goodbye => (close_code::NORMAL, "goodbye"),
            End::Refused => (close_code::POLICY, "refused"),
            End::TryAgain => (close_code::AGAIN, "try again"),
        };
        if end == End::Goodbye
            && let Ok(text) = serde_json::to_string(&Frame::Goodbye)
            && self.write(Message::Text(text.into())).await.is_err()
        {
            return;
        }
        // A peer that is gone does not read it.
        let _ = self.write(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
    }
}

/// A token may be ahead of the feed: the page was rendered from tables that are. But not of the tables: then it is
/// another log's, and would be waited for in vain.
async fn is_possible(live: &Inner, resume: &ResumeToken) -> Result<bool, End> {
    let beyond = |known: &ResumeToken| resume.0.iter().any(|(p, next)| known.0.get(p).is_none_or(|k| next > k));
    if !beyond(&live.feed.seen()) {
        return Ok(true);
    }
    let fences = live.store.fences().await.map_err(|_| End::TryAgain)?;
    Ok(!beyond(&fences))
}

/// How many commands lie between two tokens.
fn commands_between(from: &ResumeToken, to: &ResumeToken) -> u64 {
    let span = |(partition, until): (&i32, &i64)| until - from.0.get(partition).copied().unwrap_or(0);
    to.0.iter().map(|entry| u64::try_from(span(entry)).unwrap_or(0)).sum()
}

async fn woken(listener: Option<&Listener>) {
    match listener {
        Some(listener) => listener.woken().await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(moment: Instant) {
    tokio::time::sleep_until(moment.into()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_missed_is_counted_per_partition() {
        let token = |entries: &[(i32, i64)]| ResumeToken(entries.iter().copied().collect());
        let missed = commands_between(&token(&[(0, 5), (1, 9)]), &token(&[(0, 8), (1, 9), (2, 4)]));
        assert_eq!(missed, 3 + 4);
    }
}
