//! Logs. Fields never hold names, secrets or raw payloads.

use crate::config::Config;
use tracing_subscriber::EnvFilter;

/// Starts logging to standard error.
pub fn start(config: &Config) {
    let filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if config.log_json { builder.json().init() } else { builder.compact().init() }
}
