//! Authority of our own nodes: HMAC-SHA256 over what a record says.

use crate::config::Secret;
use domain::envelope::signed_bytes;
use domain::hex::{hex, unhex};
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
