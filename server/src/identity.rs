//! The rules of signing in: throttling, one answer for every failure, sessions with secrets of their own.
//!
//! Promises: an unknown name, a wrong password and a disabled person look and take the same; five failures of a name
//! (twenty of an address, which many people may share) within a quarter of an hour make the next wait, longer each
//! time; a password is never logged or kept. Rows stand in `store`, cookies in `web`.

mod password;

pub use password::{HashError, generate_password, hash_password};

use crate::store::Store;
use app::ports::{Person, PortError, SessionView, SignIn};
use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use password::{Busy, Passwords};

const FREE_FAILURES_OF_A_NAME: i64 = 5;
const FREE_FAILURES_OF_AN_ADDRESS: i64 = 20;
const LONGEST_WAIT_SECONDS: u64 = 15 * 60;

/// How long to wait still, with this many failures beyond the free ones and this long since the last: 1 s, then twice
/// as long each time.
pub(crate) fn wait_seconds(failures_beyond: i64, seconds_since_last: i64) -> Option<u64> {
    let exponent = u32::try_from(failures_beyond).ok()?.min(20);
    let wait = (1_u64 << exponent).min(LONGEST_WAIT_SECONDS);
    wait.checked_sub(u64::try_from(seconds_since_last).unwrap_or(0)).filter(|wait| *wait > 0)
}

/// The identity port.
#[derive(Clone)]
pub struct Identities {
    store: Store,
    passwords: Passwords,
    demo: bool,
}

impl From<Busy> for PortError {
    fn from(_: Busy) -> Self {
        PortError::Unavailable
    }
}

impl Identities {
    /// # Errors
    /// When the random source or the hash fails.
    pub fn new(store: Store, demo: bool) -> Result<Self, HashError> {
        Ok(Identities { store, passwords: Passwords::new()?, demo })
    }

    async fn welcome(&self, person: Person) -> Result<SignIn, PortError> {
        let session = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        self.store.begin_session(person.id, &session).await?;
        Ok(SignIn::Welcome { session, person })
    }
}

#[async_trait]
impl app::ports::Identity for Identities {
    async fn sign_in(&self, username: &str, password: &str, address: &str) -> Result<SignIn, PortError> {
        // A name that can be nobody's is not written down.
        let username = username.trim().to_lowercase();
        let credentials = if username.len() <= 63 { self.store.credentials(&username).await? } else { None };
        let (name, address) = (format!("name:{username:.63}"), format!("address:{address:.64}"));
        for (subject, free) in [(&address, FREE_FAILURES_OF_AN_ADDRESS), (&name, FREE_FAILURES_OF_A_NAME)] {
            if let Some(seconds) = self.store.begin_attempt(subject, free).await? {
                return Ok(SignIn::Throttled { seconds });
            }
        }
        let hash = credentials.as_ref().map(|known| known.password_hash.as_str());
        let matches = self.passwords.verify(password, hash).await?;
        match credentials.filter(|known| matches && !known.disabled) {
            None => Ok(SignIn::Wrong),
            Some(known) => {
                self.store.forget_attempts(&name, &address).await?;
                self.welcome(known.person).await
            }
        }
    }

    async fn sign_in_demo(&self, username: &str) -> Result<SignIn, PortError> {
        if !self.demo {
            return Err(PortError::Forbidden);
        }
        match self.store.credentials(username).await?.filter(|known| known.demo && !known.disabled) {
            None => Ok(SignIn::Wrong),
            Some(known) => self.welcome(known.person).await,
        }
    }

    async fn demo_people(&self) -> Vec<Person> {
        if !self.demo {
            return Vec::new();
        }
        self.store.demo_people().await.unwrap_or_else(|error| {
            tracing::error!(%error, "the demo people cannot be read");
            Vec::new()
        })
    }

    async fn sign_out(&self, session: &str) -> Result<(), PortError> {
        self.store.end_session(session).await
    }

    async fn sign_out_everywhere(&self, person: &Person) -> Result<(), PortError> {
        self.store.end_sessions(person.id).await
    }

    async fn change_password(
        &self,
        person: &Person,
        session: &str,
        current: &str,
        new: &str,
    ) -> Result<bool, PortError> {
        // Guessing here is throttled like guessing at the door, apart from it.
        let subject = format!("password:{}", person.id);
        if self.store.begin_attempt(&subject, FREE_FAILURES_OF_A_NAME).await?.is_some() {
            return Ok(false);
        }
        let known = self.store.credentials(&person.username).await?.ok_or(PortError::NotFound)?;
        if !self.passwords.verify(current, Some(&known.password_hash)).await? {
            return Ok(false);
        }
        let hash = self.passwords.hash(new).await?.map_err(|_| PortError::Unavailable)?;
        self.store.renew_password(person.id, session, &hash).await?;
        self.store.forget_attempts(&subject, "").await?;
        Ok(true)
    }

    async fn sessions(&self, person: &Person, session: &str) -> Result<Vec<SessionView>, PortError> {
        self.store.sessions_of(person.id, session).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_begins_after_the_free_failures_and_doubles() {
        assert_eq!(wait_seconds(-1, 0), None);
        assert_eq!(wait_seconds(0, 0), Some(1));
        assert_eq!(wait_seconds(3, 0), Some(8));
        assert_eq!(wait_seconds(3, 5), Some(3));
        assert_eq!(wait_seconds(3, 8), None);
        assert_eq!(wait_seconds(100, 0), Some(LONGEST_WAIT_SECONDS));
    }
}
