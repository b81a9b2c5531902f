//! The web application: pages, islands, server functions, translations.
//!
//! It states what it needs from outside as small traits (`ports`), one per subject, and knows neither SQL nor Kafka.
//! What has no `ssr` gate below also reaches the browser: keep it small and free of serde-heavy types and text.

// Views are deeply nested types.
#![recursion_limit = "512"]

pub mod components;
pub mod format;
pub mod islands;
pub mod language;
#[cfg(feature = "hydrate")]
pub mod live;
pub mod phrase;

#[cfg(feature = "ssr")]
pub mod actions;
#[cfg(feature = "ssr")]
pub mod chart;
#[cfg(feature = "ssr")]
pub mod given;
#[cfg(feature = "ssr")]
pub mod page;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
pub mod ports;
#[cfg(feature = "ssr")]
pub mod routes;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "ssr")]
pub mod text;
#[cfg(feature = "ssr")]
pub mod visit;

#[cfg(feature = "ssr")]
pub use routes::App;
#[cfg(feature = "ssr")]
pub use shell::shell;
