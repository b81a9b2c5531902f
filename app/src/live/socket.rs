//! The socket itself: opens, subscribes from the resume token, reads frames, and opens again after a cut.
//!
//! A node that stays silent is as good as gone: past [`SILENCE_MS`] the socket is closed and opened again. "Goodbye"
//! loads the page again, which leads to the sign-in where the session is over.

use super::backoff::wait_ms;
use super::store::{Link, age_ms, resume_token, set_link, take, wants_all};
use domain::view::{Frame, Subscribe};
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::time::Duration;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::{CloseEvent, Event, MessageEvent, WebSocket};

const PATH: &str = "/live";
const SILENCE_MS: i64 = 20_000;
const WATCH: Duration = Duration::from_secs(5);
/// Attempts that never opened before the page asks whether it is still welcome.
const ATTEMPTS_BEFORE_ASKING: u32 = 4;

thread_local! {
    static SOCKET: RefCell<Option<WebSocket>> = const { RefCell::new(None) };
    static ATTEMPT: Cell<u32> = const { Cell::new(0) };
}

pub(super) fn open() {
    connect();
    set_interval(
        || {
            if age_now() > SILENCE_MS {
                close();
            }
        },
        WATCH,
    );
    // A laptop that wakes, a network that returns: at once rather than after the wait.
    window_event_listener_untyped("online", |_| again_at_once());
    window_event_listener_untyped("pageshow", |_| again_at_once());
}

fn age_now() -> i64 {
    untrack(age_ms)
}

fn close() {
    if let Some(socket) = SOCKET.take() {
        let _already_closed = socket.close();
        set_link(Link::Reconnecting);
        again_later();
    }
}

fn again_at_once() {
    let gone = SOCKET.with_borrow(|socket| socket.as_ref().is_none_or(|socket| socket.ready_state() > WebSocket::OPEN));
    if gone {
        SOCKET.take();
        connect();
    }
}

fn again_later() {
    let attempt = ATTEMPT.get();
    ATTEMPT.set(attempt + 1);
    if attempt == ATTEMPTS_BEFORE_ASKING {
        ask_whether_welcome();
    }
    let wait = wait_ms(attempt, js_sys::Math::random());
    set_timeout(again_at_once, Duration::from_millis(u64::from(wait)));
}

/// The session may be over: then this page's address leads elsewhere, and so do we.
fn ask_whether_welcome() {
    leptos::task::spawn_local(async {
        if let Some(answer) = super::part::fetch(&address()).await
            && (answer.redirected() || matches!(answer.status(), 401 | 403))
        {
            reload();
        }
    });
}

fn address() -> String {
    window().location().href().unwrap_or_default()
}

fn reload() {
    let _nothing_more_to_do = window().location().reload();
}

fn socket_address() -> Option<String> {
    let location = window().location();
    let scheme = if location.protocol().ok()? == "https:" { "wss" } else { "ws" };
    Some(format!("{scheme}://{}{PATH}", location.host().ok()?))
}

fn connect() {
    let Some(Ok(socket)) = socket_address().map(|address| WebSocket::new(&address)) else {
        again_later();
        return;
    };
    let opened = {
        let socket = socket.clone();
        Closure::<dyn Fn()>::new(move || {
            let ask = Subscribe { resume: resume_token(), all: wants_all() };
            if let Ok(text) = serde_json::to_string(&ask) {
                let _closed_meanwhile = socket.send_with_str(&text);
            }
        })
    };
    let heard = Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| {
        let frame = event.data().as_string().and_then(|text| serde_json::from_str::<Frame>(&text).ok());
        match frame {
            Some(Frame::Goodbye) => reload(),
            Some(frame) => {
                ATTEMPT.set(0);
                set_link(Link::Live);
                take(&frame);
            }
            // A frame of another release: the page that fits it is on the server.
            None => reload_once(),
        }
    });
    let ours = socket.clone();
    let closed = Closure::<dyn Fn(CloseEvent)>::new(move |_: CloseEvent| {
        let current = SOCKET.with_borrow(|socket| socket.as_ref() == Some(&ours));
        if current {
            SOCKET.take();
            set_link(Link::Reconnecting);
            again_later();
        }
    });
    socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
    socket.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
    // A few bytes per connection, kept as long as the page.
    opened.forget();
    heard.forget();
    closed.forget();
    SOCKET.set(Some(socket));
}

/// Not in a circle: if the fresh page does not understand either, it stays as the server rendered it.
fn reload_once() {
    const KEY: &str = "vigie-reloaded";
    let Ok(Some(storage)) = window().session_storage() else { return };
    if storage.get_item(KEY).ok().flatten().as_deref() != Some(&address()) {
        let _full_or_forbidden = storage.set_item(KEY, &address());
        reload();
    }
}

fn window_event_listener_untyped(name: &str, act: impl Fn(Event) + 'static) {
    let act = Closure::<dyn Fn(Event)>::new(act);
    let _never_fails = window().add_event_listener_with_callback(name, act.as_ref().unchecked_ref());
    act.forget();
}
