//! The web application: pages, islands, server functions, translations.
//!
//! It states what it needs from outside as small traits (`ports`), one per subject, and knows neither SQL nor Kafka.

#[cfg(feature = "ssr")]
pub mod ports;
