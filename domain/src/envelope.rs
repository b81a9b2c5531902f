//! CloudEvents 1.0 in Kafka's binary mode: the header names, and what nodes and direct producers sign.

/// Header names. The value of the record is the event's data, as JSON.
pub const CE_SPECVERSION: &str = "ce_specversion";
pub const CE_ID: &str = "ce_id";
pub const CE_TYPE: &str = "ce_type";
pub const CE_SOURCE: &str = "ce_source";
pub const CE_TIME: &str = "ce_time";
pub const CONTENT_TYPE: &str = "content-type";
pub const JSON: &str = "application/json";
pub const SPECVERSION: &str = "1.0";

/// Header with the signature over [`signed_bytes`]: our own nodes' `v1,` and the HMAC-SHA256, or a direct producer's
/// `ed25519,`, its id, a comma and the Ed25519 signature; both in lower-case hex.
pub const SIGNATURE: &str = "vigie_signature";

/// The bytes a signature covers: key, id, type, source and value, each preceded by its length as 8 bytes big-endian,
/// so that no two records share them.
pub fn signed_bytes(key: &[u8], id: &[u8], kind: &[u8], source: &[u8], value: &[u8]) -> Vec<u8> {
    let parts = [key, id, kind, source, value];
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}
