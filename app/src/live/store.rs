//! What the page knows, and how old it is. Module-level, because islands share no context.

use super::socket;
use domain::reducer::LiveState;
use domain::view::{AccountView, Frame, ResumeToken, TransactionView};
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::time::Duration;

/// Transactions kept for the islands of one page.
const ROWS_MAX: usize = 200;
const TICK: Duration = Duration::from_millis(500);
const TOKEN_KEY: &str = "vigie-resume";

/// What an island brings: what the server rendered for it, and from where that goes on.
#[derive(Default)]
pub struct Seed<'a> {
    /// Every account rather than the person's own; the node checks that they may.
    pub all: bool,
    pub resume: Option<&'a ResumeToken>,
    pub accounts: &'a [AccountView],
    pub transactions: &'a [TransactionView],
}

/// How the socket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// Not opened yet: the page stands as the server rendered it.
    Still,
    Live,
    Reconnecting,
}

struct Store {
    state: RefCell<LiveState>,
    all: Cell<bool>,
    started: Cell<bool>,
    paused: ArcRwSignal<bool>,
    link: ArcRwSignal<Link>,
    /// Raised whenever something that is shown has changed.
    turn: ArcRwSignal<u64>,
    /// Raised by the clock, for ages.
    beat: ArcRwSignal<u64>,
    /// When the node last said something, by our clock.
    heard_ms: Cell<f64>,
    /// The node's clock minus ours.
    ahead_ms: Cell<f64>,
}

thread_local! {
    static STORE: Store = Store {
        state: RefCell::new(LiveState::new(ROWS_MAX)),
        all: Cell::new(false),
        started: Cell::new(false),
        paused: ArcRwSignal::new(false),
        link: ArcRwSignal::new(Link::Still),
        turn: ArcRwSignal::new(0),
        beat: ArcRwSignal::new(0),
        heard_ms: Cell::new(js_sys::Date::now()),
        ahead_ms: Cell::new(0.0),
    };
}

/// Takes part in the page's socket, which opens once all islands have joined.
pub fn join(seed: Seed<'_>) {
    STORE.with(|store| {
        let mut state = store.state.borrow_mut();
        match seed.resume {
            Some(resume) => state.seed(seed.accounts, seed.transactions, resume),
            None if !seed.accounts.is_empty() || !seed.transactions.is_empty() => {
                state.seed(seed.accounts, seed.transactions, &ResumeToken::default());
            }
            None => {}
        }
        if seed.all {
            store.all.set(true);
        }
        if !store.started.replace(true) {
            set_timeout(start, Duration::ZERO);
        }
    });
}

fn start() {
    socket::open();
    set_interval(tick, TICK);
}

/// Tracked: what `look` sees, now and whenever something changes; while paused it stays what it was.
pub fn read<T>(look: impl FnOnce(&LiveState) -> T) -> T {
    STORE.with(|store| {
        store.turn.track();
        look(&store.state.borrow())
    })
}

/// As [`read`], without running again.
pub fn read_now<T>(look: impl FnOnce(&LiveState) -> T) -> T {
    STORE.with(|store| look(&store.state.borrow()))
}

/// Tracked.
pub fn link() -> Link {
    STORE.with(|store| store.link.get())
}

/// Tracked.
pub fn is_paused() -> bool {
    STORE.with(|store| store.paused.get())
}

/// Stops or resumes showing changes; they are received all the while.
pub fn pause(paused: bool) {
    STORE.with(|store| {
        store.paused.set(paused);
        if !paused {
            store.turn.update(|turn| *turn += 1);
        }
    });
}

/// Tracked: milliseconds since the node last said something.
pub fn age_ms() -> i64 {
    STORE.with(|store| {
        store.beat.track();
        (js_sys::Date::now() - store.heard_ms.get()) as i64
    })
}

/// When the node last said something, by its clock.
pub fn word_at_ms() -> i64 {
    STORE.with(|store| (store.heard_ms.get() + store.ahead_ms.get()) as i64)
}

/// Now, by the node's clock.
pub fn now_ms() -> i64 {
    STORE.with(|store| (js_sys::Date::now() + store.ahead_ms.get()) as i64)
}

pub(super) fn wants_all() -> bool {
    STORE.with(|store| store.all.get())
}

/// Where to go on: from what this page has seen, else from where the last page stopped.
pub(super) fn resume_token() -> Option<ResumeToken> {
    read_now(|state| state.resume().cloned()).or_else(|| {
        let kept = storage()?.get_item(TOKEN_KEY).ok()??;
        serde_json::from_str(&kept).ok()
    })
}

pub(super) fn set_link(link: Link) {
    STORE.with(|store| {
        if link == Link::Live {
            store.heard_ms.set(js_sys::Date::now());
        }
        if store.link.get_untracked() != link {
            store.link.set(link);
        }
    });
}

pub(super) fn take(frame: &Frame) {
    let now = js_sys::Date::now();
    let changed = STORE.with(|store| {
        store.heard_ms.set(now);
        if let Frame::Snapshot { now_ms, .. } | Frame::Update { now_ms, .. } | Frame::Heartbeat { now_ms } = frame {
            store.ahead_ms.set(*now_ms as f64 - now);
        }
        store.state.borrow_mut().apply(frame, now as i64)
    });
    if changed {
        show();
    }
}

fn show() {
    STORE.with(|store| {
        if !store.paused.get_untracked() {
            store.turn.update(|turn| *turn += 1);
        }
    });
}

fn tick() {
    let changed = STORE.with(|store| {
        store.beat.update(|beat| *beat += 1);
        store.state.borrow_mut().tick(js_sys::Date::now() as i64)
    });
    if changed {
        show();
    }
    keep_token();
}

/// For the next page that brings no token of its own.
fn keep_token() {
    let token = read_now(|state| state.resume().and_then(|token| serde_json::to_string(token).ok()));
    if let (Some(token), Some(storage)) = (token, storage()) {
        let _full_or_forbidden = storage.set_item(TOKEN_KEY, &token);
    }
}

fn storage() -> Option<web_sys::Storage> {
    window().session_storage().ok().flatten()
}
