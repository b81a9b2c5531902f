//! Seals the free text of a payment with its payer's key, so that the log holds none and dropping one key erases it
//! everywhere.
//!
//! Form: `v1:PERSON:BASE64`, the latter a 12-byte nonce and AES-256-GCM's output, bound to person and transaction.
//! Deliberately absent: key storage (identity's tables, in `store`).

use aes_gcm::aead::{Aead as _, AeadCore as _, KeyInit as _, OsRng, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use uuid::Uuid;

const NONCE_BYTES: usize = 12;

/// A person's key.
#[derive(Clone)]
pub struct SealKey(Aes256Gcm);

/// A key that is not 32 bytes, or text too long for the cipher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text cannot be sealed")]
pub struct SealError;

impl SealKey {
    /// # Errors
    /// When the key is not 32 bytes.
    pub fn new(key: &[u8]) -> Result<Self, SealError> {
        Aes256Gcm::new_from_slice(key).map(SealKey).map_err(|_| SealError)
    }

    /// # Errors
    /// When the cipher refuses (text beyond 64 GB).
    pub fn seal(&self, person: Uuid, transaction: Uuid, text: &str) -> Result<String, SealError> {
        let nonce = Aes256Gcm::generate_nonce(&mut OsRng);
        let aad = bound_to(person, transaction);
        let sealed = self.0.encrypt(&nonce, Payload { msg: text.as_bytes(), aad: &aad }).map_err(|_| SealError)?;
        Ok(format!("v1:{person}:{}", STANDARD_NO_PAD.encode([nonce.as_slice(), &sealed].concat())))
    }

    /// The text, if it was sealed with this key for this transaction.
    pub fn open(&self, transaction: Uuid, sealed: &str) -> Option<String> {
        let (person, body) = parts(sealed)?;
        let bytes = STANDARD_NO_PAD.decode(body).ok()?;
        let (nonce, cipher) = bytes.split_at_checked(NONCE_BYTES)?;
        let aad = bound_to(person, transaction);
        let text = self.0.decrypt(Nonce::from_slice(nonce), Payload { msg: cipher, aad: &aad }).ok()?;
        String::from_utf8(text).ok()
    }
}

/// Whose key opens it.
pub fn sealed_by(sealed: &str) -> Option<Uuid> {
    parts(sealed).map(|(person, _)| person)
}

fn parts(sealed: &str) -> Option<(Uuid, &str)> {
    let (person, body) = sealed.strip_prefix("v1:")?.split_once(':')?;
    Some((person.parse().ok()?, body))
}

fn bound_to(person: Uuid, transaction: Uuid) -> [u8; 32] {
    let mut aad = [0; 32];
    aad[..16].copy_from_slice(person.as_bytes());
    aad[16..].copy_from_slice(transaction.as_bytes());
    aad
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_text_opens_with_its_key_and_for_its_transaction_only() {
        let (person, transaction) = (Uuid::now_v7(), Uuid::now_v7());
        let key = SealKey::new(&[7; 32]).unwrap();
        let sealed = key.seal(person, transaction, "loyer de mars – 3e étage").unwrap();
        assert!(!sealed.contains("loyer"));
        assert_eq!(sealed_by(&sealed), Some(person));
        assert_eq!(key.open(transaction, &sealed).as_deref(), Some("loyer de mars – 3e étage"));
        assert_eq!(key.open(Uuid::now_v7(), &sealed), None);
        assert_eq!(SealKey::new(&[8; 32]).unwrap().open(transaction, &sealed), None);
        let stolen = sealed.replace(&person.to_string(), &Uuid::now_v7().to_string());
        assert_eq!(key.open(transaction, &stolen), None);
    }

    #[test]
    fn what_is_no_seal_opens_to_nothing() {
        let key = SealKey::new(&[7; 32]).unwrap();
        for text in ["", "v1:", "v1:x:y", "v1:00000000-0000-0000-0000-000000000000:AAAA", "plain text"] {
            assert_eq!(key.open(Uuid::nil(), text), None, "{text:?}");
        }
        assert!(SealKey::new(b"short").is_err());
    }
}
