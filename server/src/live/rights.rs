//! Rechecks who has an open socket, and what they may see, every two seconds: two queries for the whole node.
//!
//! Promises: a session that ended, a person who was disabled, a role or a link that changed is known to the socket
//! within three seconds; when the database does not answer, [`Rights::are_fresh`] says so after five.

use super::projection::Own;
use crate::store::Store;
use crate::store::live::SessionKey;
use app::ports::{Person, PortError};
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};

const EVERY: Duration = Duration::from_secs(2);
/// Asked for in between, at most this often.
const AT_MOST_EVERY: Duration = Duration::from_millis(100);
/// Nothing is sent on rights older than this.
const FRESH: Duration = Duration::from_secs(5);

/// What a session may see; none: it is over.
pub type Standing = Option<(Person, Own)>;

#[derive(Debug, Clone)]
pub struct Rights(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    /// By session, with the sockets that follow it.
    watched: Mutex<HashMap<SessionKey, watch::Sender<Standing>>>,
    started: Instant,
    checked_ms: AtomicU64,
    sooner: Notify,
}

impl Rights {
    pub fn new(store: Store) -> Self {
        let (watched, sooner) = (Mutex::default(), Notify::new());
        Rights(Arc::new(Inner { store, watched, started: Instant::now(), checked_ms: AtomicU64::new(0), sooner }))
    }

    /// Follows a session from what it may see now.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the database does not answer.
    pub async fn follow(&self, session: &str) -> Result<watch::Receiver<Standing>, PortError> {
        let key = SessionKey::of(session);
        let standing = self.read(&[key]).await?.remove(&key);
        let mut watched = self.0.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = watched.entry(key).or_insert_with(|| watch::Sender::new(standing.clone()));
        sender.send_if_modified(|known| replace(known, standing));
        Ok(sender.subscribe())
    }

    /// Checks soon: a fact said that something changed.
    pub fn check_soon(&self) {
        self.0.sooner.notify_one();
    }

    /// Whether the rights that sockets act on were confirmed lately.
    pub fn are_fresh(&self) -> bool {
        let checked = Duration::from_millis(self.0.checked_ms.load(Ordering::Relaxed));
        self.0.started.elapsed().saturating_sub(checked) < FRESH
    }

    /// Checks every two seconds, or sooner when asked, for ever.
    pub async fn watch(self) {
        let mut away = false;
        loop {
            let asked_at = self.0.started.elapsed();
            match self.check().await {
                Ok(()) => {
                    self.0.checked_ms.store(u64::try_from(asked_at.as_millis()).unwrap_or(0), Ordering::Relaxed);
                    away = false;
                }
                Err(_) if !away => {
                    tracing::warn!("the rights of open sockets cannot be checked");
                    away = true;
                }
                Err(_) => {}
            }
            tokio::time::sleep(AT_MOST_EVERY).await;
            // Either way it is time.
            let _ = tokio::time::timeout(EVERY - AT_MOST_EVERY, self.0.sooner.notified()).await;
        }
    }

    async fn check(&self) -> Result<(), PortError> {
        let keys: Vec<SessionKey> = {
            let mut watched = self.0.watched.lock().unwrap_or_else(PoisonError::into_inner);
            watched.retain(|_, sender| sender.receiver_count() > 0);
            watched.keys().copied().collect()
        };
        if keys.is_empty() {
            return Ok(());
        }
        let mut standings = self.read(&keys).await?;
        let watched = self.0.watched.lock().unwrap_or_else(PoisonError::into_inner);
        for key in keys {
            if let Some(sender) = watched.get(&key) {
                sender.send_if_modified(|known| replace(known, standings.remove(&key)));
            }
        }
        Ok(())
    }

    async fn read(&self, keys: &[SessionKey]) -> Result<HashMap<SessionKey, (Person, Own)>, PortError> {
        let people = self.0.store.sessions_people(keys).await?;
        let ids: BTreeSet<_> = people.values().map(|person| person.id).collect();
        let links = self.0.store.links_of(&ids.into_iter().collect::<Vec<_>>()).await?;
        let own: HashMap<_, Own> = links.into_iter().map(|(person, own)| (person, Arc::new(own))).collect();
        let standing = |(key, person): (SessionKey, Person)| {
            let own = own.get(&person.id).cloned().unwrap_or_default();
            (key, (person, own))
        };
        Ok(people.into_iter().map(standing).collect())
    }
}

fn replace(known: &mut Standing, standing: Standing) -> bool {
    let changed = *known != standing;
    *known = standing;
    changed
}
