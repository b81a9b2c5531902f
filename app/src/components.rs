//! One of each: the small parts that pages and islands are made of.
//!
//! Amount, Badge and Icon also run in the browser and take what they say as arguments; the rest is server-only.

pub mod amount;
pub mod badge;
pub mod icon;

#[cfg(feature = "ssr")]
pub mod account_card;
#[cfg(feature = "ssr")]
pub mod field;
#[cfg(feature = "ssr")]
pub mod list;
#[cfg(feature = "ssr")]
pub mod notice;
#[cfg(feature = "ssr")]
pub mod panel;
pub use amount::Amount;
pub use badge::{Badge, StateBadge, Tone};
pub use icon::Icon;
