//! Authority over what a record says: our own nodes' HMAC-SHA256, direct producers' Ed25519.

use crate::config::Secret;
use domain::envelope::signed_bytes;
use domain::hex::{hex, unhex};
use ed25519_dalek::{Signature, VerifyingKey};
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

/// What a direct producer's header says, not checked yet.
pub struct ProducerSignature<'a> {
    pub producer: &'a str,
    signature: Signature,
}

impl<'a> ProducerSignature<'a> {
    const SCHEME: &'static [u8] = b"ed25519,";

    /// Whether the header claims to be a direct producer's.
    pub fn is_claimed_by(header: &[u8]) -> bool {
        header.starts_with(Self::SCHEME)
    }

    /// `ed25519,`, the producer's id, a comma, 128 digits of hex.
    pub fn read(header: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(header.strip_prefix(Self::SCHEME)?).ok()?;
        let (producer, digits) = text.split_once(',')?;
        let bytes: [u8; 64] = unhex(digits.as_bytes())?.try_into().ok()?;
        Some(ProducerSignature { producer, signature: Signature::from_bytes(&bytes) })
    }
}

/// A direct producer's public key.
#[derive(Debug, Clone)]
pub struct ProducerKey(VerifyingKey);

impl ProducerKey {
    /// None where the bytes are no key, or one that would accept more than one signer.
    pub fn new(bytes: &[u8; 32]) -> Option<Self> {
        VerifyingKey::from_bytes(bytes).ok().filter(|key| !key.is_weak()).map(ProducerKey)
    }

    pub fn verify(
        &self,
        said: &ProducerSignature<'_>,
        key: &[u8],
        id: &[u8],
        kind: &[u8],
        source: &[u8],
        value: &[u8],
    ) -> bool {
        self.0.verify_strict(&signed_bytes(key, id, kind, source, value), &said.signature).is_ok()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer as _, SigningKey};

    const RECORD: [&[u8]; 5] = [b"C1", b"id", b"kind", b"source", b"value"];

    fn signed(record: [&[u8]; 5], private: &SigningKey) -> String {
        let [key, id, kind, source, value] = record;
        let signature = private.sign(&signed_bytes(key, id, kind, source, value));
        format!("ed25519,shop.1,{}", hex(&signature.to_bytes()))
    }

    fn verifies(public: &ProducerKey, header: &str, record: [&[u8]; 5]) -> bool {
        let [key, id, kind, source, value] = record;
        public.verify(&ProducerSignature::read(header.as_bytes()).unwrap(), key, id, kind, source, value)
    }

    #[test]
    fn a_producers_signature_covers_each_part_of_its_record() {
        let private = SigningKey::from_bytes(&[7; 32]);
        let public = ProducerKey::new(private.verifying_key().as_bytes()).unwrap();
        let header = signed(RECORD, &private);
        assert_eq!(ProducerSignature::read(header.as_bytes()).unwrap().producer, "shop.1");
        assert!(verifies(&public, &header, RECORD));
        for changed in 0..RECORD.len() {
            let mut record = RECORD;
            record[changed] = b"another";
            assert!(!verifies(&public, &header, record), "part {changed}");
        }
        assert!(!verifies(&public, &signed(RECORD, &SigningKey::from_bytes(&[8; 32])), RECORD));
    }

    #[test]
    fn what_is_no_signature_of_a_producer_is_none() {
        for header in ["", "v1,00", "ed25519", "ed25519,", "ed25519,x", "ed25519,x,", "ed25519,x,zz", "ed25519,x,00"] {
            assert!(ProducerSignature::read(header.as_bytes()).is_none(), "{header:?}");
        }
        // The neutral element signs everything.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert!(ProducerKey::new(&neutral).is_none());
    }
}
