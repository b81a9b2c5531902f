//! Passwords: argon2id (OWASP's parameters, the crate's defaults), never more than two at a time, since each takes
//! 19 MiB and tens of milliseconds.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use std::sync::Arc;
use tokio::sync::Semaphore;

const AT_ONCE: usize = 2;
/// More than that waiting is an attack: they are turned away at once.
const WAITING: usize = 64;
/// Hashing cost must not follow the length that a stranger chose.
pub const LONGEST_PASSWORD: usize = 1_024;

#[derive(Debug, thiserror::Error)]
#[error("the password cannot be hashed: {0}")]
pub struct HashError(String);

/// Hashes with a fresh salt, as a PHC string. Blocks for tens of milliseconds.
///
/// # Errors
/// When the password is too long.
pub fn hash_password(password: &str) -> Result<String, HashError> {
    if password.len() > LONGEST_PASSWORD {
        return Err(HashError("longer than 1024 bytes".to_owned()));
    }
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>()).map_err(|error| HashError(error.to_string()))?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    hash.map(|hash| hash.to_string()).map_err(|error| HashError(error.to_string()))
}

/// A password for a new person: 20 letters and digits that are not mistaken for one another, over 110 bits.
pub fn generate_password() -> String {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    use rand::Rng as _;
    let mut random = rand::rng();
    (0..20).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
}

/// The queue before the hashing.
#[derive(Clone)]
pub(super) struct Passwords {
    turns: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// Checked where there is no person, so that both answers take the same time.
    dummy: Arc<str>,
}

/// Too many are waiting.
pub(super) struct Busy;

impl Passwords {
    pub fn new() -> Result<Self, HashError> {
        Ok(Passwords {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(WAITING)),
            dummy: hash_password(&generate_password())?.into(),
        })
    }

    /// Whether the password is the one hashed; without a hash the same work is done for nothing.
    pub async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, Busy> {
        let known = hash.is_some() && password.len() <= LONGEST_PASSWORD;
        let hash: Arc<str> = hash.map_or_else(|| Arc::clone(&self.dummy), Arc::from);
        let password = password.get(..password.len().min(LONGEST_PASSWORD)).unwrap_or_default().to_owned();
        let matches = self.work(move || {
            let parsed = PasswordHash::new(&hash);
            parsed.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        });
        Ok(matches.await? && known)
    }

    pub async fn hash(&self, password: &str) -> Result<Result<String, HashError>, Busy> {
        let password = password.to_owned();
        self.work(move || hash_password(&password)).await
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let waiting = self.waiting.try_acquire().map_err(|_| Busy)?;
        let turn = self.turns.acquire().await.map_err(|_| Busy)?;
        let done = tokio::task::spawn_blocking(work).await.map_err(|_| Busy);
        drop((turn, waiting));
        done
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_and_no_other() {
        let passwords = Passwords::new().unwrap();
        let hash = hash_password("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(passwords.verify("correct horse", Some(&hash)).await.is_ok_and(|known| known));
        assert!(passwords.verify("wrong horse", Some(&hash)).await.is_ok_and(|known| !known));
        assert!(passwords.verify("correct horse", None).await.is_ok_and(|known| !known));
        assert!(passwords.verify("correct horse", Some("not a hash")).await.is_ok_and(|known| !known));
    }

    #[test]
    fn generated_passwords_differ_and_are_long() {
        assert_ne!(generate_password(), generate_password());
        assert_eq!(generate_password().len(), 20);
    }
}
