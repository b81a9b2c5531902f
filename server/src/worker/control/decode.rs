//! From bytes to a change: envelope, authority, value. What does not fit becomes a dead letter with its reason.

use super::HEAD_BYTES;
use crate::kafka::command_consumer::RawRecord;
use crate::kafka::signature::Signer;
use chrono::{DateTime, Utc};
use domain::control::{CONTROL_KEY, ControlCommand};
use domain::envelope;
use domain::fact::DeadLetterReason;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// A record of `bank.control` with what a dead letter of it would need.
#[derive(Debug, Clone)]
pub struct ControlRecord {
    pub offset: i64,
    pub recorded_at: DateTime<Utc>,
    pub command_id: Option<Uuid>,
    pub key: Vec<u8>,
    /// Bytes of the value.
    pub length: i64,
    pub sha256: [u8; 32],
    /// First 64 KB of the value.
    pub head: Vec<u8>,
    pub input: Result<ControlCommand, (DeadLetterReason, String)>,
}

impl ControlRecord {
    /// Makes it a dead letter.
    pub fn bury(&mut self, reason: DeadLetterReason, said: &str) {
        self.input = Err((reason, said.chars().filter(|c| !c.is_control()).take(200).collect()));
    }
}

pub fn decode(raw: &RawRecord<'_>, signer: &Signer) -> ControlRecord {
    let header = |wanted: &str| raw.headers().filter(|(name, _)| *name == wanted).last().map_or(&[][..], |(_, v)| v);
    let id = header(envelope::CE_ID);
    let command_id = std::str::from_utf8(id).ok().and_then(|text| Uuid::try_parse(text).ok());
    let (key, kind, source) = (raw.key.unwrap_or_default(), header(envelope::CE_TYPE), header(envelope::CE_SOURCE));
    let rejected = |reason, detail: &str| Err((reason, detail.to_owned()));
    let input = if raw.value.len() > HEAD_BYTES {
        rejected(DeadLetterReason::TooLarge, "a command has 64 KB at most")
    } else if header(envelope::CE_SPECVERSION) != envelope::SPECVERSION.as_bytes() {
        rejected(DeadLetterReason::Undecodable, "ce_specversion is not 1.0")
    } else if command_id.is_none() {
        rejected(DeadLetterReason::Undecodable, "ce_id is not a UUID")
    } else if !signer.verify(header(envelope::SIGNATURE), key, id, kind, source, raw.value) {
        rejected(DeadLetterReason::BadSignature, "no valid signature")
    } else if key != CONTROL_KEY.as_bytes() {
        rejected(DeadLetterReason::WrongPartition, "the key is not control")
    } else {
        parse(kind, raw.value)
    };
    ControlRecord {
        offset: raw.offset,
        recorded_at: raw.recorded_at,
        command_id,
        key: key.to_vec(),
        length: i64::try_from(raw.value.len()).unwrap_or(i64::MAX),
        sha256: Sha256::digest(raw.value).into(),
        head: raw.value[..raw.value.len().min(HEAD_BYTES)].to_vec(),
        input,
    }
}

fn parse(kind: &[u8], value: &[u8]) -> Result<ControlCommand, (DeadLetterReason, String)> {
    let parsed = match kind {
        b"vigie.policy.change.v1" => serde_json::from_slice(value).map(ControlCommand::ChangePolicy),
        b"vigie.model.promote.v1" => serde_json::from_slice(value).map(ControlCommand::PromoteModel),
        _ => return Err((DeadLetterReason::UnknownType, "ce_type is not known here".to_owned())),
    };
    // serde's message may quote the value: only the place is kept.
    parsed.map_err(|error| {
        let place = format!("not the JSON its type promises, at line {} column {}", error.line(), error.column());
        (DeadLetterReason::Undecodable, place)
    })
}
