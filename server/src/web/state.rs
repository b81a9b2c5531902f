//! What every handler of a web node shares.

use super::health::Health;
use crate::config::Config;
use crate::store::Store;
use app::ports::Ports;
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use std::sync::Arc;

#[derive(Clone, FromRef)]
pub struct WebState {
    pub config: Arc<Config>,
    pub store: Store,
    pub ports: Ports,
    pub leptos: LeptosOptions,
    pub health: Health,
}

/// Leptos' view of the configuration. Files carry hashes in their names where the build left a list of them, beside
/// the executable or in the site's folder.
pub fn leptos_options(config: &Config) -> LeptosOptions {
    let beside = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.join("hash.txt")));
    let hashes = beside.into_iter().chain([config.site.join("hash.txt")]).find(|path| path.is_file());
    let hashes = hashes.and_then(|path| std::path::absolute(path).ok());
    LeptosOptions::builder()
        .output_name("vigie")
        .site_root(config.site.to_string_lossy())
        .site_pkg_dir("pkg")
        .site_addr(config.listen)
        .env(if cfg!(debug_assertions) { leptos::config::Env::DEV } else { leptos::config::Env::PROD })
        .hash_files(hashes.is_some())
        .hash_file(hashes.map_or_else(|| "hash.txt".into(), |path| path.to_string_lossy().into()))
        .build()
}
