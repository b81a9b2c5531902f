//! What an API key looks like: `vk_`, eight digits of hex by which people name it, `_`, and 256 random bits.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::hex::hex;
use sha2::{Digest as _, Sha256};

const LENGTH: usize = 3 + 8 + 1 + 43;

/// A key that was just made; its text is shown once.
pub struct MadeKey {
    pub id: String,
    pub text: String,
}

pub fn make() -> MadeKey {
    let id = format!("vk_{}", hex(&rand::random::<[u8; 4]>()));
    let text = format!("{id}_{}", URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()));
    MadeKey { id, text }
}

/// By what a key is found; none for what cannot be one.
pub fn digest(text: &str) -> Option<[u8; 32]> {
    (text.len() == LENGTH && text.starts_with("vk_")).then(|| Sha256::digest(text.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_made_key_begins_with_its_id_and_is_found_by_its_digest() {
        let (one, two) = (make(), make());
        assert!(one.text.starts_with(&format!("{}_", one.id)));
        assert!(digest(&one.text).is_some());
        assert_ne!(digest(&one.text), digest(&two.text));
        assert_eq!(digest(&one.id), None);
        assert_eq!(digest(""), None);
    }
}
