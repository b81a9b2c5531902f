//! Authority of our own nodes: HMAC-SHA256 over what a record says.

use crate::config::Secret;
use domain::envelope::signed_bytes;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Signs and checks commands with the nodes' common key.
#[derive(Clone)]
pub struct Signer(Hmac<Sha256>);

impl Signer {
    pub fn new(secret: &Secret) -> Self {
        // HMAC takes a key of any length.
        Signer(Hmac::new_from_slice(secret.reveal().as_bytes()).unwrap_or_else(|_| unreachable!("hmac takes any key")))
    }

    /// The header's value: `v1,` and lower-case hex.
    pub fn sign(&self, key: &[u8], id: &[u8], kind: &[u8], source: &[u8], value: &[u8]) -> String {
        let mut mac = self.0.clone();
        mac.update(&signed_bytes(key, id, kind, source, value));
        format!("v1,{}", hex(&mac.finalize().into_bytes()))
    }

    /// Compares in constant time.
    pub fn verify(&self, signature: &[u8], key: &[u8], id: &[u8], kind: &[u8], source: &[u8], value: &[u8]) -> bool {
        let Some(tag) = signature.strip_prefix(b"v1,").and_then(unhex) else {
            return false;
        };
        let mut mac = self.0.clone();
        mac.update(&signed_bytes(key, id, kind, source, value));
        mac.verify_slice(&tag).is_ok()
    }
}

pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)] as char);
        text.push(DIGITS[usize::from(byte & 15)] as char);
    }
    text
}

pub fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).map(|value| value as u8);
    text.chunks(2).map(|pair| Some((digit(pair[0])? << 4) | digit(*pair.get(1)?)?)).collect()
}
