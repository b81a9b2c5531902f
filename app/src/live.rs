//! The browser's side of the live socket: one per page, shared by all its islands.
//!
//! Islands [`join`] with what the server rendered for them; after the last of them the socket opens from there. They
//! read what is known through [`read`] (tracked: they run again when it changes) and never touch the socket.
//! Deliberately absent: anything about how it looks, and any way to send business data: forms do that.

mod announcer;
pub mod backoff;
pub mod part;
mod socket;
mod store;

pub use announcer::say;
pub use store::{Link, Seed, age_ms, is_paused, join, link, now_ms, pause, read, read_now, word_at_ms};
